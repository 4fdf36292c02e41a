"""The stories that cost money elsewhere, played on the deployed stack by the command; the machines of the desk do their part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from cli.__main__ import caja
from tests.deployed.shop import DeployedBox, open_box, operate, put_on_desk, wait_until

if TYPE_CHECKING:
    from local.stack import Stack
    from simulator.client import SimulatorClient

POSTPAY = {
    "paid_after_cancel": [("cancelled", "excess", "done")],
    "paid_after_replace": [("paid", "kept", "none"), ("review", "excess", "done")],
    "abandoned_scans": [("paid", "kept", "none")],
    "pending_refund": [("paid", "excess", "done"), ("paid", "kept", "none")],
}
"""What a pump's orders hold at the end: the order's state, and each payment's role and return."""

PREPAY = {"paid_after_expiry": [("expired", "excess", "done")]}


@pytest.fixture
def pump(branch: Stack, mp: SimulatorClient) -> DeployedBox:
    return put_on_desk(mp, open_box(branch, name="Surtidor"), "pump", "Surtidor")


@pytest.fixture
def vending(branch: Stack, mp: SimulatorClient) -> DeployedBox:
    return put_on_desk(mp, open_box(branch, name="Máquina", mode="prepay"), "vending", "Máquina")


def play(mp: SimulatorClient, story: str, box: DeployedBox) -> None:
    said = CliRunner().invoke(caja, ["simulate", "trigger", story, box.box_id, "--url", mp.url])
    assert said.exit_code == 0, said.output


def holdings(box: DeployedBox) -> list[tuple[str, str, str]]:
    """The box's orders in the operator's eyes, by payment."""
    listed = operate(box.stack, "GET", f"/admin/orders?box_id={box.box_id}").json()["orders"]
    orders = [box.look(order["order_id"]) for order in listed]
    return sorted((o["state"], p["role"], p["refund"]) for o in orders for p in o["payments"])


@pytest.mark.parametrize("story", POSTPAY)
def test_a_pump_ends_with_the_money_that_is_its_own(
    mp: SimulatorClient, pump: DeployedBox, story: str
) -> None:
    play(mp, story, pump)
    wait_until(lambda: holdings(pump), lambda seen: seen == POSTPAY[story])


@pytest.mark.parametrize("story", PREPAY)
def test_a_vending_machine_ends_with_the_money_that_is_its_own(
    mp: SimulatorClient, vending: DeployedBox, story: str
) -> None:
    play(mp, story, vending)
    wait_until(lambda: holdings(vending), lambda seen: seen == PREPAY[story])
