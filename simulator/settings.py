"""Everything about the simulated account that can be switched while it runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.errors import BAD_REQUEST, MisuseError
from simulator.exact_json import is_number

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTIFICATION_DIALECTS = ("ipn", "webhook", "both", "none")
NOTIFICATION_SIGNATURES = ("none", "bad", "good")
POLL_DIALECTS = ("any", "v1", "v2")
API_ANSWERS = ("normal", "429", "5xx", "html", "401")
API_HTML_STATUSES = (200, 502)
API_5XX_STATUSES = (500, 502, 503, 504)
MOST_COPIES = 50
LONGEST = 400 * 86400.0
"""No duration is longer, seconds: as far as the clock can be turned at once."""


@dataclass(frozen=True)
class Settings:
    """One state of the switches; durations are seconds.

    ``notification_waits`` and ``notification_timeouts`` are the strictest published schedule for in-person payments
    (protocol §3): try at once for 22 s, then after 30 s, 5 min and 30 min for 5 s each, then never again.
    ``notification_wait_scale`` shortens the waits for a test or a demo, ``notification_delay`` holds back the first
    attempt. ``notification_reordered`` sends the hint that a merchant order was opened after a later one of the same
    order, or after ``notification_hold``. QR notifications are not signed (protocol §1): ``notification_signature``
    is none, bad (a header that does not verify) or good (HMAC-SHA256 with ``webhook_secret``).

    How often and how long Mercado Pago polls is not published (protocol §8); ``scan_patience`` is how long a customer
    looks at the waiting screen. With ``poll_answers_lost`` the merchant answers and nobody hears it.

    With ``pending_refunds`` a refund stays in process for ``pending_refund_seconds``, until somebody ends it if that
    is 0. A seller without balance is refused every new refund until there is some again.

    ``api_answer`` is what the API says instead of working a call off: ``429`` (with a Retry-After of
    ``api_retry_after`` seconds unless 0), ``5xx`` (``api_5xx_status``), ``html`` (a page, ``api_html_status``) or
    ``401``; ``api_delay`` makes it slow first. Reads show what was true ``read_lag`` ago.

    Beyond ``kept_records`` merchant orders the oldest are forgotten, with all that hangs on them.
    """

    notification_dialect: str = "both"
    notification_copies: int = 1
    notification_waits: tuple[float, ...] = (0, 30, 300, 1800)
    notification_timeouts: tuple[float, ...] = (22, 5, 5, 5)
    notification_wait_scale: float = 1.0
    notification_delay: float = 0.0
    notification_reordered: bool = False
    notification_hold: float = 30.0
    notification_signature: str = "none"
    webhook_secret: str = ""
    poll_dialect: str = "any"
    poll_interval: float = 1.0
    poll_timeout: float = 10.0
    poll_answers_lost: bool = False
    scan_patience: float = 3600.0
    pending_refunds: bool = False
    pending_refund_seconds: float = 0.0
    seller_has_balance: bool = True
    api_answer: str = "normal"
    api_retry_after: int = 2
    api_5xx_status: int = 503
    api_html_status: int = 502
    api_delay: float = 0.0
    read_lag: float = 0.0
    kept_records: int = 5000
    enabled_hosts: tuple[str, ...] = field(default=())

    def changed(self, changes: dict[str, Any]) -> Settings:
        """Return the settings with some replaced; ``MisuseError`` names what cannot be."""
        known = {item.name: item.default for item in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise MisuseError(f"no setting is called {name!r}", BAD_REQUEST)
            if not _fits(known[name], value):
                raise MisuseError(f"{name}: cannot be {value!r}", BAD_REQUEST)
        return replace(self, **{name: _plain(value) for name, value in changes.items()}).checked()

    def back_to(self, first: Settings, names: Iterable[str]) -> Settings:
        """Return the settings with those of these names as they are in ``first``."""
        return replace(self, **{name: getattr(first, name) for name in names}).checked()

    def checked(self) -> Settings:
        """Return the settings if they make sense, else raise ``MisuseError``."""
        durations = (
            self.poll_interval,
            self.poll_timeout,
            self.scan_patience,
            self.pending_refund_seconds,
            self.api_retry_after,
            self.api_delay,
            self.read_lag,
            self.notification_wait_scale,
            self.notification_delay,
            self.notification_hold,
            *self.notification_waits,
            *self.notification_timeouts,
        )
        problems = {
            f"notification_dialect is one of {NOTIFICATION_DIALECTS}": self.notification_dialect
            in NOTIFICATION_DIALECTS,
            f"notification_signature is one of {NOTIFICATION_SIGNATURES}": self.notification_signature
            in NOTIFICATION_SIGNATURES,
            "a good notification_signature needs a webhook_secret": self.notification_signature != "good"
            or self.webhook_secret != "",
            f"poll_dialect is one of {POLL_DIALECTS}": self.poll_dialect in POLL_DIALECTS,
            f"api_answer is one of {API_ANSWERS}": self.api_answer in API_ANSWERS,
            f"api_5xx_status is one of {API_5XX_STATUSES}": self.api_5xx_status in API_5XX_STATUSES,
            f"api_html_status is one of {API_HTML_STATUSES}": self.api_html_status in API_HTML_STATUSES,
            "notification_copies is at least 1 and at most 50": 1 <= self.notification_copies <= MOST_COPIES,
            "kept_records is at least 1": self.kept_records >= 1,
            "notification_waits and notification_timeouts are equally long": len(self.notification_waits)
            == len(self.notification_timeouts),
            f"no duration is negative or above {LONGEST:g} seconds": min(durations) >= 0
            and max(durations) <= LONGEST,
        }
        wrong = [sentence for sentence, holds in problems.items() if not holds]
        if wrong:
            raise MisuseError("; ".join(wrong), BAD_REQUEST)
        return self

    def shown(self) -> dict[str, Any]:
        """Return the settings as JSON-ready values."""
        return asdict(self)


def _fits(default: Any, value: Any) -> bool:
    if isinstance(default, tuple):
        fits = is_number if default else _is_text
        return isinstance(value, list) and all(fits(item) for item in value)
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float):
        return is_number(value)
    return isinstance(value, type(default))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_plain(item) for item in value)
    return float(value) if isinstance(value, Decimal) else value
