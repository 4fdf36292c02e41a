"""Merchant orders by id and by reference, against the simulator over HTTP."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from caja.errors import MercadoPagoNotFoundError, MercadoPagoUnavailableError, TokenRefusedError
from caja.mercadopago.merchant_orders import MercadoPagoMerchantOrders
from tests.tokens import client

if TYPE_CHECKING:
    from caja.merchant_orders import MerchantOrder
    from simulator.server import Simulator

REFERENCE = "ORDER234567ORDER234567ORDE"


@pytest.fixture
def merchant_orders(simulator: Simulator) -> MercadoPagoMerchantOrders:
    return MercadoPagoMerchantOrders(client(simulator.url))


def read_all(merchant_orders: MercadoPagoMerchantOrders) -> list[MerchantOrder]:
    found: list[MerchantOrder] = []
    offset: int | None = 0
    while offset is not None:
        page = merchant_orders.search(REFERENCE, offset)
        found += page.merchant_orders
        offset = page.next_offset
    return found


def test_a_paid_merchant_order_is_read_to_the_cent(
    simulator: Simulator, merchant_orders: MercadoPagoMerchantOrders
) -> None:
    forged = simulator.forge_merchant_order(external_reference=REFERENCE, total_amount=Decimal("1500.10"))
    read = merchant_orders.get(str(forged["id"]))
    assert (read.status, read.external_reference, read.total) == ("closed", REFERENCE, Decimal("1500.10"))
    assert (read.net, read.collector_id) == (Decimal("1500.10"), simulator.collector_id)


def test_an_unknown_merchant_order_is_not_found(merchant_orders: MercadoPagoMerchantOrders) -> None:
    with pytest.raises(MercadoPagoNotFoundError):
        merchant_orders.get("999999")


def test_a_search_without_results_is_one_empty_page(merchant_orders: MercadoPagoMerchantOrders) -> None:
    page = merchant_orders.search(REFERENCE, 0)
    assert (page.merchant_orders, page.next_offset) == ((), None)


def test_the_paid_one_behind_forty_abandoned_scans_is_found(
    simulator: Simulator, merchant_orders: MercadoPagoMerchantOrders
) -> None:
    paid = simulator.forge_merchant_order(external_reference=REFERENCE, total_amount=Decimal(10))
    for _ in range(40):
        simulator.forge_merchant_order(external_reference=REFERENCE, total_amount=Decimal(10), payments=[])
    found = read_all(merchant_orders)
    assert len({each.merchant_order_id for each in found}) == 41
    assert [each.merchant_order_id for each in found if each.net] == [str(paid["id"])]


def answer(simulator: Simulator, body: Any) -> None:
    simulator.be_rude(body=json.dumps(body), path="/merchant_orders")


@pytest.mark.parametrize(
    ("fields", "next_offset"),
    [
        ({"total": 2}, None),
        ({"total": 1}, None),
        ({"total": 5}, 2),
        ({"total": 5, "next_offset": None}, 2),
        ({"total": 5, "next_offset": 0}, 2),
        ({"total": 2, "next_offset": 2}, None),
        ({"next_offset": 2}, 2),
        ({"next_offset": 0}, None),
        ({"next_offset": None}, None),
        ({"next_offset": "2"}, None),
        ({"next_offset": True}, None),
        ({"total": "5"}, None),
        ({}, None),
    ],
)
def test_the_next_page_is_where_total_or_else_next_offset_says(
    fields: dict[str, Any],
    next_offset: int | None,
    simulator: Simulator,
    merchant_orders: MercadoPagoMerchantOrders,
) -> None:
    answer(simulator, {"elements": [{"id": 1}, {"id": 2}], **fields})
    assert merchant_orders.search(REFERENCE, 0).next_offset == next_offset


def test_a_page_without_elements_is_the_last_whatever_total_says(
    simulator: Simulator, merchant_orders: MercadoPagoMerchantOrders
) -> None:
    answer(simulator, {"elements": None, "total": 99, "next_offset": 60})
    assert merchant_orders.search(REFERENCE, 30).next_offset is None


@pytest.mark.parametrize("body", [[], {}, "text", 5, None, {"elements": {}}, {"elements": "none"}])
def test_an_answer_that_is_no_page_proves_nothing(
    body: Any, simulator: Simulator, merchant_orders: MercadoPagoMerchantOrders
) -> None:
    answer(simulator, body)
    with pytest.raises(MercadoPagoUnavailableError):
        merchant_orders.search(REFERENCE, 0)


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_search_that_is_refused_shows_nothing_and_is_no_answer(
    status: int, simulator: Simulator, merchant_orders: MercadoPagoMerchantOrders
) -> None:
    body = json.dumps({"error": "forbidden", "message": "PA_UNAUTHORIZED_RESULT_FROM_POLICIES"})
    simulator.be_rude(status=status, body=body, path="/merchant_orders")
    with pytest.raises(MercadoPagoUnavailableError, match="refuses the search"):
        merchant_orders.search(REFERENCE, 0)


def test_a_search_our_token_is_refused_for_is_told_so(
    simulator: Simulator, merchant_orders: MercadoPagoMerchantOrders
) -> None:
    simulator.be_rude(status=401, body="{}", path="/merchant_orders", times=2)
    with pytest.raises(TokenRefusedError):
        merchant_orders.search(REFERENCE, 0)


@pytest.mark.parametrize("element", [None, {}, {"id": None}, {"id": "x"}, {"id": -1}, 7])
def test_a_page_with_an_element_that_cannot_be_told_proves_nothing(
    element: Any, simulator: Simulator, merchant_orders: MercadoPagoMerchantOrders
) -> None:
    answer(simulator, {"elements": [{"id": 1}, element]})
    with pytest.raises(MercadoPagoUnavailableError):
        merchant_orders.search(REFERENCE, 0)


@pytest.mark.parametrize("body", [[], {}, {"id": "x"}, None])
def test_a_merchant_order_without_an_id_is_no_answer(
    body: Any, simulator: Simulator, merchant_orders: MercadoPagoMerchantOrders
) -> None:
    answer(simulator, body)
    with pytest.raises(MercadoPagoUnavailableError):
        merchant_orders.get("1")


def test_wrong_types_inside_a_merchant_order_are_read_as_not_paid(
    simulator: Simulator, merchant_orders: MercadoPagoMerchantOrders
) -> None:
    forged = simulator.forge_merchant_order(
        external_reference=REFERENCE,
        raw={
            "payments": [{"id": 1, "status": 7}],
            "collector": "me",
            "total_amount": "much",
            "unheard_of": [1],
        },
    )
    read = merchant_orders.get(str(forged["id"]))
    assert read.net == 0
    assert read.collector_id is None
    assert read.total is None
