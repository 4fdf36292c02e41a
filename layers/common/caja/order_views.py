"""How a box is shown an order; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caja.instants import write_instant
from caja.money import show_amount
from caja.orders import State

if TYPE_CHECKING:
    from datetime import datetime

    from caja.orders import Item, Order, RecordedPayment

POLL_MS_READY = 2_000
POLL_MS_ELSE = 30_000
"""`next_poll_ms`: how soon a box should ask again while its order can be paid, and otherwise."""


def show_order(order: Order) -> dict[str, Any]:
    """The order as the contract shows it; amounts are strings in the order's currency."""
    return {
        "order_id": order.order_id,
        "box_id": order.box_id,
        "ticket": order.ticket,
        "number": order.number,
        "mode": order.mode,
        "state": order.state.value,
        "total": show_amount(order.total, order.currency),
        "currency": order.currency,
        "items": [_show_item(item, order.currency) for item in order.items],
        "created_at": write_instant(order.created_at),
        "expires_at": write_instant(order.expires_at),
        "updated_at": write_instant(order.updated_at),
        "paid_at": write_instant(order.paid_at) if order.paid_at else None,
        "release_by": write_instant(order.release_by) if order.release_by else None,
        "report_by": write_instant(order.report_by) if order.report_by else None,
        "version": order.version,
        "paid_amount": show_amount(order.paid_amount, order.currency),
        "refunded_amount": show_amount(order.refunded_amount, order.currency),
        "payments": [_show_payment(payment, order.currency) for payment in order.payments],
        "next_poll_ms": next_poll_ms(order.state),
    }


def show_brief(order_id: str, state: str, expires_at: datetime) -> dict[str, Any]:
    """The order as a small box wants it."""
    return {
        "order_id": order_id,
        "state": state,
        "expires_at": write_instant(expires_at),
        "next_poll_ms": next_poll_ms(state),
    }


def next_poll_ms(state: str | None) -> int:
    """How long a box may wait before it asks again."""
    return POLL_MS_READY if state == State.READY else POLL_MS_ELSE


def _show_item(item: Item, currency: str) -> dict[str, Any]:
    shown = {
        "title": item.title,
        "quantity": item.quantity,
        "unit_price": show_amount(item.unit_price, currency),
        "description": item.description,
        "sku": item.sku,
        "category": item.category,
        "unit_measure": item.unit_measure,
    }
    return {key: value for key, value in shown.items() if value is not None}


def _show_payment(payment: RecordedPayment, currency: str) -> dict[str, Any]:
    return {
        "payment_id": payment.payment_id,
        "merchant_order_id": payment.merchant_order_id,
        "amount": show_amount(payment.amount, currency),
        "status": payment.status,
        "approved_at": write_instant(payment.approved_at) if payment.approved_at else None,
        "role": payment.role.value,
        "refund": payment.refund.value,
    }
