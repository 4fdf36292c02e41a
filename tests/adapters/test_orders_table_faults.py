"""The ledger when an answer is lost on its way, and when others write between our reads and our writes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from caja import wiring
from caja.errors import StaleVersionError, StorageError
from caja.transitions import cancel
from tests.builders import after

if TYPE_CHECKING:
    from tests.tables import Tables

OTHER = "B" * 26
CANCELLED_AT = after(minutes=1)


def test_a_write_whose_answer_was_lost_is_told_as_a_failure_and_found_by_the_next_read(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = tables.with_order()
    write = wiring.dynamodb().transact_write_items

    def write_and_lose_the_answer(**given: Any) -> None:
        write(**given)
        raise EndpointConnectionError(endpoint_url="https://dynamodb.example")

    monkeypatch.setattr(wiring.dynamodb(), "transact_write_items", write_and_lose_the_answer)
    with pytest.raises(StorageError):
        tables.orders.apply(order, cancel(order, CANCELLED_AT), by="box", facts={})
    assert tables.order() == replace(cancel(order, CANCELLED_AT), revision=1)


def test_every_transaction_carries_a_token_so_that_the_sdk_may_repeat_it(tables: Tables) -> None:
    """Without it, a write that was applied and whose answer was lost would look refused (F14)."""
    tokens = []
    wiring.dynamodb().meta.events.register(
        "before-call.dynamodb.TransactWriteItems",
        lambda params, **_: tokens.append(json.loads(params["body"])["ClientRequestToken"]),
    )
    order = tables.with_order()
    tables.orders.apply(order, cancel(order, CANCELLED_AT), by="box", facts={})
    assert len(set(tokens)) == 2


def test_bookkeeping_that_meets_a_transaction_is_another_one_writing_first(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = tables.with_order()

    def conflict(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "TransactionConflictException", "Message": ""}}, "UpdateItem")

    monkeypatch.setattr(wiring.dynamodb(), "update_item", conflict)
    with pytest.raises(StaleVersionError):
        tables.orders.save_watch(order, order)
    assert not tables.orders.claim_due(order.order_id, CANCELLED_AT, CANCELLED_AT)


def test_a_change_of_an_order_that_is_gone_writes_nothing(tables: Tables) -> None:
    order = tables.with_order()
    key = {"order_id": {"S": order.order_id}, "item": {"S": "ORDER"}}
    tables.dynamodb.delete_item(TableName="OrdersTable", Key=key)
    stored = tables.everything()
    with pytest.raises(StaleVersionError):
        tables.orders.apply(order, cancel(order, CANCELLED_AT), by="box", facts={})
    with pytest.raises(StaleVersionError):
        tables.orders.save_watch(order, order)
    assert tables.everything() == stored


@pytest.mark.parametrize("named_at_first", [True, False])
def test_the_offer_is_ended_if_it_names_the_order_when_it_is_written_not_when_it_was_read(
    named_at_first: bool,  # noqa: FBT001 - a parameter of the table above
    tables: Tables,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order = tables.with_order()
    mine = tables.item("BoxesTable", "READY")
    assert mine is not None
    first, then = mine, {**mine, "order_id": OTHER}
    if not named_at_first:
        first, then = then, first
    tables.put("BoxesTable", first)
    meanwhile = [then]
    write = wiring.dynamodb().transact_write_items

    def write_after_others(**given: Any) -> Any:
        if meanwhile:
            tables.put("BoxesTable", meanwhile.pop())
        return write(**given)

    monkeypatch.setattr(wiring.dynamodb(), "transact_write_items", write_after_others)
    tables.orders.apply(order, cancel(order, CANCELLED_AT), by="box", facts={})
    ready = tables.item("BoxesTable", "READY")
    assert ready is not None
    assert (tables.order().state, ready["order_id"]) == ("cancelled", then["order_id"])
    assert ready["state"] == ("ready" if named_at_first else "cancelled")
