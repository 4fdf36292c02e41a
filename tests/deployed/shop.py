"""A merchant's place on the deployed stack: a branch, and boxes that each belong to one test."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import requests

from cli.demo import BRANCH
from cli.desk_machines import DeskMachine
from local import deployment, emulator, logs
from local.stack import ACCESS_TOKEN
from tests.deployed.calls import call, operator_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.stack import Stack
    from simulator.client import Phone, SimulatorClient
    from simulator.wire import Message

PATIENCE = 300.0
"""Seconds within which whatever is to happen has happened, on a slow machine, though the minute's sweep must come by twice.

How fast it happens is not for tests to say: they wait no longer than they must.
"""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class DeployedBox:
    """A box on the stack, with its key and the URL Mercado Pago polls."""

    stack: Stack
    box_id: str
    key: str
    poll_url: str

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> requests.Response:
        """Call one of the box's routes, with its own key unless another is given."""
        return call(self.stack, method, f"/boxes/{self.box_id}{path}", body, bearer=key or self.key)

    def report(self, state: str) -> dict[str, Any]:
        """Say what the box does."""
        return _ok(self.ask("PUT", "/state", {"state": state}))

    def submit(self, amount: str = "1500.50", **fields: Any) -> dict[str, Any]:
        """Offer an order."""
        return _ok(self.ask("POST", "/orders", a_submit(amount, **fields)))

    def look(self, order_id: str) -> dict[str, Any]:
        """The order as the box sees it."""
        return _ok(self.ask("GET", f"/orders/{order_id}"))

    def offer(self) -> dict[str, Any]:
        """The order in dialect v1, as a phone that scans the box is shown it."""
        return _ok(requests.get(self.poll_url, timeout=30))

    def wait_for(self, order_id: str, state: str, timeout: float = PATIENCE) -> dict[str, Any]:
        """The order once it is in `state`, the box asking twice a second; fails showing what was seen instead."""
        seen: dict[str, Any] = wait_until(
            lambda: self.look(order_id), lambda order: order["state"] == state, timeout
        )
        return seen


def a_submit(amount: str = "1500.50", **fields: Any) -> dict[str, Any]:
    """The body of a submit with a fresh ticket."""
    items = [{"title": "Nafta súper", "quantity": 1, "unit_price": amount}]
    return {"ticket": str(uuid.uuid4()), "items": items} | fields


def open_branch(stack: Stack) -> None:
    """Have the branch all boxes of the tests are in."""
    _ok(call(stack, "POST", "/admin/stores", BRANCH, signed_by=operator_key(stack)))


def open_box(stack: Stack, **wish: Any) -> DeployedBox:
    """Have a box nobody else uses."""
    box_id = wish.pop("box_id", f"BOX{next(_numbers):04d}{uuid.uuid4().hex[:6].upper()}")
    body = {"box_id": box_id, "name": box_id, "external_store_id": "STORE001", "mode": "postpay"} | wish
    made = _ok(call(stack, "POST", "/admin/boxes", body, signed_by=operator_key(stack)))
    return DeployedBox(stack, made["box_id"], made["key"]["box_key"], made["poll_url"])


def put_on_desk(mp: SimulatorClient, box: DeployedBox, kind: str, name: str) -> DeployedBox:
    """Have a pump or a vending machine of the desk in that place."""
    (pos,) = [each for each in mp.control("GET", "/pos") if each["external_id"] == box.box_id]
    machine = DeskMachine(mp.url, box.box_id)
    machine.attach(kind=kind, name=name, box_key=box.key, api_url=box.stack.api_url, qr=pos["qr"]["image"])
    machine.close()
    return box


def sell(mp: SimulatorClient, box: DeployedBox, amount: str = "1500.50", **fields: Any) -> tuple[str, Phone]:
    """An order and a phone that shows what is to be paid: the order's id, the phone."""
    order_id = box.submit(amount, **fields)["order_id"]
    phone = mp.scan(box.box_id)
    screen = phone.wait_for_amount(timeout=PATIENCE)
    assert (screen.external_reference, screen.amount) == (order_id, Decimal(amount)), screen
    return order_id, phone


def wait_until(look: Callable[[], Any], enough: Callable[[Any], bool], timeout: float = PATIENCE) -> Any:
    """What `look` shows once it is `enough`; an AssertionError with the last look after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        seen = look()
        if enough(seen):
            return seen
        assert time.monotonic() < deadline, f"after {timeout} s still {seen}"
        time.sleep(0.5)


def ledger(stack: Stack, order_id: str) -> list[dict[str, Any]]:
    """Everything OrdersTable holds of an order, as DynamoDB shows it."""
    found = emulator.client(stack.endpoint_url, "dynamodb").query(
        TableName=deployment.read_outputs(stack.endpoint_url)["OrdersTableName"],
        KeyConditionExpression="order_id = :order_id",
        ExpressionAttributeValues={":order_id": {"S": order_id}},
    )
    items: list[dict[str, Any]] = found["Items"]
    return items


def state_of(stack: Stack, order_id: str) -> str:
    """The order's state in the ledger, without asking as the box, which would bring a check forward."""
    (order,) = [item for item in ledger(stack, order_id) if item["item"]["S"] == "ORDER"]
    return str(order["state"]["S"])


def wait_until_worked_off(stack: Stack, timeout: float = PATIENCE) -> None:
    """Return when check_order has come to the end of every message that was not put off until later."""
    sqs = emulator.client(stack.endpoint_url, "sqs")
    outputs = deployment.read_outputs(stack.endpoint_url)
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def left() -> dict[str, dict[str, str]]:
        return {
            name: sqs.get_queue_attributes(QueueUrl=outputs[name], AttributeNames=counts)["Attributes"]
            for name in ("NotificationQueueUrl", "CheckQueueUrl")
        }

    wait_until(left, lambda seen: {n for queue in seen.values() for n in queue.values()} == {"0"}, timeout)


def operate(stack: Stack, method: str, path: str, body: Any = None) -> requests.Response:
    """Call one of the operator's routes."""
    return call(stack, method, path, body, signed_by=operator_key(stack))


def refunds_at_mercadopago(mp: SimulatorClient, payment_id: str) -> list[dict[str, Any]]:
    """Every refund Mercado Pago knows of a payment, pending ones too."""
    answer = requests.get(
        f"{mp.url}/v1/payments/{payment_id}/refunds",
        headers={"Authorization": f"Bearer {ACCESS_TOKEN}", "X-Render-In-Process-Refunds": "true"},
        timeout=10,
    )
    found: list[dict[str, Any]] = answer.json()
    return found


def alarms(stack: Stack, metric: str) -> tuple[list[dict[str, Any]], int]:
    """What the functions have logged as an alarm so far, and how often they have counted its metric."""
    written = [line.text for line in logs.read_functions(stack, follow=False) if metric in line.text]
    lines = [json.loads(text) for text in written if text.startswith("{")]
    return [line for line in lines if line.get("alarm") == metric], sum("_aws" in line for line in lines)


def searches(mp: SimulatorClient, order_id: str) -> list[Message]:
    """The answers to searches for the order's merchant orders."""
    return [m for m in mp.wire() if m.kind == "answer" and f"external_reference={order_id}" in m.url]


def notifications(mp: SimulatorClient, order_id: str) -> list[Message]:
    """The notifications of the order that the stack has acknowledged."""
    return [
        m for m in mp.wire() if m.kind == "answer" and m.status == 200 and f"/notify/{order_id}/" in m.url
    ]


def _ok(answer: requests.Response) -> dict[str, Any]:
    assert answer.ok, f"{answer.status_code} {answer.text}"
    seen: dict[str, Any] = answer.json()
    return seen
