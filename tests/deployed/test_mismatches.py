"""Merchant orders that are not what the order asked for never settle it, on the deployed stack."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.deployed.shop import DeployedBox, open_box, wait_until

if TYPE_CHECKING:
    from local.stack import Stack
    from simulator.client import SimulatorClient


def a_payment(**changes: Any) -> dict[str, Any]:
    return {"transaction_amount": 1500.5, "currency_id": "ARS", "status": "approved"} | changes


LONG_AGO = (datetime.now(UTC) - timedelta(hours=3)).isoformat(timespec="milliseconds")

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


def test_a_merchant_order_that_is_wrong_never_settles_an_order(mp: SimulatorClient, branch: Stack) -> None:
    asked = {flaw: open_box(branch) for flaw in WRONG}
    orders = {flaw: box.submit()["order_id"] for flaw, box in asked.items()}
    for flaw, order_id in orders.items():
        right = {"external_reference": order_id, "total_amount": 1500.5, "payments": [a_payment()]}
        mp.forge_merchant_order(**right | WRONG[flaw])

    def look() -> dict[str, dict[str, Any]]:
        return {flaw: box.look(orders[flaw]) for flaw, box in asked.items()}

    wait_until(look, lambda _: all(searches(mp, order_id) for order_id in orders.values()), 40)
    wait_until(look, lambda seen: seen["total"]["state"] == "review", 20)
    for flaw, order in look().items():
        expected = "review" if flaw in ("currency", "total", "age") else "ready"
        assert (order["state"], order["paid_amount"]) == (expected, "0.00"), f"{flaw}: {order}"


def test_a_merchant_order_of_another_reference_never_settles_an_order(
    mp: SimulatorClient, box: DeployedBox
) -> None:
    order_id = box.submit()["order_id"]
    phone = mp.scan(box.box_id)
    phone.wait_for_amount(timeout=20)
    url = next(m.url for m in mp.wire() if f"/notify/{order_id}/" in m.url and m.kind == "request").partition(
        "?"
    )[0]
    other = mp.forge_merchant_order(
        external_reference="AAAAAAAAAAAAAAAAAAAAAAAAAA", total_amount=1500.5, payments=[a_payment()]
    )
    seen_before = searches(mp, order_id)
    mp.notify(merchant_order_id=other["id"], url=url)
    wait_until(lambda: box.look(order_id), lambda _: searches(mp, order_id) > seen_before, 30)
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
    phone.wait_for_amount(timeout=20)
    phone.pay()
    order = box.wait_for(order_id, "paid", timeout=60)
    assert [p["role"] for p in order["payments"]] == ["kept"]


def searches(mp: SimulatorClient, order_id: str) -> int:
    """How often the order's merchant orders have been searched for."""
    return sum(m.kind == "answer" and f"external_reference={order_id}" in m.url for m in mp.wire())
