"""One sale that went on from order to order, each replacing the one before: what came earlier, what came later."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from caja.errors import AlreadyPaidError, BoxBusyError, InReviewError
from caja.messages import CheckMessage
from caja.order_views import show_order
from caja.orders import Order, State
from caja.watch import SAME_CHECK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caja.usecases.protocols import Checks, Orders

MOST_HOPS = 100
"""How many times one sale may have been replaced before we stop following it; a box replaces once a customer, at most."""


def is_paid_later(orders: Orders, order: Order) -> bool:
    """Whether the sale went on in another order that has been paid."""
    return any(later.paid_at is not None for later in _later(orders, order))


def refuse_paid_twice(orders: Orders, order: Order) -> None:
    """Raise AlreadyPaidError, BoxBusyError or InReviewError unless the sale is, and can be, paid in no other order.

    Of two decisions at once one is refused: the earlier order waits for the later, the later is told of the earlier.
    """
    followed = list(_later(orders, order))
    for later in followed:
        if later.paid_at is not None:
            raise AlreadyPaidError(
                "The sale has been paid in another order, so this money goes back: decide `refunding`.",
                show_order(later),
            )
        if later.state is State.REVIEW:
            raise InReviewError(
                "The sale went on in another order, which is in review too: decide that one first.",
                show_order(later),
            )
        if _can_still_be_paid(later):
            raise BoxBusyError(
                "The sale goes on in another order, which can still be paid: have its box cancel that one first.",
                show_order(later),
            )
    before = list(_earlier(orders, order))
    for order_id in before:
        earlier = orders.get(order_id)
        if earlier and earlier.paid_at and earlier.state not in (State.REFUNDING, State.REFUNDED):
            raise AlreadyPaidError(
                "The sale has been paid in an earlier order, so this money goes back: decide `refunding`.",
                show_order(earlier),
            )
    if MOST_HOPS in (len(followed), len(before)):
        raise BoxBusyError(
            f"The sale has {MOST_HOPS} other orders or more, too many to look through: decide `refunding`."
        )


def wake_earlier(orders: Orders, checks: Checks, order: Order) -> None:
    """Have the orders looked at in which the sale began: their money in doubt is excess once this one is paid."""
    for order_id in _earlier(orders, order):
        # Late enough not to pass for a check just made.
        checks.send(CheckMessage(order_id=order_id), delay_seconds=math.ceil(SAME_CHECK.total_seconds()))


def _can_still_be_paid(order: Order) -> bool:
    """Whether money may still settle it: once it has expired, if it is postpay and not all of its merchant orders are over."""
    is_awaited = not order.is_prepay and order.watch.check_at is not None
    return order.state is State.READY or (order.state is State.EXPIRED and is_awaited)


def _later(orders: Orders, order: Order) -> Iterator[Order]:
    for _ in range(MOST_HOPS):
        later = orders.get(order.replaced_by) if order.replaced_by else None
        if later is None:
            return
        yield later
        order = later


def _earlier(orders: Orders, order: Order | None) -> Iterator[str]:
    for _ in range(MOST_HOPS):
        if order is None or order.replaces is None:
            return
        yield order.replaces
        order = orders.get(order.replaces)
