"""A stack in Chile, against somebody else's imitation of Mercado Pago, deleted and deployed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from click.testing import CliRunner

import cli.local
from cli.__main__ import caja
from local import stack
from local.places import Places
from simulator.server import Simulator
from tests.deployed.shop import PATIENCE, a_submit, open_box, searches, wait_until, wait_until_worked_off

if TYPE_CHECKING:
    from collections.abc import Iterator

CHILEAN = Places(state=".caja/test-mlc")


@pytest.fixture(scope="module")
def foreign() -> Iterator[Simulator]:
    """Mercado Pago as somebody else plays it, outside the stack."""
    with Simulator(site="mlc", enabled_hosts=["127.0.0.1"], stores=["STORE001"], poll_interval=0.3) as mp:
        yield mp


@pytest.fixture(autouse=True)
def _chilean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The `caja` command is about this stack; nothing of it is up before and after."""
    monkeypatch.setattr(cli.local, "Places", lambda: CHILEAN)
    stack.down(CHILEAN)
    yield
    stack.down(CHILEAN)


def deploy(foreign: Simulator) -> stack.Stack:
    """The stack, put up as a developer does who has an imitation of Mercado Pago."""
    said = CliRunner().invoke(caja, ["local", "up", "--site", "mlc", "--mercadopago-url", foreign.url])
    assert said.exit_code == 0, said.output
    return stack.read(CHILEAN)


def forget_pos(foreign: Simulator, external_id: str) -> None:
    """Delete a POS whose URL leads to a stack that is no more; only its merchant may, by hand."""
    authorization = {"Authorization": f"Bearer {foreign.access_token}"}
    url = f"{foreign.url}/pos"
    found = requests.get(url, {"external_id": external_id}, headers=authorization, timeout=10).json()
    (pos,) = found["results"]
    assert requests.delete(f"{url}/{pos['id']}", headers=authorization, timeout=10).ok


def test_a_sale_in_whole_pesos_with_no_simulator_of_ours_and_none_of_it_after_a_new_deployment(
    foreign: Simulator,
) -> None:
    chilean = deploy(foreign)
    assert set(stack.status(CHILEAN).process_ids) == {"emulator"}
    assert chilean.mercadopago_url == foreign.url
    box = open_box(chilean, box_id="BOMBA1")
    cents = box.ask("POST", "/orders", a_submit("10.50"))
    assert (cents.status_code, cents.json()["errors"][0]["path"]) == (400, "items.0.unit_price")
    ticket = "till-1-0000000001"
    order = box.submit("10500", ticket=ticket)
    assert (order["total"], order["currency"]) == ("10500", "CLP")
    phone = foreign.scan("BOMBA1")
    screen = phone.wait_for_amount(timeout=PATIENCE)
    assert (str(screen.amount), screen.currency) == ("10500", "CLP")
    phone.pay()
    assert box.wait_for(order["order_id"], "paid")["paid_amount"] == "10500"

    # The same merchant deploys anew: the old payment is still at Mercado Pago, and the till's counter starts again.
    stack.down(CHILEAN)
    redeployed = deploy(foreign)
    forget_pos(foreign, "BOMBA1")
    anew = open_box(redeployed, box_id="BOMBA1")
    again = anew.submit("10500", ticket=ticket)["order_id"]
    assert again != order["order_id"]
    foreign.notify(merchant_order_id=screen.merchant_order_id, url=anew.offer()["notification_url"])
    wait_until(lambda: (anew.look(again), searches(foreign, again)), lambda seen: seen[1])
    wait_until_worked_off(redeployed)
    assert anew.look(again)["state"] == "ready"
