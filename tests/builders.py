"""What tests are made of: events as AWS sends them, items as the tables hold them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from caja.boxes import Box
from caja.keys import make_key
from caja.merchant_orders import MerchantOrder, Payment
from caja.orders import Item, Order, RecordedPayment, Refund, Role, State, new_watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NOW = "2026-11-24T12:00:00.000Z"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""When the orders of these tests are submitted."""
PRICE = Decimal("1500.50")
COLLECTOR_ID = 446566691
BOX_KEY = make_key("0" * 40)
BRANCH_KEY = make_key("1" * 40)
OTHER_KEY = make_key("2" * 40)
POLL_KEY = "fake-poll-key-0000000001"
POLL_QUERY = f"locationId=STORE001&positionId=CAJA0001&key={POLL_KEY}"
LOCATION = {
    "street_number": "2000",
    "street_name": "Avenida Cabildo",
    "city_name": "Belgrano",
    "state_name": "Capital Federal",
    "latitude": -34.5627,
    "longitude": -58.4565,
}
"""An address that Mercado Pago takes in Argentina."""


def api_event(
    method: str,
    path: str,
    *,
    route: str | None = None,
    query: str = "",
    path_parameters: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    is_base64: bool = False,
    iam_arn: str | None = None,
) -> dict[str, Any]:
    """An HTTP API event, payload 2.0, shaped as API Gateway sends it: what is absent there is absent here.

    `route` is the route's path, `/boxes/{box_id}/orders`; `iam_arn` is who signed, on an AWS_IAM route.
    """
    sent = {
        "accept-encoding": "gzip",
        "host": "abc123.execute-api.us-east-1.amazonaws.com",
        **(headers or {}),
    }
    context: dict[str, Any] = {
        "accountId": "123456789012",
        "apiId": "abc123",
        "domainName": sent["host"],
        "domainPrefix": "abc123",
        "http": {
            "method": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": "203.0.113.7",
            "userAgent": sent.get("user-agent", ""),
        },
        "requestId": "JKJaXmPLvHcESHA=",
        "routeKey": f"{method} {route or path}",
        "stage": "$default",
        "time": "24/Nov/2026:12:00:00 +0000",
        "timeEpoch": 1795521600000,
    }
    if iam_arn is not None:
        context["authorizer"] = {"iam": {"accountId": "123456789012", "userArn": iam_arn}}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": context["routeKey"],
        "rawPath": path,
        "rawQueryString": query,
        "headers": sent,
        "requestContext": context,
        "isBase64Encoded": is_base64,
    }
    if query:
        joined: dict[str, str] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            joined[name] = f"{joined[name]},{value}" if name in joined else value
        event["queryStringParameters"] = joined
    if path_parameters:
        event["pathParameters"] = dict(path_parameters)
    if body is not None:
        event["body"] = body
    return event


def sqs_event(
    *bodies: str, queue: str = "CheckQueue", messages: Iterable[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """A batch as Lambda's poller hands it over: of `bodies`, or of `messages` as received from `queue`."""
    received = list(messages) or [
        {"MessageId": f"message-{n}", "ReceiptHandle": f"handle-{n}", "Body": body, "Attributes": {}}
        for n, body in enumerate(bodies)
    ]
    origin = {"eventSource": "aws:sqs", "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue}"}
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": {"ApproximateReceiveCount": "1", **message["Attributes"]},
                "messageAttributes": {},
                "awsRegion": "us-east-1",
                **origin,
            }
            for message in received
        ]
    }


def box_item(**changes: Any) -> dict[str, Any]:
    """A BOX item of BoxesTable as a poll reads it."""
    item = {
        "box_id": "CAJA0001",
        "item": "BOX",
        "kind": "BOX",
        "external_store_id": "STORE001",
        "mode": "postpay",
        "dialect": "v1",
        "liveness_seconds": 0,
        "poll_key": POLL_KEY,
    }
    return item | changes


def ready_item(**changes: Any) -> dict[str, Any]:
    """A READY item of BoxesTable: an order that is offered for another ten minutes."""
    item = {
        "box_id": "CAJA0001",
        "item": "READY",
        "order_id": "ORDER234567ORDER234567ORDE",
        "state": "ready",
        "body": '{"external_reference":"ORDER234567ORDER234567ORDE","title":"Nafta súper"}',
        "dialect": "v1",
        "created_at": "2026-11-24T11:59:00.000Z",
        "expires_at": "2026-11-24T12:10:00.000Z",
    }
    return item | changes


def seen_item(**changes: Any) -> dict[str, Any]:
    """A SEEN item of BoxesTable: an idle box that spoke just now."""
    item = {
        "box_id": "CAJA0001",
        "item": "SEEN",
        "state": "idle",
        "state_at": "2026-11-24T11:59:59.000Z",
        "seen_at": "2026-11-24T11:59:59.000Z",
    }
    return item | changes


def after(**time: float) -> datetime:
    """An instant this long after the order was submitted: `after(minutes=5)`."""
    return NOON + timedelta(**time)


def a_box(**changes: Any) -> Box:
    """A postpay box in Argentina, signing in with BOX_KEY."""
    values: dict[str, Any] = {
        "box_id": "CAJA0001",
        "box_uid": bytes(16),
        "external_store_id": "STORE001",
        "mode": "postpay",
        "dialect": "v1",
        "currency": "ARS",
        "collector_id": COLLECTOR_ID,
        "liveness_seconds": 0,
        "key_hashes": {BOX_KEY.key_id: BOX_KEY.sha256},
    }
    return Box(**values | changes)


def an_order(**changes: Any) -> Order:
    """An order of PRICE pesos, submitted at NOON and offered for an hour."""
    created_at = changes.get("created_at", NOON)
    expires_at = changes.get("expires_at", created_at + timedelta(hours=1))
    values: dict[str, Any] = {
        "order_id": "ORDER234567ORDER234567ORDE",
        "box_id": "CAJA0001",
        "ticket": "ticket-0000000001",
        "content_hash": "0" * 64,
        "number": None,
        "mode": "postpay",
        "dialect": "v1",
        "currency": "ARS",
        "collector_id": COLLECTOR_ID,
        "title": None,
        "description": None,
        "items": (Item(title="Nafta súper", quantity=1, unit_price=PRICE),),
        "total": PRICE,
        "notify_key": "fake-notify-key-000001",
        "state": State.READY,
        "version": 1,
        "created_at": created_at,
        "expires_at": expires_at,
        "updated_at": created_at,
        "watch": new_watch(created_at, expires_at),
    }
    return Order(**values | changes)


def a_payment(**changes: Any) -> Payment:
    """A payment of PRICE pesos, approved two minutes after the order was submitted."""
    values: dict[str, Any] = {
        "payment_id": "9001",
        "status": "approved",
        "amount": PRICE,
        "refunded": Decimal(0),
        "currency": "ARS",
        "approved_at": after(minutes=2),
    }
    return Payment(**values | changes)


def a_merchant_order(**changes: Any) -> MerchantOrder:
    """A merchant order that pays `an_order()`."""
    values: dict[str, Any] = {
        "merchant_order_id": "7001",
        "status": "closed",
        "external_reference": "ORDER234567ORDER234567ORDE",
        "collector_id": COLLECTOR_ID,
        "total": PRICE,
        "created_at": after(minutes=1),
        "payments": (a_payment(),),
    }
    return MerchantOrder(**values | changes)


def a_scan(number: int = 0, **changes: Any) -> MerchantOrder:
    """A merchant order somebody opened and left."""
    return a_merchant_order(
        **{"merchant_order_id": str(8000 + number), "status": "opened", "payments": ()} | changes
    )


def a_recorded_payment(**changes: Any) -> RecordedPayment:
    """`a_payment()` as the ledger keeps it, fifty cents of it given back."""
    values: dict[str, Any] = {
        "payment_id": "9001",
        "merchant_order_id": "7001",
        "amount": PRICE,
        "refunded": Decimal("0.50"),
        "status": "approved",
        "approved_at": after(minutes=2),
        "role": Role.KEPT,
        "refund": Refund.NONE,
    }
    return RecordedPayment(**values | changes)
