"""What the poll asks of its collaborators, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from caja.instants import read_instant
from caja.poll_answers import INVALID
from caja.usecases.poll import answer_poll
from tests.builders import NOW, POLL_QUERY, box_item, ready_item


class SlowTable:
    """A table of one box whose order expires while it is being read."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.now = read_instant(NOW)

    def read_box(self, box_id: str) -> dict[str, dict[str, Any]]:
        self.asked.append(box_id)
        self.now += timedelta(seconds=2)
        return {"BOX": box_item(), "READY": ready_item(expires_at="2026-11-24T12:00:01.000Z")}

    def clock(self) -> datetime:
        return self.now


def test_an_order_that_expires_while_it_is_being_read_is_not_offered() -> None:
    table = SlowTable()
    answer = answer_poll(POLL_QUERY, read_box=table.read_box, clock=table.clock)
    assert answer.status == 400
    assert "unavailable" in answer.body
    assert table.asked == ["CAJA0001"]


def test_a_malformed_poll_reads_nothing() -> None:
    table = SlowTable()
    assert answer_poll("positionId=CAJA0001", read_box=table.read_box, clock=table.clock) == INVALID
    assert table.asked == []
