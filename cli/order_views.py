"""Orders as a person reads them: instants in the terminal's time zone, payments, events and prospects in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROSPECTS = {
    "ready": "Nothing to do: the customer may still pay.",
    "prepay paid": "Nothing has to be done; should its box not claim it in time, the money goes back.",
    "releasing": "Wait for its box to report; if it does not, the order comes into review.",
}


def write_instant(text: str, *, is_end: bool) -> str:
    """What a person calls `text`, here, as the API takes it; a date is its first instant, or its last for an end.

    Raises ValueError, or OverflowError for what lies out of time.
    """
    at = datetime.fromisoformat(text)
    if is_end and len(text) <= len("2026-11-24"):
        at += timedelta(days=1, milliseconds=-1)
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_instant(text: str) -> datetime:
    """An instant of the API's, here."""
    return datetime.fromisoformat(text).astimezone()


def show_age(text: str) -> str:
    """How long ago an instant of the API's was."""
    minutes = max(int((datetime.now(UTC) - read_instant(text)).total_seconds() // 60), 0)
    if minutes < 2 * 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 2 * 24 * 60 else f"{minutes // (24 * 60)} days ago"


def show_zone() -> str:
    """The time zone here, such as UTC-03:00."""
    return f"UTC{datetime.now(UTC).astimezone().isoformat()[-6:]}"


def show_minute(text: str) -> str:
    """An instant of the API's, here, short."""
    return f"{read_instant(text):%d %b %H:%M}"


def show_moment(text: str) -> str:
    """An instant of the API's, here, to the second."""
    return f"{read_instant(text):%d %b %Y %H:%M:%S}"


def show_payment(payment: Mapping[str, Any]) -> tuple[str, str]:
    """A payment of an order: its id; what it is to the order, where it came from, attempts to give it back, in lines."""
    at = f", approved {show_moment(payment['approved_at'])}" if payment["approved_at"] else ""
    refund = "" if payment["refund"] == "none" else f", refund {payment['refund']}"
    attempts = (
        f"\n{show_moment(attempt['at'])}  give back {attempt['amount']}: {attempt['outcome'] or 'no answer yet'}"
        for attempt in payment["attempts"]
    )
    head = f"{payment['amount']} {payment['status']}, {payment['role']}{refund}"
    return payment[
        "payment_id"
    ], f"{head}\nmerchant order {payment['merchant_order_id']}{at}{''.join(attempts)}"


def show_event(event: Mapping[str, Any]) -> tuple[str, str, str]:
    """An event of an order: when; who; from → to, the end of whose ARN, and the facts, in lines."""
    moved = dict.fromkeys(state for state in (event["from"], event["to"]) if state)
    who, _, arn = event["by"].partition(" ")
    facts = {"by": arn.rpartition(":")[2]} if arn else {}
    lines = (
        f"\n{name.replace('_', ' ')}: {', '.join(map(str, fact)) if isinstance(fact, list) else fact}"
        for name, fact in (facts | event["facts"]).items()
    )
    return show_moment(event["at"]), who, f"{' → '.join(moved)}{''.join(lines)}"


def show_prospect(order: Mapping[str, Any]) -> str:
    """What happens to an order about which nobody has to decide."""
    if any(payment["refund"] in ("due", "pending") for payment in order["payments"]):
        return "Money is on its way back; wait until Mercado Pago confirms it."
    names = f"{order['mode']} {order['state']}", order["state"]
    return next((_PROSPECTS[name] for name in names if name in _PROSPECTS), "Nothing has to be done.")
