"""The refund_payment function when answers are lost, calls fail or it is killed: money goes back once all the same."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from caja import wiring
from caja.mercadopago.payments import MercadoPagoPayments
from caja.messages import RefundMessage
from caja.usecases.refund_payment import refund_payment
from functions.check_order.app import handler as check_order
from functions.reconcile.app import handler as reconcile
from functions.refund_payment.app import handler as refund
from tests.builders import PRICE, after, sqs_event
from tests.cutting import CrashError
from tests.functions.calls import a_sale, alarms, ask_box
from tests.functions.returns import (
    PAYMENT,
    asked,
    give_back,
    give_back_when_due,
    given_back,
    keys,
    message,
    owe,
    payment,
)
from tests.shop import ORDER
from tests.tokens import client

if TYPE_CHECKING:
    from simulator.server import Simulator
    from tests.tables import Tables

UNREACHABLE = EndpointConnectionError(endpoint_url="https://dynamodb.example")
CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)
LOST: list[dict[str, Any]] = [
    {"status": 429, "headers": {"Retry-After": "3"}},
    {"status": 500},
    {"status": 404},
    {"status": 401, "times": 2},
    {"kind": "hang"},
    {"kind": "reset"},
    {"kind": "truncated", "body": '{"id": 1}'},
    {"body": ""},
    {"body": "<html>"},
    {"body": '"approved"'},
    {"body": '{"id": 1, "amount": "all", "status": "approved"}'},
    {"body": "{}", "size": 5_000_000},
]
"""Answers to a refund from which nothing follows."""


@pytest.fixture(autouse=True)
def box(tables: Tables, seller: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A box that sells before it hands out, and a Mercado Pago that is given up soon."""
    tables.provision(mode="prepay", collector_id=seller.collector_id)
    wiring.health().record("succeeded_at", tables.clock.now)
    mercadopago = client(seller.url, answer_seconds=0.5)
    monkeypatch.setattr(wiring, "mercadopago", lambda: mercadopago)


def is_given_back_once(tables: Tables, seller: Simulator) -> bool:
    return (tables.order().state, given_back(seller), len(set(keys(seller)))) == ("refunded", [PRICE], 1)


@pytest.mark.parametrize("rude", LOST, ids=str)
def test_money_that_moved_though_the_answer_was_lost_is_found_and_not_moved_again(
    rude: dict[str, Any], tables: Tables, seller: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    owe(tables, seller)
    seller.be_rude(**rude, method="POST", path="/v1/payments", handled=True)
    assert give_back() == []
    assert (tables.order().state, given_back(seller)) == ("refunding", [PRICE])
    assert len(alarms(capsys)) == 1
    posts = len(keys(seller))
    give_back_when_due(tables)
    assert is_given_back_once(tables, seller)
    assert len(keys(seller)) == posts


@pytest.mark.parametrize("rude", LOST, ids=str)
def test_an_attempt_that_moved_nothing_as_far_as_is_known_is_made_again_under_its_own_key(
    rude: dict[str, Any], tables: Tables, seller: Simulator
) -> None:
    owe(tables, seller)
    seller.be_rude(**rude, method="POST", path="/v1/payments")
    assert give_back() == []
    assert (tables.order().state, given_back(seller)) == ("refunding", [])
    give_back_when_due(tables)
    assert is_given_back_once(tables, seller)


def test_a_refusal_is_held_against_what_mercado_pago_lists(tables: Tables, seller: Simulator) -> None:
    owe(tables, seller)
    body = json.dumps({"error": "bad_request", "cause": [{"code": 4296, "description": "already"}]})
    seller.be_rude(status=400, body=body, method="POST", path="/v1/payments", handled=True)
    assert give_back() == []
    assert is_given_back_once(tables, seller)


@pytest.mark.parametrize("path", ["/v1/payments/9001", "/v1/payments/9001/refunds"])
@pytest.mark.parametrize("rude", LOST[:6], ids=str)
def test_nothing_is_given_back_before_it_was_listed(
    rude: dict[str, Any], path: str, tables: Tables, seller: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    owe(tables, seller)
    seller.be_rude(**{"times": 2, **rude}, method="GET", path=path)
    assert give_back() == []
    seller.be_polite()
    assert (keys(seller), len(alarms(capsys))) == ([], 1)
    give_back_when_due(tables)
    assert is_given_back_once(tables, seller)


def test_a_token_that_is_refused_stops_the_sales_and_not_the_refund(
    tables: Tables, seller: Simulator
) -> None:
    owe(tables, seller)
    seller.be_rude(status=401, times=2, path="/v1/payments")
    assert give_back() == []
    status, problem = ask_box("POST", a_sale())
    assert (status, problem["code"]) == (503, "payments_down")
    give_back_when_due(tables)
    assert is_given_back_once(tables, seller)


def test_while_mercado_pago_cannot_be_reached_it_is_not_called(tables: Tables, seller: Simulator) -> None:
    owe(tables, seller)
    tables.clock.now = after(minutes=10)
    wiring.health().record("failed_at", tables.clock.now)
    assert give_back() == []
    assert asked(seller) == []
    give_back_when_due(tables)
    assert is_given_back_once(tables, seller)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_as_long_as_mercado_pago_says_to_wait_nothing_is_asked_for(
    method: str, tables: Tables, seller: Simulator
) -> None:
    owe(tables, seller)
    headers = {"Retry-After": "600"}
    seller.be_rude(status=429, headers=headers, method=method, path="/v1/payments")
    assert give_back() == []
    refund_at = payment(tables).refund_at
    assert refund_at is not None
    assert refund_at >= tables.clock.now + timedelta(seconds=600)


@pytest.mark.parametrize("good_calls", range(11))
def test_whatever_call_to_storage_fails_the_message_returns_and_the_money_goes_back_once(
    good_calls: int, tables: Tables, seller: Simulator
) -> None:
    owe(tables, seller)
    tables.failures = [*[None] * good_calls, UNREACHABLE]
    assert (give_back(), tables.failures) == (["message-0"], [])
    tables.clock.now = max(tables.clock.now, payment(tables).refund_at or tables.clock.now)
    assert give_back() == []
    assert is_given_back_once(tables, seller)


@pytest.mark.parametrize("is_after", [False, True])
def test_a_function_killed_around_its_call_goes_on_under_the_same_key(
    tables: Tables, seller: Simulator, monkeypatch: pytest.MonkeyPatch, *, is_after: bool
) -> None:
    make = MercadoPagoPayments.give_back

    def killed(*given: Any) -> None:
        if is_after:
            make(*given)
        raise CrashError

    owe(tables, seller)
    with monkeypatch.context() as patch:
        patch.setattr(MercadoPagoPayments, "give_back", killed)
        with pytest.raises(CrashError):
            give_back()
    assert give_back() == []
    assert is_given_back_once(tables, seller)
    assert [attempt.key for attempt in payment(tables).attempts] == list(dict.fromkeys(keys(seller)))


def test_two_functions_at_once_make_one_refund(
    tables: Tables, seller: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = MercadoPagoPayments.give_back
    others = [RefundMessage(order_id=ORDER, payment_id=str(PAYMENT))]

    def overtaken(*given: Any) -> Any:
        if others:
            refund_payment(wiring.till(), others.pop())
        return make(*given)

    owe(tables, seller)
    monkeypatch.setattr(MercadoPagoPayments, "give_back", overtaken)
    assert give_back() == []
    assert len(keys(seller)) == 2
    assert is_given_back_once(tables, seller)


def test_of_two_messages_only_the_one_whose_storage_fails_returns(tables: Tables, seller: Simulator) -> None:
    owe(tables, seller)
    tables.failures = [UNREACHABLE]
    assert give_back(message(), message()) == ["message-0"]
    assert is_given_back_once(tables, seller)


def work_off(tables: Tables, queue: str, handler: Any) -> None:
    waiting = tables.take(queue)
    assert handler(sqs_event(queue=queue, messages=waiting), None)["batchItemFailures"] == []


def test_an_order_that_nobody_claims_is_given_back_by_the_sweep_alone(
    tables: Tables, seller: Simulator
) -> None:
    order_id = ask_box("POST", a_sale())[1]["order_id"]
    seller.forge_merchant_order(
        external_reference=order_id, total_amount=PRICE, date_created="2026-11-24T12:00:10.000Z"
    )
    states = []
    for seconds in (30, 150):
        tables.clock.now = after(seconds=seconds)
        reconcile({}, CONTEXT)
        work_off(tables, "CheckQueue", check_order)
        states.append(tables.order(order_id).state)
    assert states == ["paid", "refunding"]
    work_off(tables, "RefundQueue", refund)
    assert tables.order(order_id).state == "refunded"
    assert len(keys(seller)) == 1
