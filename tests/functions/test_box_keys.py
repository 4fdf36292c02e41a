"""Who may call as a box, and the one answer to everybody else."""

from __future__ import annotations

import json
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from caja.keys import make_key
from caja.places import KeyRecord
from tests.builders import BOX_KEY, BRANCH_KEY, NOON, OTHER_KEY, after
from tests.functions.calls import BODY, ROUTE, a_sale, ask_box, call_box, read_answer
from tests.shop import BEARER

if TYPE_CHECKING:
    from tests.tables import Tables


@pytest.fixture
def box(tables: Tables) -> None:
    """A box that sells."""
    tables.provision()


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize("box_id", ["CAJA0001", "caja0001"])
@pytest.mark.parametrize("key", [BOX_KEY, BRANCH_KEY])
def test_the_boxs_key_and_its_branchs_open_the_box(key: Any, box_id: str) -> None:
    status, _ = ask_box("POST", a_sale(), box_id=box_id, authorization=f"Bearer {key.box_key}")
    assert status == 201


NOBODY: list[dict[str, Any]] = [
    {"authorization": None},
    {"authorization": ""},
    {"authorization": "Bearer"},
    {"authorization": f"Basic {BOX_KEY.box_key}"},
    {"authorization": BOX_KEY.box_key},
    {"authorization": f"{BEARER[:-1]}1"},
    {"authorization": f"{BEARER},{BEARER}"},
    {"authorization": "Bearer ñ\ud800"},
    {"authorization": f"Bearer {OTHER_KEY.box_key}"},
    {"box_id": "CAJA0002"},
    {"box_id": "CAJA0003"},
    {"box_id": "STORE%23STORE001"},
    {"box_id": "STORE#STORE001"},
    {"box_id": "CAJA0001%00"},
    {"box_id": "%20"},
    {"box_id": "A" * 3000},
    {"box_id": "CAJÁ0001"},
    {"box_id": "CAJA\uff10\uff10\uff10\uff11"},
    {"box_id": "GONE"},
    {"box_id": "k\u0131osko"},  # in upper case, KIOSKO
]


def call(verb: str, order_id: str = "A" * 26, **who: Any) -> dict[str, Any]:
    """The answer to a request that nobody can object to but for who sends it."""
    return call_box(verb, BODY[verb], order_id=order_id if "{order_id}" in ROUTE[verb] else "", **who)


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize("who", NOBODY, ids=range(len(NOBODY)))
def test_everybody_else_gets_the_same_401_on_every_route(who: dict[str, Any], tables: Tables) -> None:
    other = {OTHER_KEY.key_id: KeyRecord(OTHER_KEY.sha256, NOON)}
    tables.provision("CAJA0002", box_uid=bytes(15) + b"1", keys=other)
    tables.provision("GONE", box_uid=bytes(15) + b"2", retired_at=after(minutes=-1))
    tables.provision("KIOSKO", box_uid=bytes(15) + b"3")
    stored = tables.everything()
    nobody = call("POST", **NOBODY[0])
    assert (nobody["statusCode"], nobody["headers"]["WWW-Authenticate"]) == (401, "Bearer")
    assert json.loads(nobody["body"])["code"] == "unauthorized"
    for verb in ROUTE:
        assert (verb, call(verb, **who)) == (verb, nobody)
    assert tables.everything() == stored


KEYS = {"CAJA0001": BOX_KEY, "CAJA0002": OTHER_KEY, "CAJA0003": make_key("3" * 40)}
"""The third is of another branch."""


@pytest.mark.parametrize(("mine", "theirs"), list(permutations(KEYS, 2)))
def test_no_box_gets_at_another_or_at_its_order_by_any_route(mine: str, theirs: str, tables: Tables) -> None:
    orders = dict(zip(KEYS, ("A" * 26, "B" * 26, "C" * 26), strict=True))
    for box_id, key in KEYS.items():
        keys = {key.key_id: KeyRecord(key.sha256, NOON)}
        store = "STORE002" if box_id == "CAJA0003" else "STORE001"
        tables.provision(box_id, box_uid=box_id.encode() * 2, external_store_id=store, keys=keys)
        tables.with_order(order_id=orders[box_id], box_id=box_id)
    stored = tables.everything()
    bearer, nobody = f"Bearer {KEYS[mine].box_key}", call("GET", authorization=None)
    for verb in ROUTE:
        for order_id in orders.values():
            assert (verb, call(verb, order_id, box_id=theirs, authorization=bearer)) == (verb, nobody)
    assert tables.everything() == stored
    for verb in (verb for verb, route in ROUTE.items() if "{order_id}" in route):
        status, problem = read_answer(call(verb, orders[theirs], box_id=mine, authorization=bearer))
        assert (verb, status, problem["code"]) == (verb, 404, "order_not_found")
    assert tables.items("OrdersTable") == stored[1]


def test_a_branchs_key_opens_no_box_of_another_branch(tables: Tables) -> None:
    tables.provision(external_store_id="STORE002")
    for verb in ROUTE:
        assert call(verb, authorization=f"Bearer {BRANCH_KEY.box_key}")["statusCode"] == 401


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize("verb", ["POST", "PUT", "release", "delivery"])
@pytest.mark.parametrize(
    "sent",
    [
        {"body": "not JSON"},
        {"body": "{}", "content_type": "text/plain"},
        {"body": "{}", "content_type": None},
        {"body": " " * 20_000},
        {"body": "%%%", "is_base64": True},
        {"body": None},
        {"body": {"state": "odd", "items": []}},
    ],
    ids=["no JSON", "another type", "no type", "too large", "no base64", "none", "wrong"],
)
def test_a_stranger_is_not_told_what_is_wrong_with_the_body(sent: dict[str, Any], verb: str) -> None:
    order_id = "A" * 26 if "{order_id}" in ROUTE[verb] else ""
    nobody = call(verb, authorization=None)
    assert call_box(verb, order_id=order_id, authorization=f"{BEARER[:-1]}1", **sent) == nobody
    assert nobody["statusCode"] == 401
