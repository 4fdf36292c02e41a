"""The manage_orders function: an order with all that was recorded of it, a refund, a decision about one in review."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from caja import wiring
from caja.orders import Refund, Role
from functions.manage_orders.app import handler
from tests.builders import a_recorded_payment, after
from tests.functions.calls import ask_as_operator, ask_box, manage, refund, resolve
from tests.functions.stages import by, reach, reported
from tests.shop import ORDER

if TYPE_CHECKING:
    from datetime import datetime

    from caja.orders import Order
    from tests.tables import Tables

UNREACHABLE = EndpointConnectionError(endpoint_url="https://dynamodb.example")
ASSUMED = "arn:aws:sts::123456789012:assumed-role/Operators/ana@example.com"


def begin(tables: Tables, stage: str, mode: str = "prepay") -> Order:
    tables.provision(mode=mode)
    return reach(tables, stage, mode=mode)


def refunds_asked_for(tables: Tables) -> list[str]:
    return [json.loads(message["Body"])["payment_id"] for message in tables.take("RefundQueue")]


def test_an_order_is_shown_with_all_that_was_recorded_of_it(tables: Tables) -> None:
    order = begin(tables, "unsure")
    status, shown = manage("GET")
    assert status == 200
    assert {name: shown[name] for name in ("state", "why", "claim", "report", "replaces", "replaced_by")} == {
        "state": "review",
        "why": "refund",
        "claim": None,
        "report": None,
        "replaces": None,
        "replaced_by": None,
    }
    attempt = {
        "at": "2026-11-25T12:03:00.000Z",
        "amount": "1500.50",
        "refund_id": "5001",
        "outcome": "in_process",
    }
    assert [payment["attempts"] for payment in shown["payments"]] == [[attempt]]
    assert [(event["version"], event["from"], event["to"]) for event in shown["events"]] == [
        (1, None, "ready"),
        (2, "ready", "paid"),
        (3, "paid", "refunding"),
        (4, "refunding", "review"),
    ]
    assert shown["events"][0] == {
        "version": 1,
        "at": "2026-11-24T12:00:00.000Z",
        "by": "box",
        "from": None,
        "to": "ready",
        "facts": {},
    }
    for secret in (order.notify_key, "fake-key-1"):
        assert secret not in json.dumps(shown)


@pytest.mark.parametrize("order_id", [ORDER.lower(), "A" * 26, "A", "EVENT%23000001"])
def test_an_order_is_found_by_its_name_in_any_case_or_not_at_all(order_id: str, tables: Tables) -> None:
    begin(tables, "paid")
    for method, path, body in (
        ("GET", "", None),
        ("POST", "/resolve", {"state": "paid", "reason": "x"}),
        ("POST", "/refund", {"reason": "x"}),
    ):
        status, answer = ask_as_operator(handler, method, f"/admin/orders/{order_id}{path}", body)
        if order_id.upper() == ORDER:
            assert answer.get("code") in (None, "not_in_review")
        else:
            assert (status, answer["code"]) == (404, "order_not_found")


def test_who_decided_is_whoever_signed(tables: Tables) -> None:
    begin(tables, "paid")
    manage("POST", "/refund", {"reason": "cold"}, who=ASSUMED)
    events = manage("GET")[1]["events"]
    assert [event["by"] for event in events] == ["box", "test", f"operator {ASSUMED}"]
    assert events[-1]["facts"] == {"reason": "cold"}


@pytest.mark.parametrize("stage", ["paid", "delivered", "money", "silence"])
def test_a_refund_by_the_operator_is_asked_for_at_once(stage: str, tables: Tables) -> None:
    begin(tables, stage)
    refund()
    assert refunds_asked_for(tables) == ["9001"]
    assert [(p.refund, p.refund_at) for p in tables.order().payments] == [(Refund.DUE, tables.clock.now)]


def refused_twice(order: Order, now: datetime) -> Order:
    """Mercado Pago would give back neither the kept payment nor another one."""
    (kept,) = order.payments
    kept = replace(kept, refund=Refund.REFUSED, refund_at=after(days=7))
    excess = replace(kept, payment_id="9002", role=Role.EXCESS, refund_at=None)
    return replace(order, payments=(kept, excess), version=order.version + 1)


@pytest.mark.parametrize(
    ("stage", "named", "again"),
    [
        ("refunding", {}, ["9001", "9002"]),
        ("refunding", {"payment_id": "9001"}, ["9001"]),
        ("refunding", {"payment_id": "9002"}, ["9002"]),
        ("delivered", {"payment_id": "9002"}, ["9002"]),
        ("delivered", {"payment_id": "9001"}, []),
        ("delivered", {"payment_id": "9003"}, []),
    ],
)
def test_a_refused_refund_is_tried_again_when_the_operator_says_so(
    stage: str, named: dict[str, str], again: list[str], tables: Tables
) -> None:
    before = begin(tables, stage)
    by(refused_twice)(tables)
    status, answer = refund(**named)
    assert (status, answer.get("code")) == ((200, None) if again else (409, "nothing_to_refund"))
    assert refunds_asked_for(tables) == again
    assert tables.order().state is before.state


def test_money_that_an_order_keeps_after_all_is_not_given_back_and_the_rest_is(tables: Tables) -> None:
    def paid_twice(order: Order, now: datetime) -> Order:
        second = a_recorded_payment(
            payment_id="9002", merchant_order_id="7002", refunded=order.total * 0, role=Role.DOUBT
        )
        return replace(order, payments=(*order.payments, second), version=order.version + 1)

    begin(tables, "money", "postpay")
    by(paid_twice)(tables)
    for named in ({}, {"merchant_order_id": "7003"}):
        status, problem = resolve("paid", **named)
        assert (status, [flaw["path"] for flaw in problem["errors"]]) == (400, ["merchant_order_id"])
        assert "7001, 7002" in problem["errors"][0]["message"]
    status, order = resolve("paid", merchant_order_id="7002")
    assert (status, order["state"], order["paid_at"]) == (200, "paid", "2026-11-24T12:02:00.000Z")
    assert [(p["role"], p["refund"]) for p in order["payments"]] == [("excess", "due"), ("kept", "none")]
    assert refunds_asked_for(tables) == ["9001"]


def test_what_the_operator_calls_paid_a_prepay_box_may_release(tables: Tables) -> None:
    begin(tables, "money")
    assert resolve("paid")[1]["release_by"] == "2026-11-24T12:03:00.000Z"
    status, order = ask_box("release", {"claim": "claim-0009"}, order_id=ORDER)
    assert (status, order["state"]) == (200, "releasing")


def test_a_late_report_that_comes_first_leaves_nothing_to_decide(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(tables, "silence")
    write, others = wiring.dynamodb().transact_write_items, [by(reported("delivered"))]

    def write_after_others(**given: Any) -> Any:
        if others:
            others.pop()(tables)
        return write(**given)

    monkeypatch.setattr(wiring.dynamodb(), "transact_write_items", write_after_others)
    status, problem = resolve("refunding")
    assert (status, problem["code"], problem["order"]["state"]) == (409, "not_in_review", "delivered")
    assert refunds_asked_for(tables) == []


@pytest.mark.parametrize("good_calls", range(3))
@pytest.mark.parametrize("decide", [refund, lambda: resolve("refunding")])
def test_when_storage_fails_nothing_is_decided(decide: Any, good_calls: int, tables: Tables) -> None:
    order = begin(tables, "silence")
    tables.failures = [*[None] * good_calls, UNREACHABLE]
    status, problem = decide()
    assert (status, problem["code"], tables.failures) == (503, "storage_failed", [])
    assert tables.order() == order
    assert decide()[0] == 200
