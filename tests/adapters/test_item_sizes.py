"""What a poll reads fits one read unit: BOX, READY and SEEN of an order of five lines, 4 KB (design §4, Data)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from caja import poll_answers
from caja.orders import Item
from caja.places import UNTIL_RENEWED, KeyRecord
from caja.tables.order_items import ready_item
from caja.tables.place_items import box_item
from tests.builders import BOX_KEY, NOON, OTHER_KEY, after, an_order
from tests.tables import a_placed_box

if TYPE_CHECKING:
    from tests.tables import Tables

READ_UNIT = 4096
HOST = "https://pagos.estaciones-del-sur.example"


def size_of(value: Any) -> int:
    """The bytes DynamoDB counts for a value in its own JSON."""
    kind, held = next(iter(value.items()))
    if kind == "S":
        return len(held.encode())
    if kind == "N":
        return len(held.strip("-0").replace(".", "")) // 2 + 2
    if kind == "M":
        return 3 + sum(len(name.encode()) + size_of(each) + 1 for name, each in held.items())
    raise AssertionError(f"a poll reads a value of kind {kind}")


@pytest.mark.parametrize("dialect", ["v1", "v2"])
def test_a_poll_of_an_order_of_five_lines_costs_one_read_unit(dialect: str, tables: Tables) -> None:
    lines = tuple(
        Item(
            title=f"Nafta Infinia súper {number}, 43,217 l a $ 1.500,50",
            quantity=1,
            unit_price=Decimal("64847.11"),
            description="Surtidor 7, manguera 2, estación Cabildo",
            sku=f"YPF-{number:08d}",
            category="combustibles",
            unit_measure="unit",
        )
        for number in range(5)
    )
    order = an_order(dialect=dialect, items=lines, total=5 * lines[0].total, box_id="B" * 39)
    body = poll_answers.order_body(
        dialect,
        order_id=order.order_id,
        collector_id=order.collector_id,
        currency=order.currency,
        total=order.total,
        title="Estación Cabildo",
        description="Surtidor 7",
        notification_url=f"{HOST}/notify/{order.order_id}/{'k' * 22}",
        items=lines,
    )
    box = a_placed_box(
        box_id="B" * 39,
        external_store_id="S" * 60,
        dialect=dialect,
        max_amount=Decimal("500000.00"),
        poll_key="p" * 22,
        old_poll_key="q" * 22,
        old_poll_key_until=UNTIL_RENEWED,
        keys={key.key_id: KeyRecord(key.sha256, NOON) for key in (BOX_KEY, OTHER_KEY)},
        pos_id="12345678901",
    )
    tables.put("BoxesTable", {name: value for name, value in box_item(box).items() if value is not None})
    tables.put("BoxesTable", ready_item(order, body) | {"ended_at": "2026-11-24T12:03:00.000Z"})
    tables.boxes.record_state("B" * 39, "preparing", after(seconds=1))
    found = tables.dynamodb.scan(TableName="BoxesTable")["Items"]
    assert sorted(item["item"]["S"] for item in found) == ["BOX", "READY", "SEEN"]
    assert (
        sum(len(name.encode()) + size_of(value) for item in found for name, value in item.items())
        <= READ_UNIT
    )
