"""A box's calls, from API Gateway's event to the answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.builders import api_event
from tests.shop import BEARER

if TYPE_CHECKING:
    from collections.abc import Callable

ROUTE = {
    "POST": "/boxes/{box_id}/orders",
    "PUT": "/boxes/{box_id}/state",
    "GET": "/boxes/{box_id}/orders/{order_id}",
    "DELETE": "/boxes/{box_id}/orders/{order_id}",
}
JSON = "application/json"
PROBLEM = "application/problem+json"


def a_sale(**changes: Any) -> dict[str, Any]:
    """The body of a submit, as a box sends it; a change to None takes the field out."""
    body = {
        "ticket": "ticket-0000000001",
        "items": [{"title": "Nafta súper", "quantity": 1, "unit_price": "1500.50"}],
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def box_event(
    method: str,
    body: Any = None,
    *,
    box_id: str = "CAJA0001",
    order_id: str = "",
    query: str = "",
    authorization: str | None = BEARER,
    content_type: str | None = JSON,
    is_base64: bool = False,
) -> dict[str, Any]:
    """The event of one call; `body` is sent as it is if it is a text."""
    headers = {"authorization": authorization, "content-type": content_type}
    return api_event(
        method,
        ROUTE[method].format(box_id=box_id, order_id=order_id),
        route=ROUTE[method],
        query=query,
        path_parameters={"box_id": box_id} | ({"order_id": order_id} if order_id else {}),
        headers={name: value for name, value in headers.items() if value is not None},
        body=body if body is None or isinstance(body, str) else json.dumps(body),
        is_base64=is_base64,
    )


def ask(
    handler: Callable[[dict[str, Any], Any], dict[str, Any]], *what: Any, **how: Any
) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer to `box_event(*what, **how)`, whose kind must fit its status."""
    answer = handler(box_event(*what, **how), None)
    status: int = answer["statusCode"]
    assert answer["headers"]["Content-Type"] == (PROBLEM if status >= 400 else JSON)
    body: dict[str, Any] = json.loads(answer["body"])
    assert status < 400 or (body["status"], set(body) >= {"type", "title", "detail", "code"}) == (
        status,
        True,
    )
    return status, body
