"""The operator looks at a box's orders, at what a person has to decide, and at all that was recorded of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from caja.errors import InvalidRequestError
from caja.orders import Doubt, Refund, RefundAttempt, State
from tests.builders import NOON, PRICE, after
from tests.fake_ledger import WHO, Office
from tests.shop import ORDER
from tests.unit.prepaid import owed

REFUSED = owed(refund=Refund.REFUSED)


def with_orders(*orders: tuple[str, State, int]) -> Office:
    """An office with these orders: first letter, state and the minute of submit and last change."""
    office = Office()
    for letter, state, minute in orders:
        office.with_order(
            order_id=letter * 26,
            state=state,
            created_at=after(minutes=minute),
            updated_at=after(minutes=minute),
        )
    return office


def listed(page: dict[str, Any]) -> str:
    """The first letters of the orders on a page."""
    return "".join(order["order_id"][0] for order in page["orders"])


def all_listed(office: Office, **query: str) -> list[str]:
    """The pages of a list, as long as there is a next one."""
    page = office.list(**query)
    pages = [listed(page)]
    while page["next_cursor"]:
        page = office.list(**query, cursor=page["next_cursor"])
        pages.append(listed(page))
    return pages


FIVE = [
    ("A", State.PAID, 1),
    ("B", State.EXPIRED, 2),
    ("C", State.PAID, 2),
    ("D", State.READY, 3),
    ("E", State.PAID, 4),
]


def test_a_boxs_orders_are_listed_newest_first_page_by_page() -> None:
    office = with_orders(*FIVE)
    office.with_order(order_id="F" * 26, box_id="CAJA0002")
    assert all_listed(office, box_id="caja0001") == ["ED", "CB", "A"]
    assert all_listed(office, box_id="CAJA0003") == [""]


@pytest.mark.parametrize(
    ("query", "pages"),
    [
        ({"state": "paid"}, ["EC", "A"]),
        ({"state": "refunded"}, [""]),
        ({"from": "2026-11-24T12:02:00Z"}, ["ED", "CB"]),
        ({"to": "2026-11-24T09:02:00-03:00"}, ["CB", "A"]),
        ({"from": "2026-11-24", "to": "2026-11-25"}, ["ED", "CB", "A"]),
        ({"from": "2026-11-24T12:02:00", "to": "2026-11-24T12:02:00"}, ["CB"]),
        ({"to": "2026-11-24T12:00:59.999Z"}, [""]),
    ],
)
def test_a_boxs_orders_can_be_narrowed_down(query: dict[str, str], pages: list[str]) -> None:
    assert all_listed(with_orders(*FIVE), box_id="CAJA0001", **query) == pages


def test_an_order_in_a_list_shows_what_matters(office: Office) -> None:
    [shown] = office.list(box_id="CAJA0001")["orders"]
    assert shown == {
        "needs": None,
        "order_id": ORDER,
        "box_id": "CAJA0001",
        "number": None,
        "mode": "prepay",
        "state": "paid",
        "why": None,
        "total": "1500.50",
        "currency": "ARS",
        "created_at": "2026-11-24T12:00:00.000Z",
        "updated_at": "2026-11-24T12:02:00.000Z",
        "paid_at": "2026-11-24T12:02:00.000Z",
    }


def test_without_a_box_everything_a_person_looks_at_is_listed_the_oldest_change_first() -> None:
    office = with_orders(
        ("A", State.REVIEW, 5),
        ("B", State.REFUNDING, 4),
        ("C", State.REVIEW, 3),
        ("D", State.REVIEW, 6),
        ("E", State.PAID, 1),
    )
    office.with_order(order_id="F" * 26, state=State.CANCELLED, payments=(REFUSED,))
    assert all_listed(office) == ["CA", "D", "B", "F"]
    assert [order["needs"] for order in office.list(state="refund_refused")["orders"]] == ["refund_refused"]
    assert all_listed(office, box_id="CAJA0001", state="refund_refused") == ["F"]
    assert all_listed(office, state="review") == ["CA", "D"]
    assert all_listed(office, state="refunding") == ["B"]
    assert all_listed(office, state="refund_refused") == ["F"]
    assert all_listed(office, **{"from": "2026-11-24T12:05:00Z"}) == ["AD", "", ""]


def test_when_nothing_is_in_doubt_every_page_is_empty() -> None:
    assert all_listed(Office()) == ["", "", ""]


@pytest.mark.parametrize("state", ["refunding", "refund_refused"])
def test_a_page_of_one_list_is_not_the_next_of_another(state: str) -> None:
    office = with_orders(*((letter, State.REVIEW, 5) for letter in "ABC"))
    cursor = office.list()["next_cursor"]
    assert listed(office.list(cursor=cursor)) == "C"
    with pytest.raises(InvalidRequestError) as refused:
        office.list(state=state, cursor=cursor)
    assert [flaw.path for flaw in refused.value.flaws] == ["cursor"]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"box_id": "CAJA-1"}, "box_id"),
        ({"box_id": ""}, "box_id"),
        ({"box_id": "CAJA0001", "state": "PAID"}, "state"),
        ({"state": "paid"}, "state"),
        ({"state": "lost"}, "state"),
        ({"from": "yesterday"}, "from"),
        ({"to": "0001-01-01T00:00:00+14:00"}, "to"),
        ({"from": "2026-11-24T12:00:00.001Z", "to": "2026-11-24T12:00:00Z"}, "to"),
        ({"cursor": "!"}, "cursor"),
        ({"cursor": "UkVWSUVX"}, "cursor"),
    ],
)
def test_what_cannot_be_listed_is_refused_by_name(query: dict[str, str], path: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        Office().list(**query)
    assert [flaw.path for flaw in refused.value.flaws] == [path]


def test_every_flaw_of_a_list_is_named_at_once() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        Office().list(box_id="?", state="?", to="?", **{"from": "?"})
    assert [flaw.path for flaw in refused.value.flaws] == ["box_id", "state", "from", "to"]


def test_an_order_is_shown_with_everything_recorded_of_it(office: Office) -> None:
    office.payments.causes = [2024]
    office.refund(reason="wrong flavour")
    office.give_back()
    shown = office.look()
    assert (shown["state"], shown["why"], shown["claim"], shown["report"]) == ("review", "refund", None, None)
    assert (shown["replaces"], shown["replaced_by"]) == (None, None)
    [payment] = shown["payments"]
    assert (payment["refund"], payment["role"]) == ("refused", "kept")
    assert payment["attempts"] == [
        {"at": "2026-11-24T12:02:00.000Z", "amount": "1500.50", "refund_id": None, "outcome": "refused"}
    ]
    assert [(event["version"], event["by"], event["from"], event["to"]) for event in shown["events"]] == [
        (2, "check", "ready", "paid"),
        (3, f"operator {WHO}", "paid", "refunding"),
        (4, "refund", "refunding", "refunding"),
        (5, "refund", "refunding", "review"),
    ]
    assert shown["events"][1]["facts"] == {"reason": "wrong flavour"}
    assert shown["events"][1]["at"] == "2026-11-24T12:02:00.000Z"
    assert shown["next_check_at"]


def test_part_of_a_payment_that_was_asked_back_is_shown_as_part() -> None:
    office = Office()
    attempt = RefundAttempt(key="fake-key", amount=PRICE / 2, at=NOON, refund_id="5001", outcome="in_process")
    order = office.with_order(state=State.CANCELLED, payments=(replace(REFUSED, attempts=(attempt,)),))
    office.orders.stored[ORDER] = replace(order, watch=replace(order.watch, check_at=None))
    shown = office.look()
    assert shown["next_check_at"] is None
    assert shown["payments"][0]["attempts"] == [
        {"at": "2026-11-24T12:00:00.000Z", "amount": "750.25", "refund_id": "5001", "outcome": "in_process"}
    ]
    assert "fake-key" not in str(shown)


def test_why_an_order_is_in_review_is_shown_in_lists_too() -> None:
    office = Office()
    office.with_order(state=State.REVIEW, doubt=Doubt.SILENCE)
    assert [order["why"] for order in office.list()["orders"]] == ["silence"]
