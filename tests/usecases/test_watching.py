"""An order under a clock: how soon money is seen, and that Mercado Pago is never asked more than forty times an hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caja.errors import MercadoPagoUnavailableError
from caja.orders import State
from caja.watch import HOUR
from tests.builders import NOON, a_merchant_order, a_scan, after
from tests.shop import Shop

ASKS_EVERY = 2
LONGEST_GAP = 45 + ASKS_EVERY


def run(shop: Shop, seconds: int, *, asks: bool = True) -> None:
    """Let time pass: a box that asks every two seconds, the queue at work, a sweep every minute."""
    for _ in range(seconds // ASKS_EVERY):
        shop.pass_time(seconds=ASKS_EVERY)
        if asks:
            shop.follow()
        if (shop.clock.now - NOON) % timedelta(minutes=1) == timedelta(0):
            shop.sweep()
        shop.work()


def a_shop() -> Shop:
    shop = Shop()
    shop.with_order(expires_at=after(hours=4))
    return shop


def test_while_a_box_asks_no_two_checks_of_the_first_twenty_minutes_are_far_apart() -> None:
    shop = a_shop()
    run(shop, 20 * 60)
    at = [NOON, *(at for _, at in shop.mercadopago.calls)]
    assert max(later - earlier for earlier, later in pairwise(at)) <= timedelta(seconds=LONGEST_GAP)
    assert shop.clock.now - at[-1] <= timedelta(seconds=LONGEST_GAP)


@pytest.mark.parametrize("paid_after", range(0, 20 * 60, 94))
def test_without_any_notification_a_payment_is_seen_within_a_minute_while_the_box_asks(
    paid_after: int,
) -> None:
    shop = a_shop()
    run(shop, paid_after)
    shop.mercadopago.show(a_merchant_order())
    run(shop, 60)
    assert shop.follow()["state"] == "paid"


def test_after_twenty_minutes_a_box_that_asks_still_brings_a_check_every_five_minutes() -> None:
    shop = a_shop()
    run(shop, 21 * 60)
    before = len(shop.mercadopago.calls)
    run(shop, 15 * 60)
    assert len(shop.mercadopago.calls) - before == 3


@pytest.mark.parametrize("minutes", [0, 4, 14, 59])
def test_without_a_box_asking_the_sweep_settles_by_the_next_step(minutes: int) -> None:
    shop = a_shop()
    run(shop, minutes * 60, asks=False)
    shop.mercadopago.show(a_merchant_order())
    run(shop, 62 * 60, asks=False)
    assert shop.order().state is State.PAID


@pytest.mark.parametrize("lag", [0, 1, 10, 19])
def test_after_a_notification_a_payment_is_seen_within_a_minute_though_reads_lag_and_nobody_asks(
    lag: int,
) -> None:
    shop = a_shop()
    run(shop, 20 * 60, asks=False)
    shop.mercadopago.show(a_scan(1))
    for _ in range(3):
        shop.notify("8001")
    run(shop, lag, asks=False)
    shop.mercadopago.show(a_merchant_order(merchant_order_id="8001"))
    run(shop, 60, asks=False)
    assert shop.order().state is State.PAID


def test_two_notifications_at_once_do_not_cost_the_second_look() -> None:
    shop = a_shop()
    run(shop, 20 * 60, asks=False)
    shop.mercadopago.show(a_scan(1))
    shop.orders.meanwhile = [lambda: shop.orders.touch(shop.order().order_id)]
    shop.notify("8001")
    shop.notify("8001")
    run(shop, 4, asks=False)
    shop.mercadopago.show(a_merchant_order(merchant_order_id="8001"))
    run(shop, 56, asks=False)
    assert shop.order().state is State.PAID


def scanned_and_paid(scans: int, seconds_between: int, *, asks: bool) -> Shop:
    """Scans that come to nothing, then one that pays, notified; a minute later."""
    shop = a_shop()
    for n in range(scans):
        shop.mercadopago.show(a_scan(n))
        shop.notify(str(8000 + n))
        run(shop, seconds_between, asks=asks)
    shop.mercadopago.show(a_merchant_order(merchant_order_id=str(8000 + scans)))
    shop.notify(str(8000 + scans))
    run(shop, 60, asks=asks)
    return shop


def test_a_payment_on_its_way_as_the_order_expires_is_seen_within_a_minute_while_the_box_asks() -> None:
    shop = Shop()
    shop.with_order(expires_at=after(minutes=1))
    run(shop, 70)
    assert shop.order().state is State.EXPIRED
    shop.mercadopago.show(a_merchant_order())
    run(shop, 60)
    assert shop.order().state is State.PAID


@pytest.mark.parametrize("asks", [True, False])
def test_a_burst_of_forty_scans_leaves_calls_to_see_the_payment_within_a_minute(*, asks: bool) -> None:
    assert scanned_and_paid(40, 2, asks=asks).order().state is State.PAID


@pytest.mark.parametrize("scans", [1, 3])
@pytest.mark.parametrize("asks", [True, False])
def test_a_few_scans_leave_calls_to_see_the_payment_within_a_minute(scans: int, *, asks: bool) -> None:
    assert scanned_and_paid(scans, 20, asks=asks).order().state is State.PAID


@pytest.mark.parametrize(("scans", "seconds_between"), [(10, 30), (10, 60), (40, 14)])
def test_scans_spread_over_minutes_leave_calls_to_see_the_payment_within_a_minute(
    scans: int, seconds_between: int
) -> None:
    assert scanned_and_paid(scans, seconds_between, asks=True).order().state is State.PAID


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hint", "hint", "path", "ask", "sweep", "scan", "fail", "miss", "touch"]),
        st.integers(0, 400),
    ),
    min_size=20,
    max_size=150,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, page=st.sampled_from([1, 5, 30]))
def test_whatever_happens_mercado_pago_is_asked_at_most_forty_times_an_hour(
    steps: list[tuple[str, int]], page: int
) -> None:
    shop = a_shop()
    shop.mercadopago.page = page
    for n, (step, seconds) in enumerate(steps):
        shop.pass_time(seconds=seconds / 4)
        match step:
            case "hint":
                shop.notify(str(8000 + n % 3))
            case "path":
                shop.notify(None)
            case "ask":
                shop.follow()
            case "scan":
                shop.mercadopago.show(a_scan(n % 7))
            case "fail":
                shop.mercadopago.failures = [None, MercadoPagoUnavailableError("500")]
            case "miss":
                shop.notify("6000")
            case "touch":
                shop.orders.meanwhile = [lambda: shop.orders.touch(shop.order().order_id)]
            case _:
                shop.sweep()
        shop.work()
    made = [at for _, at in shop.mercadopago.calls]
    for at in made:
        assert sum(timedelta(0) <= at - other < HOUR for other in made) <= 40


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, data=st.data())
def test_whatever_happened_before_once_faults_stop_a_payment_is_seen_by_the_sweep(
    steps: list[tuple[str, int]], data: st.DataObject
) -> None:
    shop = a_shop()
    for n, (step, seconds) in enumerate(steps):
        shop.pass_time(seconds=seconds / 4)
        match step:
            case "hint" | "miss":
                shop.notify(str(8000 + n % 3))
            case "scan":
                shop.mercadopago.show(a_scan(n % 3))
            case "fail":
                shop.mercadopago.failures = [MercadoPagoUnavailableError("500")]
            case "ask":
                shop.follow()
            case _:
                shop.sweep()
        if data.draw(st.booleans()):
            shop.work()
        else:
            shop.checks.waiting = []  # lost
    shop.mercadopago.failures = []
    shop.mercadopago.show(a_merchant_order())
    for _ in range(150):
        shop.pass_time(minutes=1)
        shop.check()
    assert shop.order().state is State.PAID


def test_a_sale_ends_paid_once_with_its_notifications_doubled_late_and_out_of_order() -> None:
    shop = a_shop()
    shop.mercadopago.show(a_merchant_order())
    for _ in range(2):
        shop.notify(None)
        shop.notify("7001")
    shop.pass_time(days=30)
    shop.notify("7001")
    shop.work()
    assert [event.to_state for event in shop.orders.events_of[shop.order().order_id]] == [State.PAID]
    assert replace(shop.order(), watch=shop.order().watch).version == 2
