"""Our tables, queues and secret in moto, as a deployed function finds them: its environment, its wiring, a clock."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from caja import wiring
from caja.orders import Item
from caja.places import BoxSettings, Branch, KeyRecord, PlacedBox, StoreWish
from tests.aws import REGION, aws_client, aws_session, create_table
from tests.builders import BOX_KEY, BRANCH_KEY, COLLECTOR_ID, LOCATION, NOON, POLL_KEY, an_order
from tests.fakes import Clock

if TYPE_CHECKING:
    import pytest

    from caja.orders import Order
    from caja.tables.boxes import BoxesTable
    from caja.tables.orders import OrdersTable


def a_placed_box(**changes: Any) -> PlacedBox:
    """`a_box()` as the operator provisioned it; names of settings may be among the changes."""
    settings: dict[str, Any] = {
        "name": "Surtidor 1",
        "category": None,
        "external_store_id": "STORE001",
        "mode": "postpay",
        "dialect": "v1",
        "currency": "ARS",
        "collector_id": COLLECTOR_ID,
        "liveness_seconds": 0,
        "release_seconds": 120,
        "report_seconds": 180,
        "max_amount": None,
    }
    values: dict[str, Any] = {
        "box_id": "CAJA0001",
        "box_uid": bytes(16),
        "poll_key": POLL_KEY,
        "keys": {BOX_KEY.key_id: KeyRecord(BOX_KEY.sha256, NOON)},
        "created_at": NOON,
        "updated_at": NOON,
    }
    for name, value in changes.items():
        (settings if name in settings else values)[name] = value
    return PlacedBox(settings=BoxSettings(**settings), **values)


def a_branch(**changes: Any) -> Branch:
    """The boxes' branch, signing in with BRANCH_KEY."""
    values: dict[str, Any] = {
        "wish": StoreWish(external_id="STORE001", name="Norte", location=LOCATION, business_hours=None),
        "store_id": "7",
        "keys": {BRANCH_KEY.key_id: KeyRecord(BRANCH_KEY.sha256, NOON)},
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Branch(**values | changes)


class Tables:
    """Everything a function reaches but Mercado Pago; `orders` and `boxes` are the adapters the functions use.

    Make it within `mock_aws`.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = Clock()
        self.calls: list[str] = []
        """Operations that the code under test asked of DynamoDB."""
        self.failures: list[Exception | None] = []
        """What its next calls raise before DynamoDB sees them; None: nothing."""
        self.dynamodb = aws_client("dynamodb")
        self.sqs = aws_client("sqs")
        for table in ("BoxesTable", "OrdersTable"):
            create_table(self.dynamodb, table)
        self.urls = {
            name: self.sqs.create_queue(QueueName=name)["QueueUrl"]
            for name in ("NotificationQueue", "CheckQueue", "RefundQueue")
        }
        environment = {
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "BOXES_TABLE": "BoxesTable",
            "ORDERS_TABLE": "OrdersTable",
            "NOTIFICATION_QUEUE_URL": self.urls["NotificationQueue"],
            "CHECK_QUEUE_URL": self.urls["CheckQueue"],
            "REFUND_QUEUE_URL": self.urls["RefundQueue"],
            "API_URL": "https://pagos.example",
            "POWERTOOLS_METRICS_NAMESPACE": "caja",
            "POWERTOOLS_SERVICE_NAME": "test",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", aws_session())
        forget_wiring()
        monkeypatch.setattr(wiring, "now", lambda: self.clock.now)
        self._watch(wiring.dynamodb())

    @property
    def orders(self) -> OrdersTable:
        return wiring.orders()

    @property
    def boxes(self) -> BoxesTable:
        return wiring.boxes()

    def provision(self, box_id: str = "CAJA0001", **changes: Any) -> None:
        """Have a box, and its branch."""
        wiring.places().save_box(a_placed_box(box_id=box_id, **changes))
        wiring.places().save_branch(a_branch())
        self.calls.clear()

    def with_order(self, **changes: Any) -> Order:
        """Have an order offered at its box."""
        order = an_order(**changes)
        assert self.orders.submit(order, '{"offered":true}', replaced=None) == "done"
        self.calls.clear()
        return order

    def order(self, order_id: str = "ORDER234567ORDER234567ORDE") -> Order:
        """The order as it is recorded now."""
        order = self.orders.get(order_id)
        assert order is not None
        return order

    def put(self, table: str, item: dict[str, Any]) -> None:
        typed = {name: TypeSerializer().serialize(value) for name, value in item.items()}
        self.dynamodb.put_item(TableName=table, Item=typed)

    def items(self, table: str) -> list[dict[str, Any]]:
        """Every item, as it is stored, in the order of its keys."""
        found = self.dynamodb.scan(TableName=table)["Items"]
        read = [{n: TypeDeserializer().deserialize(v) for n, v in item.items()} for item in found]
        return sorted(read, key=lambda item: (item.get("order_id", item.get("box_id")), item["item"]))

    def item(self, table: str, item: str) -> dict[str, Any] | None:
        """The one item of this name, or None."""
        found = [each for each in self.items(table) if each["item"] == item]
        assert len(found) <= 1
        return found[0] if found else None

    def everything(self) -> list[list[dict[str, Any]]]:
        """Both tables, whole."""
        return [self.items("BoxesTable"), self.items("OrdersTable")]

    def take(self, queue: str = "CheckQueue") -> list[Any]:
        """The messages that are out now, hidden until they are deleted."""
        taken: list[Any] = []
        while got := self.sqs.receive_message(
            QueueUrl=self.urls[queue], MaxNumberOfMessages=10, AttributeNames=["All"]
        ).get("Messages"):
            taken += got
        return taken

    def _watch(self, client: Any) -> None:
        call = client._make_api_call

        def watched(operation: str, request: Any) -> Any:
            self.calls.append(operation)
            failure = self.failures.pop(0) if self.failures else None
            if failure:
                raise failure
            return call(operation, request)

        client._make_api_call = watched


def forget_wiring() -> None:
    """Have the functions build their adapters anew, as a new container does."""
    for thing in vars(wiring).values():
        if hasattr(thing, "cache_clear"):
            thing.cache_clear()


def a_full_order(**changes: Any) -> Order:
    """An order with every field set that a submit can set."""
    coffee = Item(
        title="Café ☕",
        quantity=3,
        unit_price=Decimal("10.00"),
        description="con leche",
        sku="S1",
        category="food",
        unit_measure="unit",
    )
    tea = Item(title="Té", quantity=1, unit_price=Decimal("0.10"))
    texts = {"number": "A-7", "title": "Compra", "description": "Mesa 4", "replaces": "B" * 26}
    return an_order(**{**texts, "items": (coffee, tea), "total": Decimal("30.10"), **changes})
