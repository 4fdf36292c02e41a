"""Names in a path that no name of ours can be: API Gateway hands them over decoded, whatever they hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from functions.manage_orders.app import handler as manage_orders
from functions.provision_pos.app import handler as provision_pos
from functions.submit_order.app import handler as submit_order
from tests.builders import api_event
from tests.functions.calls import BODY, OPERATOR, ROUTE, ask_box, call_box, read_answer

if TYPE_CHECKING:
    from tests.tables import Tables

ODD = [
    *(
        "a b",
        'a"b',
        "a\\b",
        "a`b",
        "a#b",
        "a?b",
        "%",
        "%00",
        "a\nb",
        "\x00",
        "a\x7fb",
        "{box_id}",
        "<script>",
    ),
    *("ñandú", "\uff21", "\U0001f600", "\u202e", "\ud800", "a\u2028b", "a;b", "a,b", "..", "~", "\u00df"),
]


@pytest.fixture(autouse=True)
def box(tables: Tables) -> None:
    """A box with an order to pay."""
    tables.provision()
    tables.with_order()


OF_AN_ORDER = [verb for verb, route in ROUTE.items() if "{order_id}" in route]


@pytest.mark.parametrize("verb", ROUTE)
def test_no_box_has_such_a_name(verb: str, tables: Tables) -> None:
    stored = tables.everything()
    order_id = "A" * 26 if verb in OF_AN_ORDER else ""
    nobody = call_box(verb, {}, order_id=order_id, authorization=None)
    assert nobody["statusCode"] == 401
    answers = {odd: call_box(verb, {}, box_id=odd, order_id=order_id) for odd in ODD}
    assert answers == dict.fromkeys(ODD, nobody)
    assert tables.everything() == stored


@pytest.mark.parametrize("verb", OF_AN_ORDER)
def test_no_order_has_such_a_name(verb: str, tables: Tables) -> None:
    stored = tables.items("OrdersTable")
    for odd in ODD:
        status, problem = ask_box(verb, BODY[verb], order_id=odd)
        assert (odd, status, problem["code"]) == (odd, 404, "order_not_found")
        assert json.dumps(problem, ensure_ascii=False).encode()
    assert tables.items("OrdersTable") == stored


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("POST", "/refund", {"reason": "x"}),
        ("POST", "/resolve", {"reason": "x", "state": "paid"}),
    ],
)
def test_the_operator_is_told_that_no_order_has_such_a_name(
    method: str, path: str, body: Any, tables: Tables
) -> None:
    stored = tables.everything()
    for odd in ODD:
        event = api_event(
            method,
            f"/admin/orders/{odd}{path}",
            headers={"content-type": "application/json"},
            body=json.dumps(body),
            iam_arn=OPERATOR,
        )
        status, problem = read_answer(manage_orders(event, None))
        assert (odd, status, problem["code"]) == (odd, 404, "order_not_found")
    assert tables.everything() == stored


def test_the_operator_is_told_that_no_box_has_such_a_name() -> None:
    for odd in ODD:
        answer = provision_pos(api_event("GET", f"/admin/boxes/{odd}"), None)
        problem = json.loads(answer["body"].encode())
        assert (odd, answer["headers"]["Content-Type"]) == (odd, "application/problem+json")
        assert (odd, answer["statusCode"], problem["code"]) == (odd, 404, "box_not_found")


@pytest.mark.parametrize("path", ["/boxes//state", "/boxes/CAJA0001/orders/A/B", "/", ""])
def test_a_path_that_is_no_route_is_a_404_with_a_code(path: str) -> None:
    answer = submit_order(api_event("PUT", path), None)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (404, "not_found")
    assert answer["headers"]["Content-Type"] == "application/problem+json"
