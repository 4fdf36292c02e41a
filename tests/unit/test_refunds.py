"""A payment goes back exactly once: what is learnt of it, and when Mercado Pago is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from caja.orders import Refund, RefundAttempt
from caja.refunds import SeenPayment, SeenRefund, answered, learn, open_attempt, refused, wants_attempt
from tests.builders import PRICE, after
from tests.unit.prepaid import given_back, owed

if TYPE_CHECKING:
    from caja.orders import RecordedPayment

NOW = after(minutes=6)
SOON = after(minutes=7)
"""As long after NOW as the payment has been owed."""
LATER = after(minutes=20)
"""A quarter of an hour after it was owed."""
PART = Decimal(500)


def seen(*refunds: SeenRefund, status: str = "approved", refunded: Decimal = Decimal(0)) -> SeenPayment:
    return SeenPayment(status=status, amount=PRICE, refunded=refunded, refunds=refunds)


def a_refund(status: str, amount: Decimal = PRICE, refund_id: str = "5001") -> SeenRefund:
    return SeenRefund(refund_id=refund_id, amount=amount, status=status)


def an_attempt(outcome: str | None = None, key: str = "key-0", **changes: Any) -> RefundAttempt:
    """An attempt, with the refund it became if Mercado Pago answered with one."""
    refund_id = None if outcome in (None, "refused") else "5001"
    values = {"key": key, "amount": None, "at": after(minutes=5), "refund_id": refund_id, "outcome": outcome}
    return RefundAttempt(**values | changes)


def asked(outcome: str | None = None, **changes: Any) -> RecordedPayment:
    """A payment Mercado Pago was asked once to give back, with that outcome."""
    refund = Refund.DUE if outcome is None else Refund.PENDING
    return owed(**{"refund": refund, "attempts": (an_attempt(outcome),)} | changes)


def opened(payment: RecordedPayment) -> RecordedPayment:
    keys = count(1)
    return open_attempt(payment, lambda: f"key-{next(keys)}", NOW)


@pytest.mark.parametrize("payment", [owed(), asked(), asked("approved"), asked("in_process")])
@pytest.mark.parametrize(
    "shown",
    [
        seen(a_refund("approved"), status="refunded", refunded=PRICE),
        seen(a_refund("approved")),
        seen(a_refund("approved", PART, "5002"), a_refund("approved", PRICE - PART)),
        seen(refunded=PRICE),
        seen(status="refunded"),
    ],
)
def test_what_mercado_pago_lists_as_given_back_is_done_whoever_asked_for_it(
    payment: RecordedPayment, shown: SeenPayment
) -> None:
    learnt = learn(payment, shown, NOW)
    assert (learnt.refund, learnt.status, learnt.refunded, learnt.refund_at) == (
        Refund.DONE,
        "refunded",
        PRICE,
        None,
    )
    assert not wants_attempt(learnt, NOW)


def test_a_read_that_lags_does_not_take_back_what_was_given_back() -> None:
    assert learn(given_back(), seen(), NOW) == given_back()
    assert learn(owed(refunded=PART), seen(), NOW).refunded == PART


def test_no_more_than_the_payment_is_ever_given_back() -> None:
    assert learn(owed(), seen(refunded=PRICE * 2), NOW).refunded == PRICE


@pytest.mark.parametrize("status", ["in_process", "authorized"])
@pytest.mark.parametrize("payment", [owed(), asked(), asked("in_process"), owed(refund=Refund.REFUSED)])
def test_what_is_going_back_is_waited_for_and_not_asked_for(payment: RecordedPayment, status: str) -> None:
    learnt = learn(payment, seen(a_refund(status)), NOW)
    assert (learnt.refund, learnt.refund_at) == (Refund.PENDING, SOON)
    assert not wants_attempt(learnt, NOW)


def test_part_that_is_going_back_is_waited_for_before_the_rest_is_asked_for() -> None:
    assert learn(owed(), seen(a_refund("in_process", PART)), NOW).refund is Refund.PENDING


@pytest.mark.parametrize("outcome", ["approved", "in_process", "authorized"])
def test_a_refund_mercado_pago_does_not_list_yet_is_waited_for(outcome: str) -> None:
    learnt = learn(asked(outcome), seen(), NOW)
    assert (learnt.refund, learnt.refund_at) == (Refund.PENDING, SOON)


def test_nothing_learnt_leaves_a_payment_due() -> None:
    assert learn(owed(), seen(), NOW) == owed()
    assert wants_attempt(owed(), NOW)


@pytest.mark.parametrize("status", ["rejected", "cancelled"])
@pytest.mark.parametrize("outcome", ["in_process", "approved"])
def test_a_refund_that_was_on_its_way_and_did_not_arrive_is_refused(outcome: str, status: str) -> None:
    learnt = learn(asked(outcome), seen(a_refund(status)), NOW)
    assert (learnt.refund, learnt.refund_at) == (Refund.REFUSED, LATER)
    assert [attempt.outcome for attempt in learnt.attempts] == [status]


@pytest.mark.parametrize("pending", [owed(refund=Refund.PENDING), asked("something new")])
def test_what_was_on_its_way_and_nobody_can_say_what_became_of_it_is_due(pending: RecordedPayment) -> None:
    learnt = learn(pending, seen(a_refund("rejected", refund_id="5002")), NOW)
    assert (learnt.refund, learnt.refund_at, learnt.attempts) == (Refund.DUE, NOW, pending.attempts)


@pytest.mark.parametrize("status", ["in_mediation", "charged_back"])
@pytest.mark.parametrize("payment", [owed(), asked(), asked("in_process")])
def test_money_others_decide_about_is_not_asked_for(payment: RecordedPayment, status: str) -> None:
    learnt = learn(payment, seen(status=status), NOW)
    assert (learnt.status, learnt.refund, learnt.refund_at) == (status, Refund.REFUSED, None)
    assert not wants_attempt(learnt, NOW)


@pytest.mark.parametrize("status", ["", "something new", "pending"])
def test_a_status_that_says_nothing_is_looked_at_again_and_nothing_is_asked_for(status: str) -> None:
    learnt = learn(owed(), seen(status=status), NOW)
    assert (learnt.refund, learnt.refund_at) == (Refund.DUE, SOON)
    assert not wants_attempt(learnt, NOW)
    assert wants_attempt(learn(learnt, seen(), SOON), SOON)


@pytest.mark.parametrize("refund", [Refund.NONE, Refund.PENDING, Refund.DONE])
def test_nothing_else_is_asked_for(refund: Refund) -> None:
    assert not wants_attempt(owed(refund=refund), NOW)


@pytest.mark.parametrize("refund", [Refund.DUE, Refund.REFUSED])
def test_what_is_due_or_was_refused_is_asked_for_when_it_is_time(refund: Refund) -> None:
    payment = owed(refund=refund, refund_at=NOW)
    assert wants_attempt(payment, NOW)
    assert not wants_attempt(payment, NOW - timedelta(milliseconds=1))
    assert not wants_attempt(owed(refund=refund, refund_at=None), NOW)
    assert not wants_attempt(replace(payment, status="in_mediation"), NOW)


def test_the_first_attempt_is_for_all_of_it_under_a_key_of_its_own() -> None:
    payment = opened(owed())
    assert payment.attempts == (RefundAttempt(key="key-1", amount=None, at=NOW),)
    assert payment.refund is Refund.DUE


def test_an_attempt_after_part_went_back_is_for_the_rest() -> None:
    [attempt] = opened(owed(refunded=PART)).attempts
    assert attempt.amount == PRICE - PART


@pytest.mark.parametrize("outcome", [None, "approved", "in_process", "authorized", "something new"])
def test_an_attempt_that_may_have_moved_money_is_repeated_under_its_key(outcome: str | None) -> None:
    payment = asked(outcome)
    assert opened(payment) == payment


def test_an_attempt_whose_answer_was_lost_keeps_its_amount_whatever_went_back_since() -> None:
    [attempt] = opened(asked(refunded=PART)).attempts
    assert (attempt.key, attempt.amount) == ("key-0", None)


@pytest.mark.parametrize("outcome", ["refused", "rejected", "cancelled"])
def test_an_attempt_that_moved_nothing_is_followed_by_another_and_kept(outcome: str) -> None:
    payment = opened(owed(refund=Refund.REFUSED, attempts=(an_attempt(outcome),)))
    assert [(attempt.key, attempt.outcome) for attempt in payment.attempts] == [
        ("key-0", outcome),
        ("key-1", None),
    ]


@pytest.mark.parametrize("status", ["approved", "in_process", "authorized", "something new"])
def test_an_answer_is_not_believed_until_it_is_listed(status: str) -> None:
    payment = answered(asked(), a_refund(status), NOW)
    assert (payment.refund, payment.refund_at, payment.refunded) == (
        Refund.PENDING,
        SOON,
        Decimal(0),
    )
    assert payment.attempts == (an_attempt(status),)


@pytest.mark.parametrize("status", ["rejected", "cancelled"])
def test_an_answer_that_moved_nothing_is_a_refusal(status: str) -> None:
    payment = answered(asked(), a_refund(status), NOW)
    assert (payment.refund, payment.refund_at) == (Refund.REFUSED, LATER)


def test_only_the_last_attempt_is_answered() -> None:
    before = an_attempt("refused", key="key-7")
    payment = asked(attempts=(before, an_attempt()))
    assert answered(payment, a_refund("approved"), NOW).attempts == (before, an_attempt("approved"))
    assert refused(payment, [], NOW).attempts == (before, an_attempt("refused"))


def test_an_answer_to_what_a_check_has_seen_done_meanwhile_is_noted_and_changes_nothing_else() -> None:
    done = given_back(attempts=(an_attempt(),))
    assert answered(done, a_refund("approved"), NOW) == replace(done, attempts=(an_attempt("approved"),))
    assert refused(done, ["2063"], NOW) == replace(done, attempts=(an_attempt("refused"),))


@pytest.mark.parametrize(
    ("causes", "refund_at"),
    [
        ([], LATER),
        (["2063"], LATER),
        (["None", "20240"], LATER),
        (["2024"], None),
        (["2063", "2024"], None),
    ],
)
def test_a_refusal_is_tried_again_unless_no_waiting_mends_it(causes: list[str], refund_at: Any) -> None:
    payment = refused(asked(), causes, NOW)
    assert (payment.refund, payment.refund_at) == (Refund.REFUSED, refund_at)
    assert [attempt.outcome for attempt in payment.attempts] == ["refused"]
