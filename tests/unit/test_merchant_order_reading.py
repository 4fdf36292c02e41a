"""Mercado Pago's merchant order, read leniently."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caja.merchant_orders import MerchantOrder, read_merchant_order
from tests.builders import PRICE, a_merchant_order, a_payment, after


def raw_payment(**changes: Any) -> dict[str, Any]:
    return {
        "id": 9001,
        "status": "approved",
        "transaction_amount": Decimal("1500.50"),
        "total_paid_amount": Decimal(99),
        "amount_refunded": 0,
        "currency_id": "ARS",
        "date_approved": "2026-11-24T08:02:00.000-04:00",
    } | changes


def raw(**changes: Any) -> dict[str, Any]:
    return {
        "id": 7001,
        "status": "closed",
        "order_status": "payment_required",
        "external_reference": "ORDER234567ORDER234567ORDE",
        "collector": {"id": 446566691, "nickname": "TEST"},
        "total_amount": Decimal("1500.50"),
        "paid_amount": Decimal(1),
        "date_created": "2026-11-24T12:01:00.000Z",
        "payments": [raw_payment()],
    } | changes


def read(**changes: Any) -> MerchantOrder:
    merchant_order = read_merchant_order(raw(**changes))
    assert merchant_order is not None
    return merchant_order


def test_a_merchant_order_is_what_it_says() -> None:
    assert read() == a_merchant_order()


@pytest.mark.parametrize(
    "id_", [None, "", "7001x", "\u0667\u0660", True, Decimal(7001), -7001, "1" * 21, [7001]]
)
def test_a_merchant_order_without_a_usable_id_is_none(id_: Any) -> None:
    assert read_merchant_order(raw(id=id_)) is None


@pytest.mark.parametrize("value", [None, "closed", [], 7001])
def test_what_is_not_an_object_is_none(value: object) -> None:
    assert read_merchant_order(value) is None


def test_ids_may_come_as_text_and_beyond_64_bits() -> None:
    wide = "9" * 20
    assert read(id=wide).merchant_order_id == wide
    assert read(collector={"id": "446566691"}).collector_id == 446566691


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("collector", None),
        ("collector", 446566691),
        ("collector", {}),
        ("collector", {"id": "mine"}),
        ("collector", {"id": True}),
    ],
)
def test_a_collector_that_cannot_be_read_is_none(field: str, value: Any) -> None:
    assert read(**{field: value}).collector_id is None


@pytest.mark.parametrize(
    "value", [None, True, "", "abc", "NaN", "Infinity", Decimal("NaN"), Decimal("Infinity"), -1, "-1", [], {}]
)
def test_an_amount_that_cannot_be_read_is_none(value: Any) -> None:
    assert read(total_amount=value).total is None


@pytest.mark.parametrize("value", [Decimal("1500.50"), "1500.5", Decimal("1.5005E+3")])
def test_an_amount_may_be_written_in_many_ways(value: Any) -> None:
    assert read(total_amount=value).total == PRICE


@pytest.mark.parametrize("value", [None, "", "yesterday", 1795521600, "2026-13-01T00:00:00Z", []])
def test_an_instant_that_cannot_be_read_is_none(value: Any) -> None:
    assert read(date_created=value).created_at is None


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"])
def test_an_instant_outside_the_calendar_is_none(value: str) -> None:
    assert read(date_created=value).created_at is None


def test_an_instant_without_a_zone_is_utc() -> None:
    assert read(date_created="2026-11-24T12:01:00").created_at == after(minutes=1)


def test_an_instant_is_read_in_utc_to_the_millisecond_as_it_will_be_written() -> None:
    at = read(date_created="2026-11-24T08:01:00.123987-04:00").created_at
    assert at is not None
    assert at.isoformat() == "2026-11-24T12:01:00.123000+00:00"


@pytest.mark.parametrize("field", ["status", "external_reference"])
@pytest.mark.parametrize("value", [None, 7, ["closed"], {}])
def test_a_text_that_is_none_is_empty(field: str, value: Any) -> None:
    assert getattr(read(**{field: value}), field) == ""


@pytest.mark.parametrize("value", [None, []])
def test_a_merchant_order_without_payments_has_none(value: Any) -> None:
    assert read(payments=value) == a_merchant_order(payments=())


@pytest.mark.parametrize("value", [{}, "approved", 3])
def test_payments_that_are_no_list_may_be_money(value: Any) -> None:
    assert read(payments=value) == a_merchant_order(payments=(), is_whole=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"status": None},
        {"status": "something new"},
        {"transaction_amount": None},
        {"transaction_amount": "a lot"},
        {"transaction_amount": 0},
        {"amount_refunded": "some"},
        {"amount_refunded": -1},
    ],
)
def test_a_payment_that_cannot_be_read_is_left_out_and_may_be_money(changes: dict[str, Any]) -> None:
    found = read(payments=[raw_payment(**changes), raw_payment(id=9002)])
    assert found == a_merchant_order(payments=(a_payment(payment_id="9002"),), is_whole=False)


@pytest.mark.parametrize("value", [None, 7, {}, {"id": 9001}])
def test_a_payment_that_is_none_is_left_out(value: Any) -> None:
    assert read(payments=[value, raw_payment()]) == a_merchant_order(is_whole=False)


@pytest.mark.parametrize("value", [None, 0, Decimal("0.00"), ""])
def test_a_payment_nothing_is_said_to_have_gone_back_of_is_whole(value: Any) -> None:
    assert read(payments=[raw_payment(amount_refunded=value)]) == a_merchant_order()


def test_a_payment_listed_twice_is_one_payment() -> None:
    found = read(payments=[raw_payment(), raw_payment(id="9001")])
    assert found.payments == (a_payment(),)
    assert found.net == PRICE


def test_neither_total_paid_nor_order_status_nor_paid_amount_counts() -> None:
    assert read().net == PRICE


def test_a_payment_holds_what_was_not_given_back() -> None:
    assert a_payment(refunded=Decimal("0.50")).net == 1500
    assert a_payment(refunded=PRICE + 1).net == 0
    assert a_payment(status="in_mediation").net == 0


@pytest.mark.parametrize("status", ["approved", "in_mediation", "charged_back", "refunded"])
def test_these_payments_once_held_money(status: str) -> None:
    assert a_payment(status=status).ever_held_money
    assert not a_payment(status=status, amount=Decimal(0)).ever_held_money


@pytest.mark.parametrize(
    "status", ["pending", "authorized", "in_process", "rejected", "cancelled", "", "new"]
)
def test_these_payments_never_held_money(status: str) -> None:
    assert not a_payment(status=status).ever_held_money


def test_a_merchant_order_holds_what_its_approved_payments_hold() -> None:
    payments = (a_payment(), a_payment(payment_id="2", status="rejected"), a_payment(payment_id="3"))
    assert a_merchant_order(payments=payments).net == 2 * PRICE


def test_the_first_money_is_the_earliest_that_is_still_held() -> None:
    gone = a_payment(payment_id="1", approved_at=after(minutes=0), refunded=PRICE)
    undated = a_payment(payment_id="2", approved_at=None)
    found = a_merchant_order(payments=(a_payment(approved_at=after(minutes=3)), a_payment(), gone, undated))
    assert found.first_approved_at == after(minutes=2)
    assert a_merchant_order(payments=(gone, undated)).first_approved_at is None


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.text(max_size=30)
    | st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=5,
)


@given(fields=st.dictionaries(st.sampled_from(list(raw())), ANYTHING))
def test_whatever_mercado_pago_says_is_read_or_none(fields: dict[str, Any]) -> None:
    found = read_merchant_order(raw(**fields))
    assert found is None or found.net >= 0


@given(fields=st.dictionaries(st.sampled_from(list(raw_payment())), ANYTHING))
def test_whatever_mercado_pago_says_of_a_payment_is_read_or_left_out(fields: dict[str, Any]) -> None:
    assert all(p.net >= 0 for p in read(payments=[raw_payment(**fields)]).payments)
