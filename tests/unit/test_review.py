"""When an order expires, and when a person has to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caja.orders import Role, State
from caja.settlement import Verdict, judge
from caja.transitions import replace_by
from tests.builders import PRICE, a_merchant_order, a_payment, a_scan, after, an_order

if TYPE_CHECKING:
    from caja.merchant_orders import MerchantOrder
    from caja.orders import Order

HALF = PRICE / 2
EXPIRED = an_order(state=State.EXPIRED, ended_at=after(hours=1))


def judged(*found: MerchantOrder, order: Order | None = None, **changes: Any) -> Verdict:
    facts: dict[str, Any] = {"complete": True, "successor_paid": False, "now": after(minutes=5)}
    return judge(order or an_order(), found, **facts | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": after(minutes=-6)},
        {"total": PRICE * 2},
        {"payments": (a_payment(currency="USD"),)},
    ],
)
@pytest.mark.parametrize("order", [an_order(), EXPIRED])
def test_money_for_our_collector_that_is_not_what_was_asked_for_goes_to_review(
    order: Order, changes: dict[str, Any]
) -> None:
    reviewed = judged(a_merchant_order(**changes), order=order).order
    assert reviewed.state is State.REVIEW
    assert [p.role for p in reviewed.payments] == [Role.DOUBT]


def test_a_ready_order_expires_when_its_time_is_over_and_no_money_is_found() -> None:
    verdict = judged(a_scan(), now=after(hours=1))
    assert verdict.order.state is State.EXPIRED
    assert verdict.order.ended_at == after(hours=1)
    assert verdict.order.payments == ()


def test_a_ready_order_does_not_expire_early() -> None:
    assert judged(now=after(minutes=59)).order == an_order()


def test_a_ready_order_past_its_time_with_part_of_its_money_waits() -> None:
    part = a_merchant_order(status="opened", payments=(a_payment(amount=HALF),))
    assert judged(part, now=after(hours=1, minutes=59)).order.state is State.READY


@pytest.mark.parametrize("order", [an_order(), EXPIRED])
def test_part_of_the_money_an_hour_after_expiry_goes_to_review(order: Order) -> None:
    part = a_merchant_order(status="opened", payments=(a_payment(amount=HALF),))
    reviewed = judged(part, order=order, now=after(hours=2)).order
    assert reviewed.state is State.REVIEW
    assert [p.role for p in reviewed.payments] == [Role.DOUBT]


def test_the_rest_may_come_an_hour_late() -> None:
    assert judged(a_merchant_order(), now=after(hours=3)).order.state is State.PAID


def test_an_expired_order_that_was_paid_after_all_is_paid() -> None:
    order = judged(a_merchant_order(), order=EXPIRED, now=after(hours=2)).order
    assert (order.state, order.ended_at, order.paid_at) == (State.PAID, after(hours=1), after(hours=2))


@pytest.mark.parametrize("order", [an_order(), EXPIRED])
def test_a_search_that_did_not_end_goes_to_review(order: Order) -> None:
    assert judged(order=order, complete=False).order.state is State.REVIEW


def test_a_search_that_did_not_end_still_settles_what_it_showed() -> None:
    assert judged(a_merchant_order(), complete=False).order.state is State.PAID


def test_a_replaced_order_with_money_is_reviewed_until_its_successor_is_paid() -> None:
    replaced = replace_by(an_order(), "SUCCESSOR", after(minutes=1))
    reviewed = judged(a_merchant_order(), order=replaced).order
    assert reviewed.state is State.REVIEW
    assert [p.role for p in reviewed.payments] == [Role.DOUBT]
    decided = judged(a_merchant_order(), order=reviewed, successor_paid=True)
    assert decided.order.state is State.REVIEW
    assert [p.payment_id for p in decided.new_excess] == ["9001"]
    assert decided.order.version == reviewed.version + 1


def test_money_of_a_replaced_order_whose_successor_is_paid_is_excess() -> None:
    replaced = replace_by(an_order(), "SUCCESSOR", after(minutes=1))
    verdict = judged(a_merchant_order(), order=replaced, successor_paid=True)
    assert verdict.order.state is State.REPLACED
    assert [p.role for p in verdict.order.payments] == [Role.EXCESS]


@pytest.mark.parametrize(
    ("complete", "successor_paid", "state"),
    [(True, False, State.REPLACED), (False, False, State.REVIEW), (False, True, State.REPLACED)],
)
def test_a_replaced_order_without_money_stays_replaced_unless_the_search_did_not_end(
    *, complete: bool, successor_paid: bool, state: State
) -> None:
    replaced = replace_by(an_order(), "SUCCESSOR", after(minutes=1))
    assert judged(a_scan(), order=replaced, complete=complete, successor_paid=successor_paid).order.state is (
        state
    )


def test_money_in_doubt_stays_in_doubt_while_nothing_replaced_the_order() -> None:
    reviewed = judged(a_merchant_order(total=None)).order
    again = judged(a_merchant_order(total=None), order=reviewed, successor_paid=True)
    assert again.order == reviewed


@pytest.mark.parametrize("order", [an_order(), EXPIRED])
def test_an_order_without_money_is_expired_however_late_it_is_looked_at(order: Order) -> None:
    assert judged(a_scan(), order=order, now=after(hours=3)).order.state is State.EXPIRED
