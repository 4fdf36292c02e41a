"""A client nobody here wrote: Mercado Pago's official Python SDK reads a merchant order and refunds a payment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mercadopago
import pytest
from mercadopago.config import Config, RequestOptions
from mercadopago.http import HttpClient

if TYPE_CHECKING:
    from simulator.client import Phone
    from simulator.server import Simulator


class SimulatedHttpClient(HttpClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's own HTTP client, its base URL replaced: the constructor's ``http_client`` is the seam it offers."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def request(self, method: str, url: str, *arguments: Any, **options: Any) -> Any:
        official = Config().api_base_url
        assert url.startswith(official + "/")
        return super().request(method, self._base_url + url.removeprefix(official), *arguments, **options)


@pytest.fixture
def sdk(mp: Simulator) -> mercadopago.SDK:
    return mercadopago.SDK(mp.access_token, http_client=SimulatedHttpClient(mp.url))


def test_it_reads_a_merchant_order(sdk: mercadopago.SDK, phone: Phone) -> None:
    number = phone.pay().merchant_order_id
    answer = sdk.merchant_order().get(number)
    answer.raise_for_status()
    order = answer["response"]
    assert (order["id"], order["status"], order["external_reference"]) == (number, "closed", "REF1")
    assert order["payments"][0]["status"] == "approved"


def test_it_searches_merchant_orders(sdk: mercadopago.SDK, phone: Phone) -> None:
    found = sdk.merchant_order().search({"external_reference": "REF1"})
    assert found["status"] == 200
    assert [order["id"] for order in found["response"]["elements"]] == [phone.screen().merchant_order_id]


def test_it_pages_through_more_merchant_orders_than_fit_one_page(sdk: mercadopago.SDK, mp: Simulator) -> None:
    made = [mp.forge_merchant_order(external_reference="REF1")["id"] for _ in range(41)]
    found = sdk.merchant_order().search_auto_paging_iter({"external_reference": "REF1"})
    assert [order["id"] for order in found] == made


def test_a_search_that_finds_nothing_ends_its_paging(sdk: mercadopago.SDK) -> None:
    assert list(sdk.merchant_order().search_auto_paging_iter({"external_reference": "NONE"})) == []


def test_it_reads_a_payment(sdk: mercadopago.SDK, phone: Phone) -> None:
    number = phone.pay().payments[0]["id"]
    payment = sdk.payment().get(number)["response"]
    assert (payment["id"], payment["transaction_amount"]) == (number, 1050.5)


def test_it_refunds_a_payment_in_part_and_then_in_full(sdk: mercadopago.SDK, phone: Phone) -> None:
    number = phone.pay().payments[0]["id"]
    part = sdk.refund().create(number, {"amount": 50.5})
    rest = sdk.refund().create(number)
    assert (part["status"], part["response"]["amount"]) == (201, 50.5)
    assert (rest["status"], rest["response"]["amount"]) == (201, 1000)
    listed = sdk.refund().list_all(number)["response"]
    assert [one["id"] for one in listed] == [part["response"]["id"], rest["response"]["id"]]
    assert sdk.refund().get(number, part["response"]["id"])["response"]["status"] == "approved"


def test_its_own_key_header_is_honoured(sdk: mercadopago.SDK, phone: Phone) -> None:
    number = phone.pay().payments[0]["id"]
    options = RequestOptions(custom_headers={"x-idempotency-key": "key-1"})
    first = sdk.refund().create(number, {"amount": 1}, options)
    assert sdk.refund().create(number, {"amount": 1}, options) == first


def test_it_understands_a_refusal(sdk: mercadopago.SDK, phone: Phone) -> None:
    number = phone.reject().payments[0]["id"]
    answer = sdk.refund().create(number)
    assert (answer.status_code, answer.error_causes[0]["code"]) == (400, 2063)


def test_it_understands_a_wrong_token(mp: Simulator) -> None:
    sdk = mercadopago.SDK("TEST-other-123456789", http_client=SimulatedHttpClient(mp.url))
    with pytest.raises(mercadopago.errors.MPAuthenticationError):
        sdk.merchant_order().get(1).raise_for_status()
