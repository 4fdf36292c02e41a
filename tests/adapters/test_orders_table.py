"""OrdersTable and the READY item that goes with it, over moto: every change all or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from caja.errors import StaleVersionError, StorageError
from caja.orders import Doubt, State
from caja.tables.orders import TRIES
from caja.transitions import cancel, claim, pay, refund, replace_by, send_to_review
from tests.builders import a_recorded_payment, after, an_order

if TYPE_CHECKING:
    from datetime import datetime

    from caja.orders import Order
    from tests.tables import Tables

OTHER = "B" * 26
UNREACHABLE = EndpointConnectionError(endpoint_url="https://dynamodb.example")


def cancelled_by(*reasons: str) -> ClientError:
    """The error of a transaction that was cancelled, with one reason an item."""
    response: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return ClientError(response, "TransactWriteItems")


CONFLICT = cancelled_by("None", "TransactionConflict", "None")


@pytest.fixture(autouse=True)
def box(tables: Tables) -> None:
    """A box that never sold."""
    tables.provision()


def paid(order: Order, now: datetime) -> Order:
    return pay(order, "7001", now)


def claimed(order: Order, now: datetime) -> Order:
    return claim(order, "claim-0001", now)


def ready(tables: Tables) -> dict[str, Any]:
    item = tables.item("BoxesTable", "READY")
    assert item is not None
    return item


def test_a_submit_writes_order_offer_and_event_or_nothing(tables: Tables) -> None:
    order = an_order()
    assert tables.orders.submit(order, '{"a":1}', replaced=None) == "done"
    assert [item["item"] for item in tables.items("OrdersTable")] == ["EVENT#000001", "ORDER"]
    assert {name: ready(tables)[name] for name in ("order_id", "state", "body", "expires_at")} == {
        "order_id": order.order_id,
        "state": "ready",
        "body": '{"a":1}',
        "expires_at": "2026-11-24T13:00:00.000Z",
    }
    stored = tables.everything()
    again = replace(order, notify_key="fake-notify-key-000009")
    assert tables.orders.submit(again, "{}", replaced=None) == "known"
    assert tables.orders.submit(an_order(order_id=OTHER), "{}", replaced=None) == "occupied"
    assert tables.everything() == stored


@pytest.mark.parametrize(("seconds", "outcome"), [(-0.001, "occupied"), (0, "done")])
def test_an_offer_expired_by_the_clock_gives_way(seconds: float, outcome: str, tables: Tables) -> None:
    tables.with_order()
    late = an_order(order_id=OTHER, created_at=after(hours=1, seconds=seconds))
    assert tables.orders.submit(late, "{}", replaced=None) == outcome


@pytest.mark.parametrize(
    ("mode", "changes", "outcome"),
    [
        ("prepay", [paid], "occupied"),
        ("prepay", [paid, claimed], "occupied"),
        ("prepay", [paid, claimed, refund], "done"),
        ("prepay", [cancel], "done"),
        ("postpay", [paid], "done"),
    ],
)
def test_a_prepay_order_keeps_its_offer_until_the_goods_are_out_or_the_money_goes_back(
    mode: str, changes: list[Any], outcome: str, tables: Tables
) -> None:
    tables.with_order(mode=mode)
    for change in changes:
        before = tables.order()
        tables.orders.apply(before, change(before, after(minutes=1)), by="test", facts={})
    # Also long after it could have been paid.
    late = an_order(order_id=OTHER, mode=mode, created_at=after(hours=9))
    assert tables.orders.submit(late, "{}", replaced=None) == outcome


def test_a_replacement_is_one_write(tables: Tables) -> None:
    before = tables.with_order()
    order = an_order(order_id=OTHER, created_at=after(minutes=1), replaces=before.order_id)
    replaced = replace_by(before, OTHER, after(minutes=1))
    assert tables.orders.submit(order, "{}", replaced=(before, replaced)) == "done"
    assert tables.calls == ["TransactWriteItems"]
    assert tables.order(before.order_id) == replace(replaced, revision=1)
    assert ready(tables)["order_id"] == OTHER
    assert "ended_at" not in ready(tables)
    event = next(item for item in tables.items("OrdersTable") if item["item"] == "EVENT#000002")
    assert event["facts"] == {"replaced_by": OTHER}
    stored = tables.everything()
    third = an_order(order_id="C" * 26, replaces=before.order_id)
    assert tables.orders.submit(third, "{}", replaced=(before, replaced)) == "occupied"
    assert tables.everything() == stored


def test_a_replaced_order_that_was_written_meanwhile_stops_the_submit(tables: Tables) -> None:
    before = tables.with_order()
    tables.orders.save_watch(before, before)
    stored = tables.everything()
    order = an_order(order_id=OTHER, replaces=before.order_id)
    with pytest.raises(StaleVersionError):
        tables.orders.submit(order, "{}", replaced=(before, replace_by(before, OTHER, after(minutes=1))))
    assert tables.everything() == stored


def test_a_change_writes_order_event_payments_and_offer_in_one_transaction(tables: Tables) -> None:
    before = tables.with_order()
    paid = replace(pay(before, "7001", after(minutes=3)), payments=(a_recorded_payment(),))
    tables.orders.apply(before, paid, by="check", facts={"merchant_order_id": "7001"})
    assert tables.calls == ["GetItem", "TransactWriteItems"]
    assert [item["item"] for item in tables.items("OrdersTable")] == [
        "EVENT#000001",
        "EVENT#000002",
        "ORDER",
        "PAYMENT#9001",
    ]
    assert (ready(tables)["state"], ready(tables)["ended_at"]) == ("paid", "2026-11-24T12:03:00.000Z")


def test_an_offer_that_names_another_order_is_left_alone(tables: Tables) -> None:
    before = tables.with_order()
    tables.orders.submit(an_order(order_id=OTHER, created_at=after(hours=2)), "{}", replaced=None)
    offered = ready(tables)
    tables.orders.apply(before, cancel(before, after(hours=3)), by="box", facts={})
    assert tables.order().state is State.CANCELLED
    assert ready(tables) == offered


def test_an_offer_taken_over_while_its_order_ends_is_left_alone(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, write, others = tables.with_order(), tables.orders._write, [1]

    def overtaken(writes: Any) -> Any:
        if others:
            others.clear()
            next_one = an_order(order_id=OTHER, created_at=after(hours=2))
            tables.orders.submit(next_one, "{}", replaced=None)
        return write(writes)

    monkeypatch.setattr(tables.orders, "_write", overtaken)
    tables.orders.apply(before, cancel(before, after(hours=3)), by="box", facts={})
    assert tables.order().state is State.CANCELLED
    assert (ready(tables)["order_id"], ready(tables)["state"]) == (OTHER, "ready")


def test_an_order_whose_offer_is_gone_still_ends(tables: Tables) -> None:
    before = tables.with_order()
    key = {"box_id": {"S": "CAJA0001"}, "item": {"S": "READY"}}
    tables.dynamodb.delete_item(TableName="BoxesTable", Key=key)
    tables.orders.apply(before, cancel(before, after(hours=3)), by="box", facts={})
    assert tables.order().state is State.CANCELLED
    assert tables.item("BoxesTable", "READY") is None


def test_what_was_read_before_another_write_writes_nothing(tables: Tables) -> None:
    before = tables.with_order()
    tables.orders.save_watch(before, before)
    stored = tables.everything()
    review = send_to_review(before, Doubt.MONEY, after(minutes=1))
    with pytest.raises(StaleVersionError):
        tables.orders.apply(before, review, by="check", facts={})
    with pytest.raises(StaleVersionError):
        tables.orders.save_watch(before, review)
    assert tables.everything() == stored


def test_a_transaction_that_met_another_is_repeated(tables: Tables) -> None:
    tables.failures = [CONFLICT] * (TRIES - 1)
    assert tables.orders.submit(an_order(), "{}", replaced=None) == "done"
    assert tables.calls == ["TransactWriteItems"] * TRIES


def test_a_transaction_that_always_meets_others_is_given_up(tables: Tables) -> None:
    tables.failures = [CONFLICT] * 100
    with pytest.raises(StorageError):
        tables.orders.submit(an_order(), "{}", replaced=None)
    assert tables.calls == ["TransactWriteItems"] * TRIES


def test_an_offer_that_changes_with_every_try_is_given_up(tables: Tables) -> None:
    before = tables.with_order()
    refused = cancelled_by("None", "None", "ConditionalCheckFailed")
    tables.failures = [None, refused] * 100
    with pytest.raises(StorageError):
        tables.orders.apply(before, cancel(before, after(minutes=1)), by="box", facts={})
    assert tables.calls == ["GetItem", "TransactWriteItems"] * TRIES


@pytest.mark.parametrize("failure", [UNREACHABLE, cancelled_by("None", "ThrottlingError", "None")])
def test_a_table_that_does_not_answer_is_a_storage_failure(failure: Exception, tables: Tables) -> None:
    order = tables.with_order()
    orders = tables.orders
    for call in (
        lambda: orders.get(order.order_id),
        lambda: orders.submit(an_order(order_id=OTHER), "{}", replaced=None),
        lambda: orders.apply(order, cancel(order, after(minutes=1)), by="box", facts={}),
        lambda: orders.save_watch(order, order),
        lambda: list(orders.due(after(hours=1))),
        lambda: orders.claim_due(order.order_id, after(seconds=30), after(minutes=3)),
    ):
        tables.failures = [failure]
        with pytest.raises(StorageError):
            call()
