"""What the payments that Mercado Pago shows are to their order, and how far the return of each is; pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from caja.orders import Order, RecordedPayment, Refund, Role, State
from caja.transitions import refund_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from caja.merchant_orders import MerchantOrder, Payment


def is_settled_by(order: Order, merchant_order_id: str) -> bool:
    """Whether this merchant order is the one already kept."""
    return order.kept_merchant_order_id == merchant_order_id


def record_payments(
    order: Order, ours: Sequence[MerchantOrder], *, successor_paid: bool, now: datetime
) -> list[RecordedPayment]:
    """What `ours` adds to the order's payments, or changes about them."""
    before = {p.payment_id: p for p in order.payments}
    seen: dict[str, RecordedPayment] = {}
    # The kept one last: a payment listed in two merchant orders is not given back.
    for mo in sorted(ours, key=lambda mo: is_settled_by(order, mo.merchant_order_id)):
        role = _role(order, mo, successor_paid=successor_paid)
        for payment in mo.payments:
            if role is not None and payment.ever_held_money:
                known = _seen(order, before.get(payment.payment_id), payment, mo.merchant_order_id, role)
                seen[payment.payment_id] = _owe(order, known, now)
    changed = [payment for key, payment in sorted(seen.items()) if payment != before.get(key)]
    # What settles the order first: it is not paid by money that is left for the next check.
    return sorted(changed, key=lambda payment: payment.role is not Role.KEPT)


def merged(
    before: Sequence[RecordedPayment], changed: Sequence[RecordedPayment]
) -> tuple[RecordedPayment, ...]:
    """All payments; nothing recorded is ever dropped."""
    merged = {p.payment_id: p for p in (*before, *changed)}
    return tuple(merged[key] for key in sorted(merged))


def _seen(
    order: Order, known: RecordedPayment | None, payment: Payment, merchant_order_id: str, role: Role
) -> RecordedPayment:
    """The payment as it is known from now on; reads lag, so what has gone back stays gone, and what is kept stays kept."""
    if known is None:
        return RecordedPayment(
            payment_id=payment.payment_id,
            merchant_order_id=merchant_order_id,
            amount=payment.amount,
            refunded=payment.refunded,
            status=payment.status,
            approved_at=payment.approved_at,
            role=role,
            refund=Refund.NONE,
        )
    if known.role is Role.KEPT and is_settled_by(order, known.merchant_order_id):
        merchant_order_id, role = known.merchant_order_id, known.role
    # Others decided about it, and now it is the seller's again.
    is_won_back = known.status != "approved" == payment.status and known.refund is Refund.REFUSED
    return replace(
        known,
        merchant_order_id=merchant_order_id,
        amount=payment.amount,
        refunded=max(known.refunded, payment.refunded),
        status=known.status if known.refund is Refund.DONE else payment.status,
        approved_at=payment.approved_at,
        role=role,
        refund=Refund.NONE if is_won_back else known.refund,
    )


def _owe(order: Order, payment: RecordedPayment, now: datetime) -> RecordedPayment:
    """The payment with how far its return is."""
    if not order.owes(payment) or payment.refund is Refund.DONE:
        return payment
    refund = refund_of(payment)
    if refund is not Refund.DUE:
        return replace(payment, refund=refund, refund_at=None)
    if payment.refund in (Refund.PENDING, Refund.REFUSED) or (
        payment.refund is Refund.DUE and payment.refund_at
    ):
        return payment
    return replace(payment, refund=Refund.DUE, owed_at=payment.owed_at or now, refund_at=now)


def _role(order: Order, mo: MerchantOrder, *, successor_paid: bool) -> Role | None:
    """What this merchant order's money is to the order; None while that is open."""
    if is_settled_by(order, mo.merchant_order_id):
        return Role.KEPT
    if order.state is State.READY or (order.state is State.EXPIRED and not order.is_prepay):
        return None
    is_replaced = order.state is State.REPLACED and not order.is_prepay
    if is_replaced or (order.state is State.REVIEW and order.kept_merchant_order_id is None):
        return Role.EXCESS if order.replaced_by is not None and successor_paid else Role.DOUBT
    return Role.EXCESS


def still_held(order: Order, kept: MerchantOrder) -> Decimal:
    """The kept money by what is newest: a read that lags shows a payment as not made yet, which is no news."""
    held = {p.payment_id: p.net for p in order.payments if p.role is Role.KEPT}
    held |= {p.payment_id: p.net for p in kept.payments if p.ever_held_money}
    return sum(held.values(), Decimal(0))


def kept_net(order: Order) -> Decimal:
    """What the kept payments still hold by the ledger."""
    return sum((p.net for p in order.payments if p.role is Role.KEPT), Decimal(0))


def overpaid(order: Order) -> Decimal:
    """How much more the kept payments hold than the order asked for."""
    return max(kept_net(order) - order.total, Decimal(0))


def is_unsettled(payment: RecordedPayment) -> bool:
    """Whether something is still to come of the payment: a decision, ours or others', its return, or another attempt at that."""
    return (
        payment.role is Role.DOUBT
        or payment.is_disputed
        or payment.refund in (Refund.DUE, Refund.PENDING)
        or (payment.refund is Refund.REFUSED and payment.refund_at is not None)
    )
