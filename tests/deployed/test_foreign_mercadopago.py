"""A stack in Chile, against somebody else's imitation of Mercado Pago, deleted and deployed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.screen import Steps
from local import stack
from local.places import Places
from simulator.server import Simulator
from tests.deployed.shop import a_submit, open_box, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

CHILEAN = Places(state=".caja/test-mlc")


@pytest.fixture(scope="module")
def foreign() -> Iterator[Simulator]:
    """Mercado Pago as somebody else plays it, outside the stack."""
    with Simulator(site="mlc", enabled_hosts=["127.0.0.1"], stores=["STORE001"], poll_interval=0.3) as mp:
        yield mp


@pytest.fixture
def chilean(foreign: Simulator) -> Iterator[stack.Stack]:
    """The stack, deployed anew."""
    stack.down(CHILEAN)
    options = stack.Options(site="mlc", mercadopago_url=foreign.url)
    yield stack.up(CHILEAN, options, Steps())
    stack.down(CHILEAN)


def test_a_sale_in_whole_pesos_with_no_simulator_of_ours_running(
    chilean: stack.Stack, foreign: Simulator
) -> None:
    assert "simulator" not in stack.status(CHILEAN).process_ids
    assert chilean.mercadopago_url == foreign.url
    box = open_box(chilean, box_id="BOMBA1")
    cents = box.ask("POST", "/orders", a_submit("10.50"))
    assert (cents.status_code, cents.json()["errors"][0]["path"]) == (400, "items.0.unit_price")
    ticket = "till-1-0000000001"
    order = box.submit("10500", ticket=ticket)
    assert (order["total"], order["currency"]) == ("10500", "CLP")
    phone = foreign.scan("BOMBA1")
    screen = phone.wait_for_amount(timeout=20)
    assert (str(screen.amount), screen.currency) == ("10500", "CLP")
    phone.pay()
    assert box.wait_for(order["order_id"], "paid")["paid_amount"] == "10500"

    # The same merchant deploys anew: the old payment is still at Mercado Pago, and the till's counter starts again.
    stack.down(CHILEAN)
    anew = open_box(stack.up(CHILEAN, stack.Options(site="mlc", mercadopago_url=foreign.url), Steps()))
    again = anew.submit("10500", ticket=ticket)
    assert again["order_id"] != order["order_id"]
    reference = f"external_reference={again['order_id']}"

    def is_searched() -> bool:
        anew.look(again["order_id"])
        return any(m.kind == "answer" and reference in m.url for m in foreign.wire())

    wait_until(is_searched, bool, 40)
    assert anew.look(again["order_id"])["state"] == "ready"
