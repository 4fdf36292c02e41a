# ruff: noqa: D102 - the Protocol's docstring speaks for its fields
"""What a poll is answered, byte for byte, in both dialects; pure.

`order_body` is rendered once, when the order is submitted; `read_poll` and `decide` are the table of design §4.
Words that nobody has seen on the wire (protocol §2) are data, in the one table below.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import parse_qsl

from caja.answers import Answer
from caja.exact_json import render
from caja.instants import read_instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    Record = Mapping[str, Any]  # one item of BoxesTable, its strings and whole numbers as Python's

RECENTLY = timedelta(seconds=120)
"""How long `preparing` is believed, and an order that ended is spoken of (design §4, rows 5 to 7)."""

MAX_NOTIFICATION_URL = 500
"""Characters Mercado Pago takes in `notification_url` (protocol §2)."""

_HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store"}
_ORDER_HEADERS = {"v1": _HEADERS, "v2": {**_HEADERS, "order-version": "2"}}

_SITUATIONS = {
    "in_process": {"v1": (400, "in_process"), "v2": (202, "in_process")},
    "ended": {"v1": (400, "unavailable"), "v2": (202, "notihing_to_pay")},
    "waiting": {"v1": (400, "unavailable"), "v2": (202, "Waiting_for_order")},
    # Documented for v1 only: v2 answers the same.
    "invalid": {"v1": (400, "invalid")},
    "timeout": {"v1": (400, "timeout")},
}
"""Situation → dialect → status and word; the spellings are Mercado Pago's own."""

_MESSAGES = {
    "in_process": "Venta en curso: el importe aparecerá en un momento.",
    "ended": "La venta ya terminó: no hay nada por pagar.",
    "waiting": "Todavía no hay una venta por pagar en esta caja.",
    "invalid": "Este código QR no corresponde a una caja en servicio.",
    "timeout": "La caja no responde: paga de otra forma o vuelve a intentarlo.",
}


class Poll(NamedTuple):
    """What Mercado Pago asks: about which box, of which branch, with which key."""

    location_id: str
    position_id: str
    key: str


class OrderLine(Protocol):
    """One line of an order, as `order_body` reads it; `unit_price` in units of the currency."""

    @property
    def title(self) -> str: ...
    @property
    def quantity(self) -> int: ...
    @property
    def unit_price(self) -> Decimal: ...
    @property
    def description(self) -> str | None: ...
    @property
    def sku(self) -> str | None: ...
    @property
    def category(self) -> str | None: ...
    @property
    def unit_measure(self) -> str | None: ...


def _tell(situation: str, dialect: str) -> Answer:
    status, word = _SITUATIONS[situation][dialect]
    message = _MESSAGES[situation]
    if dialect == "v1":
        return Answer(status, _HEADERS, render({"error": {"type": word, "message": message}}))
    return Answer(status, _HEADERS, render({"status": {"status_detail": word, "message": message}}))


INVALID = _tell("invalid", "v1")
"""Row 1: the one answer to an unknown box, a wrong branch, a wrong key and a malformed poll."""

TIMEOUT = _tell("timeout", "v1")
"""Rows 2, 3 and 6: something of ours, or the box, cannot be reached."""


def order_body(
    dialect: str,
    *,
    order_id: str,
    collector_id: int,
    currency: str,
    total: Decimal,
    title: str | None,
    description: str | None,
    notification_url: str,
    items: Sequence[OrderLine],
) -> str:
    """The body that offers an order, with nothing but the fields protocol §2 documents.

    Amounts are written as the shortest exact JSON numbers: `10.5`, and `1050` for CLP. Raises ValueError for an
    unknown dialect, a `notification_url` over 500 characters or a `total` that is not the sum of the items.
    """
    if len(notification_url) > MAX_NOTIFICATION_URL:
        raise ValueError(f"notification_url has {len(notification_url)} characters, more than 500")
    if total != sum(line.quantity * line.unit_price for line in items):
        raise ValueError(f"total {total} is not the sum of the items")
    if dialect == "v1":
        return render(
            {
                "collector_id": collector_id,
                "items": [_line_v1(line, currency) for line in items],
                "external_reference": order_id,
                "notification_url": notification_url,
            }
        )
    if dialect == "v2":
        return render(
            {
                "external_reference": order_id,
                "total_amount": total,
                "title": title or items[0].title,
                "description": description or title or items[0].title,
                "notification_url": notification_url,
                "items": [_line_v2(line) for line in items],
            }
        )
    raise ValueError(f"unknown dialect {dialect!r}")


def _line_v1(line: OrderLine, currency: str) -> dict[str, Any]:
    return {
        "title": line.title,
        "currency_id": currency,
        **_given(description=line.description),
        "quantity": line.quantity,
        "unit_price": line.unit_price,
    }


def _line_v2(line: OrderLine) -> dict[str, Any]:
    return {
        **_given(sku_number=line.sku, category=line.category),
        "title": line.title,
        **_given(description=line.description),
        "quantity": line.quantity,
        # Mercado Pago's in-store orders are refused without one, so these never lack it.
        "unit_measure": line.unit_measure or "unit",
        "unit_price": line.unit_price,
        "total_amount": line.quantity * line.unit_price,
    }


def _given(**fields: str | None) -> dict[str, str]:
    return {name: text for name, text in fields.items() if text}


def read_poll(raw_query: str) -> Poll | None:
    """The poll in a query string, or None if a parameter is missing, empty, repeated or cannot name a box.

    Parameters of other names are Mercado Pago's business. `position_id` comes back in upper case.
    """
    asked: dict[str, str] = {}
    for name, value in parse_qsl(raw_query, keep_blank_values=True):
        if name in ("locationId", "positionId", "key"):
            if name in asked:
                return None
            asked[name] = value
    location_id, position_id, key = (asked.get(name, "") for name in ("locationId", "positionId", "key"))
    # No box has another name, and no other item of the table may be asked for.
    names_a_box = position_id.isascii() and position_id.isalnum() and len(position_id) < 40  # noqa: PLR2004 - protocol §6
    if not (location_id and key and names_a_box):
        return None
    return Poll(location_id, position_id.upper(), key)


def decide(  # noqa: PLR0911 - one return for each row of the table
    box: Record | None, ready: Record | None, seen: Record | None, *, poll: Poll, now: datetime
) -> Answer:
    """The answer to `poll` at `now`: the rows of design §4, tried from the top (row 2 is the caller's).

    `box`, `ready` and `seen` are the BOX, READY and SEEN items of the box asked for, None where there is none.
    """
    if box is None or box.get("retired_at") or not _may_ask(box, poll, now):
        return INVALID
    if _is_out(box, seen, now):
        return TIMEOUT
    ended_at = _ended_at(ready, now)
    if ready is not None and ended_at is None:
        return Answer(200, _ORDER_HEADERS[ready["dialect"]], ready["body"])
    if seen is not None and seen["state"] == "preparing":
        if now - read_instant(seen["state_at"]) < RECENTLY:
            return _tell("in_process", box["dialect"])
        return TIMEOUT
    if ended_at is not None and now - ended_at < RECENTLY:
        return _tell("ended", box["dialect"])
    return _tell("waiting", box["dialect"])


def _may_ask(box: Record, poll: Poll, now: datetime) -> bool:
    """Whether branch and key are the box's; takes as long for a wrong branch as for a wrong key."""
    is_key, old_until = _equal(poll.key, box["poll_key"]), box.get("old_poll_key_until")
    if old_until and now < read_instant(old_until):
        is_key |= _equal(poll.key, box["old_poll_key"])
    return is_key & _equal(poll.location_id, box["external_store_id"])


def _equal(offered: str, ours: str) -> bool:
    # What was offered may hold anything a query can hold, half a surrogate pair included.
    return compare_digest(offered.encode("utf-8", "surrogatepass"), ours.encode())


def _is_out(box: Record, seen: Record | None, now: datetime) -> bool:
    """Whether the box said that it is out of service, or has been silent for too long."""
    if seen is not None and seen["state"] == "out_of_service":
        return True
    liveness = timedelta(seconds=box["liveness_seconds"])
    return bool(liveness) and (seen is None or now - read_instant(seen["seen_at"]) > liveness)


def _ended_at(ready: Record | None, now: datetime) -> datetime | None:
    """When the box's current order ended, by its record or by the clock; None while it can be paid, or without one."""
    if ready is None:
        return None
    if ready["state"] != "ready":
        return read_instant(ready["ended_at"])
    expires_at = read_instant(ready["expires_at"])
    return expires_at if now >= expires_at else None
