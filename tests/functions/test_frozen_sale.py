"""A sale begun by the first version goes on in this one: its frozen items and messages, through today's functions."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from caja.poll_answers import Poll, decide
from caja.tables.calls import to_dynamodb
from functions.check_order.app import handler
from tests.aws import aws_client
from tests.builders import COLLECTOR_ID, POLL_KEY, PRICE, after, an_order, sqs_event

if TYPE_CHECKING:
    from simulator.server import Simulator
    from tests.tables import Tables

FIXTURES = Path(__file__).parent.parent / "fixtures"
POLL = Poll("STORE001", "CAJA0001", POLL_KEY)
MERCHANT_ORDER_ID = 7001
"""The one the frozen messages name."""


def frozen(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text(), parse_float=Decimal)


@pytest.fixture
def sale(tables: Tables, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen order, offered by a frozen box and just paid."""
    box, profile = frozen("box_least")
    (order,) = frozen("order_least")
    for table, item in {
        "BoxesTable": (box, profile, frozen("ready"), frozen("seen"), frozen("branch_least")),
        "OrdersTable": (order, frozen("events")[0]),
    }.items():
        for each in item:
            tables.dynamodb.put_item(TableName=table, Item=to_dynamodb(each))
    forged = simulator.forge_merchant_order(
        external_reference=order["order_id"],
        collector_id=COLLECTOR_ID,
        total_amount=PRICE,
        date_created="2026-11-24T12:01:00.000Z",
    )
    known = simulator.account.merchant_orders
    known[MERCHANT_ORDER_ID] = known.pop(forged["id"])
    known[MERCHANT_ORDER_ID].id = MERCHANT_ORDER_ID
    secret = aws_client("secretsmanager").create_secret(Name="token", SecretString=simulator.access_token)
    monkeypatch.setenv("ACCESS_TOKEN_SECRET", secret["ARN"])
    monkeypatch.setenv("MERCADOPAGO_URL", simulator.url)
    tables.clock.now = after(minutes=3)


@pytest.mark.usefixtures("sale")
def test_a_frozen_order_and_box_are_read_out_of_the_tables(tables: Tables) -> None:
    assert tables.order() == an_order()
    view = tables.boxes.view("CAJA0001")
    assert view is not None
    assert (view.offer and view.offer.order_id, view.seen and view.seen.state) == (
        an_order().order_id,
        "preparing",
    )
    assert list(tables.orders.due(after(seconds=30))) == [(an_order().order_id, after(seconds=30))]


@pytest.mark.usefixtures("sale")
@pytest.mark.parametrize(
    ("message", "queue"),
    [
        ("check_due", "CheckQueue"),
        ("check_hinted", "CheckQueue"),
        ("notification", "NotificationQueue"),
        ("notification_unnamed", "NotificationQueue"),
        ("notification_panel", "NotificationQueue"),
    ],
)
def test_a_frozen_message_settles_a_frozen_order(message: str, queue: str, tables: Tables) -> None:
    answer = handler(sqs_event(json.dumps(frozen(message)), queue=queue), None)
    assert answer["batchItemFailures"] == []
    paid, ready = tables.order(), tables.item("BoxesTable", "READY")
    assert ready is not None
    assert (paid.state, paid.kept_merchant_order_id) == ("paid", str(MERCHANT_ORDER_ID))
    assert (ready["state"], ready["body"]) == ("paid", frozen("ready")["body"])


@pytest.mark.parametrize(
    ("ready", "seen", "minutes", "status", "word"),
    [
        ("ready", "seen", 59, 200, '{"a":1}'),
        ("ready", None, 60, 400, "unavailable"),
        ("ready_ended", "seen", 2.9, 400, "in_process"),
        ("ready_ended", "seen", 3.1, 400, "timeout"),
        ("ready_ended", None, 4, 400, "unavailable"),
        (None, None, 0, 400, "unavailable"),
    ],
)
def test_a_poll_of_a_frozen_box_is_answered_as_ever(
    ready: str | None, seen: str | None, minutes: float, status: int, word: str
) -> None:
    items = [frozen(name) if name else None for name in (ready, seen)]
    answer = decide(frozen("box_least")[0], *items, poll=POLL, now=after(minutes=minutes))
    assert answer.status == status
    assert word in answer.body


def test_a_frozen_box_that_was_retired_knows_nobody() -> None:
    answer = decide(frozen("box_full")[0], frozen("ready"), None, poll=POLL, now=after(minutes=1))
    assert (answer.status, "invalid" in answer.body) == (400, True)
