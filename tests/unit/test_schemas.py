"""The shapes boxes send and get."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caja.bodies import JsonNumber
from caja.errors import InvalidRequestError
from caja.order_views import next_poll_ms, show_brief, show_order
from caja.orders import Item, RecordedPayment, Refund, Role, State
from caja.schemas import ReportState, SubmitOrder
from tests.builders import PRICE, after, an_order
from tests.shop import a_submit, number


def read(**changes: Any) -> SubmitOrder:
    return SubmitOrder.read(a_submit(**changes))


def line(**changes: Any) -> dict[str, Any]:
    return {"title": "Café", "quantity": number(1), "unit_price": "10.50"} | changes


def flaws(**changes: Any) -> dict[str, str]:
    with pytest.raises(InvalidRequestError) as refused:
        read(**changes)
    return {flaw.path: flaw.message for flaw in refused.value.flaws}


def test_the_least_a_box_sends_is_enough() -> None:
    wanted = read()
    assert wanted.items[0].as_item() == Item(title="Nafta súper", quantity=1, unit_price=PRICE)
    assert (wanted.number, wanted.total, wanted.ttl_seconds, wanted.replaces) == (None, None, None, None)


def test_the_most_a_box_sends_is_read() -> None:
    full = {"description": "d" * 256, "sku": "s" * 64, "category": "c" * 64, "unit_measure": "u" * 16}
    wanted = read(
        ticket="A-_." * 16,
        number="n" * 64,
        items=[line(title="t" * 100, quantity=number(1_000_000), **full)] * 20,
        total="1",
        title="t" * 100,
        description="d" * 256,
        ttl_seconds=number(86_400),
        replaces="A" * 26,
    )
    assert wanted.items[19].as_item() == Item(
        title="t" * 100, quantity=1_000_000, unit_price=Decimal("10.50"), **full
    )
    assert wanted.ttl_seconds == 86_400


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"ticket": "t" * 15}, "ticket"),
        ({"ticket": "t" * 65}, "ticket"),
        ({"ticket": "ticket 0000000001"}, "ticket"),
        ({"ticket": "tícket-0000000001"}, "ticket"),
        ({"ticket": "ticket-0000000001\n"}, "ticket"),
        ({"ticket": JsonNumber("1" * 16)}, "ticket"),
        ({"ticket": None}, "ticket"),
        ({"number": "n" * 65}, "number"),
        ({"number": " "}, "number"),
        ({"number": True}, "number"),
        ({"items": []}, "items"),
        ({"items": [line()] * 21}, "items"),
        ({"items": line()}, "items"),
        ({"items": ["Café"]}, "items.0"),
        ({"items": [line(), line(title="")]}, "items.1.title"),
        ({"items": [line(title="t" * 101)]}, "items.0.title"),
        ({"items": [line(title="a\u202eb")]}, "items.0.title"),
        ({"items": [line(title="a\x00b")]}, "items.0.title"),
        ({"items": [line(title="a\ud800b")]}, "items.0.title"),
        ({"items": [line(title=number(7))]}, "items.0.title"),
        ({"items": [line(quantity=number(0))]}, "items.0.quantity"),
        ({"items": [line(quantity=number(-1))]}, "items.0.quantity"),
        ({"items": [line(quantity=number(1_000_001))]}, "items.0.quantity"),
        ({"items": [line(quantity="1")]}, "items.0.quantity"),
        ({"items": [line(quantity=JsonNumber("1.0"))]}, "items.0.quantity"),
        ({"items": [line(quantity=JsonNumber("1e2"))]}, "items.0.quantity"),
        ({"items": [line(quantity=True)]}, "items.0.quantity"),
        ({"items": [line(unit_price="0")]}, "items.0.unit_price"),
        ({"items": [line(unit_price="0.00")]}, "items.0.unit_price"),
        ({"items": [line(unit_price="-1")]}, "items.0.unit_price"),
        ({"items": [line(unit_price=JsonNumber("1e400"))]}, "items.0.unit_price"),
        ({"items": [line(unit_price=True)]}, "items.0.unit_price"),
        ({"items": [line(unit_price=None)]}, "items.0.unit_price"),
        ({"items": [line(description="d" * 257)]}, "items.0.description"),
        ({"items": [line(sku="s" * 65)]}, "items.0.sku"),
        ({"items": [line(category="c" * 65)]}, "items.0.category"),
        ({"items": [line(unit_measure="u" * 17)]}, "items.0.unit_measure"),
        ({"items": [line(colour="red")]}, "items.0.colour"),
        ({"total": "0"}, "total"),
        ({"total": []}, "total"),
        ({"title": "t" * 101}, "title"),
        ({"description": "d" * 257}, "description"),
        ({"ttl_seconds": number(29)}, "ttl_seconds"),
        ({"ttl_seconds": number(86_401)}, "ttl_seconds"),
        ({"ttl_seconds": "600"}, "ttl_seconds"),
        ({"replaces": "A" * 25}, "replaces"),
        ({"replaces": "a" * 26}, "replaces"),
        ({"replaces": "1" * 26}, "replaces"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_field_that_is_wrong_is_named(changes: dict[str, Any], path: str) -> None:
    assert list(flaws(**changes)) == [path]


def test_every_flaw_is_named_at_once_with_its_sentence() -> None:
    assert flaws(items=[{"title": "Café", "quantity": "1"}], colour="red", total="1e3") == {
        "items.0.quantity": "Send a whole number.",
        "items.0.unit_price": "This field is required.",
        "colour": "There is no such field.",
        "total": "Write the amount without an exponent.",
    }


def test_an_amount_may_be_a_number_and_a_tills_number_too() -> None:
    wanted = read(items=[line(unit_price=JsonNumber("10.10"))], number=JsonNumber("0042"))
    assert wanted.items[0].unit_price == Decimal("10.10")
    assert (type(wanted.number), wanted.number) == (str, "0042")


@pytest.mark.parametrize("same", [{"total": "1500.50"}, {"ticket": "ticket-0000000002"}, {"title": None}])
def test_contents_are_the_same_whatever_the_ticket_and_the_total(same: dict[str, Any]) -> None:
    assert read(**same).content_hash() == read().content_hash()


@pytest.mark.parametrize("price", ["10.5", "10.50", "010.50", JsonNumber("10.5")])
def test_contents_are_the_same_however_an_amount_is_written(price: str) -> None:
    assert read(items=[line(unit_price=price)]).content_hash() == read(items=[line()]).content_hash()


@pytest.mark.parametrize(
    "other",
    [
        {"items": [line(unit_price="10.51")]},
        {"items": [line(unit_price="105")]},
        {"items": [line(quantity=number(2))]},
        {"items": [line(sku="x")]},
        {"items": [line(), line()]},
        {"items": [line()], "number": "1"},
        {"items": [line()], "replaces": "A" * 26},
        {"items": [line()], "ttl_seconds": number(60)},
    ],
)
def test_contents_that_differ_are_told_apart(other: dict[str, Any]) -> None:
    assert read(**other).content_hash() != read(items=[line()]).content_hash()


@pytest.mark.parametrize("state", ["idle", "preparing", "out_of_service"])
def test_a_box_says_one_of_three_states(state: str) -> None:
    assert ReportState.read({"state": state}).state == state


@pytest.mark.parametrize("body", [{}, {"state": "IDLE"}, {"state": None}, {"state": "idle", "x": 1}])
def test_anything_else_is_no_state(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        ReportState.read(body)


def test_an_order_is_shown_as_the_contract_says() -> None:
    payment = RecordedPayment(
        payment_id="9001",
        merchant_order_id="7001",
        amount=PRICE,
        refunded=Decimal(1),
        status="approved",
        approved_at=after(minutes=2),
        role=Role.KEPT,
        refund=Refund.NONE,
    )
    shown = show_order(
        an_order(state=State.PAID, version=2, number="7", paid_at=after(minutes=3), payments=(payment,))
    )
    assert shown == {
        "order_id": "ORDER234567ORDER234567ORDE",
        "box_id": "CAJA0001",
        "ticket": "ticket-0000000001",
        "number": "7",
        "mode": "postpay",
        "state": "paid",
        "total": "1500.50",
        "currency": "ARS",
        "items": [{"title": "Nafta súper", "quantity": 1, "unit_price": "1500.50"}],
        "created_at": "2026-11-24T12:00:00.000Z",
        "expires_at": "2026-11-24T13:00:00.000Z",
        "updated_at": "2026-11-24T12:00:00.000Z",
        "paid_at": "2026-11-24T12:03:00.000Z",
        "release_by": None,
        "report_by": None,
        "version": 2,
        "paid_amount": "1500.50",
        "refunded_amount": "1.00",
        "payments": [
            {
                "payment_id": "9001",
                "merchant_order_id": "7001",
                "amount": "1500.50",
                "status": "approved",
                "approved_at": "2026-11-24T12:02:00.000Z",
                "role": "kept",
                "refund": "none",
            }
        ],
        "next_poll_ms": 30_000,
    }


def test_what_an_order_or_payment_has_not_is_null_and_what_a_line_has_not_is_absent() -> None:
    shown = show_order(an_order())
    assert (shown["paid_at"], shown["number"], shown["payments"]) == (None, None, [])
    assert "sku" not in shown["items"][0]


def test_an_order_shows_no_key() -> None:
    assert "fake-notify-key" not in str(show_order(an_order()))


def test_a_box_asks_often_only_while_its_order_can_be_paid() -> None:
    assert [next_poll_ms(s) for s in (None, "ready", "paid")] == [30_000, 2_000, 30_000]
    assert show_brief("O", "paid", after(hours=1))["next_poll_ms"] == 30_000


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.text(max_size=20) | st.integers().map(JsonNumber),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3)
    ),
    max_leaves=6,
)


@given(
    body=st.dictionaries(st.sampled_from([*SubmitOrder.model_fields, "x"]), ANYTHING, max_size=8),
    of_line=st.dictionaries(st.sampled_from([*line(), "sku"]), ANYTHING),
)
def test_whatever_a_box_sends_is_read_or_refused(body: dict[str, Any], of_line: dict[str, Any]) -> None:
    for sent in (body, a_submit() | body, a_submit(items=[line() | of_line])):
        with suppress(InvalidRequestError):
            assert SubmitOrder.read(sent).content_hash()
