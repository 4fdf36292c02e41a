"""The provision_pos function, from a signed request to the answer, over BoxesTable and a simulated Mercado Pago."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from caja import wiring
from caja.config import Settings
from functions.provision_pos.app import handler
from tests.aws import read_template
from tests.builders import api_event
from tests.operators import API_URL, BOX_BODY, STORE_BODY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.operators import Operator

    Call = Callable[..., tuple[int, dict[str, Any]]]

ROUTES = {
    ("POST", "/admin/stores"): {},
    ("GET", "/admin/stores"): {},
    ("POST", "/admin/stores/{external_id}/keys"): {"external_id": "STORE001"},
    ("POST", "/admin/boxes"): {},
    ("GET", "/admin/boxes"): {},
    ("GET", "/admin/boxes/{box_id}"): {"box_id": "CAJA0001"},
    ("DELETE", "/admin/boxes/{box_id}"): {"box_id": "CAJA0001"},
    ("POST", "/admin/boxes/{box_id}/poll_url"): {"box_id": "CAJA0001"},
    ("POST", "/admin/boxes/{box_id}/keys"): {"box_id": "CAJA0001"},
    ("GET", "/admin/boxes/{box_id}/keys"): {"box_id": "CAJA0001"},
    ("DELETE", "/admin/boxes/{box_id}/keys/{key_id}"): {"box_id": "CAJA0001", "key_id": "00000000"},
}
"""Every route of design §4, The operator, but those of orders; with values for its path."""


@pytest.fixture
def call(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Send the function a request; (status, body)."""
    monkeypatch.setattr(wiring, "places", lambda: operator.places)
    monkeypatch.setattr(wiring, "stores", lambda: operator.stores)
    monkeypatch.setattr(wiring, "pos", lambda: operator.pos)
    monkeypatch.setattr(wiring, "settings", lambda: Settings({"SITE": "mla", "API_URL": API_URL}))
    monkeypatch.setattr(wiring, "collector_id", lambda: operator.simulator.collector_id)
    monkeypatch.setattr(wiring, "now", lambda: operator.now)

    def send(method: str, path: str, body: Any = None, *, query: str = "") -> tuple[int, dict[str, Any]]:
        event = api_event(
            method,
            path,
            query=query,
            headers={"content-type": "application/json"},
            body=None if body is None else body if isinstance(body, str) else json.dumps(body),
            iam_arn="arn:aws:iam::123456789012:user/operator",
        )
        answer = handler(event, None)
        kind = "application/problem+json" if answer["statusCode"] >= 400 else "application/json"
        assert answer["headers"]["Content-Type"] == kind
        return answer["statusCode"], json.loads(answer["body"])

    return send


def test_a_branch_and_a_box_from_nothing_to_retirement(call: Call) -> None:
    assert call("POST", "/admin/stores", STORE_BODY)[0] == 201
    assert call("POST", "/admin/stores", STORE_BODY)[0] == 200
    assert [s["external_id"] for s in call("GET", "/admin/stores")[1]["stores"]] == ["STORE001"]
    status, branch_key = call("POST", "/admin/stores/STORE001/keys")
    assert (status, set(branch_key)) == (201, {"key_id", "box_key"})
    status, box = call("POST", "/admin/boxes", BOX_BODY)
    assert status == 201
    assert {"box_id", "pos_id", "qr", "poll_url", "key"} <= set(box)
    assert call("POST", "/admin/boxes", BOX_BODY)[0] == 200
    assert [b["box_id"] for b in call("GET", "/admin/boxes")[1]["boxes"]] == ["CAJA0001"]
    assert call("GET", "/admin/boxes/CAJA0001")[1]["poll_url"] == box["poll_url"]
    status, renewed = call("POST", "/admin/boxes/CAJA0001/poll_url")
    assert (status, renewed["poll_url"] != box["poll_url"]) == (200, True)
    status, key = call("POST", "/admin/boxes/CAJA0001/keys")
    assert status == 201
    assert key["box_key"].startswith("caja_box_")
    assert len(call("GET", "/admin/boxes/CAJA0001/keys")[1]["keys"]) == 2
    assert call("DELETE", f"/admin/boxes/CAJA0001/keys/{key['key_id']}")[0] == 200
    status, problem = call("DELETE", f"/admin/boxes/CAJA0001/keys/{box['key']['key_id']}")
    assert (status, problem["code"]) == (409, "last_key")
    status, retired = call("DELETE", "/admin/boxes/CAJA0001")
    assert (status, retired["state"]) == (200, "retired")
    assert call("DELETE", "/admin/boxes/CAJA0001") == (200, retired)


def test_a_box_with_an_order_to_pay_answers_409_with_the_order(operator: Operator, call: Call) -> None:
    call("POST", "/admin/boxes", BOX_BODY)
    operator.offer()
    status, problem = call("DELETE", "/admin/boxes/CAJA0001")
    assert (status, problem["code"]) == (409, "box_busy")
    assert problem["order"]["order_id"] == "ORDER234567ORDER234567ORDE"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"name": "x" * 45}, 400, "invalid_request"),
        ({"category": 1}, 400, "UNKNOWN_MCC"),
        ({"external_store_id": "NOWHERE"}, 400, "INEXISTENT_EXTERNAL_STORE_ID"),
    ],
)
def test_a_refused_box_says_why_and_what_to_do(
    changes: dict[str, Any], status: int, code: str, call: Call
) -> None:
    answered, problem = call("POST", "/admin/boxes", {**BOX_BODY, **changes})
    assert (answered, problem["status"], problem["code"]) == (status, status, code)
    assert problem["detail"]
    assert code.islower() or (problem["causes"] and problem["advice"])


def test_a_host_not_enabled_is_a_403_that_says_whom_to_ask(operator: Operator, call: Call) -> None:
    operator.simulator.settings(enabled_hosts=[])
    status, problem = call("POST", "/admin/boxes", BOX_BODY)
    assert (status, problem["code"]) == (403, "host_not_enabled")
    assert "HostToEnable" in problem["advice"]


def test_a_wrong_city_lists_the_cities(call: Call) -> None:
    location = {**STORE_BODY["location"], "city_name": "Nowhere"}  # type: ignore[dict-item]  # a dict inside a dict
    status, problem = call("POST", "/admin/stores", {**STORE_BODY, "external_id": "S2", "location": location})
    assert (status, problem["code"]) == (400, "VALIDATION_ERROR")
    assert "Belgrano" in json.dumps(problem["causes"])


def test_a_pos_of_somebody_else_is_a_409(operator: Operator, call: Call) -> None:
    call("POST", "/admin/boxes", BOX_BODY)
    operator.retire()
    operator.simulator.settings(enabled_hosts=["127.0.0.1", "other.example"])
    operator.api_url = "https://other.example"
    operator.put_box()
    operator.forget_box()
    status, problem = call("POST", "/admin/boxes", BOX_BODY)
    assert (status, problem["code"]) == (409, "pos_in_use")


@pytest.mark.parametrize(
    ("rude", "status", "code"),
    [
        ({"status": 503}, 503, "mercadopago_unavailable"),
        ({"status": 401, "times": 2}, 502, "token_refused"),
        ({"body": "<html>"}, 503, "mercadopago_unavailable"),
    ],
)
def test_mercado_pago_failing_is_told(
    rude: dict[str, Any], status: int, code: str, operator: Operator, call: Call
) -> None:
    operator.simulator.be_rude(**rude, path="/pos")
    answered, problem = call("POST", "/admin/boxes", BOX_BODY)
    assert (answered, problem["code"]) == (status, code)
    assert operator.simulator.access_token not in json.dumps(problem)


@pytest.mark.parametrize("path", ["/admin/stores", "/admin/boxes"])
@pytest.mark.parametrize(
    "body", ["", "[]", "{", '{"a": NaN}', '{"a": 1, "a": 2}', "{}", '{"name": "\\ud800"}']
)
def test_a_body_that_cannot_be_read_is_refused(path: str, body: str, operator: Operator, call: Call) -> None:
    status, problem = call("POST", path, body)
    assert (status, problem["code"]) == (400, "invalid_request")
    assert operator.cutter.calls == []


@pytest.mark.parametrize("path", ["/admin/stores", "/admin/boxes"])
@pytest.mark.parametrize("query", ["cursor=x", "cursor=", "cursor=Q0FKQTAwMDE&cursor=Q0FKQTAwMDE"])
def test_a_page_that_is_not_there_is_refused(path: str, query: str, call: Call) -> None:
    status, problem = call("GET", path, query=query)
    assert (status, problem["errors"][0]["path"]) == (400, "cursor")


def test_a_page_goes_on_where_the_cursor_says(call: Call) -> None:
    call("POST", "/admin/boxes", BOX_BODY)
    call("POST", "/admin/boxes", {**BOX_BODY, "box_id": "CAJA0002"})
    page = call("GET", "/admin/boxes", query="cursor=Q0FKQTAwMDE")[1]
    assert [box["box_id"] for box in page["boxes"]] == ["CAJA0002"]
    assert call("GET", "/admin/stores", query="cursor=U1RPUkUwMDE")[1]["stores"] == []


def test_the_template_has_the_routes_tested_here_and_all_are_signed() -> None:
    routes = [
        resource["Properties"]
        for resource in read_template()["Resources"].values()
        if resource["Type"] == "AWS::ApiGatewayV2::Route"
        and "ProvisionPos" in str(resource["Properties"]["Target"])
    ]
    assert {tuple(route["RouteKey"].split()) for route in routes} == set(ROUTES)
    assert {route["AuthorizationType"] for route in routes} == {"AWS_IAM"}


@pytest.mark.parametrize(("method", "route"), [route for route in ROUTES if "{" in route[1]])
def test_what_is_not_there_is_a_404_with_a_code(method: str, route: str, call: Call) -> None:
    status, problem = call(method, route.format(**ROUTES[method, route]))
    code = "store_not_found" if "external_id" in route else "box_not_found"
    assert (status, problem["code"]) == (404, code)


def test_an_unknown_key_is_a_404(call: Call) -> None:
    call("POST", "/admin/boxes", BOX_BODY)
    status, problem = call("DELETE", "/admin/boxes/CAJA0001/keys/00000000")
    assert (status, problem["code"]) == (404, "key_not_found")
