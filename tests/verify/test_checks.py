"""Each rule for one answer, byte by byte."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from simulator import country
from verify.answers import Reading, read
from verify.exchanges import Exchange, Mask, decode
from verify.rules import Rules, is_on_this_machine

RULES = Rules(country.load("mla"), collector_id=123456789)
JSON = (("Content-Type", "application/json"), ("Content-Length", "1"))
ITEM = {"title": "Nafta", "currency_id": "ARS", "quantity": 1, "unit_price": 1050.5}
ORDER_V1: dict[str, Any] = {
    "collector_id": 123456789,
    "items": [ITEM],
    "external_reference": "REF1",
    "notification_url": "https://pay.example.com/notify/REF1",
}
LINE = {"title": "Agua", "quantity": 2, "unit_measure": "unit", "unit_price": 50.25, "total_amount": 100.5}
ORDER_V2: dict[str, Any] = {
    "external_reference": "REF2",
    "total_amount": 100.5,
    "title": "Compra",
    "description": "Máquina 1",
    "notification_url": "https://pay.example.com/notify/REF2",
    "items": [LINE],
}


def answered(status: int, said: object, *headers: tuple[str, str], **changes: Any) -> Exchange:
    """An exchange in which this was answered; bytes as they are, everything else as JSON."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    exchange = Exchange(
        datetime.now(UTC), "GET", "https://pay.example.com/poll", b"", status, JSON + headers, body, 0.1
    )
    return replace(exchange, **changes)


def judge(
    status: int, said: object, *headers: tuple[str, str], rules: Rules = RULES, **changes: Any
) -> Reading:
    return read(answered(status, said, *headers, **changes), rules)


def codes(reading: Reading) -> set[str]:
    return {flaw.code for flaw in reading.flaws}


V2 = ("order-version", "2")


def test_right_answers_have_no_flaw() -> None:
    for status, said, kind in [
        (400, {"error": {"type": "in_process"}}, "in_process"),
        (400, {"error": {"type": "unavailable", "message": "nada"}}, "nothing"),
        (400, {"error": {"type": "invalid"}}, "invalid"),
        (400, {"error": {"type": "timeout"}}, "timeout"),
        (202, {"status": {"status_detail": "notihing_to_pay"}}, "nothing"),
        (202, {"status": {"status_detail": "Waiting_for_order"}}, "nothing"),
        (200, ORDER_V1, "order"),
    ]:
        reading = judge(status, said)
        assert (reading.kind, codes(reading)) == (kind, set())
    reading = judge(200, ORDER_V2, V2)
    assert (reading.kind, reading.dialect, codes(reading)) == ("order", "v2", set())


def test_a_documented_sponsor_is_no_flaw_and_neither_is_a_charset() -> None:
    typed = (("Content-Type", "application/json; charset=utf-8"), ("Transfer-Encoding", "chunked"))
    assert codes(judge(200, {**ORDER_V1, "sponsor_id": 987654321}, headers=typed)) == set()
    assert codes(judge(200, {**ORDER_V2, "sponsor": {"id": 987654321}}, V2)) == set()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"collector_id": "123456789"}, "number_as_text"),
        ({"collector_id": 123456789.5}, "number_not_whole"),
        ({"collector_id": None}, "field_missing"),
        ({"sponsor_id": "987654321"}, "field_type"),
        ({"items": [{**ITEM, "unit_price": "1.050,50"}]}, "number_as_text"),
        ({"items": [{**ITEM, "unit_price": True}]}, "field_type"),
        ({"items": [{**ITEM, "unit_price": 0}]}, "amount_not_positive"),
        ({"items": [{**ITEM, "quantity": "1"}]}, "number_as_text"),
        ({"items": [{**ITEM, "quantity": 0}]}, "amount_not_positive"),
        ({"items": ["Nafta"]}, "items_empty"),
        ({"external_reference": ""}, "field_missing"),
        ({"external_reference": "A" * 65}, "reference_unsafe"),
        ({"external_reference": 17}, "field_type"),
        ({"notification_url": 17}, "notification_url_invalid"),
    ],
)
def test_a_wrong_field_of_an_order_is_named(changes: dict[str, Any], code: str) -> None:
    assert codes(judge(200, {**ORDER_V1, **changes})) == {code}


@pytest.mark.parametrize("sponsor", ["987654321", {"id": "987654321"}])
def test_a_sponsor_of_the_wrong_type_is_named_in_v2(sponsor: object) -> None:
    assert codes(judge(200, {**ORDER_V2, "sponsor": sponsor}, V2)) == {"field_type"}


def test_a_country_without_cents_takes_none() -> None:
    chile = Rules(country.load("mlc"))
    order = {**ORDER_V1, "items": [{**ITEM, "currency_id": "CLP", "unit_price": 1050.5}]}
    assert codes(judge(200, order, rules=chile)) == {"amount_noise"}
    order["items"][0]["unit_price"] = 1050
    assert codes(judge(200, order, rules=chile)) == set()


def test_a_deployed_merchant_is_notified_at_a_public_address_only() -> None:
    deployed = replace(RULES, is_deployed=True)
    assert codes(judge(200, ORDER_V1, rules=deployed)) == set()
    for url in ("http://pay.example.com/n", "https://127.0.0.1/n", "https://10.0.0.7/n", "https://till/n"):
        order = {**ORDER_V1, "notification_url": url}
        assert codes(judge(200, order, rules=deployed)) == {"notification_url_not_public"}


def test_dialects_are_not_to_be_mixed_and_a_refusal_is_the_same_in_both() -> None:
    v2 = replace(RULES, dialect="v2")
    assert codes(judge(400, {"error": {"type": "unavailable"}}, rules=v2)) == {"dialects_mixed"}
    assert codes(judge(400, {"error": {"type": "invalid"}}, rules=v2)) == set()
    assert "dialects_mixed" in codes(judge(200, ORDER_V1, rules=v2))
    assert "dialects_mixed" in codes(judge(200, ORDER_V2, V2, rules=replace(RULES, dialect="v1")))


@pytest.mark.parametrize("body", [b"", b"{", b"[1] 2", b'{"a": NaN}', b"null null", b"[" * 100_000])
def test_a_body_that_is_no_json_is_named(body: bytes) -> None:
    assert "not_json" in codes(judge(400, body))


def test_a_body_that_is_no_object_is_named() -> None:
    assert codes(judge(400, b"[]")) == codes(judge(400, b"null")) == {"not_an_object"}
    assert codes(judge(400, {"error": "in_process"})) == {"word_missing"}
    assert codes(judge(400, {"error": {"type": 7}})) == {"word_missing"}


def test_time_is_measured_against_the_pace() -> None:
    waiting = {"error": {"type": "in_process"}}
    assert codes(judge(400, waiting, took=2.1)) == {"slow"}
    assert codes(judge(400, waiting, took=5.1)) == {"too_slow"}
    silence = replace(answered(400, b""), status=None, failure="hangs")
    assert codes(read(silence, RULES)) == {"hangs"}


@pytest.mark.parametrize(
    ("word", "kind"),
    [("inProcess", "in_process"), ("UNAVAILABLE", "nothing"), ("Timeout", "timeout"), ("perhaps", "wrong")],
)
def test_a_misspelt_word_is_understood_and_named(word: str, kind: str) -> None:
    reading = judge(400, {"error": {"type": word}})
    assert (reading.kind, codes(reading)) == (kind, {"word_unknown"})


def test_addresses_of_this_machine_are_told_from_public_ones() -> None:
    here = [
        "http://127.0.0.1:8080/",
        "http://localhost/",
        "http://[::1]/",
        "https://192.168.0.9/",
        "http://till/",
    ]
    assert all(is_on_this_machine(url) for url in here)
    assert not any(is_on_this_machine(url) for url in ["https://pay.example.com/", "https://8.8.8.8/"])


def test_keys_are_masked_wherever_they_stand_even_altered_ones() -> None:
    mask = Mask("https://pay.example.com/poll?box=CAJA0001&key=abcdef123456", ["caja_box_made_up"])
    shown = mask.hide(
        "key=abcdef123456 /poll?box=CAJA0001&key=abcdef12345Q caja_box_made_up "
        "https://pay.example.com/notify/REF1/0123456789abcdefghij"
    )
    assert shown == "key=*** /poll?box=CAJA0001&key=*** *** https://pay.example.com/notify/REF1/***"


def test_bytes_nobody_would_see_are_shown() -> None:
    assert decode(b"\xef\xbb\xbf{}") == "\\ufeff{}"
    assert decode(b"caf\xe9\x00") == "caf\\xe9\\x00"
