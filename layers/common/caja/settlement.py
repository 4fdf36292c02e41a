"""What the merchant orders Mercado Pago shows make of an order; pure.

The one place where an order is found to be paid. `judge` is given all that is known and says what follows; it can be
repeated at any time and gives the same answer for the same facts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from caja.orders import Order, RecordedPayment, Refund, Role, State, expire, pay, send_to_review

if TYPE_CHECKING:
    from collections.abc import Sequence

    from caja.merchant_orders import MerchantOrder, Payment

CLOCK_SLACK = timedelta(minutes=5)
"""How much older than its order a merchant order may look (protocol §4)."""

PARTIAL_PATIENCE = timedelta(hours=1)
"""How long after expiry the rest of a partial payment may still come (design §4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A merchant order that is not what the order asked for: `flaw` is reference, collector, age, total or currency."""

    merchant_order_id: str
    flaw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What follows. `order` is the order as it should be from now on; `accounted`: nothing seen can still change."""

    order: Order
    mismatches: tuple[Mismatch, ...]
    new_excess: tuple[RecordedPayment, ...]
    overpaid: Decimal
    accounted: bool


def judge(
    order: Order, found: Sequence[MerchantOrder], *, complete: bool, successor_paid: bool, now: datetime
) -> Verdict:
    """What `found` makes of `order`.

    `complete`: `found` is everything Mercado Pago lists for the order's reference. `successor_paid`: the order that
    replaced this one has been paid.
    """
    flaws = {mo.merchant_order_id: flaw for mo in found if (flaw := _flaw(order, mo))}
    ours = [mo for mo in found if flaws.get(mo.merchant_order_id) not in ("reference", "collector")]
    after = _next_state(order, ours, flaws, complete=complete, successor_paid=successor_paid, now=now)
    payments = _record(after, ours, successor_paid=successor_paid)
    if after is order and payments != order.payments:
        after = replace(order, version=order.version + 1, updated_at=now)
    after = replace(after, payments=payments)
    known_excess = {p.payment_id for p in order.payments if p.role is Role.EXCESS}
    return Verdict(
        order=after,
        mismatches=tuple(
            Mismatch(merchant_order_id=mo.merchant_order_id, flaw=flaws[mo.merchant_order_id])
            for mo in found
            if mo.merchant_order_id in flaws and any(p.ever_held_money for p in mo.payments)
        ),
        new_excess=tuple(p for p in payments if p.role is Role.EXCESS and p.payment_id not in known_excess),
        overpaid=max(_kept_net(after) - after.total, Decimal(0)),
        accounted=complete
        and all(mo.status in ("closed", "expired") for mo in ours)
        and not any(p.role is Role.DOUBT or p.refund is Refund.DUE for p in payments)
        # Part of the money: the rest, or an hour without it, is still to come.
        and not (after.state in (State.READY, State.EXPIRED) and any(mo.net for mo in ours)),
    )


def is_settled_by(order: Order, merchant_order_id: str) -> bool:
    """Whether this merchant order is the one already kept, so that hearing of it again changes nothing."""
    return order.kept_merchant_order_id == merchant_order_id


def _flaw(order: Order, mo: MerchantOrder) -> str | None:
    if mo.external_reference.upper() != order.order_id:
        return "reference"
    if mo.collector_id != order.collector_id:
        return "collector"
    if mo.created_at is None or mo.created_at < order.created_at - CLOCK_SLACK:
        return "age"
    if mo.total != order.total:
        return "total"
    if any(p.net and p.currency != order.currency for p in mo.payments):
        return "currency"
    return None


def _next_state(
    order: Order,
    ours: Sequence[MerchantOrder],
    flaws: dict[str, str],
    *,
    complete: bool,
    successor_paid: bool,
    now: datetime,
) -> Order:
    with_money = [mo for mo in ours if mo.net]
    if order.state in (State.READY, State.EXPIRED):
        paying = [
            mo
            for mo in with_money
            if mo.status == "closed" and mo.merchant_order_id not in flaws and mo.net >= order.total
        ]
        if paying:
            first = min(paying, key=lambda mo: (mo.first_approved_at or now, mo.merchant_order_id))
            return pay(order, first.merchant_order_id, now)
        flawed = any(mo.merchant_order_id in flaws for mo in with_money)
        overdue = bool(with_money) and now >= order.expires_at + PARTIAL_PATIENCE
        if flawed or overdue or not complete:
            return send_to_review(order, now)
    if order.state is State.REPLACED and not successor_paid and (with_money or not complete):
        return send_to_review(order, now)
    if order.state is State.READY and order.is_expired(now) and not with_money:
        return expire(order, now)
    return order


def _record(
    order: Order, ours: Sequence[MerchantOrder], *, successor_paid: bool
) -> tuple[RecordedPayment, ...]:
    """The order's payments with what `ours` adds to them; nothing recorded is ever dropped."""
    known = {p.payment_id: p for p in order.payments}
    # The kept one last: a payment listed in two merchant orders is not given back.
    for mo in sorted(ours, key=lambda mo: is_settled_by(order, mo.merchant_order_id)):
        role = _role(order, mo, successor_paid=successor_paid)
        for payment in mo.payments:
            if role is None or not payment.ever_held_money:
                continue
            known[payment.payment_id] = RecordedPayment(
                payment_id=payment.payment_id,
                merchant_order_id=mo.merchant_order_id,
                amount=payment.amount,
                refunded=payment.refunded,
                status=payment.status,
                approved_at=payment.approved_at,
                role=role,
                refund=_refund(payment, role),
            )
    return tuple(known[key] for key in sorted(known))


def _role(order: Order, mo: MerchantOrder, *, successor_paid: bool) -> Role | None:
    """What this merchant order's money is to the order; None while that is open."""
    match order.state:
        case State.READY | State.EXPIRED:
            return None
        case State.PAID:
            return Role.KEPT if is_settled_by(order, mo.merchant_order_id) else Role.EXCESS
        case State.CANCELLED:
            return Role.EXCESS
        case State.REPLACED | State.REVIEW:  # pragma: no branch - mypy proves that there is no other
            replaced = order.replaced_by is not None
            return Role.EXCESS if replaced and successor_paid else Role.DOUBT


def _kept_net(order: Order) -> Decimal:
    return sum((p.amount - p.refunded for p in order.payments if p.role is Role.KEPT), Decimal(0))


def _refund(payment: Payment, role: Role) -> Refund:
    if role is not Role.EXCESS or payment.status in ("in_mediation", "charged_back"):
        return Refund.NONE
    return Refund.DUE if payment.net else Refund.DONE
