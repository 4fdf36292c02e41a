"""The shapes in which the operator looks at orders, and decides about them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from caja.boxes import is_box_id
from caja.errors import Flaw, InvalidRequestError
from caja.instants import read_instant, write_instant
from caja.money import show_amount
from caja.order_views import show_order
from caja.orders import State
from caja.provision_schemas import read_cursor
from caja.schemas import MERCADOPAGO_ID, Shape, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caja.orders import Event, Listed, Order, RecordedPayment

DOUBTS = ("review", "refunding", "refund_refused")
"""What a person looks at: orders in doubt, money on its way back, money Mercado Pago would not give back."""

_PLACE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z\|[A-Z2-7]{26}"
_CURSOR_OF_BOX = re.compile(rf"\|{_PLACE}", re.ASCII)
_CURSOR_OF_DOUBTS = re.compile(rf"({'|'.join(DOUBTS)})\|({_PLACE}|\|)", re.ASCII)
_STATES = {*(state.value for state in State), "refund_refused"}


class RefundOrder(Shape):
    """`POST /admin/orders/{order_id}/refund`."""

    reason: Annotated[Text, Field(max_length=256)]
    payment_id: Annotated[Text, Field(pattern=MERCADOPAGO_ID)] | None = None


class ResolveOrder(Shape):
    """`POST /admin/orders/{order_id}/resolve`."""

    state: Literal["paid", "delivered", "refunding", "refunded"]
    reason: Annotated[Text, Field(max_length=256)]
    merchant_order_id: Annotated[Text, Field(pattern=MERCADOPAGO_ID)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which orders to list. `after`: (doubt, instant, order_id) of the last one shown."""

    box_id: str | None
    state: str | None
    since: datetime | None
    until: datetime | None
    after: tuple[str, str, str] | None


def read_wanted(query: Mapping[str, str]) -> Wanted:
    """The query of `GET /admin/orders`; raises InvalidRequestError naming every flaw."""
    flaws = []
    box_id, state = query.get("box_id"), query.get("state")
    if box_id is not None and not is_box_id(box_id):
        flaws.append(Flaw("box_id", "A box_id has 1 to 39 letters and digits."))
    if state is not None and state not in _STATES:
        flaws.append(Flaw("state", f"One of {', '.join(sorted(_STATES))}."))
    elif box_id is None and state not in (None, *DOUBTS):
        flaws.append(Flaw("state", f"Without a box_id only {', '.join(DOUBTS)} can be listed."))
    instants = {name: _instant(query.get(name), name, flaws) for name in ("from", "to")}
    since, until = instants["from"], instants["to"]
    if since and until and since > until:
        flaws.append(Flaw("to", "Send an instant that is not before `from`."))
    if flaws:
        raise InvalidRequestError("These orders cannot be listed.", flaws)
    cursor = read_cursor(query.get("cursor"), _CURSOR_OF_BOX if box_id else _CURSOR_OF_DOUBTS)
    kind, at, order_id = cursor.split("|") if cursor else ("", "", "")
    return Wanted(
        box_id=box_id.upper() if box_id else None,
        state=state,
        since=since,
        until=until,
        after=(kind, at, order_id) if cursor else None,
    )


def show_listed(listed: Listed) -> dict[str, Any]:
    """An order in a list; `needs`: review, refunding or refund_refused where a person is to look."""
    order = listed.order
    return {
        "needs": listed.needs,
        "order_id": order.order_id,
        "box_id": order.box_id,
        "number": order.number,
        "mode": order.mode,
        "state": order.state.value,
        "why": order.doubt.value if order.doubt else None,
        "total": show_amount(order.total, order.currency),
        "currency": order.currency,
        "created_at": write_instant(order.created_at),
        "updated_at": write_instant(order.updated_at),
        "paid_at": write_instant(order.paid_at) if order.paid_at else None,
    }


def show_managed(order: Order, events: tuple[Event, ...]) -> dict[str, Any]:
    """An order with all that was recorded of it: `why` it is in review, attempts to give back, events."""
    shown = show_order(order)
    more = {p.payment_id: _show_more(p, order.currency) for p in order.payments}
    return {
        **shown,
        "why": order.doubt.value if order.doubt else None,
        "claim": order.claim,
        "report": order.report,
        "replaces": order.replaces,
        "replaced_by": order.replaced_by,
        "next_check_at": write_instant(order.watch.check_at) if order.watch.check_at else None,
        "kept_merchant_order_id": order.kept_merchant_order_id,
        "payments": [{**p, **more[p["payment_id"]]} for p in shown["payments"]],
        "events": [
            {
                "version": event.version,
                "at": write_instant(event.at),
                "by": event.by,
                "from": event.from_state,
                "to": event.to_state,
                "facts": dict(event.facts),
            }
            for event in events
        ],
    }


def _show_more(payment: RecordedPayment, currency: str) -> dict[str, Any]:
    attempts = [
        {
            "at": write_instant(attempt.at),
            "amount": show_amount(payment.amount if attempt.amount is None else attempt.amount, currency),
            "refund_id": attempt.refund_id,
            "outcome": attempt.outcome,
        }
        for attempt in payment.attempts
    ]
    return {
        "refunded": show_amount(payment.refunded, currency),
        "next_attempt_at": write_instant(payment.refund_at) if payment.refund_at else None,
        "attempts": attempts,
    }


def _instant(text: str | None, name: str, flaws: list[Flaw]) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        return read_instant(at.isoformat()) if at.tzinfo else read_instant(f"{at.isoformat()}+00:00")
    except (ValueError, OverflowError):
        flaws.append(Flaw(name, "Send an instant such as 2026-11-24 or 2026-11-24T12:00:00Z."))
        return None
