"""Amounts in JSON, digit by digit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caja.exact_json import render


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("10.50", "10.5"),
        ("1050", "1050"),
        ("1050.00", "1050"),
        ("0.00", "0"),
        ("0.01", "0.01"),
        ("0.10", "0.1"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("1E-7", "0.0000001"),
        ("1234567890123456789.05", "1234567890123456789.05"),
    ],
)
def test_an_amount_is_the_shortest_exact_number(amount: str, text: str) -> None:
    assert render(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ([], "[]"),
        ({"amount": Decimal("0.10"), "n": 1}, '{"amount":0.1,"n":1}'),
        ([Decimal("1.50"), [Decimal(2)], {"a": [None, True, "1.50"]}], '[1.5,[2],{"a":[null,true,"1.50"]}]'),
        ('Café ☕ "x"\n\\', '"Café ☕ \\"x\\"\\n\\\\"'),
        ({'a"b': 1}, '{"a\\"b":1}'),
        (-34.5627, "-34.5627"),
    ],
)
def test_everything_else_is_plain_json_without_blanks(value: Any, text: str) -> None:
    assert render(value) == text
    json.loads(text)


AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=0, max_value=10**12)
VALUES = st.recursive(
    AMOUNTS | st.text() | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_back_the_same(value: Any) -> None:
    assert json.loads(render(value), parse_float=Decimal, parse_int=Decimal) == as_decimals(value)


def as_decimals(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: as_decimals(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_decimals(each) for each in value]
    return Decimal(value) if type(value) is int else value
