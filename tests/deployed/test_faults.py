"""Every fault that the simulator can switch on, on the deployed stack: the money is right at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simulator.client import CANNOT_TAKE_PAYMENT
from tests.deployed.shop import (
    PATIENCE,
    DeployedBox,
    a_submit,
    ledger,
    notifications,
    operate,
    refunds_at_mercadopago,
    sell,
    wait_until,
    wait_until_worked_off,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack import Stack
    from simulator.client import SimulatorClient

TOLD = [
    "notifications_lost",
    "notifications_late",
    "notifications_doubled",
    "notifications_reordered",
    "notifications_ipn_only",
    "notifications_webhook_only",
    "notifications_badly_signed",
    "api_slow",
    "reads_lag",
]
"""With these the sale goes through as if nothing were wrong, only later."""

ANSWERED = {"api_429": {429}, "api_5xx": {500, 502, 503, 504}, "api_html": {200, 502}}
"""With these nothing can be asked, and the status tells."""


@pytest.fixture
def switch(mp: SimulatorClient) -> Iterator[Any]:
    """Turns a fault on or off; all are off afterwards."""

    def turn(name: str, *, on: bool) -> None:
        mp.control("PUT" if on else "DELETE", f"/faults/{name}")

    yield turn
    mp.control("DELETE", "/faults")


def assert_paid_once(stack: Stack, box: DeployedBox, order_id: str) -> None:
    """One payment, kept, in one event, and nothing goes back."""
    order = box.look(order_id)
    assert (order["state"], order["paid_amount"], order["refunded_amount"]) == ("paid", "1500.50", "0.00")
    assert [(p["role"], p["refund"]) for p in order["payments"]] == [("kept", "none")]
    items = [item["item"]["S"] for item in ledger(stack, order_id)]
    assert [item for item in items if item.startswith("EVENT#")] == ["EVENT#000001", "EVENT#000002"]


@pytest.mark.parametrize("fault", TOLD)
def test_a_sale_is_paid_exactly_once_in_spite_of(
    deployed: Stack, mp: SimulatorClient, box: DeployedBox, switch: Any, fault: str
) -> None:
    switch(fault, on=True)
    order_id, phone = sell(mp, box)
    phone.pay()
    box.wait_for(order_id, "paid")
    wait_until_worked_off(deployed)
    assert_paid_once(deployed, box, order_id)
    if fault == "notifications_lost":
        assert notifications(mp, order_id) == []


@pytest.mark.parametrize("fault", ANSWERED)
def test_nothing_is_believed_while_mercado_pago_answers_with_and_afterwards_the_sale_is_paid(
    deployed: Stack, mp: SimulatorClient, box: DeployedBox, switch: Any, fault: str
) -> None:
    order_id, phone = sell(mp, box)
    switch(fault, on=True)
    seen = max(m.seq for m in mp.wire())
    phone.pay()

    def refused() -> set[int | None]:
        return {
            m.status for m in mp.wire(seen) if m.kind == "answer" and "/merchant_orders" in m.url and m.status
        }

    assert wait_until(refused, bool, 30) <= ANSWERED[fault]
    assert box.look(order_id)["state"] == "ready"
    switch(fault, on=False)
    box.wait_for(order_id, "paid")
    assert_paid_once(deployed, box, order_id)


def test_a_refused_token_stops_selling_until_it_is_taken_again_and_the_sale_is_paid(
    deployed: Stack, mp: SimulatorClient, box: DeployedBox, switch: Any
) -> None:
    order_id, phone = sell(mp, box)
    switch("api_401", on=True)
    phone.pay()
    wait_until(lambda: box.report("idle")["payments"], lambda payments: payments == "down")
    assert box.look(order_id)["state"] == "ready"
    switch("api_401", on=False)
    wait_until(lambda: box.report("idle")["payments"], lambda payments: payments == "up")
    # Each refusal doubled the wait for the next check, to five minutes and a quarter of them at most.
    box.wait_for(order_id, "paid", timeout=400)
    assert_paid_once(deployed, box, order_id)
    assert box.ask("POST", "/orders", a_submit()).status_code == 201


def test_a_phone_whose_polls_time_out_shows_nothing_to_pay_and_the_next_one_pays(
    deployed: Stack, mp: SimulatorClient, box: DeployedBox, switch: Any
) -> None:
    order_id = box.submit()["order_id"]
    switch("polls_time_out", on=True)
    screen = mp.scan(box.box_id).wait_for(CANNOT_TAKE_PAYMENT)
    assert screen.merchant_order_id is None
    switch("polls_time_out", on=False)
    phone = mp.scan(box.box_id)
    phone.wait_for_amount()
    phone.pay()
    box.wait_for(order_id, "paid")
    assert_paid_once(deployed, box, order_id)


def pay_twice(mp: SimulatorClient, box: DeployedBox) -> str:
    """An order paid by two phones."""
    order_id, first = sell(mp, box)
    second = mp.scan(box.box_id)
    second.wait_for_amount(timeout=PATIENCE)
    first.pay()
    box.wait_for(order_id, "paid")
    second.pay()
    return order_id


def wait_for_excess(
    box: DeployedBox, order_id: str, refund: str, timeout: float = PATIENCE
) -> dict[str, Any]:
    """The excess payment once its refund is so far."""

    def look() -> list[dict[str, Any]]:
        return [p for p in box.look(order_id)["payments"] if p["role"] == "excess"]

    (payment,) = wait_until(look, lambda found: [p["refund"] for p in found] == [refund], timeout)
    found: dict[str, Any] = payment
    return found


def test_a_pending_refund_is_pending_until_it_is_through_and_moves_once(
    mp: SimulatorClient, box: DeployedBox, switch: Any
) -> None:
    switch("refunds_pending", on=True)
    order_id = pay_twice(mp, box)
    payment = wait_for_excess(box, order_id, "pending")
    (refund,) = refunds_at_mercadopago(mp, payment["payment_id"])
    mp.end_refund(refund["id"], "approved")
    wait_for_excess(box, order_id, "done")
    assert len(refunds_at_mercadopago(mp, payment["payment_id"])) == 1


def test_a_seller_without_balance_owes_until_there_is_some_and_gives_back_once(
    branch: Stack, mp: SimulatorClient, box: DeployedBox, switch: Any
) -> None:
    switch("no_balance", on=True)
    order_id = pay_twice(mp, box)
    payment = wait_for_excess(box, order_id, "refused")
    switch("no_balance", on=False)
    body = {"reason": "topped up", "payment_id": payment["payment_id"]}
    assert operate(branch, "POST", f"/admin/orders/{order_id}/refund", body).status_code == 200
    wait_for_excess(box, order_id, "done")
    assert [r["status"] for r in refunds_at_mercadopago(mp, payment["payment_id"])] == ["approved"]


def test_every_fault_there_is_has_a_test_here(mp: SimulatorClient) -> None:
    others = {"api_401", "polls_time_out", "refunds_pending", "no_balance"}
    assert {fault["name"] for fault in mp.control("GET", "/faults")} == {*TOLD, *ANSWERED, *others}
