"""The operator has an order given back: who and why is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caja.errors import (
    AlreadyClaimedError,
    InvalidRequestError,
    NotFoundError,
    NothingToRefundError,
    StorageError,
)
from caja.messages import RefundMessage
from caja.orders import Refund, State
from tests.builders import PRICE, a_merchant_order, a_payment, after
from tests.fake_ledger import WHO, Office
from tests.shop import ORDER

if TYPE_CHECKING:
    from collections.abc import Callable

GIVE_BACK = RefundMessage(order_id=ORDER, payment_id="9001")
SECOND = a_merchant_order(merchant_order_id="7002", payments=(a_payment(payment_id="9002"),))


def test_the_operator_has_a_paid_order_given_back(office: Office) -> None:
    shown = office.refund(reason="wrong flavour")
    assert (shown["state"], shown["payments"][0]["refund"]) == ("refunding", "due")
    assert office.refund_requests.waiting == [GIVE_BACK]
    event = office.orders.events_of[ORDER][-1]
    assert (event.by, event.facts) == (f"operator {WHO}", {"reason": "wrong flavour"})
    assert office.boxes.offers["CAJA0001"].state == "refunding"
    assert office.report.notes == ["operator decided"]
    office.give_back()
    assert office.order().state is State.REFUNDED


def test_what_was_delivered_is_given_back_only_because_the_operator_says_so(office: Office) -> None:
    office.claim()
    office.deliver("delivered")
    assert office.refund()["state"] == "refunding"
    office.give_back()
    assert office.order().state is State.REFUNDED


def test_a_refund_asked_for_again_gives_nothing_back_twice(office: Office) -> None:
    office.refund()
    with pytest.raises(NothingToRefundError) as refused:
        office.refund()
    assert (refused.value.order or {})["state"] == "refunding"
    office.give_back()
    with pytest.raises(NothingToRefundError):
        office.refund()
    assert [kind for kind, _ in office.payments.calls].count("give back") == 1


def test_a_refund_the_queue_refuses_is_made_by_the_sweep(office: Office) -> None:
    office.refund_requests.refuses = StorageError("no queue")
    assert office.refund()["state"] == "refunding"
    office.refund_requests.refuses = None
    office.pass_time(minutes=2)
    office.check()
    office.give_back()
    assert office.order().state is State.REFUNDED


def test_an_order_looked_at_for_the_last_time_is_looked_at_again_when_given_back(office: Office) -> None:
    office.claim()
    office.deliver("delivered")
    office.pass_time(minutes=20)
    office.check()
    assert office.order().watch.check_at is None
    office.refund()
    assert office.order().watch.check_at == after(minutes=24)


def test_of_a_claim_and_a_refund_at_once_one_wins(office: Office) -> None:
    office.orders.meanwhile = [office.claim]
    with pytest.raises(AlreadyClaimedError):
        office.refund()
    assert (office.order().state, office.refund_requests.waiting) == (State.RELEASING, [])


def test_a_refused_refund_is_tried_again_when_the_operator_names_it(office: Office) -> None:
    office.payments.have("9002", PRICE)
    office.mercadopago.show(SECOND)
    office.notify("7002")
    office.payments.causes = [2063]
    office.give_back()
    with pytest.raises(NothingToRefundError):
        office.refund(payment_id="9001")
    shown = office.refund(payment_id="9002")
    assert [p["refund"] for p in shown["payments"]] == ["none", "due"]
    office.give_back()
    assert [p.refund for p in office.order().payments] == [Refund.NONE, Refund.DONE]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "x" * 257}, "reason"),
        ({"payment_id": "9 001"}, "payment_id"),
        ({"amount": "10"}, "amount"),
    ],
)
def test_a_refund_names_why_and_nothing_else(office: Office, body: dict[str, str], path: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        office.refund(**body)
    assert [flaw.path for flaw in refused.value.flaws] == [path]
    assert office.order().state is State.PAID


@pytest.mark.parametrize("order_id", ["O" * 26, "nothing", ORDER + "A"])
@pytest.mark.parametrize("ask", [Office.refund, Office.look, lambda o, id_: o.resolve("paid", id_)])
def test_an_order_there_is_not_is_not_found(
    office: Office, ask: Callable[[Office, str], object], order_id: str
) -> None:
    with pytest.raises(NotFoundError):
        ask(office, order_id)


def test_an_order_may_be_named_in_lower_case(office: Office) -> None:
    assert office.look(ORDER.lower())["order_id"] == ORDER
