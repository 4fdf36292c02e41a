"""The orders of earlier sales, looked at for a while: an old pay screen can still be paid, and such money goes back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from desk.sales import MOST_ENDED

if TYPE_CHECKING:
    from collections.abc import Callable

    from desk.box_api import BoxApi
    from desk.cabinet import Pace

NEVER = 3600.0


@dataclass
class _Earlier:
    """``due`` and ``until`` are readings of the monotonic clock."""

    order_id: str
    order: dict[str, Any] | None
    due: float
    until: float


class Lookout:
    """Looks at the newest orders that the machine has done with, each as often as its ``next_poll_ms`` says."""

    def __init__(self, api: BoxApi, pace: Pace) -> None:
        self._api = api
        self._pace = pace
        self._earlier: list[_Earlier] = []

    def add(self, order_id: str, order: dict[str, Any] | None) -> None:
        """Look at this one too, for a while; ``order`` as it was last seen."""
        now = time.monotonic()
        others = [each for each in self._earlier if each.order_id != order_id]
        new = _Earlier(order_id, order, now + self._pace.look_again, now + self._pace.remembers)
        self._earlier = [new, *others][:MOST_ENDED]

    def shown(self) -> list[dict[str, Any]]:
        """The orders, newest first."""
        return [each.order for each in self._earlier if each.order]

    async def look(self, changed: Callable[[], None]) -> float:
        """Look at those that are due and return the seconds until the next is; ``RepeatError`` as the API raises it."""
        now = time.monotonic()
        for each in [each for each in self._earlier if each.due <= now < each.until]:
            answer = await self._api.look(each.order_id)
            if answer.code:
                each.until = now  # nobody knows it any more
                continue
            before, each.order = each.order, answer.body
            each.due = time.monotonic() + answer.body["next_poll_ms"] / 1000
            if before != answer.body:
                changed()
        waits = [each.due - time.monotonic() for each in self._earlier if each.due < each.until]
        return max(0.0, min(waits, default=NEVER))
