"""Which check a message asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caja.messages import CheckMessage
from caja.orders import State
from caja.usecases.check_order import check_due, check_message, check_panel
from tests.builders import a_merchant_order, a_scan

if TYPE_CHECKING:
    from tests.shop import Shop

ORDER = "ORDER234567ORDER234567ORDE"


def test_a_queued_hint_of_the_kept_merchant_order_asks_nothing(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.notify("7001")
    shop.mercadopago.calls.clear()
    check_due(shop.world, CheckMessage(order_id=ORDER, merchant_order_id="7001", is_hinted=True))
    assert shop.mercadopago.calls == []


def test_a_panel_notification_settles_the_order_its_merchant_order_names(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order(external_reference=ORDER.lower()))
    check_panel(shop.world, "7001")
    assert shop.order().state is State.PAID
    shop.mercadopago.calls.clear()
    check_panel(shop.world, "7001")
    assert shop.mercadopago.called == ["get"]


@pytest.mark.parametrize("reference", ["", "AAAAAAAAAAAAAAAAAAAAAAAAAA", "till 7"])
def test_a_panel_notification_of_somebody_elses_merchant_order_is_told(shop: Shop, reference: str) -> None:
    shop.mercadopago.show(a_merchant_order(external_reference=reference))
    check_panel(shop.world, "7001")
    assert shop.report.alarms == ["OrphanNotification"]


def test_a_panel_notification_that_cannot_be_read_is_left_to_the_sweep(shop: Shop) -> None:
    check_panel(shop.world, "7001")
    assert shop.report.notes == ["panel notification not readable"]


def test_a_message_is_worked_off_by_what_it_is(shop: Shop) -> None:
    shop.mercadopago.show(a_scan(1), a_merchant_order())
    key = shop.order().notify_key
    check_message(shop.world, f'{{"order_id":"{ORDER}","key":"{key}","merchant_order_id":"8001"}}')
    assert shop.mercadopago.called == ["get"]
    check_message(shop.world, '{"topic":"payment","resource_id":"9001"}')
    assert shop.mercadopago.called == ["get"]
    check_message(shop.world, '{"topic":"merchant_order","resource_id":"6000"}')
    assert shop.mercadopago.called == ["get", "get"]
    shop.pass_time(seconds=30)
    check_message(shop.world, f'{{"order_id":"{ORDER}"}}')
    assert shop.mercadopago.called == ["get", "get", "search"]
    assert shop.order().state is State.PAID


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"key":"x"}', '{"topic":"merchant_order"}'])
def test_a_message_we_never_wrote_raises(shop: Shop, text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        check_message(shop.world, text)


def test_a_queued_hint_without_a_merchant_order_is_worked_off(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    check_due(shop.world, CheckMessage(order_id=ORDER, is_hinted=True))
    assert shop.order().state is State.PAID


def test_a_reference_that_cannot_be_an_order_id_is_not_looked_up(shop: Shop) -> None:
    shop.with_order(order_id="TILL7")
    shop.mercadopago.show(a_merchant_order(external_reference="till7"))
    check_panel(shop.world, "7001")
    assert shop.report.alarms == ["OrphanNotification"]
