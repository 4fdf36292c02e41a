"""Which orders are due a check, over moto: the sparse index, its shards and the claim."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from caja.tables.order_items import SHARDS, shard_of
from tests.builders import after, an_order

if TYPE_CHECKING:
    import pytest

    from tests.tables import Tables

ORDER = "ORDER234567ORDER234567ORDE"


def order_item(tables: Tables) -> dict[str, Any]:
    item = tables.item("OrdersTable", "ORDER")
    assert item is not None
    return item


def test_an_order_is_due_from_the_very_instant(tables: Tables) -> None:
    tables.with_order()
    assert list(tables.orders.due(after(seconds=29.999))) == []
    assert list(tables.orders.due(after(seconds=30))) == [(ORDER, after(seconds=30))]


def test_due_orders_of_every_shard_and_page_are_found_once(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"{number:026d}" for number in range(40)]
    for number, order_id in enumerate(ids):
        tables.orders.submit(an_order(order_id=order_id, box_id=f"CAJA{number}"), "{}", replaced=None)
    assert {shard_of(order_id) for order_id in ids} == {f"{shard:02d}" for shard in range(SHARDS)}
    query = tables.orders._dynamodb.query
    monkeypatch.setattr(tables.orders._dynamodb, "query", lambda **asked: query(**asked, Limit=2))
    tables.calls.clear()
    assert sorted(order_id for order_id, _ in tables.orders.due(after(minutes=1))) == ids
    assert len(tables.calls) > SHARDS


def test_the_longest_due_of_a_shard_comes_first(tables: Tables) -> None:
    ids = [each for each in (f"{number:026d}" for number in range(80)) if shard_of(each) == "00"][:3]
    for minutes, order_id in zip((2, 0, 1), ids, strict=True):
        order = an_order(order_id=order_id, box_id=f"CAJA{minutes}", created_at=after(minutes=minutes))
        tables.orders.submit(order, "{}", replaced=None)
    assert [order_id for order_id, _ in tables.orders.due(after(hours=1))] == [ids[1], ids[2], ids[0]]


def test_only_one_of_two_claims_moves_a_check(tables: Tables) -> None:
    order = tables.with_order()
    due_at, until = after(seconds=30), after(minutes=3)
    assert tables.orders.claim_due(ORDER, due_at, until)
    assert not tables.orders.claim_due(ORDER, due_at, until)
    assert list(tables.orders.due(after(minutes=2))) == []
    assert list(tables.orders.due(until)) == [(ORDER, until)]
    assert tables.order().revision == order.revision + 1


def test_an_order_that_is_not_there_is_not_claimed_into_being(tables: Tables) -> None:
    assert not tables.orders.claim_due(ORDER, after(seconds=30), after(minutes=3))
    assert tables.items("OrdersTable") == []


def test_a_final_order_leaves_the_index_and_may_come_back(tables: Tables) -> None:
    order = tables.with_order()
    final = replace(order, watch=replace(order.watch, check_at=None))
    tables.orders.save_watch(order, final)
    assert list(tables.orders.due(after(days=400))) == []
    assert not {"due_shard", "check_at"} & set(order_item(tables))
    stored = tables.order()
    assert stored == replace(final, revision=1)
    tables.orders.save_watch(stored, order)
    assert list(tables.orders.due(after(days=400))) == [(ORDER, after(seconds=30))]
