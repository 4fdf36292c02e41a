"""What tests are made of: events as AWS sends them, items as the tables hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = "2026-11-24T12:00:00.000Z"
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
