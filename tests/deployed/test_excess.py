"""Money no order keeps, on the deployed stack: it goes back by itself, once, and everybody sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.deployed.shop import (
    PATIENCE,
    DeployedBox,
    alarms,
    operate,
    refunds_at_mercadopago,
    sell,
    wait_until,
)

if TYPE_CHECKING:
    from local.stack import Stack
    from simulator.client import SimulatorClient


def excess(order: dict[str, Any]) -> list[dict[str, Any]]:
    return [payment for payment in order["payments"] if payment["role"] == "excess"]


def wait_until_back(box: DeployedBox, order_id: str, timeout: float = PATIENCE) -> dict[str, Any]:
    """The order once all its excess has gone back."""
    seen: dict[str, Any] = wait_until(
        lambda: box.look(order_id),
        lambda order: {p["refund"] for p in excess(order)} == {"done"},
        timeout,
    )
    return seen


def test_of_two_phones_that_pay_one_is_kept_and_one_gets_its_money_back(
    deployed: Stack, mp: SimulatorClient, box: DeployedBox
) -> None:
    order_id, first = sell(mp, box)
    second = mp.scan(box.box_id)
    second.wait_for_amount(timeout=PATIENCE)
    first.pay()
    box.wait_for(order_id, "paid")
    second.pay()
    order = wait_until_back(box, order_id)
    assert sorted((p["role"], p["refund"]) for p in order["payments"]) == [
        ("excess", "done"),
        ("kept", "none"),
    ]
    assert (order["state"], order["paid_amount"], order["refunded_amount"]) == ("paid", "1500.50", "1500.50")
    (payment,) = excess(order)
    assert [r["status"] for r in refunds_at_mercadopago(mp, payment["payment_id"])] == ["approved"]

    def told() -> tuple[set[str], int, int]:
        lines, counted = alarms(deployed, "ExcessPayment")
        return {line["payment_id"] for line in lines if line["order_id"] == order_id}, len(lines), counted

    # Told at least once, and the metric counts whatever is told.
    wait_until(told, lambda seen: seen[0] == {payment["payment_id"]} and seen[1] == seen[2])


def test_an_old_pay_screen_paid_after_a_cancel_gets_its_money_back(
    mp: SimulatorClient, box: DeployedBox
) -> None:
    order_id, phone = sell(mp, box)
    assert box.ask("DELETE", f"/orders/{order_id}").json()["state"] == "cancelled"
    phone.pay()
    order = wait_until_back(box, order_id)
    assert (order["state"], order["refunded_amount"]) == ("cancelled", "1500.50"), order


def test_money_on_a_replaced_order_is_in_doubt_until_its_successor_is_paid(
    mp: SimulatorClient, box: DeployedBox
) -> None:
    old_id, old_phone = sell(mp, box)
    new_id, phone = sell(mp, box, "2000.00", replaces=old_id)
    assert box.look(old_id)["state"] == "replaced"
    old_phone.pay()
    assert box.wait_for(old_id, "review")["payments"][0]["role"] == "doubt"
    phone.pay()
    box.wait_for(new_id, "paid")
    assert wait_until_back(box, old_id)["refunded_amount"] == "1500.50"


def test_a_refund_whose_answer_is_lost_is_made_once(mp: SimulatorClient, box: DeployedBox) -> None:
    order_id, phone = sell(mp, box)
    box.ask("DELETE", f"/orders/{order_id}")
    mp.be_rude(kind="answer", status=500, method="POST", path="/v1/payments", handled=True)
    phone.pay()
    order = wait_until_back(box, order_id)
    refunds = refunds_at_mercadopago(mp, order["payments"][0]["payment_id"])
    assert [r["status"] for r in refunds] == ["approved"], refunds


@pytest.fixture
def polite(mp: SimulatorClient) -> Any:
    yield
    mp.settings(pending_refunds=False, seller_has_balance=True)


def test_a_pending_refund_is_shown_as_pending_until_it_is_through(
    branch: Stack, mp: SimulatorClient, box: DeployedBox, polite: None
) -> None:
    mp.settings(pending_refunds=True)
    order_id, phone = sell(mp, box)
    box.ask("DELETE", f"/orders/{order_id}")
    phone.pay()
    order = wait_until(
        lambda: box.look(order_id), lambda o: [p["refund"] for p in o["payments"]] == ["pending"]
    )
    (refund,) = refunds_at_mercadopago(mp, order["payments"][0]["payment_id"])
    mp.end_refund(refund["id"], "approved")
    assert wait_until_back(box, order_id)["refunded_amount"] == "1500.50"


def test_a_seller_without_balance_is_told_and_the_operator_tries_again(
    branch: Stack, mp: SimulatorClient, box: DeployedBox, polite: None
) -> None:
    mp.settings(seller_has_balance=False)
    order_id, phone = sell(mp, box)
    box.ask("DELETE", f"/orders/{order_id}")
    phone.pay()
    wait_until(lambda: box.look(order_id), lambda o: [p["refund"] for p in o["payments"]] == ["refused"])
    listed = operate(branch, "GET", "/admin/orders?state=refund_refused").json()["orders"]
    assert order_id in [order["order_id"] for order in listed]
    mp.settings(seller_has_balance=True)
    answer = operate(branch, "POST", f"/admin/orders/{order_id}/refund", {"reason": "topped up"})
    assert answer.status_code == 200, answer.text
    order = wait_until_back(box, order_id)
    assert len(refunds_at_mercadopago(mp, order["payments"][0]["payment_id"])) == 1
