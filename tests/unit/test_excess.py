"""Money no order keeps; when nothing more can come; and that judging twice is judging once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caja.orders import Refund, Role, State
from caja.settlement import Verdict, judge
from caja.transitions import cancel, replace_by
from tests.builders import COLLECTOR_ID, NOON, PRICE, a_merchant_order, a_payment, a_scan, after, an_order

if TYPE_CHECKING:
    from caja.merchant_orders import MerchantOrder
    from caja.orders import Order

CANCELLED = cancel(an_order(), after(minutes=1))
REPLACED = replace_by(an_order(), "SUCCESSOR", after(minutes=1))


def judged(*found: MerchantOrder, order: Order | None = None, **changes: Any) -> Verdict:
    facts: dict[str, Any] = {"complete": True, "successor_paid": False, "now": after(minutes=5)}
    return judge(order or an_order(), found, **facts | changes)


def test_money_of_a_cancelled_order_is_excess_and_due_back() -> None:
    verdict = judged(a_merchant_order(), order=CANCELLED)
    assert verdict.order.state is State.CANCELLED
    assert verdict.order.version == CANCELLED.version + 1
    assert verdict.order.updated_at == after(minutes=5)
    [payment] = verdict.new_excess
    assert (payment.payment_id, payment.role, payment.refund) == ("9001", Role.EXCESS, Refund.DUE)


def test_a_second_payer_of_a_paid_order_is_excess_whatever_the_flaw() -> None:
    paid = judged(a_merchant_order()).order
    second = a_merchant_order(merchant_order_id="7002", total=None, payments=(a_payment(payment_id="9002"),))
    verdict = judged(a_merchant_order(), second, order=paid)
    assert [(p.payment_id, p.role) for p in verdict.order.payments] == [
        ("9001", Role.KEPT),
        ("9002", Role.EXCESS),
    ]
    assert [p.payment_id for p in verdict.new_excess] == ["9002"]


@pytest.mark.parametrize("other", ["7000", "7002"])
def test_a_payment_listed_in_two_merchant_orders_is_kept_and_not_given_back(other: str) -> None:
    twice = a_merchant_order(merchant_order_id=other, status="opened")
    verdict = judged(a_merchant_order(), twice)
    assert [(p.merchant_order_id, p.role) for p in verdict.order.payments] == [("7001", Role.KEPT)]


def test_excess_is_new_once() -> None:
    seen = judged(a_merchant_order(), order=CANCELLED).order
    verdict = judged(a_merchant_order(), order=seen)
    assert verdict.new_excess == ()
    assert verdict.order == seen


@pytest.mark.parametrize(
    ("changes", "refund"),
    [
        ({}, Refund.DUE),
        ({"refunded": PRICE - 1}, Refund.DUE),
        ({"refunded": PRICE}, Refund.DONE),
        ({"status": "refunded", "refunded": PRICE}, Refund.DONE),
        ({"status": "in_mediation"}, Refund.NONE),
        ({"status": "charged_back"}, Refund.NONE),
    ],
)
def test_excess_is_due_back_while_it_holds_money_and_nobody_else_decides(
    changes: dict[str, Any], refund: Refund
) -> None:
    [payment] = judged(a_merchant_order(payments=(a_payment(**changes),)), order=CANCELLED).order.payments
    assert payment.refund is refund


@pytest.mark.parametrize("status", ["pending", "authorized", "in_process", "rejected", "cancelled", ""])
def test_a_payment_that_never_held_money_is_not_recorded(status: str) -> None:
    assert judged(a_merchant_order(payments=(a_payment(status=status),)), order=CANCELLED).order == CANCELLED


def test_kept_money_is_not_due_back() -> None:
    [payment] = judged(a_merchant_order()).order.payments
    assert payment.refund is Refund.NONE


def test_what_becomes_of_a_kept_payment_is_recorded_with_a_new_version() -> None:
    paid = judged(a_merchant_order()).order
    refunded = a_payment(status="refunded", refunded=PRICE)
    verdict = judged(a_merchant_order(payments=(refunded,)), order=paid, now=after(minutes=6))
    assert verdict.order.state is State.PAID
    assert (verdict.order.version, verdict.order.updated_at) == (3, after(minutes=6))
    assert verdict.order.refunded_amount == PRICE


def test_a_recorded_payment_is_kept_when_mercado_pago_no_longer_shows_it() -> None:
    paid = judged(a_merchant_order()).order
    assert judged(order=paid).order == paid


def test_everything_is_accounted_for_when_each_merchant_order_is_over_and_no_money_is_in_doubt() -> None:
    given_back = a_merchant_order(payments=(a_payment(status="refunded", refunded=PRICE),))
    assert judged(given_back, a_scan(status="expired"), order=CANCELLED).accounted


def test_money_owed_back_is_not_accounted_for() -> None:
    assert not judged(a_merchant_order(), order=CANCELLED).accounted


@pytest.mark.parametrize("status", ["opened", "", "something new"])
def test_a_merchant_order_that_may_still_be_paid_is_not_accounted_for(status: str) -> None:
    assert not judged(a_scan(status=status), order=CANCELLED).accounted


@pytest.mark.parametrize("payment", ["pending", "authorized", "in_process"])
@pytest.mark.parametrize("status", ["closed", "expired"])
def test_a_payment_mercado_pago_has_not_decided_about_is_not_accounted_for(status: str, payment: str) -> None:
    mo = a_merchant_order(status=status, payments=(a_payment(status=payment),))
    assert not judged(mo, order=CANCELLED).accounted
    given_back = a_payment(payment_id="9002", status="refunded", refunded=PRICE)
    assert not judged(a_merchant_order(payments=(*mo.payments, given_back)), order=CANCELLED).accounted


@pytest.mark.parametrize("status", ["in_mediation", "charged_back"])
@pytest.mark.parametrize("state", [State.READY, State.EXPIRED])
def test_money_that_was_disputed_before_it_could_settle_an_order_is_not_accounted_for(
    state: State, status: str
) -> None:
    order = an_order(state=state, ended_at=after(hours=1))
    verdict = judged(a_merchant_order(payments=(a_payment(status=status),)), order=order, now=after(hours=2))
    assert (verdict.order.state, verdict.order.payments, verdict.accounted) == (State.EXPIRED, (), False)
    assert judged(a_merchant_order(), order=verdict.order, now=after(hours=3)).order.state is State.PAID


@pytest.mark.parametrize("payments", [(), (a_payment(status="rejected"),)])
def test_a_merchant_order_closed_by_money_it_does_not_show_is_not_accounted_for(payments: tuple[Any]) -> None:
    assert not judged(a_merchant_order(payments=payments), order=CANCELLED).accounted


def test_a_search_that_did_not_end_accounts_for_nothing() -> None:
    assert not judged(order=CANCELLED, complete=False).accounted


def test_money_in_doubt_is_not_accounted_for() -> None:
    assert not judged(a_merchant_order(), order=REPLACED).accounted


def test_somebody_elses_merchant_order_need_not_be_accounted_for() -> None:
    assert judged(a_scan(collector_id=1), order=CANCELLED).accounted


def test_part_of_an_expired_orders_money_is_not_accounted_for_though_its_merchant_order_is_over() -> None:
    expired = an_order(state=State.EXPIRED, ended_at=after(hours=1))
    part = a_merchant_order(status="expired", payments=(a_payment(amount=PRICE / 2),))
    verdict = judged(part, order=expired, now=after(hours=1, minutes=16))
    assert (verdict.accounted, verdict.order.payments) == (False, ())


def test_an_expired_order_without_money_is_accounted_for() -> None:
    expired = an_order(state=State.EXPIRED, ended_at=after(hours=1))
    assert judged(a_scan(status="expired"), order=expired, now=after(hours=1, minutes=16)).accounted


PAYMENTS = st.builds(
    a_payment,
    status=st.sampled_from(["approved", "rejected", "refunded", "charged_back", "in_mediation", "pending"]),
    amount=st.sampled_from([PRICE, PRICE / 2, PRICE + 1]),
    refunded=st.sampled_from([Decimal(0), Decimal(1), PRICE]),
    currency=st.sampled_from(["ARS", "ARS", "USD"]),
    approved_at=st.one_of(st.none(), st.integers(0, 4).map(lambda m: after(minutes=m))),
)
MERCHANT_ORDERS = st.builds(
    a_merchant_order,
    status=st.sampled_from(["opened", "closed", "closed", "expired"]),
    collector_id=st.sampled_from([COLLECTOR_ID, COLLECTOR_ID, 1]),
    external_reference=st.sampled_from([an_order().order_id, an_order().order_id, "ANOTHER"]),
    total=st.sampled_from([PRICE, PRICE, None]),
    created_at=st.sampled_from([NOON, NOON, None, NOON - timedelta(days=1)]),
    payments=st.lists(PAYMENTS, max_size=3).map(tuple),
)


def told_apart(found: list[MerchantOrder]) -> list[MerchantOrder]:
    """The same, each merchant order and payment with an id of its own."""
    return [
        a_merchant_order(
            merchant_order_id=str(7000 + n),
            status=mo.status,
            external_reference=mo.external_reference,
            collector_id=mo.collector_id,
            total=mo.total,
            created_at=mo.created_at,
            payments=tuple(
                a_payment(
                    payment_id=str(9000 + 10 * n + k),
                    status=p.status,
                    amount=p.amount,
                    refunded=p.refunded,
                    currency=p.currency,
                    approved_at=p.approved_at,
                )
                for k, p in enumerate(mo.payments)
            ),
        )
        for n, mo in enumerate(found)
    ]


FOUND = st.lists(MERCHANT_ORDERS, max_size=4).map(told_apart)
ORDERS = st.sampled_from(
    [an_order(), CANCELLED, REPLACED, an_order(state=State.EXPIRED, ended_at=after(hours=1))]
)
FACTS = st.fixed_dictionaries(
    {
        "complete": st.booleans(),
        "successor_paid": st.booleans(),
        "now": st.sampled_from([after(minutes=5), after(hours=1), after(hours=2)]),
    }
)


@given(order=ORDERS, found=FOUND, facts=FACTS)
def test_judging_the_result_again_changes_nothing(
    order: Order, found: list[MerchantOrder], facts: dict[str, Any]
) -> None:
    first = judge(order, found, **facts)
    again = judge(first.order, found, **facts)
    assert again.order == first.order
    assert again.new_excess == ()


@given(order=ORDERS, found=FOUND, facts=FACTS, data=st.data())
def test_the_order_in_which_merchant_orders_are_shown_does_not_matter(
    order: Order, found: list[MerchantOrder], facts: dict[str, Any], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(found))
    assert judge(order, shuffled, **facts).order == judge(order, found, **facts).order


@given(order=ORDERS, history=st.lists(st.tuples(FOUND, FACTS), min_size=2, max_size=4))
def test_versions_increase_terminal_states_stay_and_nothing_recorded_is_dropped(
    order: Order, history: list[tuple[list[MerchantOrder], dict[str, Any]]]
) -> None:
    for found, facts in history:
        next_ = judge(order, found, **facts).order
        assert next_.version - order.version == (next_ != order)
        if order.state in (State.PAID, State.CANCELLED, State.REVIEW):
            assert next_.state is order.state
        assert {p.payment_id for p in order.payments} <= {p.payment_id for p in next_.payments}
        kept = {p.merchant_order_id for p in next_.payments if p.role is Role.KEPT}
        assert len(kept) <= 1
        order = next_


@given(order=ORDERS, found=FOUND, facts=FACTS)
def test_every_approved_payment_to_us_is_kept_excess_in_doubt_or_of_an_order_still_open(
    order: Order, found: list[MerchantOrder], facts: dict[str, Any]
) -> None:
    verdict = judge(order, found, **facts)
    recorded = {p.payment_id for p in verdict.order.payments}
    for mo in found:
        if mo.collector_id != COLLECTOR_ID or mo.external_reference != order.order_id:
            continue
        for payment in mo.payments:
            if payment.net and payment.payment_id not in recorded:
                assert verdict.order.state in (State.READY, State.EXPIRED)
                assert not verdict.accounted


@pytest.mark.parametrize("status", ["in_mediation", "charged_back"])
def test_excess_others_decide_about_is_looked_at_again_for_it_may_be_won_back(status: str) -> None:
    disputed = a_merchant_order(payments=(a_payment(status=status),))
    assert not judged(disputed, order=CANCELLED).accounted
