"""Prepay orders at every stage of their life, and payments as the ledger keeps them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from caja.orders import Doubt, RecordedPayment, Refund, Role
from caja.transitions import (
    cancel,
    claim,
    conclude_refund,
    expire,
    meet_deadline,
    pay,
    refund,
    replace_by,
    report_delivery,
    send_to_review,
)
from tests.builders import PRICE, a_recorded_payment, after, an_order

if TYPE_CHECKING:
    from caja.orders import Order

CLAIM = "claim-0001"
OTHER_CLAIM = "claim-0002"


def recorded(**changes: Any) -> RecordedPayment:
    """`a_payment()` as the ledger keeps it, nothing of it given back."""
    return a_recorded_payment(**{"refunded": Decimal(0)} | changes)


def owed(**changes: Any) -> RecordedPayment:
    """A payment found to be owed back five minutes after its order was submitted."""
    due: dict[str, Any] = {"refund": Refund.DUE, "owed_at": after(minutes=5), "refund_at": after(minutes=5)}
    return recorded(**{"role": Role.EXCESS, **due} | changes)


def given_back(**changes: Any) -> RecordedPayment:
    """A payment that went back whole."""
    return recorded(**{"refund": Refund.DONE, "status": "refunded", "refunded": PRICE} | changes)


def holding(order: Order, *payments: RecordedPayment) -> Order:
    """The order with these payments, or with one of its price."""
    return replace(order, payments=payments or (recorded(),))


READY = an_order(mode="prepay", expires_at=after(minutes=10))
PAID = holding(pay(READY, "7001", after(minutes=2)))
"""To be claimed before minute 4."""
RELEASING = claim(PAID, CLAIM, after(minutes=3))
"""To be reported before minute 6."""
DELIVERED = report_delivery(RELEASING, CLAIM, "delivered", after(minutes=5))
FAILED = report_delivery(RELEASING, CLAIM, "failed", after(minutes=5))
UNCLAIMED = meet_deadline(PAID, after(minutes=5))
REFUNDED = conclude_refund(holding(UNCLAIMED, given_back()), after(minutes=6))
SILENT = meet_deadline(RELEASING, after(minutes=6))
UNSURE = report_delivery(RELEASING, CLAIM, "unknown", after(minutes=5))
IN_DOUBT = holding(send_to_review(READY, Doubt.MONEY, after(minutes=3)), recorded(role=Role.DOUBT))
UNCOVERED = holding(send_to_review(PAID, Doubt.UNCOVERED, after(minutes=3)), recorded(status="charged_back"))
UNCONFIRMED = meet_deadline(UNCLAIMED, after(days=2))
EXPIRED = expire(READY, after(minutes=13))
CANCELLED = cancel(READY, after(minutes=3))
REPLACED = replace_by(READY, "SUCCESSOR", after(minutes=3))
POSTPAID = holding(pay(an_order(), "7001", after(minutes=2)))
RETURNED = refund(DELIVERED, after(minutes=30))
"""Delivered, and then given back by the operator."""

STAGES = {
    "ready": READY,
    "paid": PAID,
    "releasing": RELEASING,
    "delivered": DELIVERED,
    "failed": FAILED,
    "unclaimed": UNCLAIMED,
    "refunded": REFUNDED,
    "silent": SILENT,
    "unsure": UNSURE,
    "in doubt": IN_DOUBT,
    "uncovered": UNCOVERED,
    "unconfirmed": UNCONFIRMED,
    "expired": EXPIRED,
    "cancelled": CANCELLED,
    "replaced": REPLACED,
    "postpaid": POSTPAID,
    "returned": RETURNED,
}
"""`failed`, `unclaimed` and `returned` are being given back; `silent`, `unsure`, `in doubt`, `uncovered` and
`unconfirmed` are in review."""
