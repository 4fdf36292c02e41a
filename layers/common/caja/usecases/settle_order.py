"""What follows from what Mercado Pago showed: decide, record once, tell the operator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from caja.deadlines import next_check
from caja.errors import StaleVersionError, StorageError
from caja.holdings import overpaid
from caja.orders import Order, State
from caja.settlement import Verdict, judge
from caja.usecases.follow_sale import is_paid_later, wake_earlier
from caja.usecases.meet_deadlines import request_refunds
from caja.watch import joined

if TYPE_CHECKING:
    from datetime import datetime

    from caja.usecases.ask_merchant_orders import Asked
    from caja.usecases.protocols import (
        Checks,
        HealthRecord,
        MerchantOrders,
        Orders,
        RefundRequests,
        Report,
    )

TRIES = 4
"""How often a verdict is reached anew when the order was written meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a check works with. `jitter`: 0–1, spreads retries."""

    orders: Orders
    merchant_orders: MerchantOrders
    checks: Checks
    refund_requests: RefundRequests
    health: HealthRecord
    report: Report
    now: datetime
    jitter: float


def settle_order(world: World, order: Order, asked: Asked) -> Order:
    """Decide and record; decide again if the order was written meanwhile. Raises StorageError."""
    for _ in range(TRIES):
        verdict = _judge(world, order, asked)
        after = replace(
            verdict.order,
            watch=replace(
                joined(verdict.order.watch, asked.watch),
                check_at=next_check(
                    verdict.order, world.now, accounted=verdict.accounted, is_search=asked.is_search
                ),
                failures=0,
                mismatched=tuple(
                    sorted({*order.watch.mismatched, *(m.merchant_order_id for m in verdict.mismatches)})
                ),
            ),
        )
        # Before the write: an alarm, or a check, too many is better than one lost with the process.
        _alarm(world, order, verdict)
        if after.state is State.PAID and order.state is not State.PAID:
            wake_earlier(world.orders, world.checks, after)
        if asked.is_search and not asked.complete and after.state is not State.REVIEW:
            world.report.alarm(
                "SearchTooLong",
                "more merchant orders than a check reads: money may be unseen",
                order_id=order.order_id,
            )
        try:
            if after.version == order.version:
                world.orders.save_watch(order, after)
            else:
                world.orders.apply(order, after, by="check", facts=_facts(verdict))
        except StaleVersionError:
            order = world.orders.get(order.order_id) or order
            continue
        _tell(world, order, verdict)
        if after.version != order.version:  # what was due before has been asked for with the deadlines
            request_refunds(world.refund_requests, world.report, after, world.now)
        return replace(after, revision=order.revision + 1)
    raise StorageError("The order kept changing while it was checked.")


def _judge(world: World, order: Order, asked: Asked) -> Verdict:
    if not asked.is_search or asked.found is None:
        return Verdict(order=order, mismatches=(), new_excess=(), overpaid=order.total * 0, accounted=False)
    return judge(
        order,
        asked.found,
        complete=asked.complete,
        successor_paid=is_paid_later(world.orders, order),
        now=world.now,
    )


def _facts(verdict: Verdict) -> dict[str, Any]:
    facts = {
        "merchant_order_id": verdict.order.kept_merchant_order_id,
        "mismatches": [f"{m.merchant_order_id}: {m.flaw}" for m in verdict.mismatches],
        "excess": [p.payment_id for p in verdict.new_excess],
        "overpaid": str(verdict.overpaid) if verdict.overpaid else None,
    }
    return {name: fact for name, fact in facts.items() if fact}


def _alarm(world: World, before: Order, verdict: Verdict) -> None:
    """What a person must know."""
    after, report = verdict.order, world.report
    if after.state is State.REVIEW and before.state is not State.REVIEW:
        report.alarm(
            "OrderInReview", "a person must decide about this order", order_id=after.order_id, why=after.doubt
        )
    for payment in verdict.new_excess:
        report.alarm(
            "ExcessPayment",
            "a payment no order keeps: it is being given back",
            order_id=after.order_id,
            payment_id=payment.payment_id,
            amount=str(payment.amount),
        )
    for mismatch in verdict.mismatches:
        if mismatch.merchant_order_id in before.watch.mismatched:
            continue
        report.alarm(
            "MerchantOrderMismatch",
            "a merchant order is not what the order asked for",
            order_id=after.order_id,
            merchant_order_id=mismatch.merchant_order_id,
            flaw=mismatch.flaw,
        )


def _tell(world: World, before: Order, verdict: Verdict) -> None:
    """What came of it, once it is written."""
    after, report = verdict.order, world.report
    if after.state is not before.state:
        report.note("order changed", order_id=after.order_id, state=after.state, box_id=after.box_id)
    if verdict.overpaid > overpaid(before):
        report.note("order overpaid", order_id=after.order_id, by=str(verdict.overpaid))
