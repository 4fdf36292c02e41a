"""Bad requests, on every route of the API: always Mercado Pago's own error, in its own shape, and never a 5xx."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Mount, Route

from simulator.app import build
from simulator.server import Simulator, open_account
from tests.simulator.conftest import FAST

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "123456789"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
KEY = {"X-Idempotency-Key": "key-1"}


ROUTES = [
    ("POST", f"/users/{USER}/stores"),
    ("GET", f"/users/{USER}/stores/search"),
    ("GET", "/stores/{store}"),
    ("PUT", f"/users/{USER}/stores/{{store}}"),
    ("DELETE", f"/users/{USER}/stores/{{store}}"),
    ("POST", "/pos"),
    ("GET", "/pos"),
    ("GET", "/pos/{box}"),
    ("PUT", "/pos/{box}"),
    ("DELETE", "/pos/{box}"),
    ("GET", "/merchant_orders/search"),
    ("GET", "/merchant_orders"),
    ("GET", "/merchant_orders/{order}"),
    ("POST", "/v1/payments/{payment}/refunds"),
    ("GET", "/v1/payments/{payment}/refunds"),
    ("GET", "/v1/payments/{payment}/refunds/{refund}"),
    ("GET", "/v1/payments/{payment}"),
]
WRITING = [(method, path) for method, path in ROUTES if method in ("POST", "PUT")]
BAD_IDS = ["0x1", "-1", "1.0", "1e3", "9" * 21, "%D9%A1", "%00", "a" * 5000, "%F0%9F%98%80"]
NOT_OBJECTS = [
    b"{",
    b"[1]",
    b"5",
    b'"a"',
    b"null",
    b"{'a': 1}",
    b'{"a": NaN}',
    b'{"a": 1e400000}',
    b'{"a": 1e99999999999999999999}',
    b'{"a": "\\ud800"}',
    b"\xff\xfe",
    b"\x00",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"a": ' + b"9" * 5000 + b"}",
    b"a=1&b=2",
]
BAD_VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    "",
    "x" * 1000,
    "²",
    "\u202e",
    [],
    {},
    [[]],
    {"a": 1},
]
STORE_FIELDS = ("name", "external_id", "business_hours", "location", "colour")
PLACE_FIELDS = ("street_number", "city_name", "state_name", "latitude", "longitude", "reference")
POS_FIELDS = ("name", "fixed_amount", "category", "store_id", "external_store_id", "external_id", "url")


class Shop:
    """A simulator with one of each thing there is."""

    def __init__(self, mp: Simulator) -> None:
        self.mp = mp
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {mp.access_token}"
        order = mp.forge_merchant_order(total_amount=100)
        payment = str(order["payments"][0]["id"])
        box = {"name": "Caja", "external_id": "CAJA0001", "external_store_id": "STORE001"}
        self.ids = {
            "store": str(next(iter(mp.account.stores))),
            "box": str(self.send("POST", "/pos", json.dumps(box).encode()).json()["id"]),
            "order": str(order["id"]),
            "payment": payment,
        }
        refund = self.send("POST", f"/v1/payments/{payment}/refunds", b'{"amount": 1}', KEY)
        self.ids["refund"] = str(refund.json()["id"])

    def path(self, path: str) -> str:
        for name, value in self.ids.items():
            path = path.replace(f"{{{name}}}", value)
        return path

    def send(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> requests.Response:
        # Prepared by hand: requests would tidy up what it is given.
        request = requests.Request(method, self.mp.url, data=body, headers=headers)
        prepared = self.session.prepare_request(request)
        prepared.url = self.mp.url + path
        return self.session.send(prepared, timeout=5)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with Simulator(enabled_hosts=["127.0.0.1"], stores=["STORE001"], **FAST) as mp:
        one = Shop(mp)
        yield one
        one.session.close()


def assert_refused(answer: requests.Response, *statuses: int) -> None:
    body = answer.json()
    assert answer.status_code in statuses, answer.text
    assert set(body) - {"cause", "causes"} == {"message", "error", "status"}
    assert body["status"] == answer.status_code
    assert isinstance(body.get("cause", body.get("causes")), list)
    assert body["message"]
    assert body["error"]


def assert_taken_or_refused(answer: requests.Response, *statuses: int) -> None:
    if answer.status_code not in (200, 201):
        assert_refused(answer, *statuses)


def test_the_table_names_every_route_of_the_api() -> None:
    app = build(open_account())
    laid = {
        (method, route.path)
        for route in app.routes
        if isinstance(route, Route) and not route.path.startswith("/instore/")
        for method in route.methods or ()
        if method != "HEAD"
    }
    shape = re.compile(r"\{[a-z_]+\}")
    named = {(method, shape.sub("{}", path.replace(USER, "{}"))) for method, path in ROUTES}
    assert named == {(method, shape.sub("{}", path)) for method, path in laid}
    assert [route.path for route in app.routes if isinstance(route, Mount)] == ["/sim"]


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer TEST-other-123456789", "Basic abc"])
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_the_token_it_is_a_401(shop: Shop, method: str, path: str, authorization: str) -> None:
    headers = {"Authorization": authorization}
    assert_refused(shop.send(method, shop.path(path), b"{}", headers), 401)


@pytest.mark.parametrize("path", sorted({path for _, path in ROUTES}))
def test_a_method_that_a_path_has_not_is_a_405_that_names_those_it_has(shop: Shop, path: str) -> None:
    for method in set(METHODS) - {method for method, known in ROUTES if known == path}:
        answer = shop.send(method, shop.path(path))
        if path == f"/users/{USER}/stores/search" and method in ("PUT", "DELETE"):
            assert_refused(answer, 400)  # Read as a store whose number is "search".
        else:
            assert_refused(answer, 405)
            assert "Allow" in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nothing",
        "/v1",
        "/v1/payments",
        "/v2/payments/1",
        "/pos/",
        "/pos/1/2",
        "/merchant_orders/",
        "/%2e%2e",
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_a_path_that_does_not_exist_is_a_404(shop: Shop, method: str, path: str) -> None:
    assert_refused(shop.send(method, path, b"{}"), 404)


@pytest.mark.parametrize("bad", BAD_IDS)
@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path in ROUTES if "{" in path])
def test_an_id_that_is_none_is_a_400(shop: Shop, method: str, path: str, bad: str) -> None:
    head, _, tail = path.rpartition("{")
    _, _, rest = tail.partition("}")
    answer = shop.send(method, shop.path(head) + bad + rest, b"{}", KEY)
    assert_refused(answer, 400)


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path in ROUTES if "{" in path])
def test_an_id_of_nothing_is_a_404(shop: Shop, method: str, path: str) -> None:
    head, _, tail = path.rpartition("{")
    _, _, rest = tail.partition("}")
    assert_refused(shop.send(method, f"{shop.path(head)}7{rest}", b"{}", KEY), 404)


@pytest.mark.parametrize("body", NOT_OBJECTS, ids=lambda body: repr(body[:20]))
@pytest.mark.parametrize(("method", "path"), WRITING)
def test_a_body_that_is_no_object_is_a_400(shop: Shop, method: str, path: str, body: bytes) -> None:
    assert_refused(shop.send(method, shop.path(path), body, KEY), 400)


@pytest.mark.parametrize(("method", "path"), WRITING)
def test_a_huge_body_is_a_413(shop: Shop, method: str, path: str) -> None:
    body = b'{"name": "' + b"n" * 1_500_000 + b'"}'
    assert_refused(shop.send(method, shop.path(path), body, KEY), 413)


@pytest.mark.parametrize("value", BAD_VALUES, ids=repr)
@pytest.mark.parametrize("name", STORE_FIELDS)
def test_a_store_s_fields_of_other_kinds_are_refused_or_taken(shop: Shop, name: str, value: Any) -> None:
    place = dict(shop.mp.account.country.example_location)
    body = {"name": "Sucursal", "location": {**place, "latitude": -34.6, "longitude": -58.4}, name: value}
    answer = shop.send("POST", f"/users/{USER}/stores", json.dumps(body).encode())
    assert_taken_or_refused(answer, 400)


@pytest.mark.parametrize("value", BAD_VALUES, ids=repr)
@pytest.mark.parametrize("name", PLACE_FIELDS)
def test_a_place_s_fields_of_other_kinds_are_refused_or_taken(shop: Shop, name: str, value: Any) -> None:
    place = {**shop.mp.account.country.example_location, "latitude": -34.6, "longitude": -58.4, name: value}
    body = {"name": "Sucursal", "location": place}
    answer = shop.send("POST", f"/users/{USER}/stores", json.dumps(body).encode())
    assert_taken_or_refused(answer, 400)


@pytest.mark.parametrize("value", BAD_VALUES, ids=repr)
@pytest.mark.parametrize("name", POS_FIELDS)
@pytest.mark.parametrize(("method", "path"), [("POST", "/pos"), ("PUT", "/pos/{box}")])
def test_a_box_s_fields_of_other_kinds_are_refused_or_taken(
    shop: Shop, method: str, path: str, name: str, value: Any
) -> None:
    body = {"name": "Caja", "fixed_amount": True, name: value}
    answer = shop.send(method, shop.path(path), json.dumps(body).encode())
    assert_taken_or_refused(answer, 400, 403)


@pytest.mark.parametrize("value", [value for value in BAD_VALUES if value is not None], ids=repr)
def test_an_amount_of_another_kind_is_refused(shop: Shop, value: Any) -> None:
    body = json.dumps({"amount": value}).encode()
    path = shop.path("/v1/payments/{payment}/refunds")
    key = {"X-Idempotency-Key": f"key {value!r}"[:64].encode("ascii", "replace").decode()}
    answer = shop.send("POST", path, body, key)
    if value == 1.5:
        assert answer.status_code == 201
    else:
        assert_refused(answer, 400)


@pytest.mark.parametrize("key", ["", "k" * 65])
def test_a_refund_needs_a_key_of_at_most_64_characters(shop: Shop, key: str) -> None:
    path = shop.path("/v1/payments/{payment}/refunds")
    assert_refused(shop.send("POST", path, b"{}", {"X-Idempotency-Key": key}), 400)


@pytest.mark.parametrize(
    "query", ["offset=-1", "offset=a", "limit=1.5", "limit=%D9%A1", f"offset={'9' * 21}"]
)
@pytest.mark.parametrize(
    "path", ["/pos", "/merchant_orders", "/merchant_orders/search", f"/users/{USER}/stores/search"]
)
def test_a_page_that_is_none_is_a_400(shop: Shop, path: str, query: str) -> None:
    assert_refused(shop.send("GET", f"{path}?{query}"), 400)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
NAMES = sorted({*STORE_FIELDS, *PLACE_FIELDS, *POS_FIELDS, "amount"})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    route=st.sampled_from(WRITING),
    body=st.dictionaries(st.sampled_from(NAMES) | st.text(), ANYTHING, max_size=6),
)
def test_whatever_a_body_holds_the_answer_is_never_a_5xx(
    shop: Shop, route: tuple[str, str], body: dict[str, Any]
) -> None:
    sent = json.dumps(body).encode("utf-8", "surrogatepass")
    answer = shop.send(route[0], shop.path(route[1]), sent, {"X-Idempotency-Key": "k" + str(hash(sent))})
    assert answer.status_code < 500
    assert_taken_or_refused(answer, 400, 403, 404, 409)


CONTROL = [
    ("POST", "/sim/scans"),
    ("PATCH", "/sim/settings"),
    ("PUT", "/sim/faults/api_slow"),
    ("POST", "/sim/clock"),
    ("POST", "/sim/wire"),
    ("POST", "/sim/rude"),
    ("POST", "/sim/stores"),
    ("POST", "/sim/merchant_orders"),
    ("POST", "/sim/notifications"),
    ("POST", "/sim/refunds/1"),
    ("POST", "/sim/scans/1/pay"),
]
CONTROL_NAMES = [
    "pos",
    "qr",
    "url",
    "external_id",
    "poll_interval",
    "seconds",
    "advance",
    "sender",
    "receiver",
    "method",
    "body",
    "headers",
    "status",
    "kind",
    "size",
    "times",
    "payments",
    "raw",
    "total_amount",
    "merchant_order_id",
    "payment_id",
    "dialect",
    "amount",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    route=st.sampled_from(CONTROL),
    body=st.dictionaries(st.sampled_from(CONTROL_NAMES) | st.text(), ANYTHING, max_size=4),
)
def test_a_control_call_of_whatever_kind_is_never_a_5xx(
    shop: Shop, route: tuple[str, str], body: dict[str, Any]
) -> None:
    sent = json.dumps(body).encode("utf-8", "surrogatepass")
    assert shop.send(route[0], route[1], sent).status_code < 500
    shop.mp.be_polite()
    shop.mp.control("DELETE", "/faults")


def test_a_huge_body_of_a_control_call_is_a_413(shop: Shop) -> None:
    assert shop.send("PATCH", "/sim/settings", b" " * 1_500_000).status_code == 413
