"""A check while Mercado Pago, the queue or another check are in the way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from caja.errors import (
    MercadoPagoRefusedError,
    MercadoPagoUnavailableError,
    StorageError,
    TokenRefusedError,
)
from caja.messages import CheckMessage
from caja.orders import State
from caja.usecases.check_order import check_due
from caja.watch import CALLS_PER_HOUR
from tests.builders import a_merchant_order, a_scan, after

if TYPE_CHECKING:
    from tests.shop import Shop

ORDER = "ORDER234567ORDER234567ORDE"


def test_a_search_that_uses_the_hours_calls_up_decides_nothing_and_comes_back(shop: Shop) -> None:
    order = shop.order()
    calls = (after(seconds=1),) * (CALLS_PER_HOUR - 1)
    shop.orders.put(replace(order, watch=replace(order.watch, calls=calls)))
    shop.mercadopago.show(*(a_scan(n) for n in range(40)), a_merchant_order())
    shop.check()
    assert shop.order().state is State.READY
    assert len(shop.mercadopago.calls) == 1
    assert shop.order().watch.check_at == after(hours=1, seconds=1)
    assert shop.checks.messages == []
    assert shop.report.alarms == ["SearchTooLong"]


@pytest.mark.parametrize("hint", [None, "8000"])
def test_a_search_that_was_cut_short_is_begun_again_once_the_hour_has_calls_for_all_of_it(
    shop: Shop, hint: str | None
) -> None:
    order = shop.order()
    calls = tuple(after(minutes=-n) for n in range(CALLS_PER_HOUR - 2))
    shop.orders.put(replace(order, watch=replace(order.watch, calls=calls)))
    shop.mercadopago.show(*(a_scan(n) for n in range(80)), a_merchant_order())
    shop.check()
    assert (shop.mercadopago.called, shop.order().watch.pages) == (["search"] * 2, 3)
    for _ in range(30):
        shop.pass_time(minutes=1)
        shop.probe()
        if hint:
            shop.notify(hint)
        if shop.order().state is State.READY:
            shop.follow()
        shop.check()
    assert shop.order().state is State.PAID
    assert shop.report.alarms == ["SearchTooLong"]


def test_a_hinted_merchant_order_not_shown_yet_does_not_hold_back_what_the_search_found(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.notify("6000")
    assert shop.order().state is State.PAID


def test_a_hint_beyond_the_hours_calls_waits(shop: Shop) -> None:
    order = shop.order()
    watch = replace(order.watch, calls=(after(minutes=-55),) * (CALLS_PER_HOUR - 1))
    shop.orders.put(replace(order, watch=watch))
    shop.mercadopago.show(a_merchant_order())
    shop.notify("7001")
    assert shop.mercadopago.calls == []
    assert [at for at, _ in shop.checks.waiting] == [after(minutes=5)]
    shop.pass_time(minutes=4)
    shop.work()
    assert shop.order().state is State.PAID


def test_one_message_waits_however_many_hints_come(shop: Shop) -> None:
    order = shop.order()
    watch = replace(order.watch, calls=(after(minutes=-55),) * CALLS_PER_HOUR)
    shop.orders.put(replace(order, watch=watch))
    for n in range(10):
        shop.notify(str(7000 + n))
    assert len(shop.checks.messages) == 1


@pytest.mark.parametrize(
    ("error", "alarm", "seconds"),
    [
        (MercadoPagoUnavailableError("500"), "CheckFailed", 5),
        (MercadoPagoUnavailableError("429", retry_after=90), "CheckFailed", 90),
        (TokenRefusedError("401"), "TokenRefused", 5),
    ],
)
def test_when_mercado_pago_fails_the_check_moves(
    shop: Shop, error: Exception, alarm: str, seconds: int
) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.mercadopago.failures = [error]
    shop.notify("7001")
    assert shop.report.alarms == [alarm]
    assert shop.order().watch.check_at == after(seconds=60 + seconds)
    assert shop.order().watch.failures == 1
    shop.pass_time(seconds=seconds)
    shop.probe()
    shop.work()
    assert shop.order().state is State.PAID
    assert shop.order().watch.failures == 0


def test_another_notification_does_not_hurry_what_mercado_pago_asked_to_wait_for(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.mercadopago.failures = [MercadoPagoUnavailableError("429", retry_after=90)]
    shop.notify("7001")
    shop.pass_time(seconds=40)
    shop.notify("7001")
    assert (len(shop.mercadopago.calls), shop.order().watch.check_at) == (1, after(seconds=150))
    shop.pass_time(seconds=50)
    shop.probe()
    shop.work()
    assert shop.order().state is State.PAID


def test_a_hinted_id_mercado_pago_refuses_does_not_keep_the_search_from_being_read(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.mercadopago.failures = [MercadoPagoRefusedError(status=400, code="invalid_format", message="400")]
    shop.notify("99999999999999999999")
    assert shop.order().state is State.PAID


def test_an_alarm_is_told_though_the_function_dies_while_it_writes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise StorageError("gone")

    shop.cancel(shop.order().order_id)
    shop.mercadopago.show(a_merchant_order())
    monkeypatch.setattr(shop.orders, "apply", die)
    with pytest.raises(StorageError):
        shop.notify("7001")
    assert shop.report.alarms == ["ExcessPayment"]


def test_every_call_of_a_failing_check_counts(shop: Shop) -> None:
    shop.mercadopago.page = 1
    shop.mercadopago.show(a_merchant_order(status="opened"), a_scan(1))
    shop.mercadopago.failures = [None, None, MercadoPagoUnavailableError("500")]
    shop.notify("7001")
    assert len(shop.mercadopago.calls) == 3
    assert len(shop.order().watch.calls) == 3


def test_a_check_that_was_just_made_is_not_made_twice(shop: Shop) -> None:
    check_due(shop.world, CheckMessage(order_id=ORDER))
    check_due(shop.world, CheckMessage(order_id=ORDER))
    assert len(shop.mercadopago.calls) == 1


def test_a_check_that_dies_midway_is_taken_up_by_the_sweep(shop: Shop) -> None:
    class LightsOutError(BaseException):
        pass

    shop.mercadopago.failures = [LightsOutError()]  # type: ignore[list-item]  # none of ours
    with pytest.raises(LightsOutError):
        shop.notify("7001")
    assert shop.order().watch.check_at == after(minutes=3)
    assert len(shop.order().watch.calls) == 1


def test_a_hint_that_meets_another_check_comes_back_two_seconds_later(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.orders.meanwhile = [lambda: shop.orders.touch(ORDER)]
    shop.notify("7001")
    assert shop.mercadopago.calls == []
    shop.pass_time(seconds=2)
    shop.work()
    assert shop.order().state is State.PAID


def test_a_hint_that_met_another_check_is_still_read_again_for_reads_lag(shop: Shop) -> None:
    shop.mercadopago.show(a_scan(1))
    shop.orders.meanwhile = [lambda: shop.orders.touch(ORDER)]
    shop.notify("8001")
    shop.pass_time(seconds=2)
    shop.work()
    assert shop.order().state is State.READY
    shop.mercadopago.show(a_merchant_order(merchant_order_id="8001"))
    shop.pass_time(seconds=18)
    shop.work()
    assert shop.order().state is State.PAID


def test_a_scheduled_check_that_meets_another_leaves_it_alone(shop: Shop) -> None:
    shop.orders.meanwhile = [lambda: shop.orders.touch(ORDER)]
    check_due(shop.world, CheckMessage(order_id=ORDER))
    assert shop.mercadopago.calls == []
    assert shop.checks.messages == []


def test_a_hint_that_loses_twice_is_left_to_the_sweep(shop: Shop) -> None:
    shop.orders.meanwhile = [lambda: shop.orders.touch(ORDER)] * 2
    shop.notify("7001")
    assert shop.checks.messages == []


def test_a_queue_that_refuses_is_our_failure(shop: Shop) -> None:
    shop.mercadopago.show(a_scan(1))
    shop.checks.refuses = StorageError("no queue")
    with pytest.raises(StorageError):
        shop.notify("8001")


@pytest.mark.parametrize(("seconds", "messages"), [(900, 1), (901, 0)])
def test_what_is_due_later_than_a_queue_can_wait_is_left_to_the_sweep(
    shop: Shop, seconds: int, messages: int
) -> None:
    shop.mercadopago.failures = [MercadoPagoUnavailableError("429", retry_after=seconds)]
    shop.notify("7001")
    assert shop.order().watch.check_at == after(seconds=60 + seconds)
    assert len(shop.checks.messages) == messages
