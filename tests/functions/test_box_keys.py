"""Who may call as a box, and the one answer to everybody else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from caja.places import KeyRecord
from functions.submit_order.app import handler
from tests.builders import BOX_KEY, BRANCH_KEY, NOON, OTHER_KEY, after
from tests.functions.calls import a_sale, ask, box_event
from tests.shop import BEARER

if TYPE_CHECKING:
    from tests.tables import Tables


@pytest.fixture(autouse=True)
def box(tables: Tables) -> None:
    """A box that sells."""
    tables.provision()


@pytest.mark.parametrize("box_id", ["CAJA0001", "caja0001"])
@pytest.mark.parametrize("key", [BOX_KEY, BRANCH_KEY])
def test_the_boxs_key_and_its_branchs_open_the_box(key: Any, box_id: str) -> None:
    status, _ = ask(handler, "POST", a_sale(), box_id=box_id, authorization=f"Bearer {key.box_key}")
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


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("who", NOBODY, ids=range(len(NOBODY)))
def test_everybody_else_gets_the_same_401(who: dict[str, Any], method: str, tables: Tables) -> None:
    other = {OTHER_KEY.key_id: KeyRecord(OTHER_KEY.sha256, NOON)}
    tables.provision("CAJA0002", box_uid=bytes(15) + b"1", keys=other)
    tables.provision("GONE", box_uid=bytes(15) + b"2", retired_at=after(minutes=-1))
    tables.provision("KIOSKO", box_uid=bytes(15) + b"3")
    stored = tables.everything()
    body = {"POST": a_sale(), "PUT": {"state": "idle"}, "DELETE": None}[method]
    order_id = "A" * 26 if method == "DELETE" else ""
    answers = [handler(box_event(method, body, order_id=order_id, **kind), None) for kind in (NOBODY[0], who)]
    assert answers[0] == answers[1]
    assert answers[1]["statusCode"] == 401
    assert answers[1]["headers"]["WWW-Authenticate"] == "Bearer"
    assert json.loads(answers[1]["body"])["code"] == "unauthorized"
    assert tables.everything() == stored


@pytest.mark.parametrize("method", ["POST", "PUT"])
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
def test_a_stranger_is_not_told_what_is_wrong_with_the_body(sent: dict[str, Any], method: str) -> None:
    nobody = handler(box_event(method, a_sale(), authorization=None), None)
    assert handler(box_event(method, authorization=f"{BEARER[:-1]}1", **sent), None) == nobody
    assert nobody["statusCode"] == 401
