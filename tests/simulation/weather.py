"""Which faults are on, how often each was met, and the proxies through which they strike."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from caja.errors import StaleVersionError, StorageError

if TYPE_CHECKING:
    from datetime import datetime

    from tests.simulation.clockwork import Clockwork

SPELLS: dict[str, tuple[str, float]] = {
    "notifications lost": ("F04", 900),
    "notifications doubled": ("F01", 900),
    "notifications late": ("F03", 900),
    "consumer throttled": ("F12", 600),
    "queue refuses": ("F19", 2_100),
    "storage throttles": ("F17", 300),
    "storage away": ("F18", 1_200),
    "answers lost": ("F14", 600),
    "conflicts": ("F15", 300),
    "index lags": ("F16", 600),
    "429": ("F20", 300),
    "5xx": ("F21", 600),
    "hangs": ("F22", 120),
    "resets": ("F23", 300),
    "no route": ("F24", 180),
    "garbage": ("F25", 300),
    "reads lag": ("F26", 900),
    "token refused": ("F27", 300),
    "Mercado Pago away": ("F28", 3_600),
    "clocks differ": ("F29", 900),
    "sweeps missing": ("F38", 3_600),
    "sweeps doubled": ("F38", 600),
    "functions die": ("F11", 900),
    "refunds pend": ("F34", 900),
    "no balance": ("F34", 1_200),
    "refund answers lost": ("F34", 900),
}
"""What can be on for a while: its fault in reliability §2, and how many seconds it lasts at most."""


FAULTS = {
    "F01": "notifications many times",
    "F02": "notifications in any order",
    "F03": "notifications late",
    "F04": "no notification",
    "F06": "unknown references",
    "F07": "messages twice, in any order",
    "F09": "poison messages",
    "F10": "old messages redriven",
    "F11": "functions killed",
    "F12": "consumers throttled",
    "F13": "offers forgotten",
    "F14": "answers of our storage lost",
    "F15": "transaction conflicts",
    "F16": "index lags",
    "F17": "storage throttles",
    "F18": "storage away",
    "F19": "queues refuse",
    "F20": "429",
    "F21": "5xx",
    "F22": "hangs",
    "F23": "resets",
    "F24": "no route",
    "F25": "garbage",
    "F26": "reads lag",
    "F27": "token refused",
    "F28": "Mercado Pago away",
    "F29": "clocks differ",
    "F31": "replaced",
    "F32": "cancelled",
    "F33": "several payers",
    "F34": "refunds pend, refused, lost",
    "F35": "power lost in a release",
    "F36": "never claimed",
    "F37": "silence after a claim",
    "F38": "sweeps missing or doubled",
    "F39": "forged notifications",
    "F40": "parts and too much",
    "F41": "rejected, then approved",
    "F42": "disputed before the claim",
    "F43": "tickets reused",
    "F44": "settings changed",
    "F45": "another seller's money",
    "F47": "old screens paid",
    "F48": "late reports",
}
"""The faults of reliability §2 that a town has; F05, F08, F30 and F46 are tested by themselves."""

BLINDING = {"Mercado Pago away", "token refused", "no route", "hangs"}
"""With any of these on, no call to Mercado Pago succeeds."""


class CrashError(BaseException):
    """The function was killed here; nothing of ours may catch it."""


class Weather:
    """The faults that are on now. `counts`: how often each fault struck, by its number in reliability §2."""

    def __init__(self, clockwork: Clockwork) -> None:
        self._clockwork = clockwork
        self._on: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.is_over = False
        self._blind_since: datetime | None = None
        self._disturbed_at = clockwork.now

    def begin(self, spell: str) -> None:
        """Turn a fault on."""
        self._on[spell] = self._on.get(spell, 0) + 1
        self._look()

    def end(self, spell: str) -> None:
        """Turn it off, once for each time it was turned on."""
        self._look()
        self._on[spell] = max(self._on.get(spell, 0) - 1, 0)
        self._look()

    def clear(self) -> None:
        """Turn every fault off for good."""
        self._look()
        self._on.clear()
        self._look()
        self.is_over = True

    def blind_for(self) -> float:
        """For how many seconds Mercado Pago has not answered at all while everything else was well."""
        self._look()
        if self._blind_since is None:
            return 0.0
        return (self._clockwork.now - max(self._blind_since, self._disturbed_at)).total_seconds()

    def _look(self) -> None:
        on = {spell for spell, times in self._on.items() if times}
        if not on & BLINDING:
            self._blind_since = None
        elif self._blind_since is None:
            self._blind_since = self._clockwork.now
        if on - BLINDING:
            self._disturbed_at = self._clockwork.now

    def is_on(self, spell: str) -> bool:
        """Whether the fault is on."""
        return self._on.get(spell, 0) > 0

    def strikes(self, spell: str, probability: float = 1.0) -> bool:
        """Whether the fault strikes here and now; counted."""
        if not self.is_on(spell) or not self._clockwork.happens(probability):
            return False
        self.meet(SPELLS[spell][0])
        return True

    def meet(self, fault: str) -> None:
        """Count a fault."""
        self.counts[fault] += 1


READS = {"view", "get", "read", "branch_key_hashes", "due", "events"}
LAX = {"save_watch", "claim_due"}
"""Writes whose lost answer looks like somebody else's write (their conditions are not repeated under one token)."""


class Faulty:
    """A table or a queue of ours as a function reaches it: it can fail, be slow to say so, or outlive its caller."""

    def __init__(self, thing: Any, weather: Weather, *, is_queue: bool = False) -> None:
        self._thing = thing
        self._weather = weather
        self._is_queue = is_queue

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._thing, name)
        weather = self._weather

        def call(*args: Any, **kwargs: Any) -> Any:
            if weather.strikes("functions die", 0.02):
                raise CrashError
            self._refuse(name)
            result = method(*args, **kwargs)
            if weather.strikes("functions die", 0.02):
                raise CrashError
            if name not in READS and weather.strikes("answers lost", 0.2):
                if name == "claim_due":
                    return False
                raise StaleVersionError("lost") if name in LAX else StorageError("the answer was lost")
            return result

        return call

    def _refuse(self, name: str) -> None:
        weather = self._weather
        if self._is_queue:
            if weather.strikes("queue refuses"):
                raise StorageError("the queue refuses")
            return
        if weather.strikes("storage away") or weather.strikes("storage throttles", 0.5):
            raise StorageError("storage fails")
        if name in ("apply", "submit") and weather.strikes("conflicts", 0.3):
            raise StorageError("the transaction met another one, again and again")
