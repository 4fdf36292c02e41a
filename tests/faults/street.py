"""A pump and a vending machine in a town where nothing happens but what a test has happen, and what time brings."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from caja.bodies import JsonNumber
from tests.builders import a_box
from tests.simulation.town import Town

if TYPE_CHECKING:
    from decimal import Decimal

    from caja.orders import Order
    from tests.simulation.clockwork import Life
    from tests.simulation.line import MerchantOrder, Payment

PUMP, VENDING = "CAJA0000", "CAJA0001"
CALM, MUTE = 5, 10
"""Seeds of towns without faults of their own: one that hears notifications, one that never does."""


class Street:
    """Two boxes, their stack with its schedule, Mercado Pago, and customers who do as they are told."""

    def __init__(self, *, is_mute: bool = False) -> None:
        self.town = Town(MUTE if is_mute else CALM)
        self.functions = self.town.functions
        self.weather = self.functions.weather
        self.line = self.functions.line
        self.people = self.town.people
        self._tickets = count()
        for box_id, mode in ((PUMP, "postpay"), (VENDING, "prepay")):
            self.functions.boxes.boxes[box_id] = a_box(
                box_id=box_id, box_uid=box_id.encode(), mode=mode, release_seconds=60, report_seconds=120
            )
        self.town.begin()

    def sell(self, box_id: str, **fields: Any) -> str:
        """Have the box submit a sale; the order's id."""
        status, answer = self.submit(box_id, **fields)
        assert status == 201
        return str(answer["order_id"])

    def submit(self, box_id: str, **fields: Any) -> tuple[int, dict[str, Any]]:
        body: dict[str, Any] = {
            "ticket": f"ticket-{next(self._tickets):016d}",
            "items": [{"title": "Nafta", "quantity": JsonNumber("1"), "unit_price": "100.50"}],
        }
        return self.functions.submit(box_id, body | fields)

    def scan(self, box_id: str) -> MerchantOrder:
        """A customer's pay screen."""
        status, order_id = self.polled(box_id)
        assert status == 200
        return self.shown(box_id, order_id)

    def shown(self, box_id: str, order_id: str) -> MerchantOrder:
        """The pay screen of a customer who saw this order of the box."""
        offered, body = self.functions.orders.bodies[box_id]
        assert offered == order_id
        return self.people._opened(json.loads(body))

    def polled(self, box_id: str) -> tuple[int, str]:
        """Status and word of the answer to a poll, or the order's id."""
        answer = self.functions.poll(box_id)
        body = json.loads(answer.body)
        return answer.status, body["error"]["type"] if "error" in body else body["external_reference"]

    def pay(self, screen: MerchantOrder, amount: Decimal | None = None, *, is_told: bool = True) -> Payment:
        """The customer pays what the screen still asks for."""
        return self.people._attempt(screen, amount or screen.total - screen.net, "approved", is_told=is_told)

    def follow(self, box_id: str, order_id: str) -> None:
        """Have the box ask every 5 s while its order can be paid."""

        def asks() -> Life:
            while self.order(order_id).state in ("ready", "expired"):
                self.functions.follow(box_id, order_id)
                yield 5.0

        self.town.clockwork.start(asks())

    def during(self, spell: str, **time: float) -> None:
        """Let time pass while this fault is on."""
        self.weather.begin(spell)
        self.pass_time(**time)
        self.weather.end(spell)

    def pass_time(self, **time: float) -> None:
        self.town.pass_time(timedelta(**time).total_seconds())

    def order(self, order_id: str) -> Order:
        """The order as it is recorded now."""
        return self.functions.orders.stored[order_id]

    def end(self) -> None:
        """Let everything come to rest, and hold it against the invariants."""
        self.town.end()

    @property
    def dead(self) -> list[str]:
        """The messages that were given up."""
        return [text for queue in self.functions.queues for text in queue.dead]

    @property
    def returned(self) -> int:
        """How often a message went back to its queue."""
        return sum(queue.worked - len(queue.seen) for queue in self.functions.queues)
