"""What Mercado Pago's answers mean, without a wire."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from caja.errors import (
    MercadoPagoNotFoundError,
    MercadoPagoRefusedError,
    MercadoPagoUnavailableError,
    TokenRefusedError,
)
from caja.mercadopago.answers import (
    ADVICE,
    ELSE_ADVICE,
    Asked,
    RawAnswer,
    clean_text,
    read_answer,
    read_retry_after,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
READ = Asked("GET", "/pos")


def read(content: bytes, *, status: int = 200, asked: Asked = READ) -> Any:
    return read_answer(asked, RawAnswer(status, None, content), token="TEST-fake-1")


def refusal(body: Any, *, status: int = 400, asked: Asked = READ) -> MercadoPagoRefusedError:
    with pytest.raises(MercadoPagoRefusedError) as caught:
        read(json.dumps(body).encode(), status=status, asked=asked)
    json.dumps(caught.value.causes)
    return caught.value


def test_amounts_are_decimals_and_ids_are_integers_beyond_64_bits() -> None:
    said = read(b'{"a": 10.10, "b": 99999999999999999999, "c": 1.5e3}')
    assert (str(said["a"]), said["b"], said["c"]) == ("10.10", 99999999999999999999, Decimal(1500))


@pytest.mark.parametrize("status", [200, 201, 206])
def test_any_2xx_is_success(status: int) -> None:
    assert read(b"{}", status=status) == {}


@pytest.mark.parametrize("content", [b"", b"deleted", b"{}"])
def test_what_is_said_about_a_deletion_does_not_matter(content: bytes) -> None:
    assert read(content, status=204, asked=Asked("DELETE", "/pos/1")) is None


def test_a_deletion_can_be_refused() -> None:
    assert refusal({"error": "locked"}, asked=Asked("DELETE", "/pos/1")).code == "locked"


@pytest.mark.parametrize("content", [b"9" * 5_000, b'{"a":' * 5_000, b"0.1e-400"])
def test_numbers_and_depths_nobody_needs_are_no_answer(content: bytes) -> None:
    with pytest.raises(MercadoPagoUnavailableError):
        read(content)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, MercadoPagoUnavailableError),
        (401, TokenRefusedError),
        (404, MercadoPagoNotFoundError),
        (408, MercadoPagoUnavailableError),
        (422, MercadoPagoRefusedError),
        (429, MercadoPagoUnavailableError),
        (500, MercadoPagoUnavailableError),
        (599, MercadoPagoUnavailableError),
    ],
)
def test_each_status_is_its_own_error(status: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(b"{}", status=status)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3", 3),
        (" 120 ", 120),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30),
        ("Tue, 24 Nov 2026 12:00:30 -0000", 30),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0),
        ("9999999", None),
        ("-1", None),
        ("soon", None),
        ("٣", None),
        ("Tue, 99 Nov 2026 12:00:30 GMT", None),
        ("", None),
        (None, None),
    ],
)
def test_how_long_to_wait_is_read_as_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert read_retry_after(text, NOW) == seconds


def test_a_refusal_comes_with_mercado_pagos_own_code_causes_and_what_to_do() -> None:
    causes = [
        {"code": 400, "description": "location.city_name was invalid. Valid values are: Belgrano, Palermo"}
    ]
    told = refusal(
        {"error": "VALIDATION_ERROR", "message": "Validation error", "status": 400, "causes": causes}
    )
    assert (told.status, told.code, str(told)) == (400, "VALIDATION_ERROR", "Validation error")
    assert list(told.causes) == causes
    assert "accents" in told.advice


@pytest.mark.parametrize("code", sorted(ADVICE))
def test_every_code_in_the_table_has_its_own_advice(code: str) -> None:
    assert refusal({"error": code}).advice == ADVICE[code]


def test_a_code_not_in_the_table_gets_general_advice() -> None:
    told = refusal({"code": "brand_new", "cause": {"code": "x", "description": 5}})
    assert (told.code, told.advice) == ("brand_new", ELSE_ADVICE)
    assert told.causes == ({"code": "x", "description": ""},)


@pytest.mark.parametrize(
    ("body", "causes"),
    [
        ({"cause": []}, ()),
        ({"causes": "not this"}, ({"code": None, "description": "not this"},)),
        ({"causes": [None]}, ({"code": None, "description": ""},)),
        ({"causes": [{"code": 1.5}]}, ({"code": None, "description": ""},)),
        ([], ()),
        (None, ()),
    ],
)
def test_a_refusal_of_another_shape_is_still_told(body: Any, causes: tuple[Any, ...]) -> None:
    told = refusal(body, status=400)
    assert (told.code, told.causes) == ("http_400", causes)


def test_a_refusal_in_html_is_told_by_its_status() -> None:
    with pytest.raises(MercadoPagoRefusedError) as caught:
        read(b"<html>", status=403)
    assert (caught.value.code, str(caught.value)) == ("http_403", "Mercado Pago answered 403.")


def test_a_403_on_a_url_names_the_host_to_enable_and_whom_to_ask() -> None:
    body = {"message": "not enabled", "error": "forbidden", "status": 403, "causes": []}
    asked = Asked("POST", "/pos", body={"url": "https://pay.example.com:8443/poll?key=secret"})
    told = refusal(body, status=403, asked=asked)
    assert told.code == "host_not_enabled"
    assert "pay.example.com" in told.advice
    assert "commercial contact" in told.advice
    assert "secret" not in f"{told}{told.advice}{told.causes}"
    assert told.causes == ({"code": "forbidden", "description": "not enabled"},)


def test_a_403_on_something_without_a_url_is_not_about_a_host() -> None:
    assert refusal({"error": "forbidden"}, status=403).code == "forbidden"
    assert refusal({"error": "forbidden"}, status=403, asked=Asked("POST", "/x", body={})).code == "forbidden"


def test_texts_are_bounded_and_can_be_stored() -> None:
    assert clean_text("x" * 5_000) == "x" * 2_000
    assert clean_text("a\ud800b") == "a?b"
    assert clean_text(["a"]) == ""


def test_at_most_twenty_causes_are_told() -> None:
    assert len(refusal({"causes": ["x"] * 100}).causes) == 20
