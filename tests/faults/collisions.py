"""A box that asks something of its order while a check settles it: each within the other, at every call."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from caja.orders import Order
    from tests.faults.stack import Stack

    Ask = Callable[[str, str], tuple[int, dict[str, Any]]]


@dataclass
class Collision:
    """One of them; `first`: the order's state when the inner one was through, "" if the outer never got there."""

    stack: Stack
    box_id: str
    order_id: str
    hint: str
    ask: Ask
    first: str = ""
    status: int = 0
    answer: dict[str, Any] = field(default_factory=dict)

    def box(self) -> None:
        self.status, self.answer = self.ask(self.box_id, self.order_id)

    def check(self) -> None:
        assert self.stack.check(self.hint) == []

    def happen(self, at: int, outer: Callable[[], None], inner: Callable[[], None]) -> None:
        def act() -> None:
            inner()
            self.first = self.stack.state(self.order_id)

        self.stack.meanwhile(at, act)
        outer()
        self.stack.cutter.on_call = None

    @property
    def order(self) -> Order:
        """The order as it is recorded now."""
        return self.stack.tables.order(self.order_id)


def collide(stack: Stack, ask: Ask) -> Iterator[Collision]:
    """Every collision of `ask` (box and order → status and answer) with a check, each at a box of its own."""
    numbers = count(1)
    for is_box_outside in (False, True):
        for at in count():
            nth = next(numbers)
            box_id = f"SURTIDOR{nth}"
            stack.tables.provision(box_id, mode="prepay", box_uid=box_id.encode())
            order_id = stack.sell(box_id)
            stack.pay(order_id, f"7{nth:03d}")
            collision = Collision(stack, box_id, order_id, stack.hint(order_id, f"7{nth:03d}"), ask)
            both = (collision.box, collision.check)
            collision.happen(at, *(both if is_box_outside else both[::-1]))
            if not collision.first:
                break
            stack.clock.now += timedelta(seconds=10)
            collision.check()
            yield collision
        assert at > 3
