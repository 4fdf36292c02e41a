"""What the use-cases' tests begin with."""

from __future__ import annotations

from typing import TypeVar

import pytest

from tests.builders import PRICE, a_box, a_merchant_order, after
from tests.fake_ledger import Office
from tests.shop import Shop

AnyShop = TypeVar("AnyShop", bound=Shop)


@pytest.fixture
def shop() -> Shop:
    """A shop whose one order is a minute old."""
    shop = Shop()
    shop.with_order()
    shop.pass_time(minutes=1)
    return shop


@pytest.fixture
def vending() -> Shop:
    """A prepay shop whose one order was paid two minutes after it was submitted: to be claimed before minute 4."""
    return sold(Shop(a_box(mode="prepay")))


@pytest.fixture
def unclaimed(vending: Shop) -> Shop:
    """The same shop two minutes later: nobody claimed the order, and its money is to go back."""
    vending.pass_time(minutes=2)
    vending.check()
    vending.report.alarms.clear()
    return vending


@pytest.fixture
def office() -> Office:
    """The shop of `vending`, and its operator."""
    return sold(Office(a_box(mode="prepay")))


def sold(shop: AnyShop) -> AnyShop:
    shop.with_order(mode="prepay", expires_at=after(minutes=10))
    shop.pass_time(minutes=2)
    shop.payments.have("9001", PRICE)
    shop.mercadopago.show(a_merchant_order())
    shop.notify("7001")
    shop.report.notes.clear()
    return shop
