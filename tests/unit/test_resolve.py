"""What the operator decides about an order in review, and what a person cannot decide either."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caja.decisions import resolve
from caja.errors import (
    AlreadyClaimedError,
    NothingToRefundError,
    NotInReviewError,
    NotPaidError,
    NotPrepayError,
    RefundUnderWayError,
)
from caja.orders import Doubt, Refund, RefundAttempt, Role, State
from caja.settlement import judge
from caja.transitions import claim, refund, report_delivery, send_to_review
from tests.builders import PRICE, a_merchant_order, a_payment, after, an_order
from tests.unit import prepaid
from tests.unit.prepaid import CLAIM, IN_DOUBT, SILENT, given_back, holding, owed, recorded

if TYPE_CHECKING:
    from caja.orders import Order, RecordedPayment

NOW = after(minutes=30)
POSTPAY = holding(
    send_to_review(an_order(), Doubt.MONEY, after(minutes=3)),
    recorded(role=Role.DOUBT),
    recorded(payment_id="9002", merchant_order_id="7002", role=Role.DOUBT),
)
DECISIONS = [State.PAID, State.DELIVERED, State.REFUNDING, State.REFUNDED]
IN_REVIEW = {"silent", "unsure", "in doubt", "uncovered", "unconfirmed"}


def held(order: Order) -> list[tuple[str, Role, Refund]]:
    return [(p.payment_id, p.role, p.refund) for p in order.payments]


@pytest.mark.parametrize("to", DECISIONS)
@pytest.mark.parametrize("stage", sorted(prepaid.STAGES.keys() - IN_REVIEW))
def test_only_an_order_in_review_is_decided_by_hand(stage: str, to: State) -> None:
    with pytest.raises(NotInReviewError):
        resolve(prepaid.STAGES[stage], to, "7001", NOW)


def test_an_order_decided_paid_keeps_one_merchant_order_and_gives_the_others_back() -> None:
    order = resolve(POSTPAY, State.PAID, "7002", NOW)
    assert (order.state, order.kept_merchant_order_id, order.paid_at, order.release_by, order.doubt) == (
        State.PAID,
        "7002",
        NOW,
        None,
        None,
    )
    assert held(order) == [("9001", Role.EXCESS, Refund.DUE), ("9002", Role.KEPT, Refund.NONE)]
    assert order.version == POSTPAY.version + 1


def test_a_prepay_order_decided_paid_may_be_claimed_from_then_on() -> None:
    order = resolve(IN_DOUBT, State.PAID, "7001", NOW)
    assert order.release_by == after(minutes=32)
    assert claim(order, CLAIM, after(minutes=31)).state is State.RELEASING


def test_an_order_paid_before_it_was_in_doubt_keeps_when_that_was_and_by_what() -> None:
    covered = holding(prepaid.UNCOVERED)
    order = resolve(covered, State.PAID, "7777", NOW)
    assert (order.paid_at, order.kept_merchant_order_id) == (after(minutes=2), "7001")
    assert held(order) == [("9001", Role.KEPT, Refund.NONE)]


@pytest.mark.parametrize("stage", ["silent", "unsure"])
def test_what_a_box_may_have_released_is_not_released_again(stage: str) -> None:
    with pytest.raises(AlreadyClaimedError):
        resolve(prepaid.STAGES[stage], State.PAID, "7001", NOW)


@pytest.mark.parametrize("stage", ["silent", "unsure", "in doubt"])
def test_an_order_decided_delivered_is_over_and_keeps_its_money(stage: str) -> None:
    order = resolve(prepaid.STAGES[stage], State.DELIVERED, "7001", NOW)
    assert (order.state, order.report) == (State.DELIVERED, "delivered")
    assert held(order) == [("9001", Role.KEPT, Refund.NONE)]


def test_a_box_that_reports_what_the_operator_decided_is_heard_and_anything_else_is_not() -> None:
    order = resolve(SILENT, State.DELIVERED, "7001", NOW)
    assert report_delivery(order, CLAIM, "delivered", after(hours=1)) is order


@pytest.mark.parametrize("to", [State.PAID, State.DELIVERED])
def test_what_the_operator_decided_to_keep_is_what_every_later_check_keeps(to: State) -> None:
    first, second = (
        recorded(role=Role.DOUBT),
        recorded(payment_id="9002", merchant_order_id="7002", role=Role.DOUBT),
    )
    order = resolve(holding(IN_DOUBT, first, second), to, "7002", NOW)
    found = (
        a_merchant_order(),
        a_merchant_order(merchant_order_id="7002", payments=(a_payment(payment_id="9002"),)),
    )
    checked = judge(order, found, complete=True, successor_paid=False, now=NOW).order
    assert held(checked) == [("9001", Role.EXCESS, Refund.DUE), ("9002", Role.KEPT, Refund.NONE)]


def test_a_postpay_order_is_never_delivered() -> None:
    with pytest.raises(NotPrepayError):
        resolve(POSTPAY, State.DELIVERED, "7001", NOW)


def test_an_order_decided_refunding_gives_all_it_holds_back() -> None:
    order = resolve(POSTPAY, State.REFUNDING, None, NOW)
    assert (order.state, order.refunding_at) == (State.REFUNDING, NOW)
    assert held(order) == [("9001", Role.EXCESS, Refund.DUE), ("9002", Role.EXCESS, Refund.DUE)]


def test_an_order_that_holds_nothing_cannot_be_decided_refunding() -> None:
    with pytest.raises(NothingToRefundError):
        resolve(holding(prepaid.UNCOVERED, given_back()), State.REFUNDING, None, NOW)


def test_an_order_decided_refunded_gives_back_what_it_still_holds() -> None:
    order = resolve(SILENT, State.REFUNDED, None, NOW)
    assert (order.state, held(order)) == (State.REFUNDED, [("9001", Role.KEPT, Refund.DUE)])
    assert order.is_refund_due(order.payments[0], NOW)


@pytest.mark.parametrize("to", [State.REFUNDING, State.REFUNDED])
@pytest.mark.parametrize("role", [Role.KEPT, Role.DOUBT])
def test_money_others_decide_about_is_looked_at_once_it_is_decided_to_go_back(role: Role, to: State) -> None:
    order = resolve(holding(prepaid.UNCOVERED, recorded(role=role, status="in_mediation")), to, None, NOW)
    assert order.state is to
    assert order.is_refund_due(order.payments[0], NOW)


def test_an_order_decided_refunded_whose_money_is_back_owes_nothing() -> None:
    order = resolve(holding(prepaid.UNCONFIRMED, given_back()), State.REFUNDED, None, NOW)
    assert held(order) == [("9001", Role.KEPT, Refund.DONE)]


def attempted(outcome: str | None) -> RecordedPayment:
    """A payment Mercado Pago was asked to give back, with that outcome."""
    attempt = RefundAttempt(key="fake-key", amount=None, at=after(minutes=6), outcome=outcome)
    return owed(role=Role.KEPT, attempts=(attempt,))


@pytest.mark.parametrize("to", [State.PAID, State.DELIVERED])
@pytest.mark.parametrize(
    "payment",
    [
        given_back(),
        owed(role=Role.KEPT, refund=Refund.PENDING),
        attempted(None),
        attempted("approved"),
        attempted("in_process"),
    ],
)
def test_money_that_goes_back_or_has_gone_back_is_not_kept(payment: RecordedPayment, to: State) -> None:
    with pytest.raises(RefundUnderWayError):
        resolve(holding(prepaid.UNCONFIRMED, payment), to, "7001", NOW)


@pytest.mark.parametrize("outcome", ["refused", "rejected", "cancelled"])
def test_money_that_mercado_pago_did_not_give_back_may_be_kept(outcome: str) -> None:
    order = resolve(holding(prepaid.UNCONFIRMED, attempted(outcome)), State.DELIVERED, None, NOW)
    assert held(order) == [("9001", Role.KEPT, Refund.NONE)]
    assert order.payments[0].refund_at is None


def test_money_of_another_merchant_order_that_goes_back_does_not_bind_the_operator() -> None:
    going = owed(payment_id="9002", merchant_order_id="7002", refund=Refund.PENDING)
    order = resolve(holding(IN_DOUBT, recorded(role=Role.DOUBT), going), State.PAID, "7001", NOW)
    assert held(order) == [("9001", Role.KEPT, Refund.NONE), ("9002", Role.EXCESS, Refund.PENDING)]


def test_money_that_goes_back_may_be_awaited_by_deciding_refunding() -> None:
    going = owed(role=Role.KEPT, refund=Refund.PENDING, refund_at=after(hours=1))
    order = resolve(holding(prepaid.UNCONFIRMED, going), State.REFUNDING, None, NOW)
    assert (order.state, order.payments) == (State.REFUNDING, (going,))


@pytest.mark.parametrize(
    "changes",
    [{"status": "charged_back"}, {"amount": PRICE / 2}, {"status": "refunded", "refunded": PRICE}],
)
def test_an_order_whose_money_does_not_cover_it_is_not_released_by_deciding_it_paid(
    changes: dict[str, Any],
) -> None:
    with pytest.raises(NotPaidError):
        resolve(holding(prepaid.UNCOVERED, recorded(**changes)), State.PAID, None, NOW)


def test_an_order_whose_money_nobody_has_seen_is_not_released_by_deciding_it_paid() -> None:
    unseen = send_to_review(prepaid.READY, Doubt.MONEY, after(minutes=3))
    with pytest.raises(NotPaidError):
        resolve(unseen, State.PAID, None, NOW)


@pytest.mark.parametrize("changes", [{"status": "charged_back"}, {"status": "refunded", "refunded": PRICE}])
def test_an_order_without_its_money_may_be_decided_delivered_for_the_goods_are_gone(
    changes: dict[str, Any],
) -> None:
    uncovered = holding(prepaid.UNCOVERED, recorded(**changes))
    assert resolve(uncovered, State.DELIVERED, None, NOW).state is State.DELIVERED


def test_what_is_given_back_after_it_was_decided_delivered_can_still_go_back() -> None:
    order = refund(resolve(SILENT, State.DELIVERED, "7001", NOW), after(hours=1))
    assert held(order) == [("9001", Role.KEPT, Refund.DUE)]
