"""A vending machine on the deployed stack: paid, claimed once, delivered, or the money goes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.deployed.shop import (
    DeployedBox,
    a_submit,
    alarms,
    open_box,
    operate,
    refunds_at_mercadopago,
    sell,
    wait_until,
)

if TYPE_CHECKING:
    from local.stack import Stack
    from simulator.client import SimulatorClient


@dataclass(frozen=True)
class Sale:
    """A paid prepay order at its machine."""

    box: DeployedBox
    order_id: str

    def release(self, claim: str = "claim-0001") -> tuple[int, str]:
        answer = self.box.ask("POST", f"/orders/{self.order_id}/release", {"claim": claim})
        return answer.status_code, answer.json().get("code") or answer.json()["state"]

    def report(self, result: str, claim: str = "claim-0001") -> tuple[int, str]:
        body = {"claim": claim, "result": result}
        answer = self.box.ask("POST", f"/orders/{self.order_id}/delivery", body)
        return answer.status_code, answer.json().get("code") or answer.json()["state"]


def sell_prepaid(branch: Stack, mp: SimulatorClient, **wish: int) -> Sale:
    """A machine of its own with a paid order."""
    box = open_box(branch, mode="prepay", **wish)
    order_id, phone = sell(mp, box)
    phone.pay()
    box.wait_for(order_id, "paid")
    return Sale(box, order_id)


@pytest.fixture(scope="module")
def begun(branch: Stack, shared_mp: SimulatorClient) -> dict[str, Sale]:
    """Sales whose deadlines pass while the others are played; they wait for the same minute, so they begin together."""
    shared_mp.settings(notification_dialect="ipn", notification_copies=1)
    unclaimed = sell_prepaid(branch, shared_mp, release_seconds=2)
    silent = sell_prepaid(branch, shared_mp, report_seconds=2)
    assert silent.release() == (200, "releasing")
    late = sell_prepaid(branch, shared_mp, report_seconds=2)
    assert late.release() == (200, "releasing")
    return {"unclaimed": unclaimed, "silent": silent, "late": late}


def test_what_is_paid_is_claimed_once_and_delivered(
    begun: dict[str, Sale], branch: Stack, mp: SimulatorClient
) -> None:
    sale = sell_prepaid(branch, mp)
    assert sale.box.ask("POST", "/orders", a_submit()).json()["code"] == "already_paid"
    assert sale.release() == (200, "releasing")
    assert sale.box.ask("POST", "/orders", a_submit()).json()["code"] == "box_busy"
    assert sale.release() == (200, "releasing")
    assert sale.release("claim-0002") == (409, "already_claimed")
    assert sale.report("delivered") == (200, "delivered")
    assert sale.report("delivered") == (200, "delivered")
    assert sale.report("failed") == (409, "contradiction")
    wait_until(lambda: alarms(branch, "DeliveryContradiction"), lambda seen: seen[0])


def test_a_machine_that_claims_and_fails_gives_the_money_back(
    branch: Stack, mp: SimulatorClient, begun: dict[str, Sale]
) -> None:
    sale = sell_prepaid(branch, mp)
    assert sale.release() == (200, "releasing")
    assert sale.report("failed") == (200, "refunding")
    order = sale.box.wait_for(sale.order_id, "refunded")
    assert (order["refunded_amount"], order["payments"][0]["refund"]) == ("1500.50", "done")
    assert len(refunds_at_mercadopago(mp, order["payments"][0]["payment_id"])) == 1
    assert sale.release() == (409, "too_late")


def test_a_machine_that_lost_power_in_between_says_so_and_a_person_decides(
    branch: Stack, mp: SimulatorClient, begun: dict[str, Sale]
) -> None:
    sale = sell_prepaid(branch, mp)
    assert sale.release() == (200, "releasing")
    assert sale.report("unknown") == (200, "review")
    listed = operate(branch, "GET", "/admin/orders?state=review").json()["orders"]
    assert (sale.order_id, "unknown") in [(order["order_id"], order["why"]) for order in listed]
    decided = operate(
        branch,
        "POST",
        f"/admin/orders/{sale.order_id}/resolve",
        {"state": "delivered", "reason": "the counter says so"},
    )
    assert (decided.status_code, decided.json()["state"]) == (200, "delivered"), decided.text
    shown = operate(branch, "GET", f"/admin/orders/{sale.order_id}").json()
    last = shown["events"][-1]
    assert (last["from"], last["to"], last["facts"]) == (
        "review",
        "delivered",
        {"reason": "the counter says so"},
    )
    assert last["by"].startswith("operator arn:aws:iam::"), last


def test_the_money_of_an_order_nobody_claims_goes_back_at_the_deadline(
    mp: SimulatorClient, begun: dict[str, Sale]
) -> None:
    sale = begun["unclaimed"]
    wait_until(lambda: sale.box.look(sale.order_id), lambda order: order["state"] == "refunded")
    order = sale.box.look(sale.order_id)
    assert order["refunded_amount"] == "1500.50"
    assert len(refunds_at_mercadopago(mp, order["payments"][0]["payment_id"])) == 1
    assert sale.release() == (409, "too_late")


def test_a_machine_that_falls_silent_is_left_to_a_person(branch: Stack, begun: dict[str, Sale]) -> None:
    sale = begun["silent"]
    wait_until(lambda: sale.box.look(sale.order_id), lambda order: order["state"] == "review")
    decided = operate(
        branch,
        "POST",
        f"/admin/orders/{sale.order_id}/resolve",
        {"state": "refunding", "reason": "he complained"},
    )
    assert decided.json()["state"] == "refunding", decided.text
    sale.box.wait_for(sale.order_id, "refunded")


def test_a_late_report_leaves_review_by_itself(begun: dict[str, Sale]) -> None:
    sale = begun["late"]
    wait_until(lambda: sale.box.look(sale.order_id), lambda order: order["state"] == "review")
    assert sale.report("delivered") == (200, "delivered")
