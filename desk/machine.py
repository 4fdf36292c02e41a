"""What a pump and a vending machine have in common: a loop that does whatever is left to do, a display, and its switches.

A power cut is nothing but this loop starting again on the same journal.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from desk.box_api import PAYMENTS_DOWN, RepeatError
from desk.seller import DeniedError, Seller
from simulator.errors import BAD_REQUEST, MisuseError

if TYPE_CHECKING:
    from desk.cabinet import Cabinet
    from desk.journal import Journal
    from desk.sales import Sale

SHOWN_ENTRIES = 20
MOST_DOUBLINGS = 16
RESTS = ("delivered", "cancelled", "expired", "refunded", "refused", "review", "paid")
TTL_SECONDS = range(30, 86_401)


class Machine(Seller, ABC):
    """One machine under power; what it knows besides its journal dies with it."""

    actions: ClassVar[tuple[str, ...]] = ()
    """What a customer or a clerk can do at it: methods that take the action's JSON body."""

    def __init__(self, cabinet: Cabinet) -> None:
        super().__init__(cabinet)
        self.trouble: str | None = None
        self.error: str | None = None
        self.receipt: dict[str, Any] | None = None
        self._wake = asyncio.Event()
        self._repeats = 0
        self._is_on_display = self.sales.open is not None
        self._ended_at = self._rests_from = 0.0

    # ─── What each kind says ────────────────────────────────────────────────────────────────────────────────────

    @abstractmethod
    async def advance(self, sale: Sale) -> float:
        """Do the next thing about an open sale; return the seconds until there is something to do again."""

    @abstractmethod
    def phase(self) -> str:
        """The phase it is in."""

    @abstractmethod
    def display(self) -> tuple[str, dict[str, Any]]:
        """The key of the text on the display, and its facts."""

    @abstractmethod
    def own(self) -> dict[str, Any]:
        """What only this kind shows."""

    @abstractmethod
    def possible(self) -> list[str]:
        """The actions that make sense now."""

    def state(self) -> str:
        """What the box does, as it says it while it sells nothing."""
        return "out_of_service" if self.cabinet.is_out_of_service else "idle"

    # ─── The loop ───────────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Work until the power goes (``PowerLostError``) or it is cancelled."""
        while True:
            self._wake.clear()
            try:
                seconds = await self.step()
            except RepeatError as error:
                await self._wait_to_repeat(error)
            except DeniedError as error:
                self._say("call_operator", str(error))
                await self._pause(self.pace.last_repeat)
            else:
                await self._pause(seconds)

    async def step(self) -> float:
        """Do what is to be done now; return the seconds until there is something to do again."""
        sale = self.sales.open
        if sale:
            waits = [await self.advance(sale)]
            if self.sales.open is not sale:
                self._show_end()
        else:
            waits = [await self.report(self.state()), await self._look_at_the_end()]
        waits.append(await self.lookout.look(self.cabinet.changed))
        self._repeats = 0
        if self.trouble:
            self._say(None, None)
        return min(waits)

    def wake(self) -> None:
        """Have the loop look at once: somebody did something at the machine."""
        self._wake.set()
        self.cabinet.changed()

    def close(self) -> None:
        """Let go of everything that outlives a method."""
        self.journal.close()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _wait_to_repeat(self, error: RepeatError) -> None:
        """Wait, longer each time, until the same request is due again, or until there is another one to make."""
        doubled = self.pace.first_repeat * 2 ** min(self._repeats, MOST_DOUBLINGS)
        until = time.monotonic() + (error.retry_after or min(self.pace.last_repeat, doubled))
        self._repeats += 1
        self._say("payments_down" if error.code == PAYMENTS_DOWN else "no_answer", str(error))
        task = self._task()
        while (left := until - time.monotonic()) > 0 and task == self._task():
            if self.drop_unsent():
                self._show_end()
                return
            self._wake.clear()
            await self._pause(left)

    def _task(self) -> tuple[Sale | None, str, bool]:
        """What tells one request to make from another."""
        sale = self.sales.open
        return sale, self.state(), bool(sale and sale.order_id and sale.is_dropped)

    def _say(self, trouble: str | None, error: str | None) -> None:
        self.trouble, self.error = trouble, error
        self.cabinet.changed()

    # ─── The end of a sale on the display ───────────────────────────────────────────────────────────────────────

    @property
    def shown(self) -> Sale | None:
        """The sale that the display is about: the one at hand, or the last one for a while."""
        return self.sales.current if self._is_on_display else None

    def _show_end(self) -> None:
        self._ended_at, self._rests_from = time.monotonic(), 0.0
        self.cabinet.changed()

    async def _look_at_the_end(self) -> float:
        """Follow the order whose end is shown until nothing more comes of it; return the seconds until then."""
        sale = self.shown
        if sale is None or sale.end is None:  # one may have begun meanwhile
            return self.pace.remembers
        now = time.monotonic()
        if self.phase() in RESTS:
            self._rests_from = self._rests_from or now
            left = self._rests_from + self.pace.lingers - now
        else:
            left = self._ended_at + self.pace.remembers - now
        if left <= 0:
            self._is_on_display = False
            self.put_by()
            self.cabinet.changed()
            return self.pace.remembers
        return min(left, await self.look(sale)) if sale.order_id else left

    # ─── Seen from outside ──────────────────────────────────────────────────────────────────────────────────────

    def act(self, action: str, body: dict[str, Any]) -> None:
        """Do something at the machine; ``MisuseError`` when it makes no sense now, or not like this."""
        if action not in self.actions:
            raise MisuseError(
                f"a {self.cabinet.kind} has no action {action!r}: {', '.join(self.actions)}", BAD_REQUEST
            )
        if action not in self.possible():
            raise MisuseError(f"{self.cabinet.box_id} is {self.phase()}: not the moment for {action!r}")
        method = getattr(self, action)
        method(body)
        self.wake()

    def sell(
        self, title: str, amount: Any, body: dict[str, Any], *, replaces: str | None = None, **facts: Any
    ) -> None:
        """Begin a sale and show it; the action's body may say for how many seconds it is offered."""
        ttl = body.get("ttl_seconds")
        if ttl is not None and (isinstance(ttl, bool) or not isinstance(ttl, int) or ttl not in TTL_SECONDS):
            raise MisuseError("ttl_seconds: a whole number from 30 to 86400", BAD_REQUEST)
        self.begin(title, amount, ttl=ttl, replaces=replaces, **facts)
        self._is_on_display = True
        self.receipt = None

    def show(self) -> dict[str, Any]:
        """The machine under power, JSON-ready, less what the cabinet shows."""
        key, facts = self.display()
        excess = [
            {"payment_id": each["payment_id"], "amount": each["amount"], "refund": each["refund"]}
            for each in (self.order or {}).get("payments", ())
            if each["role"] == "excess"
        ]
        facts = {**facts, "trouble": self.trouble, "excess": excess, "payments_down": self.are_payments_down}
        return {
            "phase": self.phase(),
            "display": {"key": key, "facts": facts},
            "order": self.order,
            "receipt": self.receipt,
            "past": self.lookout.shown(),
            "journal": show_journal(self.journal),
            "error": self.error,
            "actions": self.possible(),
            **self.own(),
        }

    def write_receipt(self, sale: Sale) -> None:
        """Print the receipt of a sale that is paid, from the order as it is shown."""
        order = self.order or {}
        kept = next((each for each in order.get("payments", ()) if each["role"] == "kept"), None)
        self.receipt = {
            "order_id": sale.order_id,
            "title": sale.title,
            "amount": sale.amount,
            "currency": self.cabinet.country.currency,
            "paid_at": order.get("paid_at"),
            "payment_id": kept["payment_id"] if kept else None,
            **sale.facts,
        }


def show_journal(journal: Journal) -> list[dict[str, Any]]:
    """The newest entries, newest first, as they are shown."""
    return [_flat(entry) for entry in journal.newest(SHOWN_ENTRIES)]


def _flat(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of the journal as it is shown: of a submit what tells it from another."""
    body = entry.get("body")
    if body is None:
        return entry
    told = {"ticket": body["ticket"], "title": body["items"][0]["title"], "amount": body["total"]}
    told |= {"replaces": body["replaces"]} if "replaces" in body else {}
    return {name: value for name, value in entry.items() if name != "body"} | told
