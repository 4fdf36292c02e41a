"""What is forgotten, so that memory stays flat: the oldest merchant orders, and all that hangs on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.client import Phone

if TYPE_CHECKING:
    from simulator.server import Simulator
    from tests.simulator.conftest import Api
    from tests.simulator.merchant import Merchant


@pytest.fixture(autouse=True)
def _little(mp: Simulator) -> None:
    mp.settings(kept_records=3, notification_dialect="none")


def test_beyond_so_many_the_oldest_merchant_orders_are_forgotten(mp: Simulator, api: Api) -> None:
    forged = [mp.forge_merchant_order(external_reference="REF1") for _ in range(5)]
    found = api("GET", "/merchant_orders/search?external_reference=REF1").body["elements"]
    assert [order["id"] for order in found] == [order["id"] for order in forged[2:]]
    assert api("GET", f"/merchant_orders/{forged[0]['id']}").status == 404
    assert api("GET", f"/v1/payments/{forged[0]['payments'][0]['id']}").status == 404
    assert api("GET", f"/v1/payments/{forged[2]['payments'][0]['id']}").status == 200


def test_their_refunds_and_keys_go_with_them(mp: Simulator, api: Api) -> None:
    first = mp.forge_merchant_order()["payments"][0]["id"]
    assert api("POST", f"/v1/payments/{first}/refunds", X_Idempotency_Key="key-1").status == 201
    later = [mp.forge_merchant_order()["payments"][0]["id"] for _ in range(3)]
    assert (mp.account.refund_keys, mp.account.refund_outcomes) == ({}, {})
    assert api("POST", f"/v1/payments/{later[0]}/refunds", X_Idempotency_Key="key-1").status == 201


def test_the_phones_that_opened_them_go_with_them(mp: Simulator, merchant: Merchant) -> None:
    merchant.offer()
    for _ in range(4):
        shown = mp.control("POST", "/scans", {"url": merchant.poll_url})
        phone = Phone(mp, shown["id"])
        phone.wait_for_amount()
    assert phone.screen().state == "amount"
    assert len(mp.control("GET", "/scans")) == 3


def test_phones_that_never_saw_an_amount_are_forgotten_too_but_not_those_that_wait(
    mp: Simulator, api: Api, merchant: Merchant
) -> None:
    api.box(url=merchant.poll_url)
    waiting = mp.scan("CAJA0001")
    for _ in range(6):
        mp.scan("CAJA0001").abandon()
    assert waiting.screen().state == "waiting"
    assert len(mp.control("GET", "/scans")) == 3


def test_a_pending_refund_of_a_forgotten_payment_ends_in_peace(mp: Simulator, api: Api) -> None:
    mp.control("PUT", "/faults/refunds_pending", {"seconds": 60})
    payment = mp.forge_merchant_order()["payments"][0]["id"]
    api("POST", f"/v1/payments/{payment}/refunds", X_Idempotency_Key="key-1")
    for _ in range(3):
        mp.forge_merchant_order()
    mp.control("POST", "/clock", {"advance": 60})
    assert api("GET", f"/v1/payments/{payment}").status == 404


def test_a_number_can_be_given_another_merchant_order(mp: Simulator, api: Api) -> None:
    kept = mp.account.merchant_orders
    number = mp.forge_merchant_order(external_reference="REF1")["id"]
    other = mp.forge_merchant_order(external_reference="REF2")["id"]
    kept[number] = kept.pop(other)
    totals = [
        api("GET", f"/merchant_orders/search?external_reference={name}").body["total"]
        for name in ("REF1", "REF2")
    ]
    assert (totals, len(kept)) == ([0, 1], 1)
