"""The check_order function, from a batch of either queue over a simulated Mercado Pago to the ledger."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from caja.transitions import cancel
from functions.check_order.app import handler
from tests.builders import PRICE, sqs_event
from tests.functions.returns import owe

if TYPE_CHECKING:
    from caja.orders import Order
    from simulator.server import Simulator
    from tests.tables import Tables

ORDER = "ORDER234567ORDER234567ORDE"
UNREACHABLE = EndpointConnectionError(endpoint_url="https://dynamodb.example")


@pytest.fixture
def order(tables: Tables, seller: Simulator) -> Order:
    """An order a minute old, as the simulated Mercado Pago tells time."""
    tables.clock.now = datetime.now(UTC)
    tables.provision()
    created_at = tables.clock.now.replace(microsecond=0) - timedelta(minutes=1)
    return tables.with_order(created_at=created_at, collector_id=seller.collector_id)


def pay(simulator: Simulator, **fields: Any) -> str:
    forged = simulator.forge_merchant_order(**{"external_reference": ORDER, "total_amount": PRICE} | fields)
    return str(forged["id"])


def hint(order: Order, merchant_order_id: str | None = None, **changes: Any) -> str:
    values = {
        "order_id": order.order_id,
        "key": order.notify_key,
        "merchant_order_id": merchant_order_id,
        "received_at": "2026-11-24T12:00:00.000Z",
    }
    return json.dumps(values | changes)


def panel(topic: str, resource_id: str) -> str:
    values = {"topic": topic, "resource_id": resource_id, "received_at": "2026-11-24T12:00:00.000Z"}
    return json.dumps(values)


def check(*bodies: str, queue: str = "CheckQueue") -> list[str]:
    """The ids of the messages that failed."""
    failed = handler(sqs_event(*bodies, queue=queue), None)["batchItemFailures"]
    return [each["itemIdentifier"] for each in failed]


def calls(simulator: Simulator) -> int:
    return sum("/merchant_orders" in message.url for message in simulator.wire() if message.kind == "request")


@pytest.mark.parametrize("is_named", [True, False])
def test_a_notification_of_a_payment_settles_the_order(
    order: Order, tables: Tables, simulator: Simulator, *, is_named: bool
) -> None:
    merchant_order_id = pay(simulator)
    body = hint(order, merchant_order_id if is_named else None)
    assert check(body, queue="NotificationQueue") == []
    paid = tables.order()
    assert (paid.state, paid.paid_amount, paid.kept_merchant_order_id) == ("paid", PRICE, merchant_order_id)
    ready = tables.item("BoxesTable", "READY")
    assert ready is not None
    assert ready["state"] == "paid"


def test_a_check_that_is_due_settles_the_order(order: Order, tables: Tables, simulator: Simulator) -> None:
    pay(simulator)
    assert check(json.dumps({"order_id": order.order_id})) == []
    assert tables.order().state == "paid"


def test_a_notification_from_the_panel_finds_its_order(
    order: Order, tables: Tables, simulator: Simulator
) -> None:
    assert check(panel("merchant_order", pay(simulator)), queue="NotificationQueue") == []
    assert tables.order().state == "paid"


def test_one_batch_settles_an_order_once_however_often_it_is_told(
    order: Order, tables: Tables, simulator: Simulator
) -> None:
    body = hint(order, pay(simulator))
    assert check(*[body] * 5, queue="NotificationQueue") == []
    assert tables.order().version == 2
    events = [item["item"] for item in tables.items("OrdersTable") if item["item"].startswith("EVENT")]
    assert events == ["EVENT#000001", "EVENT#000002"]


@pytest.mark.parametrize("changes", [{"key": "fake-notify-key-000002"}, {"order_id": "A" * 26}])
def test_a_forged_notification_never_reaches_mercado_pago(
    changes: dict[str, str], order: Order, tables: Tables, simulator: Simulator
) -> None:
    merchant_order_id = pay(simulator)
    before = calls(simulator)
    assert check(hint(order, merchant_order_id, **changes), queue="NotificationQueue") == []
    assert tables.order() == order
    assert calls(simulator) == before


def test_another_sellers_money_does_not_settle_the_order(
    order: Order, tables: Tables, simulator: Simulator
) -> None:
    named = pay(simulator, external_reference="A" * 26)
    assert check(hint(order, named), queue="NotificationQueue") == []
    assert tables.order().state == "ready"


@pytest.mark.parametrize(
    ("rude", "metric"), [({"status": 500}, "CheckFailed"), ({"status": 401, "times": 4}, "TokenRefused")]
)
def test_a_failure_of_mercado_pago_moves_the_check_and_not_the_message(
    rude: dict[str, Any],
    metric: str,
    order: Order,
    tables: Tables,
    simulator: Simulator,
    *,
    capsys: pytest.CaptureFixture[str],
) -> None:
    simulator.be_rude(**rude, path="/merchant_orders")
    assert check(json.dumps({"order_id": order.order_id})) == []
    watch = tables.order().watch
    assert watch.failures == 1
    assert watch.check_at is not None
    assert timedelta(seconds=5) <= watch.check_at - tables.clock.now <= timedelta(seconds=7)
    written = capsys.readouterr().out
    assert any(metric in json.loads(line) for line in written.splitlines() if line.startswith('{"_aws"'))
    assert simulator.access_token not in written


def test_only_the_messages_that_cannot_be_read_come_back(
    order: Order, tables: Tables, simulator: Simulator
) -> None:
    pay(simulator)
    bodies = ["", "{", "[]", "null", "{}", '{"key": "x"}', json.dumps({"order_id": order.order_id})]
    assert check(*bodies) == [f"message-{number}" for number in range(6)]
    assert tables.order().state == "paid"


def test_only_the_message_whose_storage_fails_comes_back(
    order: Order, tables: Tables, simulator: Simulator
) -> None:
    pay(simulator)
    body = json.dumps({"order_id": order.order_id})
    tables.failures = [UNREACHABLE]
    assert check(body, body) == ["message-0"]
    assert tables.order().state == "paid"


def test_a_token_that_cannot_be_read_returns_the_message(
    order: Order, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCESS_TOKEN_SECRET", "arn:aws:secretsmanager:us-east-1:123456789012:secret:none")
    assert check(json.dumps({"order_id": order.order_id})) == ["message-0"]
    assert tables.order().state == "ready"


def test_a_payments_own_notification_from_the_panel_is_no_check(order: Order, simulator: Simulator) -> None:
    before = calls(simulator)
    assert check(panel("payment", "9001"), queue="NotificationQueue") == []
    assert calls(simulator) == before


UNREADABLE: list[dict[str, Any]] = [
    *({"transaction_amount": amount} for amount in (None, "much", 0)),
    *({"status": status} for status in (None, 5, "brand_new")),
    {"id": "x"},
]


@pytest.mark.parametrize("raw", UNREADABLE, ids=str)
def test_a_payment_that_could_not_be_read_is_given_back_once_it_can_be(
    raw: dict[str, Any], order: Order, tables: Tables, simulator: Simulator
) -> None:
    tables.orders.apply(order, cancel(order, tables.clock.now), by="box", facts={})
    pay(simulator, payments=[{"raw": raw}])
    tables.clock.now += timedelta(minutes=16)
    assert check(json.dumps({"order_id": ORDER})) == []
    for payment in simulator.account.payments.values():
        payment.raw = {}
    due_at = tables.order().watch.check_at
    assert due_at is not None
    tables.clock.now = due_at
    check(json.dumps({"order_id": ORDER}))
    assert [(p.amount, p.refund) for p in tables.order().payments] == [(PRICE, "due")]


@pytest.mark.parametrize("amount", [None, "much", -1])
def test_an_amount_that_cannot_be_read_ends_no_refund(amount: Any, tables: Tables, seller: Simulator) -> None:
    tables.provision(mode="prepay")
    owed = owe(tables, seller, raw={"transaction_amount": amount})
    assert check(hint(owed, "7001"), queue="NotificationQueue") == []
    order = tables.order()
    assert (order.state, [(p.amount, p.refund) for p in order.payments]) == ("refunding", [(PRICE, "due")])
