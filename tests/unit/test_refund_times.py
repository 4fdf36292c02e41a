"""When a refund is looked at, and tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from caja.orders import Refund
from caja.refunds import is_unusual, refuse, wait
from tests.builders import after
from tests.unit.prepaid import given_back, owed, recorded

OWED_AT = after(minutes=5)
NOW = after(days=90)


@pytest.mark.parametrize(
    ("owed_for", "pause"),
    [
        (timedelta(0), timedelta(seconds=30)),
        (timedelta(seconds=29), timedelta(seconds=30)),
        (timedelta(seconds=31), timedelta(seconds=31)),
        (timedelta(minutes=10), timedelta(minutes=10)),
        (timedelta(hours=1), timedelta(hours=1)),
        (timedelta(hours=2), timedelta(hours=1)),
        (timedelta(hours=24, milliseconds=-1), timedelta(hours=1)),
        (timedelta(hours=24), timedelta(hours=24)),
        (timedelta(days=40), timedelta(hours=24)),
        (timedelta(seconds=-2), timedelta(seconds=30)),
    ],
)
def test_a_refund_is_looked_at_after_as_long_again_as_it_has_been_owed(
    owed_for: timedelta, pause: timedelta
) -> None:
    now = OWED_AT + owed_for
    assert wait(owed(refund=Refund.PENDING), now).refund_at == now + pause


def test_a_refund_not_known_since_when_is_looked_at_soon() -> None:
    assert wait(recorded(refund=Refund.PENDING), NOW).refund_at == NOW + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("seconds", "pause"),
    [(29, timedelta(seconds=30)), (90, timedelta(seconds=90)), (999_999, timedelta(hours=1))],
)
def test_a_refund_waits_as_long_as_mercado_pago_asks_within_an_hour(seconds: int, pause: timedelta) -> None:
    assert wait(owed(refund=Refund.PENDING), OWED_AT, seconds).refund_at == OWED_AT + pause


def test_what_is_back_is_not_looked_at_again() -> None:
    assert wait(given_back(), NOW) == given_back()


@pytest.mark.parametrize(
    ("owed_for", "tried_at"),
    [
        (timedelta(0), timedelta(minutes=15)),
        (timedelta(minutes=15, milliseconds=-1), timedelta(minutes=15)),
        (timedelta(minutes=15), timedelta(hours=1)),
        (timedelta(hours=1), timedelta(hours=6)),
        (timedelta(hours=6), timedelta(days=1)),
        (timedelta(days=1), timedelta(days=7)),
        (timedelta(days=7), timedelta(days=30)),
        (timedelta(days=30), timedelta(days=60)),
        (timedelta(days=180, milliseconds=-1), timedelta(days=210, milliseconds=-1)),
    ],
)
def test_a_refusal_is_tried_again_less_and_less_often(owed_for: timedelta, tried_at: timedelta) -> None:
    payment = refuse(owed(), OWED_AT + owed_for, is_hopeless=False)
    assert (payment.refund, payment.refund_at) == (Refund.REFUSED, OWED_AT + tried_at)


def test_a_refusal_of_what_is_not_known_to_be_owed_is_tried_again_soon() -> None:
    assert refuse(recorded(), NOW, is_hopeless=False).refund_at == NOW + timedelta(minutes=15)


@pytest.mark.parametrize(("owed_for", "is_hopeless"), [(timedelta(0), True), (timedelta(days=180), False)])
def test_what_mercado_pago_will_never_give_back_is_left_to_the_operator(
    owed_for: timedelta, *, is_hopeless: bool
) -> None:
    payment = refuse(owed(), OWED_AT + owed_for, is_hopeless=is_hopeless)
    assert (payment.refund, payment.refund_at) == (Refund.REFUSED, None)


def test_a_refusal_of_what_is_back_changes_nothing() -> None:
    assert refuse(given_back(), NOW, is_hopeless=True) == given_back()


@pytest.mark.parametrize(
    ("refund", "owed_for", "unusual"),
    [
        (Refund.PENDING, timedelta(hours=24), True),
        (Refund.DUE, timedelta(hours=24), True),
        (Refund.REFUSED, timedelta(hours=24), True),
        (Refund.PENDING, timedelta(hours=24, milliseconds=-1), False),
        (Refund.DONE, timedelta(days=9), False),
    ],
)
def test_a_refund_that_takes_a_day_is_unusual(refund: Refund, owed_for: timedelta, *, unusual: bool) -> None:
    assert is_unusual(owed(refund=refund), OWED_AT + owed_for) is unusual


def test_money_that_is_not_owed_is_nothing_unusual() -> None:
    assert not is_unusual(recorded(), NOW)
