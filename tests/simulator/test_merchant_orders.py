"""Merchant orders and payments as the merchant reads them (protocol §4)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import requests

from simulator.client import SimulatorError

if TYPE_CHECKING:
    from simulator.client import Phone
    from simulator.server import Simulator
    from tests.simulator.conftest import Api
    from tests.simulator.merchant import Merchant


def read(api: Api, number: int | None) -> dict[str, Any]:
    found: dict[str, Any] = api("GET", f"/merchant_orders/{number}").body
    return found


def test_a_phone_that_shows_an_amount_has_opened_a_merchant_order(
    api: Api, phone: Phone, merchant: Merchant
) -> None:
    order = read(api, phone.screen().merchant_order_id)
    assert order["id"] > 2**32
    assert (order["status"], order["order_status"]) == ("opened", "payment_required")
    assert (order["external_reference"], order["total_amount"]) == ("REF1", Decimal("1050.5"))
    assert order["collector"]["id"] == 123456789
    assert order["notification_url"] == merchant.notification_url
    assert (order["payments"], order["paid_amount"], order["refunded_amount"]) == ([], 0, 0)
    assert (order["site_id"], order["payer"], order["cancelled"]) == ("MLA", None, False)
    assert order["items"][0]["title"] == "Nafta 10 l"


def test_every_scan_that_saw_an_amount_opens_its_own(
    mp: Simulator, api: Api, phone: Phone, merchant: Merchant
) -> None:
    mp.scan("CAJA0001").wait_for_amount()
    merchant.preparing()
    mp.scan("CAJA0001")
    assert api("GET", "/merchant_orders/search?external_reference=REF1").body["total"] == 2


def test_an_abandoned_one_stays_opened(api: Api, phone: Phone) -> None:
    number = phone.abandon().merchant_order_id
    assert read(api, number)["status"] == "opened"


def test_a_paid_one_is_closed_with_the_payment_inside(api: Api, phone: Phone) -> None:
    order = read(api, phone.pay().merchant_order_id)
    assert (order["status"], order["order_status"], order["paid_amount"]) == (
        "closed",
        "paid",
        Decimal("1050.5"),
    )
    payment = order["payments"][0]
    assert (payment["status"], payment["status_detail"]) == ("approved", "accredited")
    assert (payment["transaction_amount"], payment["currency_id"]) == (Decimal("1050.5"), "ARS")
    assert (payment["operation_type"], payment["amount_refunded"]) == ("regular_payment", 0)
    assert payment["date_approved"] == payment["date_created"]


def test_a_rejected_payment_is_listed_and_closes_nothing(api: Api, phone: Phone) -> None:
    order = read(api, phone.reject().merchant_order_id)
    assert (order["status"], order["paid_amount"]) == ("opened", 0)
    assert (order["payments"][0]["status"], order["payments"][0]["date_approved"]) == ("rejected", None)


def test_a_part_leaves_it_opened_and_partially_paid(api: Api, phone: Phone) -> None:
    order = read(api, phone.pay(Decimal(50)).merchant_order_id)
    assert (order["status"], order["order_status"], order["paid_amount"]) == ("opened", "partially_paid", 50)


def test_dates_are_written_with_milliseconds_and_an_offset(api: Api, phone: Phone) -> None:
    assert read(api, phone.screen().merchant_order_id)["date_created"][-10:].endswith("-04:00")


@pytest.mark.parametrize("path", ["/merchant_orders/search", "/merchant_orders"])
def test_both_spellings_of_the_search_find_by_reference_whatever_its_letter_case(
    api: Api, phone: Phone, path: str
) -> None:
    found = api("GET", f"{path}?external_reference=ref1").body
    assert [order["id"] for order in found["elements"]] == [phone.screen().merchant_order_id]
    assert (found["next_offset"], found["total"]) == (1, 1)


def test_a_search_that_finds_nothing_says_null(api: Api) -> None:
    found = api("GET", "/merchant_orders/search?external_reference=NONE").body
    assert found == {"elements": None, "next_offset": 0, "total": 0}


def test_the_paid_one_behind_40_abandoned_scans_is_on_the_second_page(mp: Simulator, api: Api) -> None:
    for _ in range(40):
        mp.forge_merchant_order(external_reference="REF1", payments=[])
    paid = mp.forge_merchant_order(external_reference="REF1")
    first = api("GET", "/merchant_orders/search?external_reference=REF1").body
    assert (len(first["elements"]), first["next_offset"], first["total"]) == (30, 30, 41)
    second = api("GET", "/merchant_orders/search?external_reference=REF1&offset=30").body
    assert (len(second["elements"]), second["next_offset"]) == (11, 41)
    assert second["elements"][-1]["id"] == paid["id"]
    assert api("GET", "/merchant_orders/search?external_reference=REF1&offset=41").body["elements"] is None


def test_a_page_can_be_made_shorter_but_not_longer(mp: Simulator, api: Api) -> None:
    for _ in range(31):
        mp.forge_merchant_order(external_reference="REF1")
    assert len(api("GET", "/merchant_orders/search?limit=2").body["elements"]) == 2
    assert len(api("GET", "/merchant_orders/search?limit=100").body["elements"]) == 30


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/merchant_orders/1", 404, "not_found"),
        ("/merchant_orders/abc", 400, "invalid_format"),
        ("/merchant_orders/" + "1" * 21, 400, "invalid_format"),
        ("/merchant_orders/\u0661", 400, "invalid_format"),
        ("/v1/payments/1", 404, "not_found"),
        ("/nothing", 404, "not_found"),
    ],
)
def test_what_is_not_there_is_refused_in_mercado_pago_s_shape(
    api: Api, path: str, status: int, error: str
) -> None:
    refused = api("GET", path)
    assert (refused.status, refused.body["status"], refused.body["error"]) == (status, status, error)
    assert set(refused.body) == {"message", "error", "status", "cause"}


@pytest.mark.parametrize("header", [None, "Bearer TEST-other-123456789", "Basic abc", "Bearer", "Bearer é"])
@pytest.mark.parametrize("path", ["/merchant_orders/1", "/pos", "/stores/1", "/v1/payments/1", "/nothing"])
def test_without_the_token_every_call_is_a_401(mp: Simulator, header: str | None, path: str) -> None:
    headers = {"Authorization": header.encode()} if header else {}
    answer = requests.get(mp.url + path, headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


def test_the_token_counts_as_a_bearer_token_only(mp: Simulator) -> None:
    headers = {"Authorization": f"Basic {mp.access_token}"}
    assert requests.get(f"{mp.url}/pos", headers=headers, timeout=5).status_code == 401


def test_a_payment_can_be_read_by_itself(api: Api, phone: Phone) -> None:
    paid = phone.pay()
    payment = api("GET", f"/v1/payments/{paid.payments[0]['id']}").body
    assert (payment["status"], payment["transaction_amount"]) == ("approved", Decimal("1050.5"))
    assert payment["order"] == {"id": str(paid.merchant_order_id), "type": "mercadopago"}
    assert payment["external_reference"] == "REF1"


def test_a_merchant_order_of_any_shape_can_be_forged(mp: Simulator, api: Api) -> None:
    forged = mp.forge_merchant_order(
        external_reference="REF9",
        collector_id=5,
        currency_id="USD",
        total_amount=10.5,
        status="expired",
        order_status="undefined",
        date_created="2020-01-01T00:00:00-04:00",
        payments=[
            {"status": "charged_back", "amount_refunded": 3, "raw": {"status_detail": None}},
            {"transaction_amount": 1, "status": "refunded", "currency_id": "EUR"},
        ],
        raw={"payer": {"id": 1}, "sponsor_id": "7"},
    )
    order = read(api, forged["id"])
    assert (order["collector"]["id"], order["status"], order["order_status"]) == (5, "expired", "undefined")
    assert (order["total_amount"], order["date_created"]) == (
        Decimal("10.5"),
        "2020-01-01T00:00:00.000-04:00",
    )
    first, second = order["payments"]
    assert (first["status"], first["status_detail"], first["currency_id"]) == ("charged_back", None, "USD")
    assert (first["amount_refunded"], second["currency_id"], second["transaction_amount"]) == (3, "EUR", 1)
    assert (order["payer"], order["sponsor_id"]) == ({"id": 1}, "7")


def test_a_forgery_is_by_default_closed_and_paid_once_in_full(mp: Simulator) -> None:
    forged = mp.forge_merchant_order(total_amount=5)
    assert (forged["status"], forged["order_status"], forged["paid_amount"]) == ("closed", "paid", 5)


@pytest.mark.parametrize(
    "fields",
    [
        {"colour": "red"},
        {"total_amount": "5"},
        {"date_created": "yesterday"},
        {"date_created": "2020-01-01T00:00:00"},
        {"payments": [5]},
        {"payments": [{"amount": 5}]},
        {"collector_id": "5"},
        {"raw": 5},
    ],
)
def test_a_forgery_that_cannot_be_read_is_refused(mp: Simulator, fields: dict[str, Any]) -> None:
    with pytest.raises(SimulatorError, match=r"^400"):
        mp.forge_merchant_order(**fields)
