"""When an order is looked at again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caja.watch import (
    CALLS_PER_HOUR,
    HOUR,
    Watch,
    calls_this_hour,
    earliest_check,
    is_same_check,
    joined,
    next_after_leaving,
    next_asked,
    next_ready,
    next_retry,
    watch_from,
    watch_left,
    with_calls,
)
from tests.builders import NOON, after

EXPIRY = after(hours=24)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, 30), (29, 30), (30, 60), (60, 300), (300, 900), (900, 3600), (3600, 7200), (7300, 10900)],
)
def test_an_order_nobody_asks_for_is_due_further_and_further_apart(seconds: int, expected: int) -> None:
    assert next_ready(NOON, EXPIRY, after(seconds=seconds)) == after(seconds=expected)


def test_an_order_is_due_when_it_expires() -> None:
    assert next_ready(NOON, after(minutes=10), after(minutes=6)) == after(minutes=10)
    assert watch_from(NOON, after(seconds=10)).check_at == after(seconds=10)


def test_an_order_undecided_past_its_time_is_due_every_five_minutes() -> None:
    assert next_ready(NOON, after(minutes=10), after(minutes=10)) == after(minutes=15)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, 15), (15, 70), (70, 360), (360, 1440), (1440, 7 * 1440), (7 * 1440, 30 * 1440)],
)
def test_an_order_that_left_its_box_is_looked_at_for_thirty_days(minutes: int, expected: int) -> None:
    assert next_after_leaving(NOON, after(minutes=minutes), accounted=False) == after(minutes=expected)


def test_after_thirty_days_nothing_is_looked_at() -> None:
    assert next_after_leaving(NOON, after(days=30), accounted=False) is None


def test_what_is_accounted_for_is_final_a_quarter_of_an_hour_after_it_left() -> None:
    assert next_after_leaving(NOON, after(minutes=15), accounted=True) is None
    assert next_after_leaving(NOON, after(minutes=14), accounted=True) == after(minutes=15)


def test_an_order_that_leaves_long_after_its_time_is_looked_at_once_more() -> None:
    watch = watch_left(Watch(check_at=None, failures=2), NOON, after(days=31))
    assert (watch.check_at, watch.failures) == (after(days=31, minutes=5), 0)


@pytest.mark.parametrize(
    ("last", "expected"),
    [(0, 10), (9, 10), (10, 25), (25, 47), (47, 80), (80, 125), (1199, 1244), (1200, 1500)],
)
def test_a_box_that_asks_brings_the_check_forward(last: int, expected: int) -> None:
    watch = Watch(check_at=None, last_check_at=after(seconds=last))
    assert next_asked(watch, NOON, EXPIRY, after(seconds=last)) == after(seconds=expected)


def test_a_check_already_asked_for_is_not_asked_for_again() -> None:
    watch = Watch(check_at=None, queued_at=after(seconds=10), last_check_at=None)
    assert next_asked(watch, NOON, EXPIRY, after(seconds=12)) == after(seconds=25)


def test_a_check_that_waits_for_later_does_not_keep_the_box_waiting() -> None:
    watch = Watch(check_at=None, queued_at=after(minutes=9))
    assert next_asked(watch, NOON, EXPIRY, after(seconds=12)) == after(seconds=10)


def test_in_the_minute_after_a_notification_a_box_that_asks_is_worth_a_check_every_five_seconds() -> None:
    watch = Watch(check_at=None, hinted_at=after(minutes=5), last_check_at=after(minutes=5, seconds=20))
    assert next_asked(watch, NOON, EXPIRY, after(minutes=5, seconds=59)) == after(minutes=5, seconds=25)
    assert next_asked(watch, NOON, EXPIRY, after(minutes=6)) == after(minutes=6, seconds=5)


def test_a_box_that_asks_is_worth_a_check_as_soon_as_its_order_expires() -> None:
    watch = Watch(check_at=None, last_check_at=after(seconds=590))
    assert next_asked(watch, NOON, after(seconds=600), after(seconds=599)) == after(seconds=635)
    assert next_asked(watch, NOON, after(seconds=600), after(seconds=600)) == after(seconds=600)
    checked = Watch(check_at=None, last_check_at=after(seconds=600))
    assert next_asked(checked, NOON, after(seconds=600), after(seconds=601)) == after(seconds=645)


def test_while_mercado_pago_fails_a_box_that_asks_waits_for_the_retry() -> None:
    watch = Watch(check_at=after(minutes=4), failures=3, hinted_at=NOON)
    assert next_asked(watch, NOON, EXPIRY, after(seconds=30)) == after(minutes=4)
    assert next_asked(watch, NOON, EXPIRY, after(minutes=4)) == after(seconds=10)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 5), (2, 10), (3, 20), (6, 160), (7, 300), (100_000, 300)]
)
def test_retries_double_from_five_seconds_to_five_minutes(failures: int, seconds: int) -> None:
    assert next_retry(failures, NOON, jitter=0, retry_after=None) == after(seconds=seconds)


def test_retries_are_spread_by_a_quarter() -> None:
    assert next_retry(1, NOON, jitter=1, retry_after=None) == after(seconds=6.25)


@pytest.mark.parametrize(("named", "seconds"), [(90.0, 90), (0.0, 1), (-5.0, 1), (99_999.0, 3600)])
def test_what_mercado_pago_asks_to_wait_wins_within_an_hour(named: float, seconds: int) -> None:
    assert next_retry(7, NOON, jitter=1, retry_after=named) == after(seconds=seconds)


def test_what_two_checks_at_once_know_of_the_search_is_joined() -> None:
    one = Watch(check_at=None, pages=8, searched_at=after(minutes=1))
    other = Watch(check_at=None, pages=2, searched_at=after(minutes=2))
    for stored, mine in ((one, other), (other, one)):
        both = joined(stored, mine)
        assert (both.pages, both.searched_at) == (8, after(minutes=2))


def test_calls_count_for_an_hour() -> None:
    watch = with_calls(with_calls(Watch(check_at=None), NOON, 2), after(minutes=59), 1)
    assert calls_this_hour(watch, after(minutes=59)) == (NOON, NOON, after(minutes=59))
    assert calls_this_hour(watch, after(minutes=60)) == (after(minutes=59),)
    assert with_calls(watch, after(minutes=60), 1).calls == (after(minutes=59), after(minutes=60))


def test_a_check_waits_until_its_calls_fit_into_the_hour() -> None:
    watch = Watch(check_at=None, calls=tuple(after(seconds=n) for n in range(CALLS_PER_HOUR - 1)))
    now = after(minutes=5)
    assert earliest_check(watch, now, calls=1, hinted=False) == now
    assert earliest_check(watch, now, calls=2, hinted=False) == NOON + HOUR
    assert earliest_check(watch, now, calls=3, hinted=True) == after(seconds=1) + HOUR


@pytest.mark.parametrize(
    ("made", "seconds"), [(0, 0), (7, 0), (8, 5), (9, 45), (35, 45), (36, 240), (39, 240)]
)
def test_hinted_checks_are_spaced_so_that_forty_scans_leave_calls_for_the_payment(
    made: int, seconds: int
) -> None:
    watch = Watch(check_at=None, last_check_at=NOON, calls=(NOON,) * made)
    assert earliest_check(watch, after(seconds=1), calls=1, hinted=True) == after(seconds=seconds)
    assert earliest_check(watch, after(seconds=1), calls=1, hinted=False) == after(seconds=1)


def test_the_first_hinted_check_is_at_once() -> None:
    watch = Watch(check_at=None, calls=(NOON,) * 20)
    assert earliest_check(watch, after(seconds=1), calls=1, hinted=True) == after(seconds=1)


def test_a_scheduled_check_within_five_seconds_of_another_is_the_same() -> None:
    watch = Watch(check_at=None, last_check_at=NOON)
    assert is_same_check(watch, after(seconds=4.999))
    assert not is_same_check(watch, after(seconds=5))
    assert not is_same_check(Watch(check_at=None), NOON)


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 900), st.integers(1, 12), st.booleans()), min_size=1, max_size=120
    )
)
def test_whoever_waits_for_the_earliest_check_never_makes_more_than_forty_calls_an_hour(
    steps: list[tuple[int, int, bool]],
) -> None:
    watch, now = Watch(check_at=None), NOON
    made: list[datetime] = []
    for seconds, calls, hinted in steps:
        now += timedelta(seconds=seconds)
        now = max(now, earliest_check(watch, now, calls=calls, hinted=hinted))
        watch = with_calls(watch, now, calls)
        made += [now] * calls
        assert sum(now - at < HOUR for at in made) <= 40


@given(seconds=st.integers(0, 200_000), lasts=st.integers(30, 86_400))
def test_the_next_check_of_a_ready_order_is_ahead_and_never_leaps_over_its_expiry(
    seconds: int, lasts: int
) -> None:
    now, expires_at = after(seconds=seconds), after(seconds=lasts)
    at = next_ready(NOON, expires_at, now)
    assert now < at <= max(expires_at, now + timedelta(minutes=5))


def test_a_box_that_asks_does_not_wait_for_the_sweep() -> None:
    watch = Watch(check_at=after(seconds=30))
    assert next_asked(watch, NOON, EXPIRY, after(seconds=12)) == after(seconds=10)
