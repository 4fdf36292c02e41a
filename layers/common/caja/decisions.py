"""What a person decides about an order: to give it back, or what an order in review is to be; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from caja.errors import (
    AlreadyClaimedError,
    NothingToRefundError,
    NotInReviewError,
    NotPaidError,
    NotPrepayError,
    RefundUnderWayError,
)
from caja.holdings import kept_net
from caja.orders import Order, RecordedPayment, Refund, Role, State
from caja.transitions import due, leave, refund

if TYPE_CHECKING:
    from datetime import datetime


def refund_by_operator(order: Order, payment_id: str | None, now: datetime) -> Order:
    """The order once a person had it given back whole; or, with `payment_id`, tried again to give back that payment.

    Raises NotPaidError, AlreadyClaimedError or NothingToRefundError.
    """
    if payment_id is not None:
        return _try_again(order, payment_id, now)
    match order.state:
        case State.PAID | State.DELIVERED | State.REVIEW if any(
            p.net or p.is_disputed for p in order.payments
        ):
            return refund(order, now)
        case State.RELEASING:
            raise AlreadyClaimedError(
                "Its box is releasing the goods; wait for its report, or until that is overdue."
            )
        case State.READY:
            raise NotPaidError("This order has not been paid.")
        case State.PAID | State.DELIVERED | State.REVIEW:
            raise NothingToRefundError("This order holds no money that could go back.")
        case _:
            return _try_again(order, None, now)


def _try_again(order: Order, payment_id: str | None, now: datetime) -> Order:
    """The order with refused refunds, and disputed money, due again: all, or the one of `payment_id`."""
    payments = tuple(
        due(p, now)
        if (p.refund is Refund.REFUSED or p.is_disputed)
        and order.owes(p)
        and payment_id in (None, p.payment_id)
        else p
        for p in order.payments
    )
    if payments == order.payments:
        raise NothingToRefundError("No refused refund of this order waits for another attempt.")
    return replace(order, payments=payments, version=order.version + 1, updated_at=now)


def resolve(order: Order, to: State, merchant_order_id: str | None, now: datetime) -> Order:
    """An order in review, as a person decided: `paid`, kept by `merchant_order_id`; `delivered`; `refunding`; `refunded`.

    Raises NotInReviewError, AlreadyClaimedError, NotPaidError, NotPrepayError, RefundUnderWayError or NothingToRefundError.
    """
    if order.state is not State.REVIEW:
        raise NotInReviewError(f"This order is {order.state}; only one in review is decided by hand.")
    if to is State.REFUNDING:
        return refund_by_operator(order, None, now)
    if to is State.PAID and order.claim is not None:
        raise AlreadyClaimedError(
            "Its box has claimed it and may have released: decide `delivered` or `refunding`."
        )
    if to is State.DELIVERED and not order.is_prepay:
        raise NotPrepayError("A postpay order is never delivered: decide `paid`.")
    kept = order.kept_merchant_order_id or merchant_order_id
    if to is not State.REFUNDED and any(_goes_back(p) for p in order.payments if p.merchant_order_id == kept):
        raise RefundUnderWayError("Its money goes back, or has gone back: decide `refunding` or `refunded`.")
    left = replace(leave(order, to, now), payments=_decided(order, to, kept, now))
    if to is State.REFUNDED:
        return left
    left = replace(left, paid_at=order.paid_at or now, kept_merchant_order_id=kept)
    if to is State.DELIVERED:
        return replace(left, report="delivered")
    if not order.is_prepay:
        return left
    if kept_net(left) < order.total:
        raise NotPaidError(
            "Its money does not cover it, and its box would release: decide what was done by hand."
        )
    return replace(left, release_by=now + timedelta(seconds=order.release_seconds))


def _goes_back(payment: RecordedPayment) -> bool:
    is_asked_for = bool(payment.attempts) and not payment.attempts[-1].moved_nothing
    return is_asked_for or payment.refund in (Refund.PENDING, Refund.DONE)


def _decided(order: Order, to: State, kept: str | None, now: datetime) -> tuple[RecordedPayment, ...]:
    """The payments once their order is out of doubt: those of the kept merchant order are kept, the others go back."""
    decided = []
    for payment in order.payments:
        is_kept = to is not State.REFUNDED and payment.merchant_order_id == kept
        role = Role.KEPT if is_kept else Role.EXCESS if payment.role is Role.DOUBT else payment.role
        payment = replace(payment, role=role)  # noqa: PLW2901 - the same payment, decided
        decided.append(replace(payment, refund=Refund.NONE, refund_at=None) if is_kept else due(payment, now))
    return tuple(decided)
