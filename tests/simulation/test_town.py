"""The simulation itself: a short run, that a seed repeats itself, and that what must never happen is noticed."""

from __future__ import annotations

import pytest

from caja.orders import State
from tests.builders import an_order
from tests.simulation.__main__ import Total
from tests.simulation.clockwork import Clockwork
from tests.simulation.functions import Functions
from tests.simulation.history import ViolationError
from tests.simulation.town import run

SEEDS = range(1, 25)


@pytest.fixture(scope="module")
def total() -> Total:
    """What two dozen towns count."""
    counted = Total()
    for seed in SEEDS:
        counted.add(run(seed))
    return counted


def test_in_two_dozen_towns_nothing_happens_that_must_not(total: Total) -> None:
    assert total.steps.total() > 50_000
    assert total.sales > 800
    assert total.refunds > 300


def test_the_short_run_has_nearly_every_fault_and_row(total: Total) -> None:
    scarce = [name for name in total.missing if ": 0 of" in name]
    assert len(scarce) <= 3, scarce


def test_a_seed_repeats_its_history() -> None:
    assert run(7).digest == run(7).digest


def test_another_seed_has_another_history() -> None:
    assert run(7).digest != run(8).digest


@pytest.fixture
def functions() -> Functions:
    return Functions(Clockwork(1))


def test_a_change_that_the_state_table_does_not_have_is_noticed(functions: Functions) -> None:
    before = an_order(state=State.CANCELLED)
    with pytest.raises(ViolationError, match="H1"):
        functions.history.change(before, an_order(state=State.PAID, version=2), "check")


def test_a_change_by_somebody_who_may_not_make_it_is_noticed(functions: Functions) -> None:
    with pytest.raises(ViolationError, match="H1"):
        functions.history.change(an_order(), an_order(state=State.CANCELLED, version=2), "check")


def test_a_second_release_is_noticed(functions: Functions) -> None:
    order = an_order(state=State.RELEASING, claim="claim-0001", paid_at=functions.now)
    functions.history.release(order, "claim-0001")
    with pytest.raises(ViolationError, match="G1"):
        functions.history.release(order, "claim-0001")


def test_a_poll_that_shows_an_ended_order_is_noticed(functions: Functions) -> None:
    with pytest.raises(ViolationError, match="P1"):
        functions.history.poll("CAJA0001", "{}", an_order(state=State.PAID), functions.now)
