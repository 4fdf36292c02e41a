"""Merchant orders that are not what the order asked for never settle it, on the deployed stack."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.deployed.shop import (
    PATIENCE,
    DeployedBox,
    notifications,
    open_box,
    searches,
    wait_until,
    wait_until_worked_off,
)

if TYPE_CHECKING:
    from local.stack import Stack
    from simulator.client import SimulatorClient


def a_payment(**changes: Any) -> dict[str, Any]:
    return {"transaction_amount": 1500.5, "currency_id": "ARS", "status": "approved"} | changes


LONG_AGO = (datetime.now(UTC) - timedelta(hours=3)).isoformat(timespec="milliseconds")

IN_DOUBT = {"currency", "total", "age"}
"""Of these the seller has money that a person must decide about (design §4, Order states)."""

WRONG: dict[str, dict[str, Any]] = {
    "collector": {"collector_id": 987654321},
    "currency": {"payments": [a_payment(currency_id="USD")]},
    "total": {"total_amount": 1.0, "payments": [a_payment(transaction_amount=1.0)]},
    "too little": {"payments": [a_payment(transaction_amount=1500.49)]},
    "age": {"date_created": LONG_AGO},
    "refunded": {"payments": [a_payment(status="refunded", amount_refunded=1500.5)]},
    "refunded in part": {"payments": [a_payment(amount_refunded=0.5)]},
    "rejected": {"payments": [a_payment(status="rejected")]},
    "still opened": {"status": "opened"},
}


@pytest.mark.parametrize("is_notified", [True, False], ids=["notified", "found by the search alone"])
def test_a_merchant_order_that_is_wrong_never_settles_an_order(
    mp: SimulatorClient, branch: Stack, *, is_notified: bool
) -> None:
    boxes = {flaw: open_box(branch) for flaw in WRONG}
    orders = {flaw: box.submit()["order_id"] for flaw, box in boxes.items()}
    for flaw, order_id in orders.items():
        right = {"external_reference": order_id, "total_amount": 1500.5, "payments": [a_payment()]}
        forged = mp.forge_merchant_order(**right | WRONG[flaw])
        if is_notified:
            mp.notify(merchant_order_id=forged["id"], url=boxes[flaw].offer()["notification_url"])

    def look() -> dict[str, dict[str, Any]]:
        return {flaw: box.look(orders[flaw]) for flaw, box in boxes.items()}

    wait_until(look, lambda _: all(searches(mp, order_id) for order_id in orders.values()))
    wait_until_worked_off(branch)
    for flaw, order in look().items():
        assert len(notifications(mp, order["order_id"])) == is_notified, flaw
        expected = "review" if flaw in IN_DOUBT else "ready"
        assert (order["state"], order["paid_amount"]) == (expected, "0.00"), f"{flaw}: {order}"


@pytest.mark.parametrize("reference", ["AAAAAAAAAAAAAAAAAAAAAAAAAA", None])
def test_a_merchant_order_of_another_reference_never_settles_an_order(
    mp: SimulatorClient, branch: Stack, box: DeployedBox, reference: str | None
) -> None:
    order_id = box.submit()["order_id"]
    other = mp.forge_merchant_order(external_reference=reference, total_amount=1500.5, payments=[a_payment()])
    mp.notify(merchant_order_id=other["id"], url=box.offer()["notification_url"])
    reads = mp.wait_for_messages(
        lambda m: m.kind == "answer" and m.url.endswith(f"/merchant_orders/{other['id']}"), timeout=PATIENCE
    )
    assert reads[0].status == 200, reads
    wait_until_worked_off(branch)
    assert box.look(order_id)["state"] == "ready"


def test_the_paid_merchant_order_behind_forty_abandoned_scans_settles(
    mp: SimulatorClient, box: DeployedBox
) -> None:
    mp.settings(notification_dialect="none")
    order_id = box.submit()["order_id"]
    for _ in range(40):
        mp.forge_merchant_order(
            external_reference=order_id, total_amount=1500.5, status="opened", payments=[]
        )
    phone = mp.scan(box.box_id)
    paid = phone.wait_for_amount(timeout=PATIENCE).merchant_order_id
    phone.pay()
    order = box.wait_for(order_id, "paid")
    assert [(p["role"], p["merchant_order_id"]) for p in order["payments"]] == [("kept", str(paid))]
    pages = [m.body.count('"external_reference"') for m in searches(mp, order_id)]
    assert 30 in pages, f"it was to be behind a full page, and was found on pages of {pages}"
