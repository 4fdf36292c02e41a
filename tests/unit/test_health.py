"""Whether we can see what is paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from caja.health import FORGOTTEN_AFTER, PROBE_EVERY, WRITTEN_EVERY, Health
from tests.builders import NOON, after

if TYPE_CHECKING:
    from datetime import datetime

INSTANT = timedelta(milliseconds=1)
WELL = Health(succeeded_at=NOON)


def test_nobody_is_down_before_anybody_called() -> None:
    assert not Health().is_down(NOON)


def test_a_success_is_not_down_however_old_while_nothing_failed() -> None:
    assert not WELL.is_down(after(days=1))


@pytest.mark.parametrize(("seconds", "is_down"), [(30, False), (119, False), (120, True), (300, True)])
def test_two_minutes_of_nothing_but_failures_are_down(seconds: int, *, is_down: bool) -> None:
    assert replace(WELL, failed_at=after(seconds=seconds)).is_down(after(seconds=seconds)) is is_down


def test_two_minutes_are_two_minutes_though_the_last_failure_is_a_little_older() -> None:
    failing = replace(WELL, failed_at=after(seconds=70))
    assert not failing.is_down(after(minutes=2) - INSTANT)
    assert failing.is_down(after(minutes=2))


def test_the_first_call_of_all_that_fails_is_down() -> None:
    assert Health(failed_at=NOON).is_down(NOON)


@pytest.mark.parametrize("succeeded_at", [None, NOON])
def test_a_token_refused_is_down_at_once(succeeded_at: datetime | None) -> None:
    assert Health(succeeded_at=succeeded_at, refused_at=after(seconds=1)).is_down(after(seconds=1))


def test_a_token_refused_stays_down_while_later_calls_fail_otherwise() -> None:
    assert replace(WELL, refused_at=after(seconds=1), failed_at=after(minutes=6)).is_down(after(minutes=6))


@pytest.mark.parametrize("outcome", ["failed_at", "refused_at"])
@pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=1)])
def test_a_success_at_the_same_time_or_later_lifts_it(outcome: str, later: timedelta) -> None:
    health = Health(**{outcome: after(minutes=10)}, succeeded_at=after(minutes=10) + later)
    assert not health.is_down(after(minutes=10) + later)


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_token_taken_again_counts_though_a_later_call_failed_otherwise(seconds: int) -> None:
    health = Health(refused_at=NOON, succeeded_at=after(seconds=seconds), failed_at=after(seconds=2))
    assert not health.is_down(after(seconds=2))


@pytest.mark.parametrize("outcome", ["failed_at", "refused_at"])
def test_a_failure_nobody_repeated_is_forgotten(outcome: str) -> None:
    health = Health(**{outcome: NOON})
    assert health.is_down(NOON + FORGOTTEN_AFTER)
    assert not health.is_down(NOON + FORGOTTEN_AFTER + INSTANT)


def test_the_sweep_calls_when_nobody_reached_mercado_pago_for_a_while() -> None:
    assert Health().wants_probe(NOON)
    assert not WELL.wants_probe(NOON + PROBE_EVERY - INSTANT)
    assert WELL.wants_probe(NOON + PROBE_EVERY)


def test_a_probe_once_a_minute_finds_out_within_two_minutes_of_the_last_answer() -> None:
    """L4: whenever Mercado Pago stops answering between two sweeps."""
    for seconds in range(60):
        health, sweep = WELL, after(seconds=seconds)
        while sweep <= after(minutes=2):
            if health.wants_probe(sweep):
                health = replace(health, failed_at=sweep)
            sweep += timedelta(minutes=1)
        assert health.is_down(after(minutes=2)), f"the first sweep comes after {seconds} s"


def test_a_success_is_written_now_and_then_while_all_is_well() -> None:
    assert Health().wants_success(NOON)
    assert not WELL.wants_success(NOON + WRITTEN_EVERY - INSTANT)
    assert WELL.wants_success(NOON + WRITTEN_EVERY)


@pytest.mark.parametrize("outcome", ["failed_at", "refused_at"])
def test_a_success_after_a_failure_is_written_at_once(outcome: str) -> None:
    failing = Health(succeeded_at=NOON, **{outcome: after(seconds=1)})
    assert failing.wants_success(after(seconds=2))


def test_a_success_after_a_failure_is_written_at_once_though_our_token_was_refused_long_before() -> None:
    failing = Health(refused_at=after(seconds=-9), succeeded_at=NOON, failed_at=after(seconds=1))
    assert failing.wants_success(after(seconds=2))


@pytest.mark.parametrize("outcome", ["failed_at", "refused_at"])
@pytest.mark.parametrize("seconds", [-1, 0])
def test_a_failure_before_the_last_success_makes_no_success_worth_a_write(outcome: str, seconds: int) -> None:
    failing = Health(succeeded_at=NOON, **{outcome: after(seconds=seconds)})
    assert not failing.wants_success(after(seconds=2))
