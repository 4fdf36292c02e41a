"""`due` and `claim_due`, whatever keeps the orders: which checks are due, and whose they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from caja.errors import StaleVersionError
from caja.tables.order_items import SHARDS, shard_of
from caja.transitions import cancel
from tests.builders import after, an_order
from tests.contract.stores import ORDER, stored, with_order

if TYPE_CHECKING:
    from datetime import datetime

    from tests.contract.stores import Store

DUE_AT, UNTIL = after(seconds=30), after(minutes=3)

_SHARDS = {shard_of(order_id): order_id for order_id in (f"{number:026d}" for number in range(100))}
IDS = [_SHARDS[f"{shard:02d}"] for shard in range(SHARDS)]
"""An order of every shard."""


def with_due(store: Store, order_id: str, minutes: float) -> None:
    """Have an order at a box of its own, first due so many minutes after noon."""
    order = an_order(order_id=order_id, box_id=f"CAJA{order_id[-4:]}")
    watch = replace(order.watch, check_at=after(minutes=minutes))
    assert store.orders.submit(replace(order, watch=watch), "{}", replaced=None) == "done"


def test_an_order_is_due_from_the_very_instant(store: Store) -> None:
    with_order(store)
    assert list(store.orders.due(after(seconds=29, milliseconds=999))) == []
    assert list(store.orders.due(DUE_AT)) == [(ORDER, DUE_AT)]
    assert list(store.orders.due(after(days=400))) == [(ORDER, DUE_AT)]


def test_every_due_order_is_found_once_with_its_instant_in_whatever_minute(store: Store) -> None:
    for number, order_id in enumerate(IDS):
        with_due(store, order_id, number / 4)
    due = [(order_id, after(minutes=number / 4)) for number, order_id in enumerate(IDS)]
    for minute in (0, 7, 59):
        assert sorted(store.orders.due(after(hours=1, minutes=minute))) == sorted(due)
    assert sorted(store.orders.due(after(minutes=2))) == sorted(due[:9])


def test_of_one_shard_the_longest_due_comes_first(store: Store) -> None:
    ids = (f"{number:026d}" for number in range(100))
    first, second, third = [order_id for order_id in ids if shard_of(order_id) == "00"][:3]
    for order_id, minutes in ((second, 2), (third, 3), (first, 1)):
        with_due(store, order_id, minutes)
    assert [order_id for order_id, _ in store.orders.due(after(hours=1))] == [first, second, third]


def test_who_takes_only_some_of_what_is_due_finds_the_rest_later(store: Store) -> None:
    for order_id in IDS:
        with_due(store, order_id, 1)
    taken = next(store.orders.due(after(minutes=1)))
    assert store.orders.claim_due(*taken, UNTIL)
    rest = {order_id for order_id, _ in store.orders.due(after(minutes=1))}
    assert rest == {*IDS} - {taken[0]}


def test_a_claim_moves_the_check_and_nothing_else_of_the_order(store: Store) -> None:
    order = with_order(store)
    assert store.orders.claim_due(ORDER, DUE_AT, UNTIL)
    assert stored(store) == replace(order, watch=replace(order.watch, check_at=UNTIL), revision=1)
    assert list(store.orders.due(after(minutes=2))) == []
    assert list(store.orders.due(UNTIL)) == [(ORDER, UNTIL)]
    assert len(store.orders.events(ORDER)) == 1


@pytest.mark.parametrize("due_at", [after(seconds=29), DUE_AT, after(seconds=31)])
def test_a_check_that_was_moved_is_not_claimed(store: Store, due_at: datetime) -> None:
    with_order(store)
    assert store.orders.claim_due(ORDER, DUE_AT, after(minutes=2))
    before = store.everything()
    assert not store.orders.claim_due(ORDER, due_at, UNTIL)
    assert store.everything() == before


def test_a_claim_is_a_write_like_any_other(store: Store) -> None:
    order = with_order(store)
    assert store.orders.claim_due(ORDER, DUE_AT, UNTIL)
    with pytest.raises(StaleVersionError):
        store.orders.save_watch(order, order)


def test_a_claim_does_not_mind_other_writes_that_left_the_instant(store: Store) -> None:
    order = with_order(store)
    store.orders.save_watch(order, replace(order, watch=replace(order.watch, failures=1)))
    assert store.orders.claim_due(ORDER, DUE_AT, UNTIL)
    assert stored(store).watch == replace(order.watch, failures=1, check_at=UNTIL)


def test_an_order_that_is_final_is_never_due_nor_claimed_and_may_come_back(store: Store) -> None:
    order = with_order(store)
    final = replace(order, watch=replace(order.watch, check_at=None))
    store.orders.save_watch(order, final)
    assert list(store.orders.due(after(days=400))) == []
    assert not store.orders.claim_due(ORDER, DUE_AT, UNTIL)
    store.orders.save_watch(stored(store), order)
    assert list(store.orders.due(DUE_AT)) == [(ORDER, DUE_AT)]


def test_an_order_is_due_when_its_last_change_says(store: Store) -> None:
    order = with_order(store)
    cancelled = cancel(order, after(minutes=1))
    store.orders.apply(order, cancelled, by="box", facts={})
    assert list(store.orders.due(after(days=1))) == [(ORDER, cancelled.watch.check_at)]
    before = stored(store)
    final = replace(cancelled, version=3, watch=replace(cancelled.watch, check_at=None))
    store.orders.apply(before, final, by="check", facts={})
    assert list(store.orders.due(after(days=400))) == []
