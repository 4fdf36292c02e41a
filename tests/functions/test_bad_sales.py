"""What is wrong with a sale: each flaw is a 400 that names its place, and leaves both tables as they were."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.functions.calls import a_sale, ask_box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tables import Tables


@pytest.fixture(autouse=True)
def box(tables: Tables) -> Iterator[None]:
    """A box that has an order to pay and may sell for 5000 pesos at most; in the end both tables are as they were."""
    tables.provision(max_amount=Decimal(5000))
    tables.provision("CAJA0002", box_uid=bytes(15) + b"1", currency="CLP")
    tables.with_order()
    stored = tables.everything()
    yield
    assert tables.everything() == stored


def refused(body: str, **how: Any) -> set[str]:
    """The paths of the flaws named in the refusal of `body`."""
    status, problem = ask_box("POST", body, **how)
    assert (status, problem["code"]) == (400, "invalid_request")
    assert all(flaw["message"] for flaw in problem["errors"])
    return {flaw["path"] for flaw in problem["errors"]}


def with_price(written: str) -> str:
    """A submit whose price stands in the body as `written`."""
    return json.dumps(a_sale(items=[line(unit_price=0)])).replace(
        '"unit_price": 0', f'"unit_price": {written}'
    )


def line(**changes: Any) -> dict[str, Any]:
    values = {"title": "Nafta", "quantity": 1, "unit_price": "10.50"} | changes
    return {name: value for name, value in values.items() if value is not None}


@pytest.mark.parametrize(
    "written",
    [
        "1e400",
        "1e2",
        "1.5E1",
        '"1e2"',
        '"NaN"',
        '"Infinity"',
        '"-Infinity"',
        '"\uff11\uff10"',
        '"\u0661\u0660"',
        '"10,50"',
        '"1.000.50"',
        '"1_000"',
        '"0x10"',
        '" 10"',
        '"10\\n"',
        '"+10"',
        '".5"',
        '"5."',
        '""',
        '"$10"',
        "-1",
        '"-0.01"',
        "0",
        "-0",
        '"0.00"',
        "1.234",
        '"1.234"',
        "10.500",
        "9" * 5000,
        '"' + "9" * 13 + '"',
        "0.1" + "0" * 4000,
        "true",
        "null",
        "[10]",
        '{"amount": 10}',
        '"\\ud800"',
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_is_no_price_is_refused_where_it_stands(written: str) -> None:
    paths = refused(with_price(written))
    assert "items.0.unit_price" in paths
    assert paths <= {"items.0.unit_price", "total"}


LINE_FIELDS: dict[str, tuple[Any, ...]] = {
    "quantity": (0, -1, 1.0, 1.5, "1", "", True, [], {}, 10**6 + 1, 10**30),
    "title": ("", " ", "x" * 101, 5, ["x"], "a\tb", "a\x7fb", "a\u202eb", "a\u2066b", "\ud800"),
    "description": ("", "x" * 257, 5, "\u200f"),
    "sku": ("", "x" * 65, 5, "\u200e"),
    "category": ("", "x" * 65, 5, "\u061c"),
    "unit_measure": ("", "x" * 17, 5, "\u2069"),
    "colour": ("red",),
}
FIELDS: dict[str, tuple[Any, ...]] = {
    "items": (None, [], [line()] * 21, {}, "x", 5),
    "ticket": (
        *(None, 5, "", "x" * 15, "x" * 65, "ticket 0000000001", "ticket-0000000001\n"),
        *("ticket-000000000\u00f1", "ticket-000000000\uff11", "../../../../../../x", ["x" * 16]),
    ),
    "number": ("", "x" * 65, [], "\u2067"),
    "title": ("", "x" * 101, 5, "\x1b[0m"),
    "description": ("x" * 257, 5, "\ud83d"),
    "ttl_seconds": (29, 86_401, 0, -30, "600", 600.5, 1e3, True, 10**20),
    "replaces": ("", "A" * 25, "A" * 27, "a" * 26, "A" * 25 + "1", 5, "A" * 26 + "\n", "/" * 26),
    "total": (1500, "1500.51", "0", "-1", "", [], "1e3", 1e30),
    "state": ("paid",),
    "Ticket": ("x",),
    "": (1,),
}
ODD_LINES: tuple[Any, ...] = ("x", 5, [], False)
WRONG: list[tuple[dict[str, Any], str]] = [
    *(
        ({"items": [line(**{name: value})]}, f"items.0.{name}")
        for name, values in LINE_FIELDS.items()
        for value in values
    ),
    *(({"items": [line(), line(**{name: None})]}, f"items.1.{name}") for name in ("quantity", "title")),
    *(({name: value}, name) for name, values in FIELDS.items() for value in values),
    *(({"items": [odd]}, "items.0") for odd in ODD_LINES),
    ({"items": [line(unit_price="5000.01")]}, "total"),
    ({"items": [line(quantity=1000)]}, "total"),
]
"""Fields of a submit that are wrong, and the path that the refusal names."""


@pytest.mark.parametrize(("changes", "path"), WRONG, ids=lambda value: ascii(value)[:40])
def test_a_field_that_is_wrong_is_refused_by_name(changes: dict[str, Any], path: str) -> None:
    assert refused(json.dumps(a_sale(**changes))) == {path}


def test_a_field_whose_name_is_no_text_is_refused() -> None:
    assert len(refused(json.dumps(a_sale(**{"\ud800": 1})))) == 1


def test_every_flaw_is_named_at_once() -> None:
    body = a_sale(ticket=5, ttl_seconds=1, items=[line(), line(quantity=0, unit_price="x")], more=1)
    paths = {"ticket", "ttl_seconds", "items.1.quantity", "items.1.unit_price", "more"}
    assert refused(json.dumps(body)) == paths


def test_a_whole_currency_has_no_decimals() -> None:
    assert refused(with_price("10.50"), box_id="CAJA0002") == {"items.0.unit_price"}
