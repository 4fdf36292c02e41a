"""A virtual clock, and everybody who waits for it: each is a generator that yields how many seconds it sleeps."""

from __future__ import annotations

import heapq
import random
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from tests.builders import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    Life = Generator[float, None, None]


class Clockwork:
    """One thread of time: what happens next is what was due first, and what is due at once keeps its order."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - repeats a run, guards nothing
        self.now = NOON
        self._waiting: list[tuple[datetime, int, Life]] = []
        self._order = count()

    def start(self, life: Life, after: float = 0) -> None:
        """Have somebody begin to live in `after` seconds."""
        heapq.heappush(self._waiting, (self._at(after), next(self._order), life))

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """Have something done once."""

        def once() -> Life:
            act()
            return
            yield

        self.start(once(), seconds)

    def run(self, until: datetime) -> None:
        """Let time pass, and everybody live."""
        while self._waiting and self._waiting[0][0] <= until:
            at, _, life = heapq.heappop(self._waiting)
            self.now = max(self.now, at)
            pause = next(life, None)
            if pause is not None:
                self.start(life, pause)
        self.now = max(self.now, until)

    def happens(self, probability: float) -> bool:
        """Throw the dice."""
        return self.chance.random() < probability

    def _at(self, seconds: float) -> datetime:
        at = self.now + timedelta(seconds=seconds)
        return at.replace(microsecond=at.microsecond // 1000 * 1000)
