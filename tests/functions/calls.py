"""Calls of a box and of the operator, from API Gateway's event to the answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from functions.follow_order.app import handler as follow_order
from functions.manage_orders.app import handler as manage_orders
from functions.release_order.app import handler as release_order
from functions.submit_order.app import handler as submit_order
from tests.builders import api_event
from tests.shop import BEARER, ORDER

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

ROUTE = {
    "POST": "/boxes/{box_id}/orders",
    "PUT": "/boxes/{box_id}/state",
    "GET": "/boxes/{box_id}/orders/{order_id}",
    "DELETE": "/boxes/{box_id}/orders/{order_id}",
    "release": "/boxes/{box_id}/orders/{order_id}/release",
    "delivery": "/boxes/{box_id}/orders/{order_id}/delivery",
}
"""Verb → route: the method where it is told by that, else the last word of its path."""
HANDLER: dict[str, Handler] = {
    "POST": submit_order,
    "PUT": submit_order,
    "GET": follow_order,
    "DELETE": submit_order,
    "release": release_order,
    "delivery": release_order,
}
CLAIM = "claim-0001"
OPERATOR = "arn:aws:iam::123456789012:user/operator"
JSON = "application/json"
PROBLEM = "application/problem+json"


def a_sale(**changes: Any) -> dict[str, Any]:
    """The body of a submit, as a box sends it; a change to None takes the field out."""
    body = {
        "ticket": "ticket-0000000001",
        "items": [{"title": "Nafta súper", "quantity": 1, "unit_price": "1500.50"}],
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


BODY: dict[str, Any] = {
    "POST": a_sale(),
    "PUT": {"state": "idle"},
    "GET": None,
    "DELETE": None,
    "release": {"claim": CLAIM},
    "delivery": {"claim": CLAIM, "result": "delivered"},
}
"""Verb → a body nobody can object to."""


def box_event(
    verb: str,
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
        verb if verb.isupper() else "POST",
        ROUTE[verb].format(box_id=box_id, order_id=order_id),
        route=ROUTE[verb],
        query=query,
        path_parameters={"box_id": box_id} | ({"order_id": order_id} if order_id else {}),
        headers={name: value for name, value in headers.items() if value is not None},
        body=_written(body),
        is_base64=is_base64,
    )


def call_box(verb: str, *what: Any, **how: Any) -> dict[str, Any]:
    """The whole answer to `box_event(verb, *what, **how)`."""
    return HANDLER[verb](box_event(verb, *what, **how), None)


def ask_box(verb: str, *what: Any, **how: Any) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer to `box_event(verb, *what, **how)`."""
    return ask(HANDLER[verb], verb, *what, **how)


def ask(handler: Handler, *what: Any, **how: Any) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer to `box_event(*what, **how)`, whose kind must fit its status."""
    return read_answer(handler(box_event(*what, **how), None))


def ask_as_operator(
    handler: Handler,
    method: str,
    path: str,
    body: Any = None,
    *,
    query: str = "",
    who: str = OPERATOR,
    content_type: str = JSON,
) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer to a request that `who` signed; `body` is sent as it is if it is a text."""
    event = api_event(
        method,
        path,
        query=query,
        headers={"content-type": content_type},
        body=_written(body),
        iam_arn=who,
    )
    return read_answer(handler(event, None))


def manage(method: str, path: str = "", body: Any = None, **how: Any) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer to the operator, about the one order there is."""
    return ask_as_operator(manage_orders, method, f"/admin/orders/{ORDER}{path}", body, **how)


def refund(**changes: Any) -> tuple[int, dict[str, Any]]:
    """Have the order given back."""
    return manage("POST", "/refund", {"reason": "washer 3 was cold"} | changes)


def resolve(state: str, **changes: Any) -> tuple[int, dict[str, Any]]:
    """Decide about the order in review."""
    return manage("POST", "/resolve", {"state": state, "reason": "seen on the camera"} | changes)


def read_answer(answer: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and body of an answer, whose kind must fit its status."""
    status: int = answer["statusCode"]
    assert answer["headers"]["Content-Type"] == (PROBLEM if status >= 400 else JSON)
    assert status != 503 or answer["headers"]["Retry-After"] == "5"
    body: dict[str, Any] = json.loads(answer["body"])
    assert status < 400 or (body["status"], set(body) >= {"type", "title", "detail", "code"}) == (
        status,
        True,
    )
    return status, body


def alarms(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The metrics counted since the last look."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    return [each["Name"] for line in lines for each in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]]


def _written(body: Any) -> str | None:
    return body if body is None or isinstance(body, str) else json.dumps(body)
