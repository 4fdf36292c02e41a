"""What the merchant orders Mercado Pago shows make of an order; pure.

The one place where an order is found to be paid. `judge` is given all that is known and says what follows; it can be
repeated at any time and gives the same answer for the same facts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from caja.holdings import is_settled_by, is_unsettled, merged, overpaid, record_payments, still_held
from caja.orders import Doubt, Order, RecordedPayment, Role, State
from caja.transitions import conclude_refund, expire, pay, send_to_review

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from caja.merchant_orders import MerchantOrder

CLOCK_SLACK = timedelta(minutes=5)
"""How much older than its order a merchant order may look (protocol §4)."""

PARTIAL_PATIENCE = timedelta(hours=1)
"""How long after expiry the rest of a partial payment may still come (design §4)."""


MOST_AT_ONCE = 90
"""Payments one check records; a transaction of DynamoDB holds 100 writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A merchant order a person should know of: `flaw` is what is not as the order asked for, or `unreadable`.

    What is not as asked for: reference, collector, age, total or currency. Unreadable: closed, and not all of it can be read.
    """

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
    payments = record_payments(after, ours, successor_paid=successor_paid, now=now)
    recorded, rest = payments[:MOST_AT_ONCE], payments[MOST_AT_ONCE:]
    after = conclude_refund(replace(after, payments=merged(order.payments, recorded)), now)
    is_change = (after.state, after.payments) != (order.state, order.payments)
    # However many steps it was, it is written once.
    after = replace(
        after, version=order.version + is_change, updated_at=now if is_change else order.updated_at
    )
    known_excess = {p.payment_id for p in order.payments if p.role is Role.EXCESS}
    return Verdict(
        order=after,
        mismatches=tuple(_mismatches(found, flaws)),
        new_excess=tuple(
            p for p in after.payments if p.role is Role.EXCESS and p.payment_id not in known_excess
        ),
        overpaid=overpaid(after),
        accounted=complete
        and not rest
        # What cannot be read may be ours, and paid.
        and all(mo.is_readable for mo in found)
        and all(mo.is_over for mo in ours)
        and not any(is_unsettled(payment) for payment in after.payments)
        # Part of the money: the rest, or an hour without it, is still to come.
        and not (after.state in (State.READY, State.EXPIRED) and any(mo.net for mo in ours)),
    )


def is_done_with(order: Order, merchant_order_id: str) -> bool:
    """Whether hearing of this merchant order again changes nothing: it is kept, and the goods are gone."""
    is_over = order.state is State.DELIVERED or (order.state is State.PAID and not order.is_prepay)
    return is_over and is_settled_by(order, merchant_order_id)


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


def _mismatches(found: Sequence[MerchantOrder], flaws: dict[str, str]) -> Iterator[Mismatch]:
    for mo in found:
        if mo.merchant_order_id in flaws and mo.ever_held_money:
            yield Mismatch(merchant_order_id=mo.merchant_order_id, flaw=flaws[mo.merchant_order_id])
        elif mo.status == "closed" and not mo.is_readable:
            yield Mismatch(merchant_order_id=mo.merchant_order_id, flaw="unreadable")


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
    match order.state:
        case State.READY:
            return _open_order(order, with_money, flaws, complete=complete, now=now)
        case State.EXPIRED if not order.is_prepay:
            return _open_order(order, with_money, flaws, complete=complete, now=now)
        case State.REPLACED if not order.is_prepay and not successor_paid and (with_money or not complete):
            return send_to_review(order, Doubt.MONEY, now)
        case State.PAID | State.DELIVERED if order.kept_merchant_order_id is None and with_money:
            # Decided by a person before the money could be seen: this is it.
            first = min(with_money, key=lambda mo: (mo.first_approved_at or now, mo.merchant_order_id))
            return replace(order, kept_merchant_order_id=first.merchant_order_id)
        case State.PAID if order.is_prepay:
            kept = next((mo for mo in ours if is_settled_by(order, mo.merchant_order_id)), None)
            is_covered = kept is None or still_held(order, kept) >= order.total
            return order if is_covered else send_to_review(order, Doubt.UNCOVERED, now)
        case _:
            return order


def _open_order(
    order: Order,
    with_money: Sequence[MerchantOrder],
    flaws: dict[str, str],
    *,
    complete: bool,
    now: datetime,
) -> Order:
    """An order that money can still settle."""
    is_too_late = order.is_prepay and now > order.payable_until
    paying = [
        mo
        for mo in with_money
        if mo.status == "closed" and mo.merchant_order_id not in flaws and mo.net >= order.total
    ]
    if paying and not is_too_late:
        first = min(paying, key=lambda mo: (mo.first_approved_at or now, mo.merchant_order_id))
        return pay(order, first.merchant_order_id, now)
    if not complete:
        return send_to_review(order, Doubt.MONEY, now)
    if is_too_late:
        return expire(order, now)  # whatever was found is excess
    flawed = any(mo.merchant_order_id in flaws for mo in with_money)
    overdue = bool(with_money) and not order.is_prepay and now >= order.expires_at + PARTIAL_PATIENCE
    if flawed or overdue:
        return send_to_review(order, Doubt.MONEY, now)
    if order.state is State.READY and order.is_expired(now) and not with_money:
        return expire(order, now)
    return order
