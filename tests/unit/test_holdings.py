"""What is known of an order's money when reads lag, others decide, or there is too much of it for one check."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from caja.orders import Doubt, Refund, Role, State
from caja.settlement import MOST_AT_ONCE, Verdict, judge
from tests.builders import PRICE, a_merchant_order, a_payment, a_scan, after
from tests.unit import prepaid
from tests.unit.prepaid import CANCELLED, PAID, READY, UNCLAIMED, given_back, holding, owed, recorded

if TYPE_CHECKING:
    from caja.merchant_orders import MerchantOrder
    from caja.orders import Order, RecordedPayment

HALF = PRICE / 2
NOW = after(minutes=9)


def judged(order: Order, *found: MerchantOrder, **changes: Any) -> Verdict:
    facts: dict[str, Any] = {"complete": True, "successor_paid": False, "now": NOW}
    return judge(order, found, **facts | changes)


def paying(**changes: Any) -> MerchantOrder:
    """A merchant order with one payment that is so."""
    return a_merchant_order(payments=(a_payment(**changes),))


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "charged_back"},
        {"status": "in_mediation"},
        {"status": "refunded", "refunded": PRICE},
        {"refunded": Decimal("0.01")},
    ],
)
def test_a_prepay_order_whose_kept_money_no_longer_covers_it_is_not_to_be_released(
    changes: dict[str, Any],
) -> None:
    order = judged(PAID, paying(**changes)).order
    assert (order.state, order.doubt, order.payments[0].role) == (State.REVIEW, Doubt.UNCOVERED, Role.KEPT)


@pytest.mark.parametrize("stage", ["releasing", "delivered", "postpaid"])
def test_what_becomes_of_the_kept_money_later_is_recorded_and_changes_no_state(stage: str) -> None:
    before = prepaid.STAGES[stage]
    order = judged(before, paying(status="charged_back")).order
    assert (order.state, order.payments[0].status) == (before.state, "charged_back")


@pytest.mark.parametrize(
    "found",
    [
        [],
        [a_merchant_order(merchant_order_id="7002", status="opened", payments=())],
        [a_merchant_order(payments=())],
        [a_merchant_order(status="opened", payments=(a_payment(status="in_process"),))],
    ],
)
def test_a_read_that_lags_behind_the_payment_does_not_uncover_the_order(found: list[MerchantOrder]) -> None:
    assert judged(PAID, *found).order == PAID


def test_money_kept_in_two_payments_covers_the_order_together() -> None:
    halves = (a_payment(amount=HALF), a_payment(payment_id="9002", amount=PRICE - HALF))
    order = judged(READY, a_merchant_order(payments=halves), now=after(minutes=3)).order
    assert judged(order, a_merchant_order(payments=halves)).order.state is State.PAID
    one_back = (replace(halves[0], status="refunded", refunded=HALF), halves[1])
    assert judged(order, a_merchant_order(payments=one_back)).order.state is State.REVIEW


@pytest.mark.parametrize("order", [CANCELLED, UNCLAIMED])
def test_a_payment_once_given_back_stays_so_when_a_read_lags(order: Order) -> None:
    done = given_back(role=Role.EXCESS if order is CANCELLED else Role.KEPT)
    assert judged(holding(order, done), a_merchant_order()).order.payments == (done,)


def test_what_is_known_of_excess_is_what_was_shown_last() -> None:
    undated = judged(CANCELLED, paying(approved_at=None)).order
    shown = a_merchant_order(merchant_order_id="7002", payments=(a_payment(amount=HALF),))
    [payment] = judged(undated, shown).order.payments
    assert (payment.merchant_order_id, payment.amount, payment.approved_at) == (
        "7002",
        HALF,
        after(minutes=2),
    )


def test_what_has_gone_back_of_a_payment_never_comes_again() -> None:
    order = judged(holding(CANCELLED, owed(refunded=HALF)), paying(refunded=Decimal(1))).order
    assert [p.refunded for p in order.payments] == [HALF]


@pytest.mark.parametrize(
    "payment",
    [
        owed(),
        owed(refund=Refund.PENDING, refund_at=after(hours=1)),
        owed(refund=Refund.REFUSED, refund_at=after(hours=1)),
        owed(refund=Refund.REFUSED, refund_at=None),
    ],
)
def test_a_check_does_not_hurry_a_return_that_is_under_way_or_was_refused(payment: RecordedPayment) -> None:
    order = holding(CANCELLED, payment)
    assert judged(order, a_merchant_order()).order == order


@pytest.mark.parametrize("refund", [Refund.DUE, Refund.PENDING, Refund.REFUSED])
@pytest.mark.parametrize("changes", [{"refunded": PRICE}, {"status": "refunded", "refunded": PRICE}])
def test_a_check_that_sees_the_money_back_ends_its_return(refund: Refund, changes: dict[str, Any]) -> None:
    verdict = judged(holding(CANCELLED, owed(refund=refund)), paying(**changes))
    assert [(p.refund, p.refund_at) for p in verdict.order.payments] == [(Refund.DONE, None)]
    assert verdict.accounted


def test_a_status_that_could_not_be_read_meanwhile_does_not_begin_a_return_again() -> None:
    pending = owed(refund=Refund.PENDING, refund_at=after(hours=1), status="")
    assert judged(holding(CANCELLED, pending), a_merchant_order()).order.payments == (
        replace(pending, status="approved"),
    )


def test_a_check_that_sees_all_the_money_back_concludes_the_refund() -> None:
    order = judged(UNCLAIMED, paying(status="refunded", refunded=PRICE)).order
    assert (order.state, order.version) == (State.REFUNDED, UNCLAIMED.version + 1)


def test_a_check_that_sees_the_money_charged_back_leaves_the_refund_to_a_person() -> None:
    order = judged(UNCLAIMED, paying(status="charged_back")).order
    assert (order.state, order.doubt) == (State.REVIEW, Doubt.REFUND)


@pytest.mark.parametrize(
    "payment",
    [
        owed(),
        owed(refund=Refund.PENDING, refund_at=after(hours=1)),
        owed(refund=Refund.REFUSED, refund_at=after(hours=1)),
    ],
)
@pytest.mark.parametrize("status", ["in_mediation", "charged_back"])
def test_money_that_was_to_go_back_and_that_others_decide_about_is_a_persons_to_look_at(
    status: str, payment: RecordedPayment
) -> None:
    order = judged(holding(UNCLAIMED, payment), paying(status=status)).order
    assert [(p.refund, p.refund_at) for p in order.payments] == [(Refund.REFUSED, None)]
    assert (order.state, order.doubt) == (State.REVIEW, Doubt.REFUND)


def test_excess_others_decided_about_is_given_back_once_it_is_approved_again() -> None:
    disputed = judged(CANCELLED, paying(status="in_mediation")).order
    assert [p.refund for p in disputed.payments] == [Refund.NONE]
    order = judged(disputed, a_merchant_order(), now=after(minutes=20)).order
    assert [(p.refund, p.owed_at) for p in order.payments] == [(Refund.DUE, after(minutes=20))]


def test_kept_money_found_after_the_order_went_back_is_owed_too() -> None:
    more = a_merchant_order(payments=(a_payment(), a_payment(payment_id="9002")))
    order = judged(prepaid.REFUNDED, more).order
    assert order.state is State.REFUNDED
    assert [(p.payment_id, p.refund) for p in order.payments] == [("9001", Refund.DONE), ("9002", Refund.DUE)]


@pytest.mark.parametrize(
    ("payment", "accounted"),
    [
        (recorded(), True),
        (given_back(role=Role.EXCESS), True),
        (owed(refund=Refund.REFUSED, refund_at=None), True),
        (owed(refund=Refund.REFUSED, refund_at=after(days=7)), False),
        (owed(refund=Refund.PENDING), False),
        (owed(), False),
        (recorded(role=Role.DOUBT), False),
        (recorded(status="in_mediation"), False),
        (owed(refund=Refund.REFUSED, refund_at=None, status="charged_back"), False),
        (given_back(status="charged_back"), True),
    ],
)
def test_what_is_still_to_come_of_a_payment_is_not_accounted_for(
    payment: RecordedPayment, *, accounted: bool
) -> None:
    assert judged(holding(prepaid.DELIVERED, payment)).accounted is accounted


@pytest.mark.parametrize("stage", ["paid", "releasing", "delivered", "postpaid", "silent"])
def test_money_an_order_keeps_is_accounted_for(stage: str) -> None:
    assert judged(prepaid.STAGES[stage], a_merchant_order()).accounted


@pytest.mark.parametrize("changes", [{"collector_id": None}, {"external_reference": ""}, {"is_whole": False}])
def test_a_merchant_order_that_may_be_ours_is_not_accounted_for(changes: dict[str, Any]) -> None:
    assert judged(prepaid.DELIVERED, a_scan(status="expired")).accounted
    assert not judged(prepaid.DELIVERED, a_scan(status="expired", **changes)).accounted


def many(payments: int, **changes: Any) -> MerchantOrder:
    return a_merchant_order(
        merchant_order_id="7002",
        payments=tuple(a_payment(payment_id=f"9{n:03d}", **changes) for n in range(payments)),
    )


@pytest.mark.parametrize(
    ("payments", "accounted_next"), [(MOST_AT_ONCE, 0), (MOST_AT_ONCE + 1, 1), (179, 89)]
)
def test_more_payments_than_one_write_holds_are_recorded_over_two_checks(
    payments: int, accounted_next: int
) -> None:
    first = judged(CANCELLED, many(payments))
    assert len(first.order.payments) == len(first.new_excess) == min(payments, MOST_AT_ONCE)
    assert not first.accounted
    second = judged(first.order, many(payments))
    assert len(second.new_excess) == accounted_next
    assert [p.payment_id for p in second.order.payments] == [f"9{n:03d}" for n in range(payments)]


def test_payments_left_for_another_check_are_not_accounted_for_though_all_that_were_recorded_are() -> None:
    first = judged(CANCELLED, many(MOST_AT_ONCE + 1, status="refunded", refunded=PRICE))
    assert not first.accounted
    assert judged(first.order, many(MOST_AT_ONCE + 1, status="refunded", refunded=PRICE)).accounted


def test_the_kept_payment_is_recorded_first_however_many_there_are() -> None:
    kept = a_merchant_order(payments=(a_payment(payment_id="9999", approved_at=after(minutes=1)),))
    order = judged(READY, kept, many(MOST_AT_ONCE)).order
    assert (order.state, order.paid_amount) == (State.PAID, PRICE)


@pytest.mark.parametrize("order", [CANCELLED, holding(CANCELLED, owed())])
def test_excess_whose_amount_cannot_be_read_is_given_back_once_it_can(order: Order) -> None:
    garbled = judged(order, paying(amount=Decimal(0))).order
    again = judged(garbled, a_merchant_order()).order
    assert [p.refund for p in again.payments] == [Refund.DUE]


def test_a_kept_payment_listed_in_another_merchant_order_alone_stays_kept() -> None:
    other = a_merchant_order(merchant_order_id="7002")
    order = judged(prepaid.DELIVERED, other).order
    assert [(p.role, p.refund) for p in order.payments] == [(Role.KEPT, Refund.NONE)]


def test_excess_found_in_mediation_by_its_refund_is_given_back_once_it_is_approved_again() -> None:
    disputed = owed(status="in_mediation", refund=Refund.REFUSED, refund_at=None)
    order = judged(holding(CANCELLED, disputed), a_merchant_order()).order
    assert [(p.refund, p.refund_at, p.owed_at) for p in order.payments] == [
        (Refund.DUE, NOW, disputed.owed_at)
    ]


def test_an_order_decided_paid_before_its_money_was_seen_keeps_the_first_it_sees() -> None:
    decided = replace(prepaid.POSTPAID, kept_merchant_order_id=None, payments=())
    assert judged(decided, a_merchant_order(payments=())).order == decided
    undated = a_payment(payment_id="9002", approved_at=None)
    second = a_merchant_order(merchant_order_id="6000", payments=(undated,))
    order = judged(decided, second, a_merchant_order()).order
    assert [(p.payment_id, p.role) for p in order.payments] == [("9001", Role.KEPT), ("9002", Role.EXCESS)]
    assert judged(order, second, a_merchant_order()).order == order
