"""How a payment is given back exactly once: what to do next, given what Mercado Pago lists; pure (protocol §5).

One attempt has one key, stored before it is used and never changed. A new attempt is made only after Mercado Pago has
said that the former moved nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from caja.orders import DISPUTED, RecordedPayment, Refund, RefundAttempt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SOONEST, LATEST = timedelta(seconds=30), timedelta(hours=1)
"""How often an unconfirmed refund is looked at: as long again as it has waited, within these."""

UNUSUAL = timedelta(hours=24)
"""A refund unconfirmed for longer is alarmed, and looked at daily."""

REFUSED_STEPS = [timedelta(minutes=15), *(timedelta(hours=h) for h in (1, 6, 24, 7 * 24, 30 * 24))]
"""When to try again after a refusal, counted from when the money was owed: the seller may have topped up. Then monthly."""

REFUNDABLE = timedelta(days=180)
"""How long Mercado Pago gives back at all (protocol §5); after that nobody tries but the operator."""

UNDER_WAY = ("approved", "in_process", "authorized")
"""What Mercado Pago answers to an attempt that it has taken on."""

HOPELESS = {"2024"}
"""Mercado Pago's causes that no waiting mends: the payment is too old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRefund:
    """One refund as Mercado Pago lists it; `status`: approved, in_process, rejected, cancelled, authorized."""

    refund_id: str
    amount: Decimal
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPayment:
    """One payment as Mercado Pago shows it now, with its refunds; `refunded` is its own sum of what went back."""

    status: str
    amount: Decimal
    refunded: Decimal
    refunds: tuple[SeenRefund, ...]

    @property
    def given_back(self) -> Decimal:
        """What has gone back for good."""
        return max(self.refunded, _sum(self.refunds, "approved"))

    @property
    def on_its_way(self) -> Decimal:
        """What is going back."""
        return _sum(self.refunds, "in_process", "authorized")


def learn(payment: RecordedPayment, seen: SeenPayment, now: datetime) -> RecordedPayment:
    """The payment with what `seen` tells of it and of its attempts."""
    payment = replace(
        payment,
        status=seen.status,
        refunded=max(payment.refunded, min(seen.given_back, payment.amount)),
        attempts=tuple(_told(attempt, seen.refunds) for attempt in payment.attempts),
    )
    if seen.status == "refunded" or payment.refunded >= payment.amount:
        whole = payment.amount
        return replace(payment, status="refunded", refunded=whole, refund=Refund.DONE, refund_at=None)
    if seen.status in DISPUTED:
        return replace(payment, refund=Refund.REFUSED, refund_at=None)
    return _follow(payment, seen, now) if seen.status == "approved" else wait(payment, now)


def _follow(payment: RecordedPayment, seen: SeenPayment, now: datetime) -> RecordedPayment:
    """A payment that still holds money, with how far its return is."""
    last = payment.attempts[-1] if payment.attempts else None
    if seen.on_its_way or (last and last.outcome in UNDER_WAY):
        return wait(replace(payment, refund=Refund.PENDING), now)
    if payment.refund is not Refund.PENDING:
        return payment
    # What was on its way did not arrive.
    if last and last.moved_nothing:
        return refuse(payment, now, is_hopeless=False)
    return replace(payment, refund=Refund.DUE, refund_at=now)


def wants_attempt(payment: RecordedPayment, now: datetime) -> bool:
    """Whether Mercado Pago is to be asked now to give back what is left: nothing is on its way."""
    is_time = payment.refund_at is not None and payment.refund_at <= now
    return is_time and payment.refund in (Refund.DUE, Refund.REFUSED) and payment.status == "approved"


def open_attempt(payment: RecordedPayment, make_key: Callable[[], str], now: datetime) -> RecordedPayment:
    """The payment with the attempt to make last: the one whose outcome is not known, else a new one with a key of its own."""
    if payment.attempts and not payment.attempts[-1].moved_nothing:
        return payment
    left = None if not payment.refunded else payment.amount - payment.refunded
    attempt = RefundAttempt(key=make_key(), amount=left, at=now)
    return replace(payment, refund=Refund.DUE, attempts=(*payment.attempts, attempt))


def is_last(payment: RecordedPayment, attempt: RefundAttempt) -> bool:
    """Whether this attempt is still the payment's last: a person may have had another one made meanwhile."""
    return bool(payment.attempts) and payment.attempts[-1].key == attempt.key


def answered(payment: RecordedPayment, refund: SeenRefund, now: datetime) -> RecordedPayment:
    """The payment once Mercado Pago has answered its last attempt; only what it lists later confirms it."""
    attempt = replace(payment.attempts[-1], refund_id=refund.refund_id, outcome=refund.status)
    payment = replace(payment, attempts=(*payment.attempts[:-1], attempt))
    if payment.refund is Refund.DONE:  # a check has seen it meanwhile
        return payment
    if attempt.moved_nothing:
        return refuse(payment, now, is_hopeless=False)
    return wait(replace(payment, refund=Refund.PENDING), now)


def refused(payment: RecordedPayment, causes: Sequence[str], now: datetime) -> RecordedPayment:
    """The payment once Mercado Pago has refused its last attempt."""
    attempt = replace(payment.attempts[-1], outcome="refused")
    payment = replace(payment, attempts=(*payment.attempts[:-1], attempt))
    return refuse(payment, now, is_hopeless=bool(HOPELESS & set(causes)))


def refuse(payment: RecordedPayment, now: datetime, *, is_hopeless: bool) -> RecordedPayment:
    """The payment refused, with when to try again."""
    if payment.refund is Refund.DONE:
        return payment
    owed_at = payment.owed_at or now
    again = next((owed_at + step for step in REFUSED_STEPS if owed_at + step > now), now + REFUSED_STEPS[-1])
    is_over = is_hopeless or now - owed_at >= REFUNDABLE
    return replace(payment, refund=Refund.REFUSED, refund_at=None if is_over else again)


def wait(payment: RecordedPayment, now: datetime, at_least: float = 0) -> RecordedPayment:
    """The payment with when to look at it again, in `at_least` seconds, of which an hour counts; never one that is back."""
    if payment.refund is Refund.DONE:
        return payment
    waited = now - (payment.owed_at or now)
    pause = UNUSUAL if waited >= UNUSUAL else min(max(waited, SOONEST), LATEST)
    return replace(payment, refund_at=now + max(pause, min(timedelta(seconds=at_least), LATEST)))


def is_unusual(payment: RecordedPayment, now: datetime) -> bool:
    """Whether the refund has been unconfirmed for so long that a person should know."""
    return (
        payment.owed_at is not None and now - payment.owed_at >= UNUSUAL and payment.refund is not Refund.DONE
    )


def _told(attempt: RefundAttempt, refunds: Sequence[SeenRefund]) -> RefundAttempt:
    """The attempt with what became of its refund, if it is listed."""
    listed = next((refund for refund in refunds if refund.refund_id == attempt.refund_id), None)
    return replace(attempt, outcome=listed.status) if listed else attempt


def _sum(refunds: Sequence[SeenRefund], *statuses: str) -> Decimal:
    return sum((refund.amount for refund in refunds if refund.status in statuses), Decimal(0))
