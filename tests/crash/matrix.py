"""The matrix: every call of every operation, cut before it and after it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.builders import NOON
from tests.crash.ends import assert_sound, assert_whole, picture, read_books
from tests.crash.operations import VISIBILITY
from tests.cutting import CrashError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.crash.operations import Operation
    from tests.crash.stage import Stage

    MakeStage = Callable[[str], Stage]


class Cell(NamedTuple):
    """One death: at this call of this operation, counted from 0, before it was made or after."""

    operation: str
    at: int
    call: str
    is_after: bool

    def __str__(self) -> str:
        return f"{self.operation}: {'after' if self.is_after else 'before'} {self.at + 1} {self.call}"


class End(NamedTuple):
    """How it ended, and when the last change was made."""

    picture: dict[str, Any]
    at: datetime

    def is_in_time(self, alone: End) -> bool:
        """Whether it is no later than left alone, but for the time a message takes to come back."""
        return self.at - alone.at <= VISIBILITY


def calls_of(operation: Operation, make: MakeStage) -> list[str]:
    """The calls an operation makes when nothing happens to it."""
    stage = make(operation.mode)
    operation.before(stage)
    stage.cutter.cut(None)
    operation.deed(stage)
    return stage.cutter.calls


def cells_of(operation: Operation, calls: list[str]) -> list[Cell]:
    """Where an operation of these calls can be cut."""
    return [
        Cell(operation.name, at, call, is_after)
        for at, call in enumerate(calls)
        for is_after in (False, True)
    ]


def leave_alone(operation: Operation, make: MakeStage) -> End:
    """How the operation ends when nothing happens to it."""
    stage = make(operation.mode)
    operation.before(stage)
    operation.deed(stage)
    return _go_on(operation, stage)


def cut(operation: Operation, cell: Cell, make: MakeStage) -> tuple[Cell, End]:
    """Where the operation died, and how it ends once the same is asked for again."""
    stage = make(operation.mode)
    operation.before(stage)
    stage.cutter.cut(cell.at, is_after=cell.is_after)
    with pytest.raises(CrashError):
        operation.deed(stage)
    *_, call = calls = stage.cutter.calls
    died = Cell(operation.name, len(calls) - 1, call, cell.is_after)
    stage.cutter.cut(None)
    assert_whole(stage, read_books(stage))
    stage.live(stage.clock.now + operation.pause)
    with suppress(*operation.refuses):
        operation.deed(stage)
    return died, _go_on(operation, stage)


def _go_on(operation: Operation, stage: Stage) -> End:
    operation.then(stage)
    stage.live()
    books = read_books(stage)
    assert_sound(stage, books)
    assert {order_id: order.state.value for order_id, order in books.orders.items()} == operation.ends
    back = [payment_id for payment_id, seen in stage.payments.held.items() if seen.given_back]
    assert tuple(back) == operation.given_back
    return End(picture(stage, books), books.changed_at() or NOON)
