"""An order brought to any stage of its life, by the very transitions that lead there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from caja.decisions import resolve
from caja.orders import Doubt, Refund, RefundAttempt, Role, State
from caja.refunds import SeenPayment, learn
from caja.transitions import (
    cancel,
    claim,
    conclude_refund,
    expire,
    meet_deadline,
    pay,
    refund,
    replace_by,
    report_delivery,
    send_to_review,
)
from tests.builders import a_recorded_payment, an_order
from tests.functions.calls import CLAIM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from caja.orders import Order, RecordedPayment
    from tests.tables import Tables

    Change = Callable[[Order, datetime], Order]
    Step = Callable[[Tables], None]

SUCCESSOR = "B" * 26


def by(change: Change) -> Step:
    """A minute passes, then the order is changed."""

    def step(tables: Tables) -> None:
        tables.clock.now += timedelta(minutes=1)
        before = tables.order()
        tables.orders.apply(before, change(before, tables.clock.now), by="test", facts={})

    return step


def wait(**time: float) -> Step:
    """Time passes, and nobody looks."""

    def step(tables: Tables) -> None:
        tables.clock.now += timedelta(**time)

    return step


def replaced(tables: Tables) -> None:
    """The box submits another in its place, and takes that back."""
    before, now = tables.order(), tables.clock.now
    successor = an_order(order_id=SUCCESSOR, mode=before.mode, created_at=now, replaces=before.order_id)
    change = (before, replace_by(before, SUCCESSOR, now))
    assert tables.orders.submit(successor, "{}", replaced=change) == "done"
    tables.orders.apply(successor, cancel(successor, now), by="test", facts={})


def paid(order: Order, now: datetime) -> Order:
    payment = a_recorded_payment(refunded=Decimal(0))
    return replace(pay(order, "7001", now), payments=(payment,))


def claimed(order: Order, now: datetime) -> Order:
    return claim(order, CLAIM, now)


def reported(result: str) -> Change:
    return lambda order, now: report_delivery(order, CLAIM, result, now)


def in_doubt(order: Order, now: datetime) -> Order:
    """Money that is neither a payment nor excess, as a check finds it."""
    payment = a_recorded_payment(refunded=Decimal(0), role=Role.DOUBT)
    doubtful = replace(send_to_review(order, Doubt.MONEY, now), payments=(payment,))
    return replace(doubtful, watch=replace(doubtful.watch, searched_at=now))


def uncovered(order: Order, now: datetime) -> Order:
    payments = tuple(replace(payment, status="charged_back") for payment in order.payments)
    return replace(send_to_review(order, Doubt.UNCOVERED, now), payments=payments)


def unsure(order: Order, now: datetime) -> Order:
    """A refund is on its way for a day, and nobody knows whether it arrives."""
    attempt = RefundAttempt(key="fake-key-1", amount=None, at=now, refund_id="5001", outcome="in_process")
    payments = tuple(
        replace(payment, refund=Refund.PENDING, refund_at=now, attempts=(attempt,))
        for payment in order.payments
    )
    return replace(meet_deadline(order, now), payments=payments)


def now_seen(status: str) -> Change:
    """Mercado Pago shows every payment in this status, all of a refunded one given back."""

    def seen(payment: RecordedPayment) -> SeenPayment:
        back = payment.amount if status == "refunded" else Decimal(0)
        return SeenPayment(status=status, amount=payment.amount, refunded=back, refunds=())

    def change(order: Order, now: datetime) -> Order:
        payments = tuple(learn(payment, seen(payment), now) for payment in order.payments)
        return conclude_refund(replace(order, payments=payments, version=order.version + 1), now)

    return change


PAID = [by(paid)]
RELEASING = [*PAID, by(claimed)]
DELIVERED = [*RELEASING, by(reported("delivered"))]
FAILED = [*RELEASING, by(reported("failed"))]
SILENCE = [*RELEASING, wait(minutes=3), by(meet_deadline)]
STAGES: dict[str, Sequence[Step]] = {
    "ready": [],
    "overdue": [wait(hours=1)],
    "paid": PAID,
    "unclaimed": [*PAID, wait(minutes=2)],
    "releasing": RELEASING,
    "unreported": [*RELEASING, wait(minutes=3)],
    "delivered": DELIVERED,
    "decided": [*SILENCE, by(lambda order, now: resolve(order, State.DELIVERED, "7001", now))],
    "cancelled": [by(cancel)],
    "replaced": [replaced],
    "expired": [wait(hours=1), by(expire)],
    "refunding": [*PAID, by(refund)],
    "refunded": [*PAID, by(refund), by(now_seen("refunded"))],
    "failed": FAILED,
    "failed+back": [*FAILED, by(now_seen("refunded"))],
    "returned": [*DELIVERED, by(refund)],
    "money": [by(in_doubt)],
    "uncovered": [*PAID, by(uncovered)],
    "silence": SILENCE,
    "unknown": [*RELEASING, by(reported("unknown"))],
    "refused": [*FAILED, by(now_seen("charged_back"))],
    "unsure": [*PAID, by(refund), wait(hours=24), by(unsure)],
}
"""`overdue`, `unclaimed` and `unreported` are so by the clock alone; the last six are in review, and why.

`decided`: by the operator, delivered after all; `returned`: delivered, and given back by the operator.
"""


class Cell(NamedTuple):
    """What is said of an order of this mode at this stage, and what the table says to it."""

    mode: str
    stage: str
    said: str
    word: str

    def __str__(self) -> str:
        return "-".join(self)


def read_table(text: str) -> list[Cell]:
    """The cells of tables with a stage and a mode (`both`) to a row, and what is said to a column."""
    cells = []
    for part in text.strip().split("\n\n"):
        (_, *columns), *rows = ([word.strip() for word in line.split("|")] for line in part.splitlines())
        for row in rows:
            stage, mode = row[0].split()
            for each in ("prepay", "postpay") if mode == "both" else (mode,):
                cells += [Cell(each, stage, said, word) for said, word in zip(columns, row[1:], strict=True)]
    return cells


def reach(tables: Tables, stage: str, **changes: Any) -> Order:
    """The order at this stage; `changes` are of how it began."""
    tables.with_order(**changes)
    for step in STAGES[stage]:
        step(tables)
    return tables.order()
