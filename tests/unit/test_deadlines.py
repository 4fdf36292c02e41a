"""When an order is due again, whatever the reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from caja.deadlines import kept_in_time, next_check
from caja.orders import Refund, Role
from tests.builders import after, an_order
from tests.unit import prepaid
from tests.unit.prepaid import PAID, READY, RELEASING, UNCLAIMED, given_back, holding, owed, recorded

if TYPE_CHECKING:
    from datetime import datetime

    from caja.orders import Order, RecordedPayment

RESENT = timedelta(minutes=2)
"""How long after a refund was asked for it is asked for again."""


def next_of(
    order: Order, now: datetime, *, accounted: bool = True, is_search: bool = True
) -> datetime | None:
    return next_check(order, now, accounted=accounted, is_search=is_search)


@pytest.mark.parametrize(
    ("order", "now", "at"),
    [
        (an_order(), after(seconds=30), after(minutes=1)),
        (an_order(), after(minutes=59), after(hours=1)),
        (an_order(), after(hours=1), after(hours=1, minutes=5)),
        (READY, after(minutes=9), after(minutes=10)),
        (READY, after(minutes=10), after(minutes=12, milliseconds=1)),
        (READY, after(minutes=11), after(minutes=12, milliseconds=1)),
        (READY, after(minutes=12), after(minutes=12, milliseconds=1)),
        (READY, after(minutes=12, milliseconds=1), after(minutes=17, milliseconds=1)),
        (replace(READY, release_seconds=600), after(minutes=10), after(minutes=15)),
    ],
)
def test_a_ready_order_is_due_at_its_steps_and_a_prepay_one_the_moment_it_can_no_longer_be_paid(
    order: Order, now: datetime, at: datetime
) -> None:
    assert next_of(order, now) == at


@pytest.mark.parametrize(
    ("minutes", "accounted", "at"),
    [
        (5, True, after(minutes=18)),
        (17, True, after(minutes=18)),
        (18, True, None),
        (18, False, after(hours=1, minutes=13)),
        (73, False, after(hours=6, minutes=3)),
    ],
)
def test_an_order_that_left_its_box_is_due_until_everything_is_accounted_for(
    minutes: int, at: datetime | None, *, accounted: bool
) -> None:
    assert next_of(prepaid.CANCELLED, after(minutes=minutes), accounted=accounted) == at


def test_one_merchant_order_looked_at_alone_accounts_for_nothing() -> None:
    now = after(days=40)
    assert next_of(prepaid.CANCELLED, now, accounted=False, is_search=False) == now + timedelta(minutes=15)
    assert next_of(prepaid.CANCELLED, now, accounted=False) is None


@pytest.mark.parametrize(
    ("order", "deadline"),
    [
        (PAID, after(minutes=4)),
        (RELEASING, after(minutes=6)),
    ],
)
def test_a_deadline_of_the_box_is_met_whatever_else_is_due(order: Order, deadline: datetime) -> None:
    assert next_of(order, after(minutes=3)) == deadline
    assert kept_in_time(order, after(minutes=3)).watch.check_at == deadline


def test_a_refund_that_is_not_confirmed_in_a_day_is_due_then() -> None:
    assert next_of(holding(UNCLAIMED, given_back()), after(minutes=30)) == after(days=1, minutes=5)


@pytest.mark.parametrize("stage", ["delivered", "refunded", "silent", "postpaid"])
def test_nothing_else_has_a_deadline(stage: str) -> None:
    assert next_of(prepaid.STAGES[stage], after(days=2)) is None


def cancelled_with(payment: RecordedPayment) -> Order:
    return holding(prepaid.CANCELLED, payment)


@pytest.mark.parametrize("refund", [Refund.DUE, Refund.PENDING, Refund.REFUSED])
def test_an_order_is_due_when_money_is_to_be_seen_to(refund: Refund) -> None:
    order = cancelled_with(owed(refund=refund, refund_at=after(minutes=9)))
    assert next_of(order, after(minutes=8)) == after(minutes=9)


@pytest.mark.parametrize("refund", [Refund.DUE, Refund.PENDING, Refund.REFUSED])
@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=40)])
def test_a_refund_asked_for_just_now_is_asked_for_again_should_the_message_be_lost(
    refund: Refund, late: timedelta
) -> None:
    now = after(minutes=9) + late
    assert next_of(cancelled_with(owed(refund=refund, refund_at=after(minutes=9))), now) == now + RESENT


@pytest.mark.parametrize(
    "payment",
    [
        given_back(role=Role.EXCESS),
        recorded(role=Role.EXCESS),
        recorded(role=Role.DOUBT),
        owed(refund=Refund.REFUSED, refund_at=None),
        owed(role=Role.KEPT),
    ],
)
def test_money_nobody_sees_to_is_never_due(payment: RecordedPayment) -> None:
    assert next_of(cancelled_with(payment), after(days=40)) is None


@pytest.mark.parametrize(
    ("check_at", "at"),
    [
        (None, after(minutes=4)),
        (after(hours=1), after(minutes=4)),
        (after(minutes=3, seconds=30), after(minutes=3, seconds=30)),
    ],
)
def test_what_was_promised_is_never_put_off_and_what_is_due_sooner_stays(
    check_at: datetime | None, at: datetime
) -> None:
    watched = watched_at(PAID, check_at)
    assert kept_in_time(watched, after(minutes=3)).watch == replace(watched.watch, check_at=at)


def test_what_is_final_and_promised_nothing_stays_final() -> None:
    order = watched_at(prepaid.DELIVERED, None)
    assert kept_in_time(order, after(days=40)) == order


def watched_at(order: Order, check_at: datetime | None) -> Order:
    return replace(order, watch=replace(order.watch, check_at=check_at))
