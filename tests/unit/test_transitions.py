"""A prepay order's life at its box: claimed, released, reported, or not in time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from caja.errors import (
    AlreadyClaimedError,
    AlreadyPaidError,
    ConflictError,
    ContradictionError,
    InReviewError,
    NotClaimedError,
    NotPaidError,
    NotPrepayError,
    NotReplaceableError,
    TooLateError,
)
from caja.orders import Doubt, Refund, State
from caja.transitions import cancel, claim, meet_deadline, pay, replace_by, report_delivery
from tests.builders import after, an_order
from tests.unit import prepaid
from tests.unit.prepaid import CLAIM, OTHER_CLAIM, PAID, READY, RELEASING, SILENT

if TYPE_CHECKING:
    from datetime import datetime

    from caja.orders import Order

INSTANT_BEFORE = {"milliseconds": -1}


def test_a_prepay_order_is_to_be_claimed_within_its_release_seconds() -> None:
    paid = pay(an_order(mode="prepay", release_seconds=45), "7001", after(minutes=2))
    assert paid.release_by == after(minutes=2, seconds=45)


def test_a_postpay_order_is_not_to_be_claimed() -> None:
    assert prepaid.POSTPAID.release_by is None


def test_a_claim_lets_the_box_release_and_asks_for_its_report() -> None:
    order = claim(replace(PAID, report_seconds=60), CLAIM, after(minutes=3))
    assert (order.state, order.version, order.claim, order.report_by, order.updated_at) == (
        State.RELEASING,
        3,
        CLAIM,
        after(minutes=4),
        after(minutes=3),
    )


def test_a_claim_an_instant_before_its_time_is_over_is_taken() -> None:
    assert claim(PAID, CLAIM, after(minutes=4, **INSTANT_BEFORE)).state is State.RELEASING


@pytest.mark.parametrize("milliseconds", [0, 1])
def test_a_claim_at_the_end_of_its_time_is_too_late(milliseconds: int) -> None:
    with pytest.raises(TooLateError):
        claim(PAID, CLAIM, after(minutes=4, milliseconds=milliseconds))


def test_a_paid_order_nobody_may_wait_for_is_not_claimed() -> None:
    with pytest.raises(TooLateError):
        claim(replace(PAID, release_by=None), CLAIM, after(minutes=3))


@pytest.mark.parametrize("order", [RELEASING, prepaid.DELIVERED])
def test_the_same_claim_again_changes_nothing_however_late(order: Order) -> None:
    assert claim(order, CLAIM, after(days=1)) is order


@pytest.mark.parametrize(
    ("stage", "nonce", "error"),
    [
        ("ready", CLAIM, NotPaidError),
        ("expired", CLAIM, NotPaidError),
        ("cancelled", CLAIM, NotPaidError),
        ("replaced", CLAIM, NotPaidError),
        ("postpaid", CLAIM, NotPrepayError),
        ("releasing", OTHER_CLAIM, AlreadyClaimedError),
        ("delivered", OTHER_CLAIM, AlreadyClaimedError),
        ("unclaimed", CLAIM, TooLateError),
        ("failed", CLAIM, TooLateError),
        ("returned", CLAIM, TooLateError),
        ("refunded", CLAIM, TooLateError),
        ("silent", CLAIM, InReviewError),
        ("unsure", CLAIM, InReviewError),
        ("in doubt", CLAIM, InReviewError),
        ("uncovered", CLAIM, InReviewError),
        ("unconfirmed", CLAIM, InReviewError),
    ],
)
def test_nothing_else_is_claimed(stage: str, nonce: str, error: type[ConflictError]) -> None:
    with pytest.raises(error):
        claim(prepaid.STAGES[stage], nonce, after(minutes=3))


@pytest.mark.parametrize(
    ("result", "state", "doubt"),
    [
        ("delivered", State.DELIVERED, None),
        ("failed", State.REFUNDING, None),
        ("unknown", State.REVIEW, Doubt.UNKNOWN),
    ],
)
def test_a_report_ends_the_release(result: str, state: State, doubt: Doubt | None) -> None:
    order = report_delivery(RELEASING, CLAIM, result, after(minutes=5))
    assert (order.state, order.doubt, order.report, order.version) == (state, doubt, result, 4)


def test_what_could_not_be_delivered_is_due_back_at_once() -> None:
    [payment] = prepaid.FAILED.payments
    assert (payment.refund, payment.owed_at, payment.refund_at) == (
        Refund.DUE,
        after(minutes=5),
        after(minutes=5),
    )


def test_a_report_after_its_time_counts_while_nobody_has_noticed() -> None:
    assert report_delivery(RELEASING, CLAIM, "delivered", after(minutes=7)).state is State.DELIVERED


@pytest.mark.parametrize(("result", "state"), [("delivered", State.DELIVERED), ("failed", State.REFUNDING)])
def test_a_late_report_ends_the_doubt_that_its_silence_raised(result: str, state: State) -> None:
    order = report_delivery(SILENT, CLAIM, result, after(hours=2))
    assert (order.state, order.doubt, order.report) == (state, None, result)


@pytest.mark.parametrize(
    ("stage", "result"),
    [
        ("delivered", "delivered"),
        ("failed", "failed"),
        ("unsure", "unknown"),
        ("silent", "unknown"),
        ("returned", "failed"),
        ("returned", "delivered"),
    ],
)
def test_a_report_that_says_nothing_new_changes_nothing(stage: str, result: str) -> None:
    order = prepaid.STAGES[stage]
    assert report_delivery(order, CLAIM, result, after(hours=2)) is order


@pytest.mark.parametrize(
    ("stage", "result"),
    [
        ("delivered", "failed"),
        ("delivered", "unknown"),
        ("failed", "delivered"),
        ("failed", "unknown"),
        ("returned", "unknown"),
        ("unsure", "delivered"),
        ("unsure", "failed"),
    ],
)
def test_a_report_that_contradicts_what_was_decided_is_refused(stage: str, result: str) -> None:
    with pytest.raises(ContradictionError):
        report_delivery(prepaid.STAGES[stage], CLAIM, result, after(hours=2))


@pytest.mark.parametrize("stage", prepaid.STAGES)
@pytest.mark.parametrize("result", ["delivered", "failed", "unknown"])
def test_a_report_without_the_claim_it_belongs_to_is_refused(stage: str, result: str) -> None:
    with pytest.raises(NotClaimedError):
        report_delivery(prepaid.STAGES[stage], OTHER_CLAIM, result, after(minutes=5))


@pytest.mark.parametrize(
    "stage", ["ready", "paid", "expired", "cancelled", "replaced", "unclaimed", "in doubt"]
)
def test_what_was_never_claimed_is_not_reported(stage: str) -> None:
    with pytest.raises(NotClaimedError):
        report_delivery(prepaid.STAGES[stage], CLAIM, "delivered", after(minutes=5))


def test_what_is_not_claimed_in_time_is_given_back() -> None:
    order = meet_deadline(PAID, after(minutes=4))
    assert (order.state, order.refunding_at, order.version) == (State.REFUNDING, after(minutes=4), 3)
    assert [p.refund for p in order.payments] == [Refund.DUE]


def test_a_box_that_does_not_report_in_time_is_a_persons_to_look_at_and_nothing_is_given_back() -> None:
    order = meet_deadline(RELEASING, after(minutes=6))
    assert (order.state, order.doubt, order.payments) == (State.REVIEW, Doubt.SILENCE, RELEASING.payments)


def test_a_refund_not_confirmed_within_a_day_is_a_persons_to_look_at() -> None:
    order = meet_deadline(prepaid.UNCLAIMED, after(days=1, minutes=5))
    assert (order.state, order.doubt) == (State.REVIEW, Doubt.REFUND)


@pytest.mark.parametrize(
    ("order", "deadline"),
    [
        (PAID, after(minutes=4, **INSTANT_BEFORE)),
        (RELEASING, after(minutes=6, **INSTANT_BEFORE)),
        (prepaid.UNCLAIMED, after(days=1, minutes=5, **INSTANT_BEFORE)),
    ],
)
def test_no_deadline_is_met_an_instant_early(order: Order, deadline: datetime) -> None:
    assert meet_deadline(order, deadline) is order


@pytest.mark.parametrize(
    "stage", sorted(prepaid.STAGES.keys() - {"paid", "releasing", "unclaimed", "failed", "returned"})
)
def test_nothing_else_has_a_deadline(stage: str) -> None:
    order = prepaid.STAGES[stage]
    assert meet_deadline(order, after(days=365)) is order


@pytest.mark.parametrize("stage", ["releasing", "delivered", "unclaimed", "refunded", "paid"])
def test_what_has_been_paid_is_neither_taken_back_nor_replaced(stage: str) -> None:
    with pytest.raises(AlreadyPaidError):
        cancel(prepaid.STAGES[stage], after(minutes=5))
    with pytest.raises(AlreadyPaidError):
        replace_by(prepaid.STAGES[stage], "SUCCESSOR", after(minutes=5))


@pytest.mark.parametrize("stage", ["silent", "unsure", "in doubt", "uncovered", "unconfirmed"])
def test_what_is_in_doubt_is_neither_taken_back_nor_replaced(stage: str) -> None:
    with pytest.raises(InReviewError):
        cancel(prepaid.STAGES[stage], after(minutes=5))
    with pytest.raises(NotReplaceableError):
        replace_by(prepaid.STAGES[stage], "SUCCESSOR", after(minutes=5))


def test_an_order_that_waits_for_its_payment_can_be_taken_back() -> None:
    assert cancel(READY, after(minutes=3)).state is State.CANCELLED
