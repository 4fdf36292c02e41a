"""Giving a payment back (protocol §5)."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import requests

from simulator.client import SimulatorError
from simulator.server import Simulator
from tests.simulator.conftest import Answer, Api

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.client import Phone


def forged(api: Api, **payment: Any) -> int:
    order = api.mp.forge_merchant_order(total_amount=100, payments=[payment])
    number: int = order["payments"][0]["id"]
    return number


def refund(api: Api, payment: int, key: str = "key-1", body: Any = None, **headers: str) -> Answer:
    return api("POST", f"/v1/payments/{payment}/refunds", body, X_Idempotency_Key=key, **headers)


def test_an_empty_body_gives_all_back(api: Api, phone: Phone) -> None:
    paid = phone.pay()
    number = paid.payments[0]["id"]
    given = refund(api, number)
    assert (given.status, given.body["status"], given.body["amount"]) == (201, "approved", Decimal("1050.5"))
    assert given.body["payment_id"] == number
    payment = api("GET", f"/v1/payments/{number}").body
    assert (payment["status"], payment["transaction_amount_refunded"]) == ("refunded", Decimal("1050.5"))
    order = api("GET", f"/merchant_orders/{paid.merchant_order_id}").body
    assert (order["refunded_amount"], order["order_status"]) == (Decimal("1050.5"), "reverted")
    assert order["payments"][0]["amount_refunded"] == Decimal("1050.5")
    assert order["payments"][0]["status"] == "refunded"
    assert (order["status"], order["paid_amount"]) == ("closed", Decimal("1050.5"))


def test_a_part_can_be_given_back_then_the_rest(api: Api) -> None:
    number = forged(api)
    assert refund(api, number, "key-1", {"amount": 30.25}).body["amount"] == Decimal("30.25")
    payment = api("GET", f"/v1/payments/{number}").body
    assert (payment["status"], payment["status_detail"]) == ("approved", "partially_refunded")
    assert refund(api, number, "key-2").body["amount"] == Decimal("69.75")
    listed = api("GET", f"/v1/payments/{number}/refunds").body
    assert [one["amount"] for one in listed] == [Decimal("30.25"), Decimal("69.75")]


def test_a_part_given_back_leaves_the_merchant_order_partially_reverted(api: Api) -> None:
    order = api.mp.forge_merchant_order(total_amount=100)
    refund(api, order["payments"][0]["id"], body={"amount": 1})
    seen = api("GET", f"/merchant_orders/{order['id']}").body
    assert (seen["status"], seen["order_status"], seen["refunded_amount"]) == (
        "closed",
        "partially_reverted",
        1,
    )


def test_one_refund_can_be_read(api: Api) -> None:
    number = forged(api)
    given = refund(api, number).body
    assert api("GET", f"/v1/payments/{number}/refunds/{given['id']}").body == given
    assert api("GET", f"/v1/payments/{number}/refunds/1").status == 404


def test_a_key_is_required(api: Api) -> None:
    number = forged(api)
    refused = api("POST", f"/v1/payments/{number}/refunds")
    assert (refused.status, refused.cause) == (400, 4292)


def test_a_key_has_at_most_64_characters(api: Api) -> None:
    number = forged(api)
    assert refund(api, number, "k" * 65).status == 400
    assert refund(api, number, "k" * 64).status == 201


def test_a_key_replays_its_answer_and_moves_nothing_again(api: Api) -> None:
    number = forged(api)
    first = refund(api, number, body={"amount": 10})
    assert refund(api, number, body={"amount": 10}) == first
    assert api("GET", f"/v1/payments/{number}").body["transaction_amount_refunded"] == 10


def test_a_key_replays_a_refusal_too(api: Api) -> None:
    number = forged(api)
    refused = refund(api, number, body={"amount": 1000})
    assert refused.status == 400
    assert refund(api, number, body={"amount": 10}) == refused
    assert refund(api, number, "key-2", {"amount": 10}).status == 201


def test_a_key_of_another_payment_is_refused(api: Api) -> None:
    refund(api, forged(api))
    assert refund(api, forged(api)).cause == 2032


@pytest.mark.parametrize(
    ("amount", "cause"),
    [
        (0, 4040),
        (-5, 4040),
        (100.01, 4040),
        (0.001, 4040),
        ("5", 4041),
        (True, 4041),
    ],
)
def test_a_bad_amount_has_its_own_cause(api: Api, amount: Any, cause: int) -> None:
    number = forged(api)
    assert refund(api, number, body={"amount": amount}).cause == cause
    assert api("GET", f"/v1/payments/{number}/refunds").body == []


@pytest.mark.parametrize("status", ["rejected", "pending", "cancelled", "charged_back"])
def test_a_payment_that_holds_no_money_cannot_be_refunded(api: Api, status: str) -> None:
    assert refund(api, forged(api, status=status)).cause == 2063


def test_a_refunded_payment_cannot_be_refunded_again(api: Api) -> None:
    number = forged(api)
    refund(api, number)
    assert refund(api, number, "key-2").cause == 4296


def test_a_payment_older_than_180_days_cannot_be_refunded(api: Api) -> None:
    assert refund(api, forged(api, date_created="2020-01-01T00:00:00-04:00")).cause == 2024


def test_an_unknown_payment_is_a_404(api: Api) -> None:
    refused = refund(api, 1)
    assert (refused.status, refused.cause) == (404, 2000)


def test_a_seller_without_balance_is_refused_and_nothing_moves(api: Api) -> None:
    number = forged(api)
    api.mp.settings(seller_has_balance=False)
    refused = refund(api, number)
    assert (refused.status, refused.body["cause"]) == (400, [])
    assert api("GET", f"/v1/payments/{number}/refunds").body == []


def test_a_seller_who_topped_up_gives_back_under_a_new_key(api: Api) -> None:
    number = forged(api)
    api.mp.settings(seller_has_balance=False)
    refused = refund(api, number)
    api.mp.settings(seller_has_balance=True)
    assert refund(api, number) == refused
    assert refund(api, number, "key-2").body["amount"] == 100


@pytest.fixture
def brazil() -> Iterator[Api]:
    with Simulator(site="mlb", pending_refunds=True) as mp:
        api = Api(mp)
        yield api
        api.session.close()


def test_a_pending_pix_refund_is_a_201_in_process_for_who_asks_to_see_it(brazil: Api) -> None:
    number = forged(brazil)
    given = refund(brazil, number, X_Render_In_Process_Refunds="true")
    assert (given.status, given.body["status"]) == (201, "in_process")
    assert brazil("GET", f"/v1/payments/{number}").body["status"] == "approved"
    shown = brazil("GET", f"/v1/payments/{number}/refunds", X_Render_In_Process_Refunds="true").body
    assert [one["status"] for one in shown] == ["in_process"]


def test_a_pending_pix_refund_reads_like_a_refusal_for_who_does_not(brazil: Api) -> None:
    number = forged(brazil)
    assert refund(brazil, number).status == 400
    assert brazil("GET", f"/v1/payments/{number}/refunds").body == []
    # It is on its way all the same: a new attempt finds nothing left.
    assert refund(brazil, number, "key-2").cause == 2063


def test_a_pending_refund_moves_the_money_once_it_is_approved(brazil: Api) -> None:
    number = forged(brazil)
    given = refund(brazil, number, X_Render_In_Process_Refunds="true").body
    brazil.mp.end_refund(given["id"], "approved")
    assert brazil("GET", f"/v1/payments/{number}").body["status"] == "refunded"
    assert refund(brazil, number, X_Render_In_Process_Refunds="true").body["status"] == "approved"


def test_a_pending_refund_that_is_rejected_leaves_the_money_to_be_refunded(brazil: Api) -> None:
    number = forged(brazil)
    given = refund(brazil, number, X_Render_In_Process_Refunds="true").body
    brazil.mp.end_refund(given["id"], "rejected")
    assert brazil("GET", f"/v1/payments/{number}").body["transaction_amount_refunded"] == 0
    assert refund(brazil, number, "key-2", X_Render_In_Process_Refunds="true").status == 201


@pytest.mark.parametrize("rude", [{"status": 500}, {"kind": "reset"}, {"kind": "truncated", "body": "{}"}])
def test_a_refund_whose_answer_is_lost_has_moved_the_money(api: Api, rude: dict[str, Any]) -> None:
    number = forged(api)
    api.mp.be_rude(**rude, method="POST", path="/v1/payments", handled=True)
    with suppress(requests.RequestException):
        assert refund(api, number).status == 500
    (listed,) = api("GET", f"/v1/payments/{number}/refunds").body
    assert refund(api, number).body == listed


def test_only_a_pending_refund_can_be_ended(api: Api) -> None:
    given = refund(api, forged(api)).body
    with pytest.raises(SimulatorError, match="404"):
        api.mp.end_refund(given["id"], "approved")
