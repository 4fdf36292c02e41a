"""The simulator's clock: real time, and what was added to it; all of the simulator's own waits run on it.

Time-outs of HTTP calls stay on real time: an answer does not come sooner because a clock was turned.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from simulator import instants
from simulator.errors import BAD_REQUEST, MisuseError

if TYPE_CHECKING:
    from decimal import Decimal

FURTHEST = timedelta(days=400).total_seconds()
LAST_INSTANT = datetime(9000, 1, 1, tzinfo=UTC)


class Clock:
    """``now`` never goes back but by ``reset``; sleepers are woken as soon as their time has come, turned or passed.

    It belongs to one event loop: nothing here needs a lock.
    """

    def __init__(self) -> None:
        self._ahead = 0.0
        self._latest = instants.now()
        self._sleepers: set[_Sleeper] = set()

    @property
    def ahead(self) -> float:
        """By how many seconds the clock was turned forward."""
        return self._ahead

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        self._latest = max(self._latest, instants.now() + timedelta(seconds=self._ahead))
        return self._latest

    def elapsed(self) -> float:
        """Return seconds since some fixed moment, turns included: for waits, not for dates."""
        return time.monotonic() + self._ahead

    def advance(self, seconds: float | Decimal) -> None:
        """Turn forward and wake who is due, in the order of what they wait for; ``MisuseError`` beyond 400 days."""
        if not 0 < seconds <= FURTHEST:
            raise MisuseError(f"advance: above 0 and at most {FURTHEST:g} seconds", BAD_REQUEST)
        if self.now() + timedelta(seconds=float(seconds)) > LAST_INSTANT:
            raise MisuseError("the clock stands too far ahead already: reset it", BAD_REQUEST)
        self._ahead += float(seconds)
        self._turned()

    def reset(self) -> None:
        """Go back to real time: for an account whose records are forgotten."""
        self._ahead = 0.0
        self._latest = instants.now()
        self._turned()

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds`` of this clock."""
        await self.sleep_until(self.elapsed() + seconds)

    async def sleep_until(self, due: float) -> None:
        """Wait until ``elapsed`` is ``due``; one turn of the clock can pass several such waits at once."""
        if due <= self.elapsed():
            await asyncio.sleep(0)
            return
        sleeper = _Sleeper(due)
        self._sleepers.add(sleeper)
        try:
            sleeper.set(due - self.elapsed())
            await sleeper.woken
        finally:
            self._sleepers.discard(sleeper)
            sleeper.cancel()

    def _turned(self) -> None:
        elapsed = self.elapsed()
        for sleeper in sorted(self._sleepers, key=lambda one: one.due):
            sleeper.set(sleeper.due - elapsed)

    def shown(self) -> dict[str, str | float]:
        """Return the clock as JSON-ready values."""
        return {"now": self.now().isoformat(timespec="milliseconds"), "ahead": self._ahead}


class _Sleeper:
    """One wait: a timer of the loop that is set anew whenever the clock is turned."""

    def __init__(self, due: float) -> None:
        self.due = due
        self._loop = asyncio.get_running_loop()
        self.woken: asyncio.Future[None] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        self.cancel()
        if seconds > 0:
            self._timer = self._loop.call_later(seconds, self._wake)
        else:
            self._wake()

    def cancel(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _wake(self) -> None:
        if not self.woken.done():
            self.woken.set_result(None)
