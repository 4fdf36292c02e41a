"""A sale from scan to receipt on the deployed stack, however Mercado Pago notifies, and what may go beside it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.deployed.calls import call, operator_key
from tests.deployed.shop import DeployedBox, a_submit, ledger, open_box, wait_until

if TYPE_CHECKING:
    from local.stack import Stack
    from simulator.client import Phone, SimulatorClient


def sell(mp: SimulatorClient, box: DeployedBox, amount: str = "1500.50") -> tuple[str, Phone]:
    """An order on a phone's pay screen: its id and the phone."""
    order_id = box.submit(amount)["order_id"]
    phone = mp.scan(box.box_id)
    phone.wait_for_amount(timeout=20)
    return order_id, phone


@pytest.mark.parametrize(
    ("dialect", "copies"), [("ipn", 1), ("webhook", 1), ("both", 1), ("both", 2), ("none", 1)]
)
def test_a_sale_ends_paid_exactly_once_however_it_is_notified(
    deployed: Stack, mp: SimulatorClient, box: DeployedBox, dialect: str, copies: int
) -> None:
    mp.settings(notification_dialect=dialect, notification_copies=copies)
    order_id, phone = sell(mp, box)
    phone.pay()
    paid_at = time.monotonic()
    order = box.wait_for(order_id, "paid", timeout=60)
    assert time.monotonic() - paid_at <= 60
    time.sleep(3)  # what came twice has been worked off by then
    items = {item["item"]["S"] for item in ledger(deployed, order_id)}
    assert {name.partition("#")[0] for name in items} == {"ORDER", "EVENT", "PAYMENT"}
    assert {name for name in items if name.startswith("EVENT")} == {"EVENT#000001", "EVENT#000002"}
    assert [p["role"] for p in order["payments"]] == ["kept"]
    assert (order["version"], order["paid_amount"], order["total"]) == (2, "1500.50", "1500.50")


def test_a_second_phone_that_pays_is_excess_and_due_back(mp: SimulatorClient, box: DeployedBox) -> None:
    order_id, first = sell(mp, box)
    second = mp.scan(box.box_id)
    second.wait_for_amount(timeout=20)
    first.pay()
    box.wait_for(order_id, "paid")
    second.pay()
    order = wait_until(lambda: box.look(order_id), lambda seen: len(seen["payments"]) == 2, 60)
    assert sorted((p["role"], p["refund"]) for p in order["payments"]) == [
        ("excess", "due"),
        ("kept", "none"),
    ]
    assert order["paid_amount"] == "1500.50"


def test_an_old_pay_screen_paid_after_a_cancel_is_excess(mp: SimulatorClient, box: DeployedBox) -> None:
    order_id, phone = sell(mp, box)
    assert box.ask("DELETE", f"/orders/{order_id}").json()["state"] == "cancelled"
    phone.pay()
    order = wait_until(lambda: box.look(order_id), lambda seen: seen["payments"], 60)
    assert (order["state"], order["payments"][0]["role"], order["payments"][0]["refund"]) == (
        "cancelled",
        "excess",
        "due",
    )


def test_money_on_a_replaced_order_is_in_doubt_until_its_successor_is_paid(
    mp: SimulatorClient, box: DeployedBox
) -> None:
    old_id, old_phone = sell(mp, box)
    new_id = box.submit("2000.00", replaces=old_id)["order_id"]
    assert box.look(old_id)["state"] == "replaced"
    old_phone.pay()
    assert box.wait_for(old_id, "review")["payments"][0]["role"] == "doubt"
    phone = mp.scan(box.box_id)
    assert str(phone.wait_for_amount(timeout=20).amount) in ("2000", "2000.0", "2000.00")
    phone.pay()
    box.wait_for(new_id, "paid")
    old = wait_until(lambda: box.look(old_id), lambda seen: seen["payments"][0]["role"] == "excess", 60)
    assert old["payments"][0]["refund"] == "due"


def test_settling_one_order_leaves_the_next_one_payable(mp: SimulatorClient, box: DeployedBox) -> None:
    first = box.submit(ttl_seconds=30)
    old_phone = mp.scan(box.box_id)
    old_phone.wait_for_amount(timeout=20)
    second = wait_until(
        lambda: box.ask("POST", "/orders", a_submit("700.00")), lambda answer: answer.status_code == 201, 40
    ).json()
    old_phone.pay()
    box.wait_for(first["order_id"], "paid")
    assert box.look(second["order_id"])["state"] == "ready"
    assert box.report("idle")["order"]["order_id"] == second["order_id"]
    phone = mp.scan(box.box_id)
    phone.wait_for_amount(timeout=20)
    phone.pay()
    box.wait_for(second["order_id"], "paid")


def test_an_order_nobody_pays_expires(box: DeployedBox) -> None:
    order_id = box.submit(ttl_seconds=30)["order_id"]
    box.wait_for(order_id, "expired", timeout=60)


def test_a_sale_settles_though_no_notification_comes_and_no_box_asks(
    deployed: Stack, mp: SimulatorClient, box: DeployedBox
) -> None:
    mp.settings(notification_dialect="none")
    order_id, phone = sell(mp, box)
    phone.pay()

    def state() -> str:
        order = next(item for item in ledger(deployed, order_id) if item["item"]["S"] == "ORDER")
        return str(order["state"]["S"])

    wait_until(state, lambda seen: seen == "paid", 150)


def test_a_till_that_starts_its_counter_again_gets_a_refusal_that_names_the_order(box: DeployedBox) -> None:
    first = box.submit(ticket="till-1-0000000001")
    box.ask("DELETE", f"/orders/{first['order_id']}")
    again = box.ask("POST", "/orders", a_submit("9.99", ticket="till-1-0000000001"))
    assert (again.status_code, again.json()["code"]) == (422, "ticket_reused")
    assert (again.json()["order_id"], again.json()["state"]) == (first["order_id"], "cancelled")


def test_a_ticket_sent_four_times_at_once_makes_one_order(box: DeployedBox) -> None:
    body = a_submit()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: box.ask("POST", "/orders", body), range(4)))
    assert {answer.status_code for answer in answers} <= {200, 201, 503}
    assert sum(answer.status_code == 201 for answer in answers) == 1
    assert len({answer.json()["order_id"] for answer in answers if answer.ok}) == 1


def test_four_tills_at_once_get_one_order_through(box: DeployedBox) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: box.ask("POST", "/orders", a_submit()), range(4)))
    assert sum(answer.status_code == 201 for answer in answers) == 1
    assert {answer.json().get("code") for answer in answers if answer.status_code == 409} == {"box_busy"}


def test_a_box_provisioned_again_never_takes_an_old_payment_for_a_new_order(
    branch: Stack, mp: SimulatorClient, box: DeployedBox
) -> None:
    ticket = "till-1-0000000002"
    old_id = box.submit(ticket=ticket)["order_id"]
    phone = mp.scan(box.box_id)
    phone.wait_for_amount(timeout=20)
    phone.pay()
    box.wait_for(old_id, "paid")
    signed_by = operator_key(branch)
    assert call(branch, "DELETE", f"/admin/boxes/{box.box_id}", signed_by=signed_by).ok
    anew = open_box(branch, box_id=box.box_id)
    order = anew.submit(ticket=ticket)
    assert order["order_id"] != old_id
    time.sleep(12)
    assert anew.look(order["order_id"])["state"] == "ready"
