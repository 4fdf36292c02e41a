"""Every minute: which orders are due a check?"""

from __future__ import annotations

import pytest

from caja.errors import StorageError
from caja.messages import CheckMessage
from caja.usecases import reconcile as sweeping
from caja.usecases.reconcile import reconcile
from tests.builders import after
from tests.shop import Shop


def shop_with(*order_ids: str) -> Shop:
    shop = Shop()
    for order_id in order_ids:
        shop.with_order(order_id=order_id)
    return shop


def test_a_due_order_is_moved_two_minutes_on_and_sent() -> None:
    shop = shop_with("A")
    shop.pass_time(seconds=30)
    assert shop.sweep() == 1
    assert shop.checks.messages == [CheckMessage(order_id="A", check_at=after(seconds=150))]
    assert shop.order("A").watch.check_at == after(seconds=150)


def test_what_is_not_due_is_left_alone() -> None:
    shop = shop_with("A")
    shop.pass_time(seconds=29)
    assert shop.sweep() == 0
    assert shop.checks.messages == []


def test_two_sweeps_at_once_send_one_check() -> None:
    shop = shop_with("A")
    shop.pass_time(minutes=1)
    shop.orders.meanwhile = [shop.sweep]
    assert shop.sweep() == 0
    assert shop.checks.messages == [CheckMessage(order_id="A", check_at=after(minutes=3))]


def test_a_check_that_was_lost_is_sent_again() -> None:
    shop = shop_with("A")
    shop.pass_time(minutes=1)
    shop.sweep()
    shop.checks.waiting = []
    shop.pass_time(minutes=2)
    assert shop.sweep() == 1


def test_an_order_is_moved_before_its_check_is_sent() -> None:
    shop = shop_with("A")
    shop.pass_time(minutes=1)
    shop.checks.refuses = StorageError("no queue")
    with pytest.raises(StorageError):
        shop.sweep()
    assert shop.order("A").watch.check_at == after(minutes=3)


def test_a_sweep_without_time_stops_and_the_next_goes_on() -> None:
    shop = shop_with("A", "B", "C")
    shop.pass_time(minutes=1)
    time_left = iter([True, True, False])
    sent = reconcile(shop.orders, shop.checks, now=shop.clock.now, has_time=lambda: next(time_left))
    assert sent == 2
    assert shop.sweep() == 1


def test_one_sweep_sends_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "MOST_PER_RUN", 2)
    shop = shop_with("A", "B", "C")
    shop.pass_time(minutes=1)
    assert shop.sweep() == 2
