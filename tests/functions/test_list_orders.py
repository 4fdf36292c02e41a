"""The manage_orders function's lists: a box's orders, and what a person has to look at."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import EndpointConnectionError

from caja.orders import Doubt, Refund, Role
from caja.transitions import cancel, refund, send_to_review
from functions.manage_orders.app import handler
from tests.builders import a_recorded_payment, after, an_order
from tests.functions.calls import ask_as_operator
from tests.functions.stages import paid

if TYPE_CHECKING:
    from datetime import datetime

    from caja.orders import Order
    from tests.functions.stages import Change
    from tests.tables import Tables


def review(order: Order, now: datetime) -> Order:
    return send_to_review(order, Doubt.MONEY, now)


def refunding(order: Order, now: datetime) -> Order:
    return refund(paid(order, now), now)


def refused(order: Order, now: datetime) -> Order:
    """Cancelled, paid afterwards, and Mercado Pago would not give it back."""
    excess = a_recorded_payment(role=Role.EXCESS, refund=Refund.REFUSED)
    return replace(cancel(order, now), payments=(excess,))


def sell(tables: Tables, letter: str, hours: float, change: Change, box_id: str = "CAJA0001") -> None:
    """An order submitted so many hours after noon, and changed a minute later."""
    order = an_order(order_id=letter * 26, box_id=box_id, created_at=after(hours=hours))
    assert tables.orders.submit(order, "{}", replaced=None) == "done"
    tables.orders.apply(order, change(order, after(hours=hours, minutes=1)), by="test", facts={})


@pytest.fixture(autouse=True)
def sales(tables: Tables) -> None:
    """A box with a sale every two hours from noon to eight, and another one with two in between."""
    for number, (letter, change) in enumerate(
        {"A": cancel, "B": review, "C": cancel, "D": refunding, "E": review}.items()
    ):
        sell(tables, letter, 2 * number, change)
    sell(tables, "X", 1, review, "CAJA0002")
    sell(tables, "Y", 3, refused, "CAJA0002")


def look(query: str) -> tuple[int, dict[str, Any]]:
    return ask_as_operator(handler, "GET", "/admin/orders", query=query)


def pages(**query: str) -> list[str]:
    """Page by page, the letters of the orders on it."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        status, page = look(urlencode(query | cursor))
        assert status == 200
        found.append("".join(order["order_id"][0] for order in page["orders"]))
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def refused_paths(query: str) -> list[str]:
    """The paths of the flaws named in the refusal of a query."""
    status, problem = look(query)
    assert (status, problem["code"]) == (400, "invalid_request")
    assert all(flaw["message"] for flaw in problem["errors"])
    return [flaw["path"] for flaw in problem["errors"]]


@pytest.mark.parametrize(
    ("query", "letters"),
    [
        ({}, "EDCBA"),
        ({"from": "2026-11-24T14:00:00Z"}, "EDCB"),
        ({"from": "2026-11-24T14:00:00.001Z"}, "EDC"),
        ({"from": "2026-11-24T11:00:00-03:00"}, "EDCB"),
        ({"from": "2026-11-24T14:00"}, "EDCB"),
        ({"to": "2026-11-24T13:59:59.999Z"}, "A"),
        ({"from": "2026-11-24T13:00:00Z", "to": "2026-11-24T17:00:00Z"}, "CB"),
        ({"from": "2026-11-24", "to": "2026-11-25"}, "EDCBA"),
        ({"from": "2026-11-25"}, ""),
        ({"to": "0001-01-01"}, ""),
        ({"from": "9999-12-31"}, ""),
        ({"state": "review"}, "EB"),
        ({"state": "paid"}, ""),
        ({"state": "review", "to": "2026-11-24T15:00:00Z"}, "B"),
        ({"to": "2026-11-24T14:00:00Z"}, "BA"),
        ({"from": "2026-11-24T14:00:00Z", "to": "2026-11-24T14:00:00Z"}, "B"),
    ],
)
def test_a_boxs_orders_are_listed_newest_first(query: dict[str, str], letters: str) -> None:
    assert pages(box_id="caja0001", **query) == [letters]


def test_a_boxs_orders_with_a_refused_refund_are_listed() -> None:
    assert pages(box_id="CAJA0002", state="refund_refused") == ["Y"]


def test_a_long_list_comes_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caja.tables.ledger.PAGE", 2)
    assert pages(box_id="CAJA0001") == ["ED", "CB", "A"]
    assert pages(box_id="CAJA0001", to="2026-11-24T17:00:00Z") == ["CB", "A"]


def test_a_page_may_be_short_where_others_were_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caja.tables.ledger.PAGE", 2)
    assert pages(box_id="CAJA0001", state="review") == ["E", "B", ""]


def test_without_a_box_what_a_person_has_to_look_at_is_listed_kind_by_kind_the_oldest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert pages() == ["XBE", "D", "Y"]
    monkeypatch.setattr("caja.tables.ledger.PAGE", 2)
    assert pages() == ["XB", "E", "D", "Y"]


@pytest.mark.parametrize(
    ("kind", "letters"), [("review", "XBE"), ("refunding", "D"), ("refund_refused", "Y")]
)
def test_one_kind_of_doubt_is_listed_alone(kind: str, letters: str) -> None:
    assert pages(state=kind) == [letters]


def test_doubts_are_listed_by_when_they_last_changed() -> None:
    span = {"from": "2026-11-24T13:01:00.001Z", "to": "2026-11-24T18:30:00Z"}
    assert pages(**span) == ["B", "D", "Y"]


def test_a_listed_order_says_what_tells_it_from_others() -> None:
    page = look("box_id=CAJA0001&from=2026-11-24T20:00:00Z")[1]
    assert page == {
        "orders": [
            {
                "needs": "review",
                "order_id": "E" * 26,
                "box_id": "CAJA0001",
                "number": None,
                "mode": "postpay",
                "state": "review",
                "why": "money",
                "total": "1500.50",
                "currency": "ARS",
                "created_at": "2026-11-24T20:00:00.000Z",
                "updated_at": "2026-11-24T20:01:00.000Z",
                "paid_at": None,
            }
        ],
        "next_cursor": None,
    }


def test_a_box_that_never_sold_has_an_empty_list() -> None:
    assert pages(box_id="CAJA0009") == [""]


NO_INSTANTS = [
    "",
    "x",
    "yesterday",
    "2026-13-01",
    "2026-11-24T25:00",
    "24/11/2026",
    "1795521600",
    "0001-01-01T00:00%2B14:00",
]
BAD = [
    *((f"box_id={value}", ["box_id"]) for value in ("", "CAJA%201", "A" * 40, "%C3%B1", "A&box_id=B")),
    *((f"box_id=CAJA0001&state={value}", ["state"]) for value in ("", "open", "PAID", "review&state=paid")),
    *((f"state={value}", ["state"]) for value in ("paid", "ready", "delivered", "")),
    *((f"{name}={value}", [name]) for name in ("from", "to") for value in NO_INSTANTS),
    # DynamoDB refuses such a span, too.
    ("box_id=CAJA0001&from=2026-11-25&to=2026-11-24", ["to"]),
    ("box_id=!&state=!&from=!&to=!", ["box_id", "state", "from", "to"]),
]


def test_a_query_that_cannot_be_read_is_refused_by_name(tables: Tables) -> None:
    tables.calls.clear()
    for query, paths in BAD:
        assert (query, refused_paths(query)) == (query, paths)
    assert tables.calls == []


def cursor_of(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_a_page_that_was_never_handed_out_is_refused() -> None:
    odd = [
        cursor_of(name) for name in ("a|b", "|2026|a", "|2026||", "x" * 9999, "\n", "||\n", "||", "paid||")
    ]
    for cursor in ("", "x", "%00", "|", "fHw&cursor=fHw", *odd):
        assert (cursor, refused_paths(f"cursor={cursor}")) == (cursor, ["cursor"])


@pytest.mark.parametrize(
    "name", [f"|-|{'A' * 26}", f"||{'A' * 26}", f"review|2026-11-24|{'A' * 26}", "review||"]
)
def test_a_page_of_another_list_is_refused_of_a_box(name: str) -> None:
    assert refused_paths(f"box_id=CAJA0001&cursor={cursor_of(name)}") == ["cursor"]


@pytest.mark.parametrize("query", ["", "box_id=CAJA0001"])
def test_when_storage_fails_the_operator_is_told_to_ask_again(query: str, tables: Tables) -> None:
    tables.failures = [EndpointConnectionError(endpoint_url="https://dynamodb.example")]
    status, problem = look(query)
    assert (status, problem["code"]) == (503, "storage_failed")
