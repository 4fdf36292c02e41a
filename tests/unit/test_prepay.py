"""What Mercado Pago shows makes of a prepay order: paid in time, or given back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from caja.orders import Doubt, Refund, Role, State
from caja.settlement import Verdict, is_done_with, judge
from caja.transitions import refund
from tests.builders import PRICE, a_merchant_order, a_payment, a_scan, after
from tests.unit import prepaid
from tests.unit.prepaid import PAID, READY

if TYPE_CHECKING:
    from caja.merchant_orders import MerchantOrder
    from caja.orders import Order

HALF = PRICE / 2
AT_LAST = after(minutes=12)
"""The last instant at which a payment that is found still settles READY."""
TOO_LATE = after(minutes=12, milliseconds=1)
SECOND = a_merchant_order(merchant_order_id="7002", payments=(a_payment(payment_id="9002"),))


def judged(*found: MerchantOrder, order: Order = READY, **changes: Any) -> Verdict:
    facts: dict[str, Any] = {"complete": True, "successor_paid": False, "now": after(minutes=3)}
    return judge(order, found, **facts | changes)


def held(order: Order) -> list[tuple[str, Role, Refund]]:
    return [(p.payment_id, p.role, p.refund) for p in order.payments]


KEPT = ("9001", Role.KEPT, Refund.NONE)
EXCESS = ("9001", Role.EXCESS, Refund.DUE)


@pytest.mark.parametrize("now", [after(minutes=3), after(minutes=10), AT_LAST])
def test_a_payment_found_in_time_settles_and_is_to_be_claimed_from_then(now: Any) -> None:
    order = judged(a_merchant_order(), now=now).order
    assert (order.state, order.paid_at, held(order)) == (State.PAID, now, [KEPT])
    assert order.release_by == now + (after(minutes=2) - after())


def test_a_payment_found_too_late_is_given_back_though_it_was_made_in_time() -> None:
    verdict = judged(a_merchant_order(), now=TOO_LATE)
    assert (verdict.order.state, held(verdict.order)) == (State.EXPIRED, [EXCESS])
    assert [(p.owed_at, p.refund_at) for p in verdict.order.payments] == [(TOO_LATE, TOO_LATE)]
    assert verdict.order.version == READY.version + 1
    assert [p.payment_id for p in verdict.new_excess] == ["9001"]
    assert not verdict.accounted


@pytest.mark.parametrize("changes", [{"total": PRICE * 2}, {"payments": (a_payment(currency="USD"),)}])
def test_money_that_is_not_what_was_asked_for_is_a_persons_to_look_at_and_too_late_is_given_back(
    changes: dict[str, Any],
) -> None:
    flawed = a_merchant_order(**changes)
    in_time = judged(flawed, now=AT_LAST).order
    assert (in_time.state, in_time.doubt) == (State.REVIEW, Doubt.MONEY)
    assert held(in_time) == [("9001", Role.DOUBT, Refund.NONE)]
    too_late = judged(flawed, now=TOO_LATE).order
    assert (too_late.state, held(too_late)) == (State.EXPIRED, [EXCESS])


def test_part_of_the_money_waits_for_the_rest_and_is_given_back_when_that_is_too_late() -> None:
    part = a_merchant_order(status="opened", payments=(a_payment(amount=HALF),))
    waiting = judged(part, now=AT_LAST)
    assert (waiting.order, waiting.accounted) == (READY, False)
    assert held(judged(part, now=TOO_LATE).order) == [EXCESS]
    patient = replace(READY, release_seconds=86_400)
    assert judged(part, order=patient, now=after(hours=23)).order == patient
    whole = a_merchant_order(payments=(a_payment(amount=HALF), a_payment(payment_id="9002", amount=HALF)))
    assert judged(whole, now=AT_LAST).order.state is State.PAID


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (after(minutes=10, milliseconds=-1), State.READY),
        (after(minutes=10), State.EXPIRED),
        (TOO_LATE, State.EXPIRED),
    ],
)
def test_an_order_nobody_paid_expires(now: Any, state: State) -> None:
    assert judged(a_scan(), now=now).order.state is state


@pytest.mark.parametrize("stage", ["expired", "cancelled", "replaced"])
@pytest.mark.parametrize("successor_paid", [False, True])
def test_money_of_an_order_that_is_over_is_given_back_at_once(stage: str, *, successor_paid: bool) -> None:
    before = prepaid.STAGES[stage]
    after_ = judged(a_merchant_order(), order=before, successor_paid=successor_paid).order
    assert (after_.state, held(after_)) == (before.state, [EXCESS])


@pytest.mark.parametrize("stage", ["expired", "cancelled", "replaced"])
def test_an_order_that_is_over_stays_so_though_the_search_did_not_end(stage: str) -> None:
    verdict = judged(a_merchant_order(), order=prepaid.STAGES[stage], complete=False)
    assert (verdict.order.state, verdict.accounted) == (prepaid.STAGES[stage].state, False)
    assert held(verdict.order) == [EXCESS]


@pytest.mark.parametrize("now", [after(minutes=3), TOO_LATE])
def test_a_search_that_did_not_end_is_a_persons_to_look_at_and_gives_nothing_back(now: Any) -> None:
    part = a_merchant_order(status="opened")
    order = judged(part, now=now, complete=False).order
    assert (order.state, held(order)) == (State.REVIEW, [("9001", Role.DOUBT, Refund.NONE)])


def test_a_search_that_did_not_end_still_settles_what_it_showed_in_time() -> None:
    assert judged(a_merchant_order(), complete=False).order.state is State.PAID


@pytest.mark.parametrize(
    "stage", ["paid", "releasing", "delivered", "silent", "unsure", "uncovered", "refunded"]
)
def test_a_second_payer_is_given_back_whatever_became_of_the_first(stage: str) -> None:
    order = judged(a_merchant_order(), SECOND, order=prepaid.STAGES[stage]).order
    assert order.state is prepaid.STAGES[stage].state
    assert ("9002", Role.EXCESS, Refund.DUE) in held(order)


def test_a_second_payer_of_an_order_in_doubt_is_in_doubt() -> None:
    order = judged(SECOND, order=prepaid.IN_DOUBT).order
    assert ("9002", Role.DOUBT, Refund.NONE) in held(order)


@pytest.mark.parametrize("stage", ["paid", "releasing", "delivered", "silent", "unsure"])
def test_the_kept_merchant_order_is_never_excess(stage: str) -> None:
    before = prepaid.STAGES[stage]
    more = a_merchant_order(payments=(a_payment(), a_payment(payment_id="9003")))
    verdict = judged(more, SECOND, order=before)
    assert [p.payment_id for p in verdict.order.payments if p.role is Role.KEPT] == ["9001", "9003"]
    assert [p.payment_id for p in verdict.new_excess] == ["9002"]
    assert verdict.overpaid == PRICE


@pytest.mark.parametrize("now", [after(minutes=5), after(days=30)])
def test_settling_leaves_the_time_to_claim_to_the_orders_own_clock(now: Any) -> None:
    assert judged(a_merchant_order(), order=PAID, now=now).order == PAID


def test_of_two_payers_at_once_the_first_is_kept_and_the_second_given_back() -> None:
    later = replace(SECOND, payments=(a_payment(payment_id="9002", approved_at=after(minutes=1)),))
    order = judged(a_merchant_order(), later).order
    assert order.kept_merchant_order_id == "7002"
    assert held(order) == [EXCESS, ("9002", Role.KEPT, Refund.NONE)]


@pytest.mark.parametrize("stage", sorted(prepaid.STAGES))
def test_hearing_again_of_the_kept_merchant_order_changes_nothing_once_the_goods_are_gone(stage: str) -> None:
    order = prepaid.STAGES[stage]
    assert is_done_with(order, "7001") is (stage in {"delivered", "postpaid"})
    assert not is_done_with(order, "7002")


def test_a_postpay_order_that_goes_back_is_not_done_with() -> None:
    assert not is_done_with(refund(prepaid.POSTPAID, after(minutes=5)), "7001")
