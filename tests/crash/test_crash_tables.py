"""The same over DynamoDB: killed before and after each call of the adapters to it, not of the use-cases to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from caja.tables import order_items, orders
from tests.aws import aws_client, create_table
from tests.crash.matrix import calls_of, cells_of, cut, leave_alone
from tests.crash.operations import OPERATIONS
from tests.crash.stage import TableStage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    MakeStage = Callable[[str], TableStage]

NAMES = [
    "submit",
    "submit, replacing",
    "claim",
    "hint that settles",
    "refund",
]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeStage]:
    """Makes a stage with tables of its own, in which every order is in the one shard that a sweep looks into."""
    for module in (order_items, orders):
        monkeypatch.setattr(module, "SHARDS", 1)
    client = aws_client("dynamodb")

    def make_stage(mode: str) -> TableStage:
        for table in ("BoxesTable", "OrdersTable"):
            if table in client.list_tables()["TableNames"]:
                client.delete_table(TableName=table)
            create_table(client, table)
        return TableStage(mode, client)

    with mock_aws():
        yield make_stage


@pytest.mark.parametrize("name", NAMES)
def test_whoever_dies_at_any_call_to_a_table_leaves_nothing_but_what_would_have_been(
    name: str, make: MakeStage
) -> None:
    operation = OPERATIONS[name]
    cells = cells_of(operation, calls_of(operation, make))
    assert any(cell.call == "dynamodb.transact_write_items" for cell in cells)
    alone = leave_alone(operation, make)
    ends = dict(cut(operation, cell, make) for cell in cells)
    assert {cell: end.picture for cell, end in ends.items()} == dict.fromkeys(cells, alone.picture)
    assert [cell for cell, end in ends.items() if not end.is_in_time(alone)] == []
