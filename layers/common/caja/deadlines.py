"""When an order is due again, whatever the reason: its watch, a deadline of its box, money owed back; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from caja.orders import Order, State
from caja.transitions import UNCONFIRMED
from caja.watch import RESEND_AFTER, next_after_leaving, next_ready

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

UNSEARCHED = timedelta(minutes=15)
"""When an old order is searched after a notification that was answered by one merchant order alone."""


def next_check(order: Order, now: datetime, *, accounted: bool, is_search: bool) -> datetime | None:
    """When an order that was looked at just now is due again; None when its list of merchant orders is final.

    `accounted`: nothing seen can still change; `is_search`: everything was asked for, not one merchant order alone.
    """
    return min(
        (at for at in (_scheduled(order, now, accounted, is_search), *_promised(order, now)) if at),
        default=None,
    )


def kept_in_time(order: Order, now: datetime) -> Order:
    """The order with its next check no later than what it promised: a deadline, the return of money."""
    check_at = min((at for at in (order.watch.check_at, *_promised(order, now)) if at), default=None)
    return replace(order, watch=replace(order.watch, check_at=check_at))


def _scheduled(order: Order, now: datetime, accounted: bool, is_search: bool) -> datetime | None:  # noqa: FBT001 - private, and the caller names them
    if order.ended_at is None:
        at = next_ready(order.created_at, order.expires_at, now)
        is_payable = order.is_prepay and order.expires_at <= now <= order.payable_until
        return min(at, order.payable_until + timedelta(milliseconds=1)) if is_payable else at
    at_last = next_after_leaving(order.ended_at, now, accounted=accounted)
    # One merchant order looked at accounts for nothing, however old the order is.
    return at_last or (None if is_search else now + UNSEARCHED)


def _promised(order: Order, now: datetime) -> Iterator[datetime]:
    match order.state:
        case State.PAID if order.release_by:
            yield order.release_by
        case State.RELEASING if order.report_by:
            yield order.report_by
        case State.REFUNDING if order.refunding_at:
            yield order.refunding_at + UNCONFIRMED
    for payment in order.payments:
        if payment.refund_at and payment.refund_at > now:
            yield payment.refund_at
        elif order.is_refund_due(payment, now):
            yield now + RESEND_AFTER  # should the message be lost
