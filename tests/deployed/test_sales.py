"""A sale from scan to receipt on the deployed stack, however Mercado Pago notifies, and what may go beside it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.deployed.calls import call, operator_key
from tests.deployed.shop import (
    DeployedBox,
    a_submit,
    ledger,
    notifications,
    open_box,
    searches,
    sell,
    wait_until,
    wait_until_worked_off,
)

if TYPE_CHECKING:
    import requests

    from local.stack import Stack
    from simulator.client import SimulatorClient

TOPICS = {"ipn": {"topic"}, "webhook": {"type"}, "both": {"topic", "type"}, "none": set()}
"""The parameter by which a notification of each dialect names what it is about (protocol §3)."""

MOMENTS = 3
"""The pay screen appears, a payment is tried, the merchant order closes: Mercado Pago notifies of each."""


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
    box.wait_for(order_id, "paid")
    assert time.monotonic() - paid_at <= 60
    told = wait_until(
        lambda: [parse_qs(urlsplit(m.url).query) for m in notifications(mp, order_id)],
        lambda seen: len(seen) >= MOMENTS * copies * len(TOPICS[dialect]),
        30,
    )
    assert {name for query in told for name in ("topic", "type") if name in query} == TOPICS[dialect], told
    wait_until_worked_off(deployed)
    order = box.look(order_id)
    items = [item["item"]["S"] for item in ledger(deployed, order_id)]
    assert items == ["EVENT#000001", "EVENT#000002", "ORDER", f"PAYMENT#{order['payments'][0]['payment_id']}"]
    assert [(p["role"], p["amount"], p["refund"]) for p in order["payments"]] == [("kept", "1500.50", "none")]
    assert (order["state"], order["version"], order["paid_amount"]) == ("paid", 2, "1500.50"), order


def test_a_till_that_starts_its_counter_again_gets_a_refusal_that_names_the_order(box: DeployedBox) -> None:
    first = box.submit(ticket="till-1-0000000001")
    box.ask("DELETE", f"/orders/{first['order_id']}")
    again = box.ask("POST", "/orders", a_submit("9.99", ticket="till-1-0000000001"))
    assert (again.status_code, again.json()["code"]) == (422, "ticket_reused")
    assert (again.json()["order_id"], again.json()["state"]) == (first["order_id"], "cancelled")


def submit_ten(box: DeployedBox, bodies: list[dict[str, Any]]) -> list[requests.Response]:
    """The answers to ten submits, four at a time: each is a process to the emulator, and this machine has few cores."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda body: box.ask("POST", "/orders", body), bodies))


def test_a_ticket_sent_ten_times_over_makes_one_order(box: DeployedBox) -> None:
    answers = submit_ten(box, [a_submit()] * 10)
    seen = [(answer.status_code, answer.text) for answer in answers]
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201], seen
    assert len({answer.json()["order_id"] for answer in answers}) == 1, seen
    assert [answer.json().get("replayed") for answer in answers if answer.status_code == 200] == [True] * 9


def test_ten_submits_over_each_other_get_one_order_through(box: DeployedBox) -> None:
    answers = submit_ten(box, [a_submit() for _ in range(10)])
    seen = [(answer.status_code, answer.text) for answer in answers]
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9, seen
    (order_id,) = [answer.json()["order_id"] for answer in answers if answer.status_code == 201]
    in_the_way = [answer.json() for answer in answers if answer.status_code == 409]
    assert {(busy["code"], busy["order"]["order_id"]) for busy in in_the_way} == {("box_busy", order_id)}, (
        seen
    )


def test_a_box_provisioned_again_never_takes_an_old_payment_for_a_new_order(
    branch: Stack, mp: SimulatorClient, box: DeployedBox
) -> None:
    ticket = "till-1-0000000002"
    old_id, phone = sell(mp, box, ticket=ticket)
    phone.pay()
    box.wait_for(old_id, "paid")
    signed_by = operator_key(branch)
    assert call(branch, "DELETE", f"/admin/boxes/{box.box_id}", signed_by=signed_by).ok
    anew = open_box(branch, box_id=box.box_id)
    order_id = anew.submit(ticket=ticket)["order_id"]
    assert order_id != old_id
    mp.notify(merchant_order_id=phone.screen().merchant_order_id, url=anew.offer()["notification_url"])
    wait_until(lambda: (anew.look(order_id), searches(mp, order_id)), lambda seen: seen[1])
    wait_until_worked_off(branch)
    assert anew.look(order_id)["state"] == "ready"
