"""Every function killed before and after each call it makes: in the end it is as if nothing had happened (F11)."""

from __future__ import annotations

from functools import cache

import pytest

from tests.crash.matrix import Cell, End, calls_of, cells_of, cut, leave_alone
from tests.crash.operations import OPERATIONS
from tests.crash.stage import Stage


@cache
def end_of(name: str) -> End:
    """How an operation ends that is left alone."""
    return leave_alone(OPERATIONS[name], Stage)


@cache
def calls(name: str) -> list[str]:
    return calls_of(OPERATIONS[name], Stage)


def counts() -> dict[str, int]:
    """How many calls each operation makes; each of them is cut twice."""
    return {name: len(calls(name)) for name in OPERATIONS}


CELLS = [cell for name in OPERATIONS for cell in cells_of(OPERATIONS[name], calls(name))]
CUT: set[Cell] = set()


def cut_and_remember(cell: Cell) -> End:
    died, end = cut(OPERATIONS[cell.operation], cell, Stage)
    CUT.add(died)
    return end


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_is_left_alone_ends_as_it_should(name: str) -> None:
    assert end_of(name)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_whoever_dies_at_any_call_leaves_nothing_but_what_would_have_been(cell: Cell) -> None:
    end, alone = cut_and_remember(cell), end_of(cell.operation)
    assert end.picture == alone.picture
    assert end.is_in_time(alone)


def test_every_call_of_every_operation_is_cut_before_it_and_after_it() -> None:
    for cell in set(CELLS) - CUT:  # none, but when this test runs alone
        cut_and_remember(cell)
    counted = {name: calls_of(operation, Stage) for name, operation in OPERATIONS.items()}
    assert {
        Cell(name, at, call, is_after)
        for name, made in counted.items()
        for at, call in enumerate(made)
        for is_after in (False, True)
    } == CUT
