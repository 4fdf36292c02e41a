"""Sales that only the clock moves on, on the deployed stack: no notification comes, and of some no box asks either.

They wait for the same half minutes, so they are begun together; each is an order on a box of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.deployed.shop import PATIENCE, DeployedBox, a_submit, ledger, open_box, sell, state_of, wait_until

if TYPE_CHECKING:
    from local.stack import Stack
    from simulator.client import Phone, SimulatorClient


@dataclass(frozen=True)
class Sale:
    """An order on the box that offered it, and a phone that shows what is to be paid."""

    box: DeployedBox
    order_id: str
    phone: Phone


@pytest.fixture(scope="module")
def begun(branch: Stack, shared_mp: SimulatorClient) -> dict[str, Sale]:
    """The sales of this module by the name of the box; the one at `swept` has been paid."""
    shared_mp.settings(notification_dialect="none", notification_copies=1)
    wishes: dict[str, dict[str, Any]] = {
        "followed": {"ttl_seconds": 30},
        "abandoned": {"ttl_seconds": 30},
        "forgotten": {"ttl_seconds": 30},
        "swept": {},
    }
    sales = {}
    for name, fields in wishes.items():
        box = open_box(branch)
        sales[name] = Sale(box, *sell(shared_mp, box, **fields))
    sales["swept"].phone.pay()
    return sales


def test_settling_one_order_leaves_the_next_one_payable(
    branch: Stack, shared_mp: SimulatorClient, begun: dict[str, Sale]
) -> None:
    sale = begun["followed"]
    box = sale.box
    second = wait_until(
        lambda: box.ask("POST", "/orders", a_submit("700.00")), lambda answer: answer.status_code == 201, 40
    ).json()["order_id"]
    phone = shared_mp.scan(box.box_id)
    phone.wait_for_amount(timeout=PATIENCE)
    sale.phone.pay()
    box.wait_for(sale.order_id, "paid")
    current = box.report("idle")["order"]
    assert (current["order_id"], current["state"]) == (second, "ready"), current
    assert box.offer()["external_reference"] == second
    phone.pay()
    box.wait_for(second, "paid")
    assert state_of(branch, sale.order_id) == "paid"


def test_an_order_nobody_pays_expires_as_the_box_asks(begun: dict[str, Sale]) -> None:
    sale = begun["abandoned"]
    order = sale.box.wait_for(sale.order_id, "expired")
    assert order["updated_at"] >= order["expires_at"], order
    assert sale.box.submit()["state"] == "ready"


def test_an_order_nobody_pays_expires_though_no_box_asks(branch: Stack, begun: dict[str, Sale]) -> None:
    order_id = begun["forgotten"].order_id
    wait_until(lambda: state_of(branch, order_id), lambda seen: seen == "expired")


def test_a_sale_settles_though_no_notification_comes_and_no_box_asks(
    branch: Stack, begun: dict[str, Sale]
) -> None:
    order_id = begun["swept"].order_id
    wait_until(lambda: state_of(branch, order_id), lambda seen: seen == "paid")
    items = [item["item"]["S"].partition("#")[0] for item in ledger(branch, order_id)]
    assert items == ["EVENT", "EVENT", "ORDER", "PAYMENT"]
