"""Everything about the simulated account that can be switched while it runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from decimal import Decimal
from typing import Any

from simulator.errors import BAD_REQUEST, MisuseError
from simulator.exact_json import is_number

NOTIFICATION_DIALECTS = ("ipn", "webhook", "both", "none")
POLL_DIALECTS = ("any", "v1", "v2")


@dataclass(frozen=True)
class Settings:
    """One state of the switches; durations are seconds.

    ``notification_waits`` and ``notification_timeouts`` are the strictest published schedule for in-person payments
    (protocol §3): try at once for 22 s, then after 30 s, 5 min and 30 min for 5 s each, then never again.
    ``notification_wait_scale`` shortens the waits for a test or a demo. How often and how long Mercado Pago polls
    is not published (protocol §8); ``scan_patience`` is how long a customer looks at the waiting screen. A seller without
    balance is refused every new refund until there is some again.
    """

    notification_dialect: str = "both"
    notification_copies: int = 1
    notification_waits: tuple[float, ...] = (0, 30, 300, 1800)
    notification_timeouts: tuple[float, ...] = (22, 5, 5, 5)
    notification_wait_scale: float = 1.0
    poll_dialect: str = "any"
    poll_interval: float = 1.0
    poll_timeout: float = 10.0
    scan_patience: float = 3600.0
    pending_refunds: bool = False
    seller_has_balance: bool = True
    enabled_hosts: tuple[str, ...] = field(default=())

    def changed(self, changes: dict[str, Any]) -> Settings:
        """Return the settings with some replaced; ``MisuseError`` names what cannot be."""
        known = {item.name: getattr(self, item.name) for item in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise MisuseError(f"no setting is called {name!r}", BAD_REQUEST)
            if not _fits(known[name], value):
                raise MisuseError(f"{name}: cannot be {value!r}", BAD_REQUEST)
        return replace(self, **{name: _plain(value) for name, value in changes.items()}).checked()

    def checked(self) -> Settings:
        """Return the settings if they make sense, else raise ``MisuseError``."""
        problems = {
            f"notification_dialect is one of {NOTIFICATION_DIALECTS}": self.notification_dialect
            in NOTIFICATION_DIALECTS,
            f"poll_dialect is one of {POLL_DIALECTS}": self.poll_dialect in POLL_DIALECTS,
            "notification_copies is at least 1": self.notification_copies >= 1,
            "notification_waits and notification_timeouts are equally long": len(self.notification_waits)
            == len(self.notification_timeouts),
            "no duration is negative": min(
                self.poll_interval,
                self.poll_timeout,
                self.scan_patience,
                self.notification_wait_scale,
                *self.notification_waits,
                *self.notification_timeouts,
            )
            >= 0,
        }
        wrong = [sentence for sentence, holds in problems.items() if not holds]
        if wrong:
            raise MisuseError("; ".join(wrong), BAD_REQUEST)
        return self

    def shown(self) -> dict[str, Any]:
        """Return the settings as JSON-ready values."""
        return asdict(self)


def _fits(current: Any, value: Any) -> bool:
    if isinstance(current, tuple):
        return isinstance(value, list) and all(isinstance(item, str) or is_number(item) for item in value)
    if isinstance(current, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(current, bool)
    if isinstance(current, float):
        return is_number(value)
    return isinstance(value, type(current))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_plain(item) for item in value)
    return float(value) if isinstance(value, Decimal) else value
