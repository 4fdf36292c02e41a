"""A sale that went on in another order is paid in one of them, whoever decides it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from caja.errors import AlreadyPaidError, BoxBusyError, ConflictError, InReviewError
from caja.orders import Role, State
from caja.usecases.follow_sale import MOST_HOPS
from tests.builders import PRICE, a_box, a_merchant_order, a_payment, a_scan
from tests.fake_ledger import Office
from tests.shop import ORDER


@pytest.fixture
def office() -> Office:
    """A pump whose first order was replaced, and then paid on its old screen: it is in review."""
    office = Office(a_box())
    office.with_order()
    office.pass_time(minutes=1)
    office.submit(ticket="ticket-0000000002", replaces=ORDER)
    office.mercadopago.show(a_merchant_order())
    office.notify("7001", order=office.order())
    assert office.order().state is State.REVIEW
    return office


def later(office: Office) -> str:
    order_id = office.order().replaced_by
    assert order_id
    return order_id


def pay_later(office: Office, **changes: object) -> None:
    """The order that replaced the first is paid, or something like it."""
    pay(office, later(office), **changes)


def pay(office: Office, order_id: str, **changes: object) -> None:
    office.mercadopago.show(
        a_merchant_order(
            merchant_order_id="7100",
            external_reference=order_id,
            payments=(a_payment(payment_id="9100"),),
            **changes,
        )
    )
    office.notify("7100", order=office.order(order_id))


def test_an_order_is_not_decided_paid_while_the_sale_can_be_paid_in_its_successor(office: Office) -> None:
    with pytest.raises(BoxBusyError) as refused:
        office.resolve("paid")
    assert (refused.value.order or {})["order_id"] == later(office)
    office.cancel(later(office))
    assert office.resolve("paid")["state"] == "paid"


def test_an_order_is_not_decided_paid_though_its_successor_has_expired_and_may_be_paid_late(
    office: Office,
) -> None:
    office.mercadopago.show(a_scan(external_reference=later(office)))
    office.pass_time(hours=2)
    office.check()
    assert office.order(later(office)).state is State.EXPIRED
    with pytest.raises(BoxBusyError):
        office.resolve("paid")


@pytest.mark.parametrize("mode", ["postpay", "prepay"])
def test_an_order_is_decided_paid_though_a_successor_that_can_never_be_paid_was_not_taken_back(
    office: Office, mode: str
) -> None:
    successor = replace(office.order(later(office)), mode=mode)
    office.orders.put(successor)
    if mode == "prepay":
        office.mercadopago.show(a_scan(external_reference=later(office)))
    office.pass_time(hours=2)
    office.check()
    assert office.order(later(office)).state is State.EXPIRED
    assert office.resolve("paid")["state"] == "paid"


def test_an_order_is_not_decided_paid_once_its_successor_is(office: Office) -> None:
    pay_later(office)
    with pytest.raises(AlreadyPaidError) as refused:
        office.resolve("paid")
    assert (refused.value.order or {})["order_id"] == later(office)
    assert office.resolve("refunding")["state"] == "refunding"


def test_a_successor_is_not_decided_paid_once_the_order_before_it_is(office: Office) -> None:
    _, third = office.submit(ticket="ticket-0000000003", replaces=later(office))
    office.cancel(third["order_id"])
    office.resolve("paid")
    pay_later(office)
    assert office.order(later(office)).state is State.REVIEW
    with pytest.raises(AlreadyPaidError) as refused:
        office.resolve("paid", later(office))
    assert (refused.value.order or {})["order_id"] == ORDER
    office.refund(ORDER)
    assert office.resolve("paid", later(office))["state"] == "paid"


def test_an_order_is_not_decided_paid_before_its_successor_that_is_in_review_too(office: Office) -> None:
    pay_later(office, total=PRICE * 2)
    with pytest.raises(InReviewError) as refused:
        office.resolve("paid")
    assert (refused.value.order or {})["order_id"] == later(office)
    office.resolve("refunding", later(office))
    assert office.resolve("paid")["state"] == "paid"


@pytest.mark.parametrize("is_later_first", [True, False])
def test_of_two_decisions_at_once_one_keeps_the_sale(office: Office, *, is_later_first: bool) -> None:
    pay_later(office, total=PRICE * 2)
    sale = [later(office), ORDER]
    first, second = sale if is_later_first else reversed(sale)
    refused = []

    def decide(order_id: str) -> None:
        try:
            office.resolve("paid", order_id)
        except ConflictError:
            refused.append(order_id)

    office.orders.meanwhile = [lambda: decide(second)]
    decide(first)
    office.orders.meanwhile = []
    decide(second)
    assert [order_id for order_id in sale if office.order(order_id).state is State.PAID] == [later(office)]
    assert set(refused) == {ORDER}


def test_money_of_the_order_before_goes_back_as_soon_as_its_successor_is_decided_paid(office: Office) -> None:
    pay_later(office, total=PRICE * 2)
    office.resolve("paid", later(office))
    office.pass_time(seconds=10)
    office.work()
    assert [payment.role for payment in office.order().payments] == [Role.EXCESS]


def test_giving_back_is_decided_whatever_the_sale_went_on_to(office: Office) -> None:
    assert office.resolve("refunding")["state"] == "refunding"


def replaced_on(office: Office, times: int) -> str:
    """The sale goes on in that many further orders, which are all taken back in the end; the last one."""
    order_id = later(office)
    for number in range(times):
        office.pass_time(seconds=20)
        _, shown = office.submit(ticket=f"ticket-1{number:015d}", replaces=order_id)
        order_id = shown["order_id"]
    return order_id


def test_an_order_is_not_decided_paid_though_the_sale_was_paid_many_orders_later(office: Office) -> None:
    last = replaced_on(office, 20)
    pay(office, last, created_at=office.clock.now)
    assert office.order(last).state is State.PAID
    with pytest.raises(AlreadyPaidError):
        office.resolve("paid")


def test_a_sale_too_long_to_follow_is_not_decided_paid_in_its_first_order_nor_in_its_last(
    office: Office,
) -> None:
    last = replaced_on(office, MOST_HOPS)
    pay(office, last, created_at=office.clock.now, total=PRICE * 2)
    for order_id in (ORDER, last):
        with pytest.raises(BoxBusyError) as refused:
            office.resolve("paid", order_id)
        assert (refused.value.order or {})["order_id"] == order_id
        assert office.resolve("refunding", order_id)["state"] == "refunding"
