"""What changes, told to everybody who listens: the wire, phones, settings, faults, the clock, boxes, scenarios, machines.

Publishing never blocks and never fails. A listener that lags too far behind is cut off: it connects again and asks for
what it missed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from simulator import exact_json

if TYPE_CHECKING:
    from types import TracebackType

MOST_WAITING = 2000
WIRE, SCAN, SETTINGS, FAULTS, CLOCK, POS, RESET = (
    "wire",
    "scan",
    "settings",
    "faults",
    "clock",
    "pos",
    "reset",
)
SCENARIO, MACHINE = "scenario", "machine"


@dataclass(frozen=True)
class Event:
    """One change: ``data`` is JSON-ready; ``seq`` is there for messages of the wire only."""

    kind: str
    data: dict[str, Any] | list[Any]
    seq: int | None = None

    @cached_property
    def text(self) -> str:
        """The event as a server sends it (HTML standard, server-sent events); made once for all listeners."""
        number = "" if self.seq is None else f"id: {self.seq}\n"
        return f"event: {self.kind}\n{number}data: {exact_json.render(self.data)}\n\n"


class Events:
    """Who listens, and the way to tell them; it belongs to one event loop."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._closed = False

    @property
    def heard(self) -> bool:
        """Whether anybody listens: what is dear to put together need not be when nobody does."""
        return bool(self._listeners)

    def publish(self, kind: str, data: dict[str, Any] | list[Any], *, seq: int | None = None) -> None:
        """Tell everybody; ``data`` must not be changed afterwards."""
        if self._listeners:
            event = Event(kind, data, seq)
            for listener in tuple(self._listeners):
                listener.take(event)

    def subscribe(self) -> Listener:
        """Listen from this moment on: iterate over it, and close it."""
        listener = Listener(self)
        if self._closed:
            listener.end()
        else:
            self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Tell this listener nothing more."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """Let every listener end, and who comes later too: the server stops."""
        self._closed = True
        for listener in tuple(self._listeners):
            listener.end()
        self._listeners.clear()


class Listener:
    """The events since ``subscribe``, in order: ``async for`` gives each; it ends when it was cut off or closed."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._waiting: deque[Event] = deque()
        self._more = asyncio.Event()
        self._ended = False

    def take(self, event: Event) -> None:
        """Keep an event until it is asked for; cut off whoever lets too many wait."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.clear()
            self.close()
            return
        self._waiting.append(event)
        self._more.set()

    def end(self) -> None:
        """Give out what waits, then end."""
        self._ended = True
        self._more.set()

    def close(self) -> None:
        """Listen no more."""
        self._events.leave(self)
        self.end()

    async def next_ones(self, seconds: float | None = None) -> list[Event] | None:
        """Return all that waits, once there is any; an empty list after ``seconds``; ``None`` at the end."""
        if not self._waiting:
            if self._ended:
                return None
            self._more.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._more.wait()
            except TimeoutError:
                return []
        waiting = list(self._waiting)
        self._waiting.clear()
        return waiting if waiting or not self._ended else None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._waiting:
            if self._ended:
                raise StopAsyncIteration
            self._more.clear()
            await self._more.wait()
        return self._waiting.popleft()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
