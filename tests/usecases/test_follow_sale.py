"""A sale that went on in another order is paid in one of them, whoever decides it."""

from __future__ import annotations

import pytest

from caja.errors import AlreadyPaidError, BoxBusyError
from caja.orders import Role, State
from tests.builders import PRICE, a_box, a_merchant_order, a_payment
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
    office.mercadopago.show(
        a_merchant_order(
            merchant_order_id="7100",
            external_reference=later(office),
            payments=(a_payment(payment_id="9100"),),
            **changes,
        )
    )
    office.notify("7100", order=office.order(later(office)))


def test_an_order_is_not_decided_paid_while_the_sale_can_be_paid_in_its_successor(office: Office) -> None:
    with pytest.raises(BoxBusyError) as refused:
        office.resolve("paid")
    assert (refused.value.order or {})["order_id"] == later(office)
    office.cancel(later(office))
    assert office.resolve("paid")["state"] == "paid"


def test_an_order_is_not_decided_paid_though_its_successor_has_expired_and_may_be_paid_late(
    office: Office,
) -> None:
    office.pass_time(hours=2)
    office.check()
    assert office.order(later(office)).state is State.EXPIRED
    with pytest.raises(BoxBusyError):
        office.resolve("paid")


def test_an_order_is_not_decided_paid_once_its_successor_is(office: Office) -> None:
    pay_later(office)
    with pytest.raises(AlreadyPaidError) as refused:
        office.resolve("paid")
    assert (refused.value.order or {})["order_id"] == later(office)
    assert office.resolve("refunding")["state"] == "refunding"


def test_a_successor_is_not_decided_paid_once_the_order_before_it_is(office: Office) -> None:
    pay_later(office, total=PRICE * 2)
    assert office.order(later(office)).state is State.REVIEW
    office.resolve("paid")
    with pytest.raises(AlreadyPaidError) as refused:
        office.resolve("paid", later(office))
    assert (refused.value.order or {})["order_id"] == ORDER
    office.refund(ORDER)
    assert office.resolve("paid", later(office))["state"] == "paid"


def test_money_of_the_order_before_goes_back_as_soon_as_its_successor_is_decided_paid(office: Office) -> None:
    pay_later(office, total=PRICE * 2)
    office.resolve("paid", later(office))
    office.pass_time(seconds=10)
    office.work()
    assert [payment.role for payment in office.order().payments] == [Role.EXCESS]


def test_giving_back_is_decided_whatever_the_sale_went_on_to(office: Office) -> None:
    assert office.resolve("refunding")["state"] == "refunding"
