"""How an order goes from one state to the next; pure.

Every transition is a function from one order to the next: it raises when the state does not allow it, counts one
version, and never goes back (design §4, Order states).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from caja.errors import (
    AlreadyClaimedError,
    AlreadyPaidError,
    ContradictionError,
    InReviewError,
    NotClaimedError,
    NotPaidError,
    NotPrepayError,
    NotReplaceableError,
    TooLateError,
)
from caja.orders import Doubt, Order, RecordedPayment, Refund, Role, State
from caja.watch import watch_left

if TYPE_CHECKING:
    from datetime import datetime

UNCONFIRMED = timedelta(hours=24)
"""How long a refund may stay unconfirmed before a person looks at it (design §4)."""

_OPEN = (State.READY, State.EXPIRED)
_UNPAID = (State.READY, State.EXPIRED, State.CANCELLED, State.REPLACED)


# ─── What the box does ──────────────────────────────────────────────────────────────────────────────────────────


def cancel(order: Order, now: datetime) -> Order:
    """The order after its box said: paid otherwise, or not owed. An order that has already ended unpaid stays as it is.

    Raises AlreadyPaidError when it is or was paid, InReviewError when a person has to decide.
    """
    if order.state in _OPEN:
        return leave(order, State.CANCELLED, now)
    if order.state in _UNPAID:
        return order
    if order.state is State.REVIEW:
        raise InReviewError("The money of this order is in doubt; a person has to decide about it first.")
    raise AlreadyPaidError("This order has been paid; it can only be refunded.")


def replace_by(order: Order, successor_id: str, now: datetime) -> Order:
    """The order after its box submitted `successor_id` in its place."""
    if order.state in _OPEN:
        return replace(leave(order, State.REPLACED, now), replaced_by=successor_id)
    if order.state in (*_UNPAID, State.REVIEW):
        raise NotReplaceableError(
            f"The order in `replaces` is {order.state}; submit again without `replaces`."
        )
    raise AlreadyPaidError("The order in `replaces` has been paid.")


def claim(order: Order, nonce: str, now: datetime) -> Order:
    """The order once its box is about to release; the same order when this very claim was taken before.

    Raises NotPaidError, NotPrepayError, AlreadyClaimedError, TooLateError or InReviewError: then nothing may be released.
    """
    match order.state:
        case State.READY | State.EXPIRED | State.CANCELLED | State.REPLACED:
            raise NotPaidError("This order has not been paid: release nothing.")
        case State.PAID if not order.is_prepay:
            raise NotPrepayError("This order is postpay: there is nothing to claim.")
        case State.PAID if order.release_by is None or now >= order.release_by:
            raise TooLateError("The time to claim this order is over; the money goes back. Release nothing.")
        case State.PAID:
            report_by = now + timedelta(seconds=order.report_seconds)
            return replace(leave(order, State.RELEASING, now), claim=nonce, report_by=report_by)
        case State.RELEASING | State.DELIVERED:
            if order.claim != nonce:
                raise AlreadyClaimedError("This order has been claimed before: release nothing.")
            return order
        case State.REFUNDING | State.REFUNDED:
            raise TooLateError("The money of this order goes back, or has gone back: release nothing.")
        case State.REVIEW:  # pragma: no branch - mypy proves that there is no other
            raise InReviewError("A person has to decide about this order first: release nothing.")


def report_delivery(order: Order, nonce: str, result: str, now: datetime) -> Order:
    """The order after its box reported `delivered`, `failed` or `unknown`; the same order for the same report again.

    Raises NotClaimedError, or ContradictionError when something else has been decided about the order.
    """
    if order.claim is None or order.claim != nonce:
        raise NotClaimedError("This order was not claimed with this claim.")
    is_silent = order.state is State.REVIEW and order.doubt is Doubt.SILENCE
    if order.state is State.RELEASING or (is_silent and result != "unknown"):
        order = replace(order, report=result)
        if result == "delivered":
            return leave(order, State.DELIVERED, now)
        return refund(order, now) if result == "failed" else send_to_review(order, Doubt.UNKNOWN, now)
    repeats = "unknown" if is_silent else order.report
    given_back = order.state in (State.REFUNDING, State.REFUNDED) and result == "failed"
    if result == repeats or given_back:
        return order
    raise ContradictionError(
        f"This order is {order.state} already, which `{result}` contradicts; tell the operator."
    )


# ─── What a check finds ─────────────────────────────────────────────────────────────────────────────────────────


def expire(order: Order, now: datetime) -> Order:
    """The order after its time passed and a complete search found no money that can still settle it."""
    return leave(order, State.EXPIRED, now, ended_at=order.expires_at)


def pay(order: Order, merchant_order_id: str, now: datetime) -> Order:
    """The order settled by `merchant_order_id`, the one it keeps; a prepay box may claim it from now on."""
    return replace(
        leave(order, State.PAID, now),
        paid_at=now,
        kept_merchant_order_id=merchant_order_id,
        release_by=now + timedelta(seconds=order.release_seconds) if order.is_prepay else None,
    )


def send_to_review(order: Order, doubt: Doubt, now: datetime) -> Order:
    """The order when a person has to decide, and why."""
    return replace(leave(order, State.REVIEW, now), doubt=doubt)


def meet_deadline(order: Order, now: datetime) -> Order:
    """The order after whatever deadline of it has passed by `now`; the same order when none has."""
    match order.state:
        case State.PAID if order.release_by and now >= order.release_by:
            return refund(order, now)
        case State.RELEASING if order.report_by and now >= order.report_by:
            return send_to_review(order, Doubt.SILENCE, now)
        case State.REFUNDING if order.refunding_at and now >= order.refunding_at + UNCONFIRMED:
            return send_to_review(order, Doubt.REFUND, now)
        case _:
            return order


# ─── Giving back ────────────────────────────────────────────────────────────────────────────────────────────────


def refund(order: Order, now: datetime) -> Order:
    """The order once its money is on its way back: kept or doubtful, all it still holds is due."""
    left = leave(order, State.REFUNDING, now)
    return replace(
        left,
        refunding_at=now,
        payments=tuple(due(payment, now) for payment in order.payments),
    )


def conclude_refund(order: Order, now: datetime) -> Order:
    """A refunding order once nothing more goes back: all of it has, or a person has to see to the rest; else the same order."""
    refunds = [p for p in order.payments if p.refund in (Refund.DUE, Refund.PENDING, Refund.REFUSED)]
    if order.state is not State.REFUNDING or any(p.refund_at for p in refunds):
        return order
    return send_to_review(order, Doubt.REFUND, now) if refunds else leave(order, State.REFUNDED, now)


def due(payment: RecordedPayment, now: datetime) -> RecordedPayment:
    """The payment with what it holds due back; one whose return is under way stays as it is.

    Disputed money too: what was decided about it may not have been seen, and it is looked at before it is asked for.
    """
    payment = replace(payment, role=Role.EXCESS if payment.role is Role.DOUBT else payment.role)
    if refund_of(payment) is Refund.DONE:
        return replace(payment, refund=Refund.DONE, refund_at=None)
    if payment.refund is Refund.PENDING:
        return payment
    return replace(payment, refund=Refund.DUE, owed_at=payment.owed_at or now, refund_at=now)


def refund_of(payment: RecordedPayment) -> Refund:
    """What is to be done about a payment that is owed back, by what Mercado Pago says of it."""
    if payment.status == "refunded" or payment.refunded >= payment.amount:
        return Refund.DONE
    if payment.status == "approved":
        return Refund.DUE
    # In mediation or charged back: others decide about the money. That of an order, and what was to go back before, is a
    # person's to look at.
    return Refund.REFUSED if payment.role is Role.KEPT or payment.refund is not Refund.NONE else Refund.NONE


def leave(order: Order, state: State, now: datetime, *, ended_at: datetime | None = None) -> Order:
    """The order in `state`, no longer offered; the first time it leaves the box starts the watch over what was shown."""
    left_at = order.ended_at or ended_at or min(now, order.expires_at)
    watch = order.watch if order.ended_at else watch_left(order.watch, left_at, now)
    return replace(
        order,
        state=state,
        version=order.version + 1,
        updated_at=now,
        ended_at=left_at,
        doubt=None,
        watch=watch,
    )
