"""The reconcile function, from the minute's event to the queue of checks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import EndpointConnectionError

from caja.errors import StorageError
from functions.reconcile.app import SPARE_MS, handler
from tests.builders import after, an_order

if TYPE_CHECKING:
    from simulator.server import Simulator
    from tests.tables import Tables

IDS = [f"ORDER234567ORDER234567ORD{letter}" for letter in "ABCDE"]
EVENT = {"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}


class Context:
    """A Lambda context that loses `step` ms at every look at the clock."""

    def __init__(self, left: int = 60_000, step: int = 0) -> None:
        self._left, self._step = left, step

    def get_remaining_time_in_millis(self) -> int:
        self._left -= self._step
        return self._left


@pytest.fixture(autouse=True)
def orders(tables: Tables, seller: Simulator) -> None:
    """Five boxes, each with an order that is due a check after 30 s."""
    for number, order_id in enumerate(IDS):
        order = an_order(order_id=order_id, box_id=f"CAJA000{number}")
        tables.orders.submit(order, "{}", replaced=None)
    tables.clock.now = after(seconds=30)


def sweep(context: Context | None = None) -> int:
    return handler(EVENT, context or Context())["sent"]


def sent(tables: Tables) -> list[str]:
    return sorted(json.loads(message["Body"])["order_id"] for message in tables.take())


def test_every_order_that_is_due_gets_one_check(tables: Tables) -> None:
    assert sweep() == 5
    assert sent(tables) == IDS
    assert sweep() == 0
    assert sent(tables) == []


def test_nothing_is_sent_before_it_is_due(tables: Tables) -> None:
    tables.clock.now = after(seconds=29.999)
    assert sweep() == 0


def test_a_check_nobody_made_is_sent_again_two_minutes_later(tables: Tables) -> None:
    sweep()
    tables.clock.now = after(seconds=150)
    assert sweep() == 5


def test_two_sweeps_at_once_send_one_check_each(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    due = list(tables.orders.due(tables.clock.now))
    assert sweep() == 5
    monkeypatch.setattr("caja.tables.orders.OrdersTable.due", lambda *_: iter(due))
    assert sweep() == 0


def test_what_there_is_no_time_for_is_left_to_the_next_minute(tables: Tables) -> None:
    assert sweep(Context(left=SPARE_MS + 30, step=10)) == 2
    assert sweep() == 3
    assert sent(tables) == IDS


def test_when_storage_fails_the_run_fails_and_the_next_one_goes_on(tables: Tables) -> None:
    # Of the probe, which goes without, and of the sweep.
    tables.failures = [EndpointConnectionError(endpoint_url="https://dynamodb.example")] * 2
    with pytest.raises(StorageError):
        sweep()
    assert sweep() == 5
