"""What the merchant answered to a poll, judged as strictly as Mercado Pago would (protocol §2)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from simulator import country
from simulator.poll_answers import Judgement, judge
from tests.simulator.merchant import order_v1, order_v2

JSON = {"content-type": "application/json; charset=utf-8"}
V2 = {**JSON, "order-version": "2"}


def judged(
    status: int, body: Any, headers: dict[str, str] = JSON, *, site: str = "mla", dialect: str = "any"
) -> Judgement:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge(
        status, headers, content, country=country.load(site), collector_id=123456789, dialect=dialect
    )


def item(**changes: Any) -> dict[str, Any]:
    return {"title": "Nafta", "currency_id": "ARS", "quantity": 1, "unit_price": 10, **changes}


def item_v2(**changes: Any) -> dict[str, Any]:
    line: dict[str, Any] = order_v2()["items"][0]
    return line | changes


def test_a_v1_order_is_an_offer_of_the_sum_of_its_items() -> None:
    items = [item(quantity=2, unit_price=10.05), item(title="Agua", unit_price=0.5)]
    offer = judged(200, order_v1(items=items)).offer
    assert offer is not None
    assert (offer.total, offer.external_reference) == (Decimal("20.60"), "REF1")


def test_digits_are_kept_as_they_came() -> None:
    body = json.dumps(order_v1(items=[item(unit_price=7)])).replace("7}", "7.10}").encode()
    offer = judged(200, body).offer
    assert offer is not None
    assert str(offer.total) == "7.10"


def test_a_v2_order_is_an_offer_of_its_total() -> None:
    offer = judged(200, order_v2(), V2).offer
    assert offer is not None
    assert (offer.total, offer.title) == (Decimal("100.5"), "Compra")


@pytest.mark.parametrize("word", ["in_process", "unavailable"])
def test_v1_has_two_ways_to_say_wait(word: str) -> None:
    assert judged(400, {"error": {"type": word}}) == Judgement("wait", word)


@pytest.mark.parametrize("word", ["invalid", "timeout"])
def test_v1_has_two_ways_to_say_that_no_payment_can_be_taken(word: str) -> None:
    assert judged(400, {"error": {"type": word, "message": "por qué"}}) == Judgement("no", word)


@pytest.mark.parametrize("word", ["in_process", "notihing_to_pay", "Waiting_for_order"])
def test_v2_has_three_ways_to_say_wait_spelt_as_they_are_in_print(word: str) -> None:
    assert judged(202, {"status": {"status_detail": word}}) == Judgement("wait", word)


@pytest.mark.parametrize("word", ["invalid", "timeout"])
def test_a_v2_account_hears_invalid_and_timeout_as_v1_says_them(word: str) -> None:
    assert judged(400, {"error": {"type": word}}, dialect="v2") == Judgement("no", word)


@pytest.mark.parametrize(
    ("status", "body", "headers", "dialect"),
    [
        (202, {"status": {"status_detail": "in_process"}}, JSON, "v1"),
        (200, order_v2(), V2, "v1"),
        (200, order_v1(), JSON, "v2"),
        (400, {"error": {"type": "in_process"}}, JSON, "v2"),
    ],
)
def test_an_account_of_one_dialect_does_not_understand_the_other(
    status: int, body: Any, headers: dict[str, str], dialect: str
) -> None:
    assert judged(status, body, headers, dialect=dialect).verdict == "no"


@pytest.mark.parametrize(
    ("status", "body", "headers", "why"),
    [
        (200, order_v1(), {}, "Content-Type is missing"),
        (200, order_v1(), {"content-type": "text/html"}, "Content-Type is text/html"),
        (200, b"<html>", JSON, "the body is not JSON"),
        (200, b"[]", JSON, "the body is not a JSON object"),
        (200, b'{"a": NaN}', JSON, "the body is not JSON"),
        (200, b"[" * 100_000, JSON, "the body is not JSON"),
        (204, {}, JSON, "status 204 is not documented"),
        (404, {}, JSON, "status 404 is not documented"),
        (500, {}, JSON, "status 500 is not documented"),
        (400, {}, JSON, "error is missing"),
        (400, {"error": {"type": "busy"}}, JSON, "error.type 'busy' is not documented"),
        (400, {"error": {"type": "invalid", "message": 5}}, JSON, "message is not a text"),
        (202, {"status": {"status_detail": "nothing_to_pay"}}, JSON, "'nothing_to_pay' is not documented"),
        (200, order_v2(), JSON | {"order-version": "1"}, "order-version is not 2"),
    ],
)
def test_what_is_not_documented_takes_no_payment(
    status: int, body: Any, headers: dict[str, str], why: str
) -> None:
    judgement = judged(status, body, headers)
    assert judgement.verdict == "no"
    assert why in judgement.detail


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"collector_id": 987654321}, "collector_id is not this seller's"),
        ({"collector_id": "123456789"}, "collector_id is not this seller's"),
        ({"collector_id": 123456789.0}, "collector_id is not an integer"),
        ({"sponsor_id": 123456789}, "the sponsor is the collector"),
        ({"sponsor_id": "1"}, "the sponsor's id is not an integer"),
        ({"items": []}, "items is not a list of at least one"),
        ({"items": ["Nafta"]}, "items[] is not an object"),
        ({"items": [item(title="")]}, "title is not a text"),
        ({"items": [item(currency_id="USD")]}, "items[].currency_id is not ARS"),
        ({"items": [item(quantity=0)]}, "items[].quantity is not an integer of at least 1"),
        ({"items": [item(quantity=1.5)]}, "items[].quantity is not an integer of at least 1"),
        ({"items": [item(quantity=True)]}, "items[].quantity is not an integer of at least 1"),
        ({"items": [item(unit_price="10")]}, "unit_price is not a number above 0"),
        ({"items": [item(unit_price=0)]}, "unit_price is not a number above 0"),
        ({"items": [item(unit_price=0.001)]}, "unit_price has more than 2 decimals"),
        ({"items": [item(description=5)]}, "description is not a text"),
        ({"items": [item(sku="1")]}, "items[].sku is not documented"),
        ({"external_reference": ""}, "external_reference is not a text"),
        ({"external_reference": "R" * 257}, "external_reference is longer than 256"),
        ({"notification_url": "not a url"}, "notification_url is not a url"),
        ({"notification_url": "https://a.example/" + "x" * 500}, "notification_url is longer than 500"),
        ({"total_amount": 10}, "total_amount is not documented"),
    ],
)
def test_a_v1_order_that_breaks_a_rule_takes_no_payment(changes: dict[str, Any], why: str) -> None:
    assert judged(200, order_v1(**changes)) == Judgement("no", why)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"total_amount": 100}, "total_amount is not the sum of the items'"),
        ({"total_amount": "100.5"}, "total_amount is not a number above 0"),
        ({"title": None}, "title is not a text"),
        ({"description": None}, "description is not a text"),
        ({"sponsor": 5}, "sponsor is not an object"),
        ({"sponsor": {"id": 123456789}}, "the sponsor is the collector"),
        ({"collector_id": 123456789}, "collector_id is not documented"),
        ({"items": [item_v2(total_amount=50.25)]}, "items[].total_amount is not quantity x unit_price"),
        ({"items": [item_v2(unit_measure="litre")]}, "items[].unit_measure is not unit or pack"),
        ({"items": [item_v2(currency_id="ARS")]}, "items[].currency_id is not documented"),
    ],
)
def test_a_v2_order_that_breaks_a_rule_takes_no_payment(changes: dict[str, Any], why: str) -> None:
    assert judged(200, order_v2(**changes), V2) == Judgement("no", why)


def test_pesos_of_chile_have_no_decimals() -> None:
    cents = order_v1(items=[item(currency_id="CLP", unit_price=10.50)])
    assert judged(200, cents, site="mlc") == Judgement("no", "unit_price has more than 0 decimals")
    whole = order_v1(items=[item(currency_id="CLP", unit_price=1050)])
    assert judged(200, whole, site="mlc").verdict == "offer"
