"""The follow_order function, from a box's question to the answer and the queue of checks."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from caja import wiring
from caja.errors import StorageError
from caja.orders import RecordedPayment, Refund, Role
from caja.transitions import pay
from functions.follow_order.app import handler
from tests.builders import BRANCH_KEY, OTHER_KEY, PRICE, after
from tests.functions.calls import ask, box_event

if TYPE_CHECKING:
    from tests.tables import Tables

ORDER = "ORDER234567ORDER234567ORDE"


@pytest.fixture(autouse=True)
def box(tables: Tables) -> None:
    """A box with an order to pay."""
    tables.provision()
    tables.with_order()


def follow(order_id: str = ORDER, **how: Any) -> tuple[int, dict[str, Any]]:
    return ask(handler, "GET", order_id=order_id, content_type=None, **how)


def test_a_box_sees_its_order_whole(tables: Tables) -> None:
    order = tables.order()
    payment = RecordedPayment(
        payment_id="9001",
        merchant_order_id="7001",
        amount=PRICE,
        refunded=PRICE * 0,
        status="approved",
        approved_at=after(minutes=2),
        role=Role.KEPT,
        refund=Refund.NONE,
    )
    paid = replace(pay(order, "7001", after(minutes=3)), payments=(payment,))
    tables.orders.apply(order, paid, by="check", facts={})
    assert follow() == (
        200,
        {
            "order_id": ORDER,
            "box_id": "CAJA0001",
            "ticket": "ticket-0000000001",
            "number": None,
            "mode": "postpay",
            "state": "paid",
            "total": "1500.50",
            "currency": "ARS",
            "items": [{"title": "Nafta súper", "quantity": 1, "unit_price": "1500.50"}],
            "created_at": "2026-11-24T12:00:00.000Z",
            "expires_at": "2026-11-24T13:00:00.000Z",
            "updated_at": "2026-11-24T12:03:00.000Z",
            "paid_at": "2026-11-24T12:03:00.000Z",
            "release_by": None,
            "report_by": None,
            "version": 2,
            "paid_amount": "1500.50",
            "refunded_amount": "0.00",
            "payments": [
                {
                    "payment_id": "9001",
                    "merchant_order_id": "7001",
                    "amount": "1500.50",
                    "status": "approved",
                    "approved_at": "2026-11-24T12:02:00.000Z",
                    "role": "kept",
                    "refund": "none",
                }
            ],
            "next_poll_ms": 30_000,
        },
    )


def test_a_small_box_asks_for_the_brief_view() -> None:
    brief = {
        "order_id": ORDER,
        "state": "ready",
        "expires_at": "2026-11-24T13:00:00.000Z",
        "next_poll_ms": 2000,
    }
    assert follow(query="view=brief") == (200, brief)


@pytest.mark.parametrize("query", ["", "view=", "view=whole", "view=brief&view=brief", "other=brief"])
def test_every_other_view_is_the_whole_order(query: str) -> None:
    assert set(follow(query=query)[1]) >= {"items", "payments"}


def test_asking_brings_one_check_forward(tables: Tables) -> None:
    follow()
    assert tables.take() == []
    tables.clock.now = after(seconds=10)
    for _ in range(3):
        follow()
    [message] = tables.take()
    assert json.loads(message["Body"])["order_id"] == ORDER


def test_a_box_is_answered_though_the_queue_fails(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise StorageError("The queue of checks did not answer.")

    monkeypatch.setattr(wiring.checks(), "send", fail)
    tables.clock.now = after(seconds=10)
    assert follow()[0] == 200


def test_asking_is_a_sign_of_life(tables: Tables) -> None:
    follow()
    tables.clock.now = after(minutes=5)
    follow()
    seen = tables.item("BoxesTable", "SEEN")
    assert seen is not None
    assert seen == {
        "box_id": "CAJA0001",
        "item": "SEEN",
        "state": "idle",
        "state_at": "2026-11-24T12:00:00.000Z",
        "seen_at": "2026-11-24T12:05:00.000Z",
    }


def test_an_orders_name_may_be_written_small() -> None:
    assert follow(ORDER.lower())[1]["order_id"] == ORDER


@pytest.mark.parametrize(
    "order_id", ["A" * 26, "A" * 3000, "..", "%20", "EVENT#000001", "ORDER\u00d1", "0" * 26]
)
def test_an_order_that_is_not_there_is_a_404_with_a_code(order_id: str) -> None:
    status, problem = follow(order_id)
    assert (status, problem["code"]) == (404, "order_not_found")


def test_another_boxs_order_is_not_there_even_for_the_branchs_key(tables: Tables) -> None:
    tables.provision("CAJA0002", box_uid=bytes(15) + b"1")
    status, problem = follow(box_id="CAJA0002", authorization=f"Bearer {BRANCH_KEY.box_key}")
    assert (status, problem["code"]) == (404, "order_not_found")


def test_everybody_else_gets_the_same_401_for_orders_that_are_there_and_that_are_not() -> None:
    answers = [
        handler(box_event("GET", box_id=box_id, order_id=order_id, authorization=authorization), None)
        for box_id in ("CAJA0001", "CAJA0009")
        for order_id in (ORDER, "A" * 26)
        for authorization in (None, f"Bearer {OTHER_KEY.box_key}")
    ]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["statusCode"] == 401


@pytest.mark.parametrize("good_calls", range(3))
def test_when_storage_fails_the_box_is_told_to_ask_again(good_calls: int, tables: Tables) -> None:
    failure = EndpointConnectionError(endpoint_url="https://dynamodb.example")
    tables.failures = [*[None] * good_calls, failure]
    answer = handler(box_event("GET", order_id=ORDER), None)
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (503, "5")
    assert json.loads(answer["body"])["code"] == "storage_failed"
    assert follow()[0] == 200
