"""Money others decide about: it is waited for, never given back unseen, and nobody is locked out of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from caja.messages import CheckMessage
from caja.orders import Doubt, Refund, State
from tests.builders import PRICE, a_box, a_merchant_order, a_payment
from tests.fake_ledger import Office
from tests.shop import ORDER

if TYPE_CHECKING:
    from caja.orders import RecordedPayment

DISPUTED = ["in_mediation", "charged_back"]


def payment(office: Office) -> RecordedPayment:
    [payment] = office.order().payments
    return payment


def show(office: Office, status: str) -> None:
    """Have Mercado Pago show the payment in this status."""
    office.payments.have("9001", PRICE, status=status)
    office.mercadopago.show(a_merchant_order(payments=(a_payment(status=status),)))


def live(office: Office, **time: float) -> None:
    """Let time pass, a sweep every half an hour."""
    until = office.clock.now + timedelta(**time)
    while office.clock.now < until:
        office.pass_time(minutes=30)
        office.probe()
        office.check()
        office.give_back()


def listed(office: Office, state: str) -> list[str]:
    return [order["order_id"] for order in office.list(state=state)["orders"]]


def in_review(office: Office, status: str) -> Office:
    """The order of `office`: its money was disputed before its box claimed it."""
    show(office, status)
    office.checks.send(CheckMessage(order_id=ORDER))
    office.pass_time(seconds=10)
    office.work()
    assert office.order().doubt is Doubt.UNCOVERED
    return office


def cancelled_and_paid(status: str) -> Office:
    """A cancelled order that was paid on its old screen; the money was disputed when it was to go back."""
    office = Office(a_box())
    office.with_order()
    office.cancel(ORDER)
    office.pass_time(minutes=1)
    show(office, "approved")
    office.notify("7001")
    show(office, status)
    office.give_back()
    assert payment(office).refund is Refund.REFUSED
    return office


@pytest.mark.parametrize("status", DISPUTED)
def test_an_order_in_dispute_can_be_given_back_and_comes_back_while_others_decide(
    office: Office, status: str
) -> None:
    in_review(office, status).resolve("refunding")
    office.give_back()
    assert (office.order().state, office.order().doubt) == (State.REVIEW, Doubt.REFUND)
    assert [kind for kind, _ in office.payments.calls] == ["look"]
    show(office, "approved")
    office.resolve("refunding")
    office.give_back()
    assert office.order().state is State.REFUNDED


def test_an_order_in_dispute_can_be_given_back_as_soon_as_that_is_won(office: Office) -> None:
    in_review(office, "in_mediation")
    show(office, "approved")
    office.resolve("refunding")
    office.give_back()
    assert (office.order().state, payment(office).refund) == (State.REFUNDED, Refund.DONE)


@pytest.mark.parametrize("status", DISPUTED)
def test_money_of_an_order_decided_refunded_goes_back_when_its_dispute_is_won(
    office: Office, status: str
) -> None:
    in_review(office, status).resolve("refunded")
    live(office, hours=20)
    assert payment(office).refund is Refund.REFUSED
    show(office, "approved")
    live(office, days=8)
    assert (office.order().state, payment(office).refund) == (State.REFUNDED, Refund.DONE)


@pytest.mark.parametrize("status", DISPUTED)
def test_money_no_order_keeps_goes_back_when_its_dispute_is_won(status: str) -> None:
    office = cancelled_and_paid(status)
    live(office, hours=20)
    show(office, "approved")
    live(office, days=8)
    assert payment(office).refund is Refund.DONE


@pytest.mark.parametrize("status", DISPUTED)
def test_money_in_dispute_stays_on_the_operator_s_list_however_often_it_is_tried(status: str) -> None:
    office = cancelled_and_paid(status)
    office.refund(payment_id="9001")
    office.give_back()
    assert listed(office, "refund_refused") == [ORDER]
    show(office, "approved")
    office.refund(payment_id="9001")
    office.give_back()
    assert (payment(office).refund, listed(office, "refund_refused")) == (Refund.DONE, [])


def test_money_won_back_after_nobody_looks_any_more_goes_back_when_the_operator_says_so() -> None:
    office = cancelled_and_paid("charged_back")
    live(office, days=31)
    assert office.order().watch.check_at is None
    show(office, "approved")
    office.refund(payment_id="9001")
    office.give_back()
    assert payment(office).refund is Refund.DONE


@pytest.mark.parametrize("causes", [[], [2063]])
@pytest.mark.parametrize("status", DISPUTED)
def test_a_dispute_does_not_make_an_order_refunded_that_was_to_be(status: str, causes: list[int]) -> None:
    office = Office(a_box())
    office.with_order()
    office.pass_time(minutes=2)
    office.mercadopago.show(a_merchant_order(total=PRICE * 2))
    office.notify("7001")
    office.payments.have("9001", PRICE)
    office.resolve("refunding")
    if causes:
        office.payments.causes = causes
        office.give_back()
    office.mercadopago.show(a_merchant_order(total=PRICE * 2, payments=(a_payment(status=status),)))
    office.notify("7001")
    assert (office.order().state, office.order().doubt) == (State.REVIEW, Doubt.REFUND)
    assert payment(office).refund is Refund.REFUSED
    assert not office.order().refunded_amount
