"""Mercado Pago's answers say what they should not, or nothing yet (F25, F26)."""
# ruff: noqa: N802 - faults are named as reliability §2 names them

from __future__ import annotations

import json
from typing import Any

import pytest

from caja.errors import InReviewError, NotPaidError
from caja.mercadopago.merchant_orders import MercadoPagoMerchantOrders
from tests.builders import COLLECTOR_ID, PRICE, a_merchant_order
from tests.faults.searches import a_search
from tests.faults.shops import a_shop, a_vending_shop, live
from tests.mutants.marks import kills
from tests.rude import RudeServer, say
from tests.shop import ORDER, Shop
from tests.tokens import client

EXTRA: dict[str, Any] = {
    "payer": None,
    "shipping_cost": "x",
    "nickname": {"deep": [[[1]]]},
    "sponsor_id": [],
    "2": 3,
}
WRONG: dict[str, list[Any]] = {
    "id": [None, "", "7001x", -1, 1.5, [], True],
    "status": [None, 7, "CLOSED", "paid", ["closed"]],
    "external_reference": [None, 5, "", "A" * 26, [ORDER]],
    "collector": [None, 5, {}, {"id": None}, {"id": "x"}, {"id": COLLECTOR_ID + 1}, [COLLECTOR_ID]],
    "total_amount": [None, "x", -1, float(PRICE) + 1, [], True],
    "date_created": [None, "", "yesterday", 5, "2026-11-24T11:54:59.999Z"],
    "payments": [None, "none", 5, {}, [None], ["9001"]],
}
WRONG_PAYMENT: dict[str, list[Any]] = {
    "id": [None, "x", []],
    "status": [None, 1, "APPROVED", "pending", "authorized"],
    "transaction_amount": [None, "x", -5, [], float(PRICE) - 0.01],
    "currency_id": [None, 5, "BRL", ""],
}


@kills("collector-unchecked", "currency-unchecked", "total-unchecked")
def test_F25_html_empty_cut_wrong_or_endless_answers_crash_nothing_and_release_nothing() -> None:
    payment = json.loads(a_search(ORDER))["elements"][0]["payments"][0]
    wrong = [{name: value} for name, values in WRONG.items() for value in values]
    wrong += [
        {"payments": [payment | {name: value}]} for name, values in WRONG_PAYMENT.items() for value in values
    ]
    whole = a_search(ORDER)
    bodies = [b"<html>Service Unavailable</html>", b"", whole[:-20], b"[]", b"null", b"\xff", b"[" * 99_999]
    bodies += [whole[:-1] + b" " * 5_000_000 + b"}", *(a_search(ORDER, **changes) for changes in wrong)]
    for body in bodies:
        shop = shown(body)
        assert shop.order().state in ("ready", "review"), body[:500]
        with pytest.raises((NotPaidError, InReviewError)):
            shop.claim()
    assert shown(a_search(ORDER, **EXTRA)).claim()["state"] == "releasing"


def shown(body: bytes) -> Shop:
    """A vending machine's order after a check that Mercado Pago answered with this."""
    shop: Any = a_vending_shop()
    with RudeServer(say("200 OK", body)) as server:
        shop.mercadopago = MercadoPagoMerchantOrders(client(server.url))
        shop.notify(None)
    vending: Shop = shop
    return vending


@kills("missing-merchant-order-forgotten")
def test_F26_a_merchant_order_not_found_at_first_is_asked_for_again_and_settles() -> None:
    """By its id after a minute; the search lags for longer."""
    shop = a_shop()
    shop.notify("7001")
    live(shop, minutes=1)
    assert shop.order().state == "ready"
    shop.mercadopago.show(a_merchant_order())
    shop.mercadopago.not_in_search.add("7001")
    live(shop, seconds=20)
    assert shop.order().state == "paid"
