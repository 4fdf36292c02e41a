"""A submit in the place of another, and submits at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caja.errors import (
    AlreadyPaidError,
    BoxBusyError,
    NotReplaceableError,
    StorageError,
)
from caja.orders import State
from tests.builders import a_merchant_order
from tests.shop import Shop

if TYPE_CHECKING:
    from collections.abc import Callable

ORDER = "ORDER234567ORDER234567ORDE"


def test_a_submit_may_take_the_place_of_the_box_s_current_order() -> None:
    shop = Shop()
    shop.with_order()
    _, shown = shop.submit(replaces=ORDER)
    assert shop.order().state is State.REPLACED
    assert shop.order().replaced_by == shown["order_id"]
    assert shop.boxes.offers["CAJA0001"].order_id == shown["order_id"]
    assert shop.order(shown["order_id"]).replaces == ORDER


def test_an_expired_order_may_be_replaced() -> None:
    shop = Shop()
    shop.with_order()
    shop.pass_time(hours=1)
    shop.check()
    assert shop.order().state is State.EXPIRED
    assert shop.submit(replaces=ORDER)[0] == 201


@pytest.mark.parametrize("current", [None, "other"])
def test_only_the_box_s_current_order_can_be_replaced(current: str | None) -> None:
    shop = Shop()
    shop.with_order()
    del shop.boxes.offers["CAJA0001"]
    if current:
        shop.with_order(order_id="O" * 26)
    with pytest.raises(NotReplaceableError) as refused:
        shop.submit(replaces=ORDER)
    assert (refused.value.order or {}).get("order_id") == ("O" * 26 if current else None)
    assert shop.order().state is State.READY


def test_a_paid_order_is_not_replaced() -> None:
    shop = Shop()
    shop.with_order()
    shop.mercadopago.show(a_merchant_order())
    shop.pass_time(minutes=1)
    shop.notify("7001")
    with pytest.raises(AlreadyPaidError) as refused:
        shop.submit(replaces=ORDER)
    assert (refused.value.order or {})["state"] == "paid"


def test_a_current_order_that_cannot_be_read_is_our_failure() -> None:
    shop = Shop()
    shop.with_order()
    shop.orders.stored.clear()
    with pytest.raises(StorageError):
        shop.submit(replaces=ORDER)
    with pytest.raises(BoxBusyError) as refused:
        shop.submit()
    assert refused.value.order is None


def test_two_submits_of_one_ticket_at_once_make_one_order() -> None:
    shop = Shop()
    shop.orders.meanwhile = [shop.submit]
    status, shown = shop.submit()
    assert (status, shown["replayed"]) == (200, True)
    assert len(shop.orders.events_of[shown["order_id"]]) == 1


def test_two_submits_at_once_offer_one_order() -> None:
    shop = Shop()
    shop.orders.meanwhile = [lambda: shop.submit(ticket="ticket-0000000002")]
    with pytest.raises(BoxBusyError):
        shop.submit()
    assert len(shop.orders.stored) == 1


def test_an_order_that_is_paid_while_it_is_being_replaced_wins() -> None:
    shop = Shop()
    shop.with_order()
    shop.pass_time(minutes=1)
    shop.mercadopago.show(a_merchant_order())
    shop.orders.meanwhile = [lambda: shop.notify("7001")]
    with pytest.raises(AlreadyPaidError):
        shop.submit(replaces=ORDER)
    assert len(shop.orders.stored) == 1


def always_stale(shop: Shop) -> list[Callable[[], object]]:
    return [lambda: shop.orders.touch(ORDER)] * 20


def test_an_order_that_keeps_changing_is_our_failure() -> None:
    shop = Shop()
    shop.with_order()
    shop.orders.meanwhile = always_stale(shop)
    with pytest.raises(StorageError):
        shop.submit(replaces=ORDER)
    with pytest.raises(StorageError):
        shop.cancel(ORDER)
    assert shop.order().state is State.READY
