"""The body that offers an order, byte for byte, in both dialects."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caja.orders import Item
from caja.poll_answers import order_body


def render(dialect: str = "v1", **changes: Any) -> str:
    arguments: dict[str, Any] = {
        "order_id": "ORDER234567ORDER234567ORDE",
        "collector_id": 446566691,
        "currency": "ARS",
        "total": Decimal("15000.50"),
        "title": None,
        "description": None,
        "notification_url": "https://pagos.example/notify/ORDER234567ORDER234567ORDE/fake-key",
        "items": (Item(title="Nafta súper 10,5 L", quantity=1, unit_price=Decimal("15000.50")),),
    }
    return order_body(dialect, **arguments | changes)


FULL_LINE = Item(
    title='Café "doble"',
    quantity=2,
    unit_price=Decimal("10.50"),
    description="Con leche",
    sku="CAF-2",
    category="coffee",
    unit_measure="pack",
)


def test_the_v1_body_is_this() -> None:
    assert render() == (
        '{"collector_id":446566691,"items":[{"title":"Nafta súper 10,5 L","currency_id":"ARS","quantity":1,'
        '"unit_price":15000.5}],"external_reference":"ORDER234567ORDER234567ORDE",'
        '"notification_url":"https://pagos.example/notify/ORDER234567ORDER234567ORDE/fake-key"}'
    )


def test_the_v1_body_has_only_what_v1_documents() -> None:
    body = json.loads(render(items=[FULL_LINE], total=Decimal(21), title="Kiosco", description="Todo"))
    assert set(body) == {"collector_id", "items", "external_reference", "notification_url"}
    assert body["items"] == [
        {
            "title": 'Café "doble"',
            "currency_id": "ARS",
            "description": "Con leche",
            "quantity": 2,
            "unit_price": 10.5,
        }
    ]


def test_the_v2_body_is_this() -> None:
    body = render("v2", items=[FULL_LINE], total=Decimal(21), title="Kiosco", description="Todo")
    assert body == (
        '{"external_reference":"ORDER234567ORDER234567ORDE","total_amount":21,"title":"Kiosco",'
        '"description":"Todo",'
        '"notification_url":"https://pagos.example/notify/ORDER234567ORDER234567ORDE/fake-key",'
        '"items":[{"sku_number":"CAF-2","category":"coffee","title":"Café \\"doble\\"",'
        '"description":"Con leche","quantity":2,"unit_measure":"pack","unit_price":10.5,"total_amount":21}]}'
    )


def test_a_v2_body_never_lacks_title_description_and_measure() -> None:
    body = json.loads(render("v2"))
    assert (body["title"], body["description"]) == ("Nafta súper 10,5 L", "Nafta súper 10,5 L")
    assert body["items"][0]["unit_measure"] == "unit"
    assert not {"sku_number", "category", "description"} & set(body["items"][0])
    assert json.loads(render("v2", title="Surtidor 3"))["description"] == "Surtidor 3"


@pytest.mark.parametrize(
    ("amount", "written"),
    [("10.50", "10.5"), ("1050", "1050"), ("1050.00", "1050"), ("1E+3", "1000"), ("0.01", "0.01")],
)
def test_an_amount_is_the_shortest_exact_number(amount: str, written: str) -> None:
    line = Item(title="x", quantity=1, unit_price=Decimal(amount))
    assert f'"unit_price":{written}' in render(items=[line], total=line.total)


@pytest.mark.parametrize("dialect", ["v1", "v2"])
@given(
    lines=st.lists(
        st.builds(
            Item,
            title=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
            quantity=st.integers(1, 10**6),
            unit_price=st.decimals("0.01", "999999999999.99", places=2),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_no_amount_and_no_text_is_changed_on_its_way(dialect: str, lines: list[Item]) -> None:
    total = sum((line.total for line in lines), Decimal(0))
    body = json.loads(render(dialect, items=lines, total=total), parse_float=Decimal, parse_int=Decimal)
    assert sum(line["quantity"] * line["unit_price"] for line in body["items"]) == total
    assert [line["title"] for line in body["items"]] == [line.title for line in lines]
    assert body.get("total_amount", total) == total


@pytest.mark.parametrize(
    ("dialect", "changes", "why"),
    [
        ("v3", {}, "unknown dialect 'v3'"),
        ("v1", {"total": Decimal("15000.51")}, "not the sum"),
        ("v1", {"notification_url": "h" * 501}, "more than 500"),
    ],
)
def test_a_body_that_mercado_pago_could_misread_is_not_made(
    dialect: str, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        render(dialect, **changes)
    assert render(notification_url="h" * 500)
