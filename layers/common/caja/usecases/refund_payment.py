"""Give one payment back, once: ask what has gone back, store the attempt, make it, ask again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from caja.deadlines import kept_in_time
from caja.errors import (
    MercadoPagoError,
    MercadoPagoRefusedError,
    MercadoPagoUnavailableError,
    StaleVersionError,
    StorageError,
    TokenRefusedError,
)
from caja.orders import Order, RecordedPayment, Refund, State
from caja.refunds import answered, is_last, is_unusual, learn, open_attempt, refused, wait, wants_attempt
from caja.transitions import conclude_refund
from caja.usecases.watch_health import tell_health

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from caja.messages import RefundMessage
    from caja.orders import RefundAttempt
    from caja.usecases.protocols import HealthRecord, Orders, Payments, Report

    Change = Callable[[RecordedPayment], RecordedPayment]

TRIES = 4
"""How often a change is recorded anew when the order was written meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """What a refund works with. `make_key`: 128 random bits as text."""

    orders: Orders
    payments: Payments
    health: HealthRecord
    report: Report
    make_key: Callable[[], str]
    now: datetime


def refund_payment(till: Till, message: RefundMessage) -> None:
    """See to the return of one payment; safe to repeat at any point, for an attempt is stored before it is made.

    Raises StorageError, and only that: a failure of Mercado Pago puts the refund off.
    """
    now = till.now
    order = till.orders.get(message.order_id)
    payment = _find(order, message.payment_id)
    if order is None or payment is None:
        till.report.alarm("OrphanRefund", "refund of an unknown payment", **_names(message))
        return
    if not order.is_refund_due(payment, now):
        return
    known = till.health.read()
    if known.is_down(now):
        _change(till, message, lambda p: wait(p, now))
        return
    try:
        _give_back(till, message, order, payment)
    except MercadoPagoError as error:
        tell_health(till.health, known, error, now)
        metric = "TokenRefused" if isinstance(error, TokenRefusedError) else "CheckFailed"
        till.report.alarm(metric, "refund put off", **_names(message), reason=str(error))
        retry_after = (error.retry_after or 0) if isinstance(error, MercadoPagoUnavailableError) else 0
        _change(till, message, lambda p: wait(p, now, retry_after))
    else:
        tell_health(till.health, known, None, now)


def _give_back(till: Till, message: RefundMessage, order: Order, payment: RecordedPayment) -> None:
    """Ask for the money to go back unless it has gone or is going; raises MercadoPagoError."""
    now = till.now
    seen = till.payments.look(message.payment_id)
    learned = learn(payment, seen, now)
    if not wants_attempt(learned, now) or not order.owes(learned):
        _change(till, message, lambda p: learn(p, seen, now))
        return
    attempting = open_attempt(learned, till.make_key, now)
    if not _store(till, order, payment, attempting):
        return
    attempt = attempting.attempts[-1]
    try:
        answer = till.payments.give_back(message.payment_id, attempt)
    except MercadoPagoRefusedError as error:
        _hear_refusal(till, message, attempt, error)
        return
    _change(till, message, lambda p: answered(p, answer, now) if is_last(p, attempt) else p)
    confirmed = till.payments.look(message.payment_id)
    _change(till, message, lambda p: learn(p, confirmed, now))


def _store(till: Till, order: Order, payment: RecordedPayment, attempting: RecordedPayment) -> bool:
    """Store the attempt before it is made; False if it is somebody else's by now. Raises StorageError."""
    for _ in range(TRIES):
        try:
            _write(till, order, attempting)
        except StaleVersionError:
            newest = till.orders.get(order.order_id)
            if newest is None or _find(newest, payment.payment_id) != payment or not newest.owes(attempting):
                # Somebody else is at this payment; what they leave, the sweep finds.
                return False
            order = newest  # Only the order changed: the check that asked for this refund notes when it looks next.
        else:
            return True
    raise StorageError("The order kept changing while a payment was given back.")


def _hear_refusal(
    till: Till, message: RefundMessage, attempt: RefundAttempt, error: MercadoPagoRefusedError
) -> None:
    """Record a refusal, unless what it refuses has been done already. Forgotten with the process, it is told again under its key."""
    now = till.now
    causes = [str(cause.get("code")) for cause in error.causes]
    till.report.note("refund refused", **_names(message), code=error.code, causes=causes)
    seen = till.payments.look(message.payment_id)
    _change(
        till,
        message,
        lambda p: learn(refused(p, causes, now) if is_last(p, attempt) else p, seen, now),
    )


def _change(till: Till, message: RefundMessage, change: Change) -> None:
    """Record what became of the payment, and of the order with it. Raises StorageError."""
    for _ in range(TRIES):
        order = till.orders.get(message.order_id)
        payment = _find(order, message.payment_id)
        if order is None or payment is None:
            raise StorageError("The order cannot be read any more.")
        try:
            _write(till, order, change(payment))
        except StaleVersionError:
            continue
        return
    raise StorageError("The order kept changing while a payment was given back.")


def _write(till: Till, before: Order, payment: RecordedPayment) -> None:
    """Write the payment, and what follows for its order, in one change; raises StaleVersionError."""
    now = till.now
    others = (p for p in before.payments if p.payment_id != payment.payment_id)
    payments = tuple(sorted((*others, payment), key=lambda p: p.payment_id))
    if payments == before.payments:
        return
    after = conclude_refund(replace(before, payments=payments), now)
    after = kept_in_time(replace(after, version=before.version + 1, updated_at=now), now)
    _alarm(till, before, after, payment)
    till.orders.apply(before, after, by="refund", facts=_facts(payment))
    if after.state is not before.state:
        till.report.note("order changed", order_id=after.order_id, state=after.state, box_id=after.box_id)


def _alarm(till: Till, before: Order, after: Order, payment: RecordedPayment) -> None:
    """What a person must know, told before the write as all alarms."""
    names = {"order_id": after.order_id, "payment_id": payment.payment_id}
    known = _find(before, payment.payment_id)
    is_news = known is None or known.refund is not payment.refund
    if payment.refund is Refund.REFUSED and is_news:
        till.report.alarm("RefundRefused", "Mercado Pago refuses to give a payment back", **names)
    elif is_unusual(payment, till.now):
        till.report.alarm("RefundUnconfirmed", "a refund is not confirmed after a day", **names)
    if after.state is State.REVIEW and before.state is not State.REVIEW:
        till.report.alarm("OrderInReview", "a person must decide about this order", **names, why=after.doubt)


def _find(order: Order | None, payment_id: str) -> RecordedPayment | None:
    payments = order.payments if order else ()
    return next((payment for payment in payments if payment.payment_id == payment_id), None)


def _names(message: RefundMessage) -> dict[str, Any]:
    return {"order_id": message.order_id, "payment_id": message.payment_id}


def _facts(payment: RecordedPayment) -> dict[str, Any]:
    last = payment.attempts[-1] if payment.attempts else None
    facts = {
        "payment_id": payment.payment_id,
        "refund": payment.refund.value,
        "refund_id": last.refund_id if last else None,
        "outcome": last.outcome if last else None,
    }
    return {name: fact for name, fact in facts.items() if fact}
