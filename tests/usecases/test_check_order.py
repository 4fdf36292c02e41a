"""One check: when it looks, what it asks, what it leaves behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from caja.messages import CheckMessage
from caja.orders import State
from caja.usecases.ask_merchant_orders import LOST_PATIENCE, MOST_PAGES
from caja.usecases.check_order import check_due
from tests.builders import PRICE, a_merchant_order, a_payment, a_scan, after

if TYPE_CHECKING:
    from tests.shop import Shop

ORDER = "ORDER234567ORDER234567ORDE"


def test_a_notification_of_a_paid_merchant_order_settles(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.notify("7001")
    order = shop.order()
    assert order.state is State.PAID
    assert shop.boxes.offers["CAJA0001"].state == "paid"
    [event] = shop.orders.events_of[ORDER]
    assert (event.from_state, event.to_state, event.version, event.by) == (
        State.READY,
        State.PAID,
        2,
        "check",
    )
    assert event.facts == {"merchant_order_id": "7001"}
    assert shop.checks.messages == []


def test_an_order_is_paid_once_however_often_it_is_notified(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    for _ in range(50):
        shop.notify("7001")
    assert len(shop.orders.events_of[ORDER]) == 1
    assert len(shop.mercadopago.calls) == 2


def test_a_notification_without_a_merchant_order_searches(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.notify(None)
    assert shop.order().state is State.PAID
    assert shop.mercadopago.called == ["search"]


def test_what_a_notification_names_is_found_though_the_search_lags(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.mercadopago.not_in_search = {"7001"}
    shop.notify("7001")
    assert shop.order().state is State.PAID


def test_a_wrong_key_is_dropped_before_mercado_pago_is_called(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.notify("7001", key="fake-notify-key-000002")
    assert shop.order().state is State.READY
    assert shop.mercadopago.calls == []
    assert shop.report.notes == ["notification with a wrong key dropped"]


def test_an_unknown_order_is_told_and_nothing_is_asked(shop: Shop) -> None:
    shop.notify("7001", order=replace(shop.order(), order_id="UNKNOWN"))
    check_due(shop.world, CheckMessage(order_id="UNKNOWN"))
    assert shop.report.alarms == ["OrphanNotification", "OrphanNotification"]
    assert shop.mercadopago.calls == []


def test_a_scan_costs_one_call_and_is_looked_at_again_twenty_seconds_later(shop: Shop) -> None:
    shop.mercadopago.show(a_scan(1))
    shop.notify("8001")
    assert shop.mercadopago.called == ["get"]
    assert shop.order().watch.check_at == after(seconds=80)
    assert shop.checks.waiting == [
        (after(seconds=80), CheckMessage(order_id=ORDER, merchant_order_id="8001", is_hinted=True))
    ]
    shop.mercadopago.show(a_merchant_order(merchant_order_id="8001"))
    shop.pass_time(seconds=20)
    shop.work()
    assert shop.order().state is State.PAID


def test_a_part_in_an_open_merchant_order_is_searched_too(shop: Shop) -> None:
    shop.mercadopago.show(a_scan(1, payments=(a_payment(amount=PRICE / 2),)), a_merchant_order())
    shop.notify("8001")
    assert shop.order().kept_merchant_order_id == "7001"


def test_the_second_look_searches_everything(shop: Shop) -> None:
    shop.mercadopago.show(a_scan(1))
    shop.notify("8001")
    shop.pass_time(seconds=20)
    shop.mercadopago.show(a_merchant_order())
    shop.work()
    assert shop.order().state is State.PAID
    assert shop.mercadopago.called == ["get", "get", "search"]
    assert shop.checks.messages == []


def test_a_hinted_merchant_order_not_yet_there_is_asked_for_again(shop: Shop) -> None:
    shop.notify("7001")
    assert shop.order().watch.failures == 1
    assert shop.order().watch.check_at == after(seconds=65)
    shop.mercadopago.show(a_merchant_order())
    shop.mercadopago.not_in_search = {"7001"}
    shop.pass_time(seconds=5)
    shop.work()
    assert shop.order().state is State.PAID
    assert shop.order().watch.failures == 0


def test_a_hinted_merchant_order_that_never_comes_is_given_up(shop: Shop) -> None:
    shop.notify("7001")
    for _ in range(LOST_PATIENCE):
        shop.pass_time(minutes=20)
        shop.work()
    assert shop.order().watch.failures == 0
    assert shop.checks.messages == []
    assert len(shop.mercadopago.calls) == 2 * (LOST_PATIENCE + 1)


def test_another_order_hint_settles_nothing_here(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order(external_reference="ANOTHER"))
    shop.notify("7001")
    assert shop.order().state is State.READY
    assert shop.report.alarms == ["MerchantOrderMismatch"]


def test_the_paid_merchant_order_on_page_two_settles(shop: Shop) -> None:
    shop.mercadopago.show(*(a_scan(n) for n in range(40)), a_merchant_order())
    shop.notify(None)
    assert shop.order().state is State.PAID
    assert shop.mercadopago.called == ["search", "search"]


def test_a_search_without_end_goes_to_review(shop: Shop) -> None:
    shop.mercadopago.page = 1
    shop.mercadopago.show(*(a_scan(n) for n in range(MOST_PAGES + 1)))
    shop.notify(None)
    assert shop.order().state is State.REVIEW
    assert shop.report.alarms == ["OrderInReview"]
    assert len(shop.mercadopago.calls) == MOST_PAGES


def test_a_search_of_exactly_ten_pages_is_complete(shop: Shop) -> None:
    shop.mercadopago.page = 1
    shop.mercadopago.show(*(a_scan(n) for n in range(MOST_PAGES)))
    shop.notify(None)
    assert shop.order().state is State.READY


def test_an_order_all_accounted_for_is_not_checked_again(shop: Shop) -> None:
    order = shop.order()
    shop.orders.put(replace(order, watch=replace(order.watch, check_at=None)))
    check_due(shop.world, CheckMessage(order_id=ORDER))
    assert shop.mercadopago.calls == []


def test_a_late_notification_of_an_order_all_accounted_for_is_looked_at(shop: Shop) -> None:
    shop.cancel(ORDER)
    order = shop.order()
    shop.orders.put(replace(order, watch=replace(order.watch, check_at=None)))
    shop.pass_time(days=40)
    shop.mercadopago.show(a_merchant_order())
    shop.notify("7001")
    assert shop.report.alarms == ["ExcessPayment"]


def test_a_second_look_that_shows_nothing_new_is_the_last(shop: Shop) -> None:
    shop.mercadopago.show(a_scan(1))
    shop.notify("8001")
    shop.pass_time(seconds=20)
    shop.work()
    assert shop.order().state is State.READY
    assert shop.checks.messages == []


def test_a_scheduled_check_soon_after_a_notification_is_not_a_second_look(shop: Shop) -> None:
    shop.mercadopago.show(a_scan(1))
    shop.notify("8001")
    shop.checks.waiting = []
    shop.pass_time(seconds=10)
    check_due(shop.world, CheckMessage(order_id=ORDER))
    assert shop.checks.messages == []


def test_an_order_that_left_its_box_is_looked_at_a_second_time_too_for_reads_lag(shop: Shop) -> None:
    shop.pass_time(hours=2)
    shop.check()
    assert shop.order().state is State.EXPIRED
    shop.mercadopago.show(a_scan(1))
    shop.notify("8001")
    shop.mercadopago.show(a_merchant_order(merchant_order_id="8001"))
    shop.pass_time(seconds=20)
    shop.work()
    assert shop.order().state is State.PAID


def test_a_hint_about_a_paid_order_long_final_has_it_searched_again(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.notify("7001")
    shop.pass_time(days=40)
    shop.check()
    assert shop.order().watch.check_at is None
    shop.mercadopago.show(a_scan(1))
    shop.notify("8001")
    assert shop.order().watch.check_at == after(days=40, minutes=16)
