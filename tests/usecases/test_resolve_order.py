"""The operator decides about an order in review: who and why is recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from caja.errors import (
    AlreadyClaimedError,
    ConflictError,
    InvalidRequestError,
    MercadoPagoUnavailableError,
    NotInReviewError,
    NotPaidError,
    NotPrepayError,
)
from caja.messages import RefundMessage
from caja.orders import Doubt, Refund, Role, State
from tests.builders import PRICE, a_box, a_merchant_order, a_payment, a_scan, after
from tests.fake_ledger import WHO, Office
from tests.shop import ORDER

GIVE_BACK = RefundMessage(order_id=ORDER, payment_id="9001")
SECOND = a_merchant_order(merchant_order_id="7002", payments=(a_payment(payment_id="9002"),))
SCANS = tuple(map(a_scan, range(301)))
"""More than one check reads."""


def in_review(*merchant_orders: Any, mode: str = "prepay") -> Office:
    """An order a person has to decide about: by default because of money that is not what it asked for."""
    office = Office(a_box(mode=mode))
    office.with_order(mode=mode, expires_at=after(minutes=10))
    office.pass_time(minutes=2)
    office.mercadopago.show(*merchant_orders or (a_merchant_order(total=PRICE * 2),))
    office.notify(None)
    assert office.order().state is State.REVIEW
    return office


def test_the_only_money_there_is_need_not_be_named() -> None:
    office = in_review()
    shown = office.resolve("paid", reason="seen in the panel")
    assert (shown["state"], shown["payments"][0]["role"]) == ("paid", "kept")
    assert office.order().kept_merchant_order_id == "7001"
    event = office.orders.events_of[ORDER][-1]
    assert (event.by, event.from_state, event.facts) == (
        f"operator {WHO}",
        "review",
        {"reason": "seen in the panel"},
    )
    assert office.claim()["state"] == "releasing"


def test_one_of_several_is_named_and_the_others_go_back() -> None:
    office = in_review(a_merchant_order(total=None), replace(SECOND, total=None))
    with pytest.raises(InvalidRequestError, match="not clear") as refused:
        office.resolve("paid")
    [flaw] = refused.value.flaws
    assert (flaw.path, flaw.message) == (
        "merchant_order_id",
        "Name the one whose money is kept: 7001, 7002.",
    )
    office.resolve("paid", merchant_order_id="7002")
    assert [(p.payment_id, p.role, p.refund) for p in office.order().payments] == [
        ("9001", Role.EXCESS, Refund.DUE),
        ("9002", Role.KEPT, Refund.NONE),
    ]
    assert office.refund_requests.waiting == [GIVE_BACK]


def test_money_nobody_has_seen_cannot_be_named() -> None:
    for office in (in_review(), in_review(*SCANS)):
        with pytest.raises(InvalidRequestError):
            office.resolve("paid", merchant_order_id="7999")


def test_money_other_than_what_is_kept_already_cannot_be_named(office: Office) -> None:
    office.claim()
    office.deliver("unknown")
    with pytest.raises(InvalidRequestError):
        office.resolve("delivered", merchant_order_id="7002")
    assert office.resolve("delivered", merchant_order_id="7001")["state"] == "delivered"


@pytest.mark.parametrize(
    ("state", "order_state", "refund"),
    [
        ("delivered", State.DELIVERED, Refund.NONE),
        ("refunding", State.REFUNDED, Refund.DONE),
        ("refunded", State.REFUNDED, Refund.DONE),
    ],
)
def test_the_operator_decides_about_a_box_that_fell_silent(
    office: Office, state: str, order_state: State, refund: Refund
) -> None:
    office.claim()
    office.pass_time(minutes=3)
    office.check()
    assert office.order().doubt is Doubt.SILENCE
    office.resolve(state)
    office.give_back()
    assert (office.order().state, office.order().payments[0].refund) == (order_state, refund)
    with pytest.raises(ConflictError):
        office.claim("claim-0002")


def test_what_may_have_been_released_is_not_decided_paid(office: Office) -> None:
    office.claim()
    office.deliver("unknown")
    with pytest.raises(AlreadyClaimedError):
        office.resolve("paid")


def test_a_box_is_not_told_to_release_for_money_that_nobody_has_looked_at_for_minutes() -> None:
    office = in_review()
    gone = a_payment(status="refunded", refunded=PRICE)
    office.mercadopago.show(a_merchant_order(total=PRICE * 2, payments=(gone,)))
    office.pass_time(minutes=5, seconds=1)
    with pytest.raises(NotPaidError, match="being looked at now"):
        office.resolve("paid")
    office.work()
    with pytest.raises(NotPaidError, match="does not cover it"):
        office.resolve("paid")
    assert office.order().state is State.REVIEW


def test_the_same_decision_is_taken_once_the_money_has_been_looked_at() -> None:
    office = in_review()
    office.pass_time(hours=3)
    office.probe()
    with pytest.raises(NotPaidError) as refused:
        office.resolve("paid")
    assert (refused.value.order or {})["state"] == "review"
    office.work()
    office.pass_time(minutes=5)
    assert office.resolve("paid")["state"] == "paid"
    assert office.claim()["state"] == "releasing"


def test_an_order_with_more_merchant_orders_than_are_looked_at_can_be_decided_paid() -> None:
    office = in_review(a_merchant_order(total=None), *SCANS)
    assert office.resolve("paid", merchant_order_id="7001")["state"] == "paid"


def test_money_nobody_looks_at_while_mercado_pago_is_away_is_not_released_for() -> None:
    office = in_review()
    office.pass_time(minutes=10)
    office.mercadopago.failures = [MercadoPagoUnavailableError("500")] * 2
    for _ in range(2):
        with pytest.raises(NotPaidError, match="being looked at now"):
            office.resolve("paid")
        office.work()


@pytest.mark.parametrize(("state", "mode"), [("paid", "postpay"), ("delivered", "prepay")])
def test_a_decision_that_lets_no_box_release_needs_no_look(state: str, mode: str) -> None:
    office = in_review(mode=mode)
    office.pass_time(hours=3)
    assert office.resolve(state)["state"] == state
    assert office.mercadopago.called[-1] == "search"
    assert len(office.mercadopago.calls) == 1


def test_only_an_order_in_review_is_decided(office: Office) -> None:
    with pytest.raises(NotInReviewError) as refused:
        office.resolve("refunded")
    assert (refused.value.order or {})["state"] == "paid"


def test_a_postpay_order_is_not_decided_delivered() -> None:
    with pytest.raises(NotPrepayError):
        in_review(mode="postpay").resolve("delivered")


@pytest.mark.parametrize("body", [{"state": "ready"}, {"state": "paid", "reason": " "}])
def test_a_decision_that_is_none_is_refused(office: Office, body: dict[str, str]) -> None:
    with pytest.raises(InvalidRequestError):
        office.resolve(**body)


def test_a_report_that_comes_before_the_decision_is_decided_about(office: Office) -> None:
    office.claim()
    office.pass_time(minutes=3)
    office.check()
    office.orders.meanwhile = [lambda: office.deliver("delivered")]
    with pytest.raises(NotInReviewError):
        office.resolve("refunding")
    assert office.refund_requests.waiting == []


def test_money_seen_after_its_order_was_decided_paid_is_kept() -> None:
    office = in_review(*SCANS, mode="postpay")
    office.resolve("paid", reason="the customer showed the receipt")
    office.mercadopago.listed = {"7001": a_merchant_order()}
    office.pass_time(minutes=20)
    office.check()
    assert [p.role for p in office.order().payments] == [Role.KEPT]
