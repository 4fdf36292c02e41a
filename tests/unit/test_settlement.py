"""When an order is paid, and when a person has to decide."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from caja.holdings import is_settled_by
from caja.orders import Role, State
from caja.settlement import Mismatch, Verdict, judge
from tests.builders import PRICE, a_merchant_order, a_payment, a_scan, after, an_order

if TYPE_CHECKING:
    from caja.merchant_orders import MerchantOrder
    from caja.orders import Order

HALF = PRICE / 2
EXPIRED = an_order(state=State.EXPIRED, ended_at=after(hours=1))
CANCELLED = an_order(state=State.CANCELLED, ended_at=after(minutes=1))


def judged(*found: MerchantOrder, order: Order | None = None, **changes: Any) -> Verdict:
    facts: dict[str, Any] = {"complete": True, "successor_paid": False, "now": after(minutes=5)}
    return judge(order or an_order(), found, **facts | changes)


def test_an_order_is_paid_by_a_closed_merchant_order_that_is_what_it_asked_for() -> None:
    order = judged(a_merchant_order()).order
    assert (order.state, order.version, order.paid_at, order.ended_at) == (
        State.PAID,
        2,
        after(minutes=5),
        after(minutes=5),
    )
    assert order.kept_merchant_order_id == "7001"
    assert [(p.payment_id, p.merchant_order_id, p.amount, p.role) for p in order.payments] == [
        ("9001", "7001", PRICE, Role.KEPT)
    ]


@pytest.mark.parametrize(
    ("flaw", "changes"),
    [
        ("collector", {"collector_id": 446566692}),
        ("collector", {"collector_id": None}),
        ("reference", {"external_reference": "ANOTHER34567ORDER234567ORD"}),
        ("reference", {"external_reference": ""}),
        ("age", {"created_at": after(minutes=-5, milliseconds=-1)}),
        ("age", {"created_at": None}),
        ("total", {"total": PRICE - Decimal("0.01")}),
        ("total", {"total": PRICE + Decimal("0.01")}),
        ("total", {"total": None}),
        ("currency", {"payments": (a_payment(currency="USD"),)}),
    ],
)
def test_a_merchant_order_with_a_flaw_never_settles_and_is_told(flaw: str, changes: dict[str, Any]) -> None:
    verdict = judged(a_merchant_order(**changes))
    assert verdict.order.state is not State.PAID
    assert verdict.mismatches == (Mismatch(merchant_order_id="7001", flaw=flaw),)


@pytest.mark.parametrize("changes", [{"collector_id": 1}, {"external_reference": "ANOTHER"}])
def test_money_that_is_somebody_elses_changes_nothing_and_is_not_recorded(changes: dict[str, Any]) -> None:
    order = an_order()
    assert judged(a_merchant_order(**changes), order=order).order == order


def test_a_flawed_merchant_order_without_money_is_not_told() -> None:
    rejected = a_payment(status="rejected", currency="USD")
    verdict = judged(a_merchant_order(total=None, payments=(rejected,)))
    assert verdict.mismatches == ()
    assert verdict.order == an_order()


UNREADABLE = [
    {"is_whole": False},
    {"payments": (), "is_whole": False},
    {"payments": (), "collector_id": None},
    {"payments": (), "external_reference": ""},
]


@pytest.mark.parametrize("changes", UNREADABLE)
def test_a_closed_merchant_order_that_cannot_all_be_read_is_told(changes: dict[str, Any]) -> None:
    verdict = judged(a_merchant_order(**changes))
    assert verdict.mismatches == (Mismatch(merchant_order_id="7001", flaw="unreadable"),)


@pytest.mark.parametrize("status", ["opened", "expired", ""])
@pytest.mark.parametrize("changes", UNREADABLE[1:])
def test_one_that_is_not_closed_is_not_told_for_it_holds_no_money(
    changes: dict[str, Any], status: str
) -> None:
    assert judged(a_merchant_order(**changes, status=status)).mismatches == ()


def test_a_reference_in_lower_case_is_ours() -> None:
    assert judged(a_merchant_order(external_reference="order234567order234567orde")).order.state is State.PAID


def test_a_merchant_order_five_minutes_older_than_its_order_is_not_too_old() -> None:
    assert judged(a_merchant_order(created_at=after(minutes=-5))).order.state is State.PAID


@pytest.mark.parametrize("status", ["opened", "expired", "", "CLOSED", "paid"])
def test_a_merchant_order_that_is_not_closed_does_not_settle(status: str) -> None:
    assert judged(a_merchant_order(status=status)).order == an_order()


@pytest.mark.parametrize(
    "status",
    [
        "pending",
        "authorized",
        "in_process",
        "in_mediation",
        "rejected",
        "cancelled",
        "refunded",
        "charged_back",
        "",
    ],
)
def test_only_approved_payments_pay(status: str) -> None:
    order = an_order()
    assert judged(a_merchant_order(payments=(a_payment(status=status),)), order=order).order == order


def test_what_was_refunded_does_not_pay() -> None:
    short = a_payment(refunded=Decimal("0.01"))
    assert judged(a_merchant_order(payments=(short,))).order.state is State.READY


def test_a_refunded_payment_in_another_currency_is_no_flaw() -> None:
    returned = a_payment(payment_id="9000", currency="USD", refunded=PRICE)
    assert judged(a_merchant_order(payments=(returned, a_payment()))).order.state is State.PAID


def test_a_rejected_payment_leaves_the_order_payable_until_the_next_is_approved() -> None:
    rejected = a_payment(payment_id="9000", status="rejected")
    order = judged(a_merchant_order(status="opened", payments=(rejected,))).order
    assert order.state is State.READY
    paid = judged(a_merchant_order(payments=(rejected, a_payment())), order=order).order
    assert paid.state is State.PAID
    assert [p.payment_id for p in paid.payments] == ["9001"]


def test_a_partial_payment_waits_for_the_rest() -> None:
    part = a_payment(payment_id="9000", amount=HALF)
    order = judged(a_merchant_order(status="opened", payments=(part,))).order
    assert order == an_order()
    rest = a_payment(amount=PRICE - HALF)
    paid = judged(a_merchant_order(payments=(part, rest)), order=order).order
    assert paid.state is State.PAID
    assert paid.paid_amount == PRICE


def test_an_overpaid_order_is_paid_and_the_difference_flagged() -> None:
    verdict = judged(a_merchant_order(payments=(a_payment(amount=PRICE + 10),)))
    assert verdict.order.state is State.PAID
    assert verdict.overpaid == 10


def test_a_refund_takes_the_overpayment_away() -> None:
    given_back = a_payment(amount=PRICE + 10, refunded=Decimal(10))
    assert judged(a_merchant_order(payments=(given_back,))).overpaid == 0


def test_the_paid_merchant_order_behind_forty_abandoned_scans_settles() -> None:
    verdict = judged(*map(a_scan, range(40)), a_merchant_order())
    assert verdict.order.state is State.PAID
    assert verdict.new_excess == ()
    assert verdict.mismatches == ()


def test_of_two_closed_merchant_orders_the_one_approved_first_is_kept() -> None:
    later = a_merchant_order(
        merchant_order_id="6000", payments=(a_payment(payment_id="8000", approved_at=after(minutes=4)),)
    )
    verdict = judged(later, a_merchant_order())
    assert verdict.order.kept_merchant_order_id == "7001"
    assert [p.payment_id for p in verdict.new_excess] == ["8000"]


def test_a_merchant_order_whose_approval_is_not_dated_comes_last() -> None:
    undated = a_merchant_order(
        merchant_order_id="6000", payments=(a_payment(payment_id="8000", approved_at=None),)
    )
    assert judged(undated, a_merchant_order()).order.kept_merchant_order_id == "7001"
    assert judged(undated).order.state is State.PAID


def test_a_paying_merchant_order_settles_beside_one_with_a_flaw() -> None:
    flawed = a_merchant_order(merchant_order_id="6000", total=None, payments=(a_payment(payment_id="8000"),))
    verdict = judged(flawed, a_merchant_order())
    assert verdict.order.state is State.PAID
    assert [p.payment_id for p in verdict.new_excess] == ["8000"]


def test_a_merchant_order_settles_its_order_once() -> None:
    paid = judged(a_merchant_order()).order
    assert is_settled_by(paid, "7001")
    assert not is_settled_by(paid, "7002")
    assert not is_settled_by(replace(paid, kept_merchant_order_id=None), "7001")
