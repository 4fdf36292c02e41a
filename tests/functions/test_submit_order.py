"""The submit_order function, from a box's request to the answer and the tables."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from caja.orders import Doubt
from caja.transitions import cancel, pay, send_to_review
from functions.submit_order.app import handler
from tests.builders import after
from tests.functions.calls import a_sale, ask, box_event

if TYPE_CHECKING:
    from tests.tables import Tables

UNREACHABLE = EndpointConnectionError(endpoint_url="https://dynamodb.example")
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "Query")


@pytest.fixture(autouse=True)
def box(tables: Tables) -> None:
    """A box that sells."""
    tables.provision()


def submit(**changes: Any) -> tuple[int, dict[str, Any]]:
    return ask(handler, "POST", a_sale(**changes))


def test_a_submitted_order_is_answered_recorded_and_offered(tables: Tables) -> None:
    status, order = submit(number="A-7", total="1500.5")
    assert status == 201
    assert order["items"] == [{"title": "Nafta súper", "quantity": 1, "unit_price": "1500.50"}]
    told = {name: order[name] for name in ("box_id", "ticket", "number", "state", "total", "created_at")}
    assert told == {
        "box_id": "CAJA0001",
        "ticket": "ticket-0000000001",
        "number": "A-7",
        "state": "ready",
        "total": "1500.50",
        "created_at": "2026-11-24T12:00:00.000Z",
    }
    recorded, ready = tables.order(order["order_id"]), tables.item("BoxesTable", "READY")
    assert ready is not None
    offered = json.loads(ready["body"])
    assert (ready["order_id"], ready["state"]) == (order["order_id"], "ready")
    assert offered["external_reference"] == order["order_id"]
    assert offered["notification_url"] == (
        f"https://pagos.example/notify/{order['order_id']}/{recorded.notify_key}"
    )
    assert len(recorded.notify_key) == 22
    assert recorded.notify_key not in json.dumps(order)


def test_the_same_ticket_again_is_the_same_order(tables: Tables) -> None:
    first, stored = submit()[1], tables.everything()
    for price in ("1500.50", "1500.5", "01500.50"):
        status, again = submit(items=[{"title": "Nafta súper", "quantity": 1, "unit_price": price}])
        assert (status, again) == (200, {**first, "replayed": True})
    assert tables.everything() == stored


def test_the_same_ticket_with_other_content_is_a_422_that_names_the_order(tables: Tables) -> None:
    first, stored = submit()[1], tables.everything()
    status, problem = submit(number="2")
    assert (status, problem["code"]) == (422, "ticket_reused")
    assert {n: problem[n] for n in ("order_id", "state", "created_at")} == {
        n: first[n] for n in ("order_id", "state", "created_at")
    }
    assert tables.everything() == stored


def test_a_ticket_whose_order_left_long_ago_is_a_422(tables: Tables) -> None:
    submit()
    tables.clock.now = after(hours=1, minutes=10, seconds=1)
    assert submit()[0] == 422


def test_a_second_sale_meets_the_first_in_its_way(tables: Tables) -> None:
    first, stored = submit()[1], tables.everything()
    status, problem = submit(ticket="ticket-0000000002")
    assert (status, problem["code"], problem["order"]) == (409, "box_busy", first)
    assert tables.everything() == stored


def test_an_order_expired_by_the_clock_is_in_nobodys_way(tables: Tables) -> None:
    submit()
    tables.clock.now = after(hours=1)
    assert submit(ticket="ticket-0000000002")[0] == 201


def test_a_new_order_takes_the_place_of_the_one_it_replaces(tables: Tables) -> None:
    first = submit()[1]
    status, second = submit(ticket="ticket-0000000002", replaces=first["order_id"])
    assert status == 201
    assert tables.order(first["order_id"]).state == "replaced"
    assert tables.order(first["order_id"]).replaced_by == second["order_id"]
    ready = tables.item("BoxesTable", "READY")
    assert ready is not None
    assert (ready["order_id"], ready["state"]) == (second["order_id"], "ready")


def test_a_paid_order_is_not_replaced(tables: Tables) -> None:
    order = tables.with_order()
    tables.orders.apply(order, pay(order, "7001", after(minutes=1)), by="check", facts={})
    stored = tables.everything()
    status, problem = submit(replaces=order.order_id)
    assert (status, problem["code"]) == (409, "already_paid")
    assert (problem["order"]["order_id"], problem["order"]["state"]) == (order.order_id, "paid")
    assert tables.everything() == stored


@pytest.mark.parametrize("replaces", ["A" * 26, "ORDER234567ORDER234567ORDE"])
def test_what_is_no_longer_the_boxs_current_order_is_not_replaced(replaces: str, tables: Tables) -> None:
    order = tables.with_order()
    tables.orders.apply(order, cancel(order, after(minutes=1)), by="box", facts={})
    status, problem = submit(replaces=replaces)
    assert (status, problem["code"]) == (409, "not_replaceable")
    assert (problem["order"]["order_id"], problem["order"]["state"]) == (order.order_id, "cancelled")


def test_a_box_that_never_sold_has_nothing_to_replace() -> None:
    status, problem = submit(replaces="A" * 26)
    assert (status, problem["code"], "order" in problem) == (409, "not_replaceable", False)


def test_a_box_takes_its_order_back_as_often_as_it_asks(tables: Tables) -> None:
    order = submit()[1]
    tables.clock.now = after(minutes=1)
    for _ in range(2):
        status, cancelled = ask(handler, "DELETE", order_id=order["order_id"], content_type=None)
        assert (status, cancelled["state"], cancelled["version"]) == (200, "cancelled", 2)
    ready = tables.item("BoxesTable", "READY")
    assert ready is not None
    assert (ready["state"], ready["ended_at"]) == ("cancelled", "2026-11-24T12:01:00.000Z")


@pytest.mark.parametrize(
    ("decide", "code"),
    [
        (lambda o, at: pay(o, "7001", at), "already_paid"),
        (lambda o, at: send_to_review(o, Doubt.MONEY, at), "in_review"),
    ],
)
def test_money_is_not_cancelled_away(decide: Any, code: str, tables: Tables) -> None:
    order = tables.with_order()
    tables.orders.apply(order, decide(order, after(minutes=1)), by="check", facts={})
    status, problem = ask(handler, "DELETE", order_id=order.order_id)
    assert (status, problem["code"], problem["order"]["order_id"]) == (409, code, order.order_id)


def test_another_boxs_order_is_not_there(tables: Tables) -> None:
    order = tables.with_order()
    tables.provision("CAJA0002", box_uid=bytes(15) + b"1")
    for order_id in (order.order_id, "A" * 26, "%2E%2E", "a" * 500, "ORDER%C3%91"):
        status, problem = ask(handler, "DELETE", box_id="CAJA0002", order_id=order_id)
        assert (status, problem["code"]) == (404, "order_not_found")
    assert tables.order() == order


def test_a_box_says_what_it_does_and_hears_of_its_order(tables: Tables) -> None:
    order = submit()[1]
    status, told = ask(handler, "PUT", {"state": "preparing"})
    assert (status, told) == (
        200,
        {
            "box_id": "CAJA0001",
            "state": "preparing",
            "order": {
                "order_id": order["order_id"],
                "state": "ready",
                "expires_at": "2026-11-24T13:00:00.000Z",
                "next_poll_ms": 2000,
            },
            "payments": "up",
            "next_poll_ms": 2000,
            "server_time": "2026-11-24T12:00:00.000Z",
        },
    )
    seen = tables.item("BoxesTable", "SEEN")
    assert seen is not None
    assert seen["state"] == "preparing"


def test_a_submit_makes_the_box_idle(tables: Tables) -> None:
    ask(handler, "PUT", {"state": "preparing"})
    submit()
    seen = tables.item("BoxesTable", "SEEN")
    assert seen is not None
    assert seen["state"] == "idle"


@pytest.mark.parametrize("failure", [UNREACHABLE, THROTTLED])
@pytest.mark.parametrize("good_calls", range(4))
def test_when_storage_fails_the_box_is_told_to_repeat_the_request(
    good_calls: int, failure: Exception, tables: Tables
) -> None:
    tables.failures = [*[None] * good_calls, failure]
    answer = handler(box_event("POST", a_sale()), None)
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (503, "5")
    assert json.loads(answer["body"])["code"] == "storage_failed"
    assert tables.failures == []
    assert submit()[0] in (200, 201)


def test_a_bug_of_ours_is_a_500_with_a_code_and_no_word_about_itself(
    monkeypatch: pytest.MonkeyPatch, tables: Tables
) -> None:
    monkeypatch.setattr(tables.boxes, "view", lambda _: 1 / 0)
    status, problem = submit()
    assert (status, problem["code"]) == (500, "internal_error")
    assert "zero" not in json.dumps(problem)


def test_a_sale_overtaken_by_another_says_who_is_in_its_way(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    get, order = tables.orders.get, tables.with_order()
    tables.orders.apply(order, cancel(order, after(minutes=1)), by="box", facts={})
    other = replace(order, order_id="B" * 26, ticket="ticket-0000000003", created_at=after(minutes=2))
    overtaking = [other]

    def overtaken(order_id: str) -> Any:
        found = get(order_id)
        if overtaking:
            tables.orders.submit(overtaking.pop(), "{}", replaced=None)
        return found

    monkeypatch.setattr(tables.orders, "get", overtaken)
    status, problem = submit(ticket="ticket-0000000002")
    assert (status, problem["code"], problem["order"]["order_id"]) == (409, "box_busy", "B" * 26)
