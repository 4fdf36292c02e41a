"""What an order's own clock demands, whether or not Mercado Pago answers: deadlines met, refunds asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from caja.deadlines import kept_in_time
from caja.errors import StaleVersionError, StorageError
from caja.messages import RefundMessage
from caja.orders import Order, State
from caja.transitions import meet_deadline

if TYPE_CHECKING:
    from datetime import datetime

    from caja.usecases.protocols import Orders, RefundRequests, Report

TRIES = 4
"""How often a deadline is met anew when the order was written meanwhile."""


def meet_deadlines(
    orders: Orders, refund_requests: RefundRequests, report: Report, order: Order, now: datetime
) -> Order:
    """The order after its deadlines that have passed, with every refund that is due asked for. Raises StorageError."""
    for _ in range(TRIES):
        after = meet_deadline(order, now)
        if after is order:
            break
        after = kept_in_time(after, now)
        _alarm(report, order, after)
        try:
            orders.apply(order, after, by="deadline", facts={})
        except StaleVersionError:
            order = orders.get(order.order_id) or order
            continue
        report.note("order changed", order_id=after.order_id, state=after.state, box_id=after.box_id)
        order = replace(after, revision=order.revision + 1)
        break
    else:
        raise StorageError("The order kept changing while its deadline was met.")
    request_refunds(refund_requests, report, order, now)
    return order


def request_refunds(refund_requests: RefundRequests, report: Report, order: Order, now: datetime) -> None:
    """Ask for every refund of the order that is due; what the queue refuses, the sweep asks for again."""
    for payment in order.payments:
        if order.is_refund_due(payment, now):
            try:
                refund_requests.send(RefundMessage(order_id=order.order_id, payment_id=payment.payment_id))
            except StorageError as error:
                report.note("refund not asked for", order_id=order.order_id, reason=str(error))


def _alarm(report: Report, before: Order, after: Order) -> None:
    names = {"order_id": after.order_id, "box_id": after.box_id}
    if before.state is State.PAID:
        report.alarm(
            "NotReleased", "paid, but its box did not claim it in time: the money goes back", **names
        )
    else:
        report.alarm("OrderInReview", "a person must decide about this order", **names, why=after.doubt)
