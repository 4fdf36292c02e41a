"""Names in a path that no name of ours can be: API Gateway hands them over decoded, whatever they hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from functions.follow_order.app import handler as follow_order
from functions.provision_pos.app import handler as provision_pos
from functions.submit_order.app import handler as submit_order
from tests.builders import api_event
from tests.functions.calls import ask, box_event

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


@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "DELETE"])
def test_no_box_has_such_a_name(method: str, tables: Tables) -> None:
    stored = tables.everything()
    handler = follow_order if method == "GET" else submit_order
    order_id = "A" * 26 if method in ("GET", "DELETE") else ""
    nobody = handler(box_event(method, {}, order_id=order_id, authorization=None), None)
    assert nobody["statusCode"] == 401
    answers = {odd: handler(box_event(method, {}, box_id=odd, order_id=order_id), None) for odd in ODD}
    assert answers == dict.fromkeys(ODD, nobody)
    assert tables.everything() == stored


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_no_order_has_such_a_name(method: str, tables: Tables) -> None:
    stored = tables.items("OrdersTable")
    handler = follow_order if method == "GET" else submit_order
    for odd in ODD:
        status, problem = ask(handler, method, order_id=odd)
        assert (odd, status, problem["code"]) == (odd, 404, "order_not_found")
        assert json.dumps(problem, ensure_ascii=False).encode()
    assert tables.items("OrdersTable") == stored


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
