"""A queue as SQS is: at least once, in no order, held back for a while, given up after eight attempts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caja.batches import visibility_after
from caja.errors import StorageError
from caja.messages import write_check, write_refund
from tests.simulation.weather import CrashError

if TYPE_CHECKING:
    from collections.abc import Callable

    from caja.messages import CheckMessage, RefundMessage
    from tests.simulation.clockwork import Clockwork, Life
    from tests.simulation.weather import Weather

MOST_RECEIVES = 8
KILLED_FOR = 360
"""Seconds until a message whose function died is seen again: the queue's visibility."""


class TownQueue:
    """One queue with the function behind it; `work` handles one message's text."""

    def __init__(
        self, name: str, clockwork: Clockwork, weather: Weather, work: Callable[[str], object]
    ) -> None:
        self.name = name
        self._clockwork = clockwork
        self._weather = weather
        self._work = work
        self.in_flight = 0
        self.worked = 0
        self.dead: list[str] = []
        self.seen: list[str] = []

    def put(self, text: str, delay: float = 0) -> None:
        """Have a message, and now and then have it twice."""
        copies = 2 if self._clockwork.happens(0.02) else 1
        if copies == 2:
            self._weather.meet("F07")
        for _ in range(copies):
            self.in_flight += 1
            self._clockwork.start(self._deliver(text), delay + self._clockwork.chance.uniform(0.05, 0.6))

    def redrive(self, number: int) -> None:
        """Have old messages once more."""
        for text in self.seen[:number]:
            self.put(text)

    def _deliver(self, text: str) -> Life:
        for received in range(1, MOST_RECEIVES + 1):
            while self._weather.strikes("consumer throttled"):
                yield self._clockwork.chance.uniform(5, 60)
            try:
                self.worked += 1
                self._work(text)
            except CrashError:
                yield KILLED_FOR
            except (StorageError, ValueError, KeyError):
                yield visibility_after(received)
            else:
                self.in_flight -= 1
                self.seen.append(text)
                return
        self.in_flight -= 1
        self.dead.append(text)


class Checks:
    """`protocols.Checks` over a town's queue."""

    def __init__(self, queue: TownQueue) -> None:
        self._queue = queue

    def send(self, message: CheckMessage, *, delay_seconds: int = 0) -> None:
        assert 0 <= delay_seconds <= 900, "SQS holds a message back for 15 minutes at most"
        self._queue.put(write_check(message), delay_seconds)


class RefundRequests:
    """`protocols.RefundRequests` over a town's queue."""

    def __init__(self, queue: TownQueue) -> None:
        self._queue = queue

    def send(self, message: RefundMessage) -> None:
        self._queue.put(write_refund(message))


class Report:
    """`protocols.Report`, which counts."""

    def __init__(self, alarmed: Any) -> None:
        self._alarmed = alarmed

    def note(self, message: str, **facts: Any) -> None:
        """Nothing follows from a note."""

    def alarm(self, metric: str, message: str, **facts: Any) -> None:
        self._alarmed[metric] += 1
