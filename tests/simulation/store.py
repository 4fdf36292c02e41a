"""The tables of one town: those of tests.fakes, with what a poll reads, and every change checked as it is written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from caja.instants import write_instant
from caja.orders import State
from tests.builders import POLL_KEY
from tests.fakes import BoxesInMemory, OrdersInMemory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from caja.orders import Order
    from tests.simulation.history import History
    from tests.simulation.weather import Weather


class TownOrders(OrdersInMemory):
    """The ledger and the offers."""

    history: History
    weather: Weather
    bodies: dict[str, tuple[str, str]]
    ended: dict[str, datetime]
    stale: list[tuple[str, datetime]]

    def submit(
        self, order: Order, poll_body: str, *, replaced: tuple[Order, Order] | None
    ) -> Literal["done", "known", "occupied"]:
        outcome = super().submit(order, poll_body, replaced=replaced)
        if outcome == "done":
            self.bodies[order.box_id] = (order.order_id, poll_body)
            self.history.change(None, order, "box")
        return outcome

    def apply(self, before: Order, after: Order, *, by: str, facts: Mapping[str, Any]) -> None:
        super().apply(before, after, by=by, facts=facts)
        offer = self.boxes.offers.get(after.box_id)
        if offer and offer.order_id == after.order_id and after.ended_at:
            self.ended[after.box_id] = after.ended_at

    def due(self, now: datetime) -> Iterator[tuple[str, datetime]]:
        """What is due; an index that lags shows some of it as it was a minute ago, and some not at all."""
        for order_id, at in super().due(now):
            if self.weather.strikes("index lags", 0.2):
                self.stale.append((order_id, at))
                continue
            yield order_id, at
        if self.weather.is_on("index lags"):
            yield from self.stale[-3:]

    def _change(self, before: Order, after: Order, *, by: str, facts: Mapping[str, Any]) -> None:
        super()._change(before, after, by=by, facts=facts)
        self.history.change(before, after, by)


def make_orders(history: History, weather: Weather, boxes: BoxesInMemory) -> TownOrders:
    """An empty ledger."""
    orders = TownOrders(boxes=boxes)
    orders.history, orders.weather = history, weather
    orders.bodies, orders.ended, orders.stale = {}, {}, []
    return orders


def read_for_poll(orders: TownOrders, box_id: str) -> dict[str, dict[str, Any]]:
    """The items of a box as a poll's one strongly consistent Query shows them."""
    boxes = orders.boxes
    box, offer, seen = boxes.boxes.get(box_id), boxes.offers.get(box_id), boxes.seen.get(box_id)
    items: dict[str, dict[str, Any]] = {}
    if box and not box.is_retired:
        items["BOX"] = {
            "dialect": box.dialect,
            "liveness_seconds": box.liveness_seconds,
            "poll_key": POLL_KEY,
            "external_store_id": box.external_store_id,
        }
    if offer:
        order = orders.stored[offer.order_id]
        items["READY"] = {
            "state": offer.state,
            "body": orders.bodies[box_id][1],
            "dialect": order.dialect,
            "expires_at": write_instant(offer.expires_at),
        }
        if offer.state != State.READY:
            items["READY"]["ended_at"] = write_instant(orders.ended.get(box_id, offer.expires_at))
    if seen:
        items["SEEN"] = {
            "state": seen.state,
            "state_at": write_instant(seen.state_at),
            "seen_at": write_instant(seen.seen_at),
        }
    return items


def forget_offer(orders: TownOrders, box_id: str) -> bool:
    """Let time-to-live take the offer of a box, as it may once the order left it; whether there was one."""
    offer = orders.boxes.offers.get(box_id)
    if offer is None or offer.state == State.READY:
        return False
    del orders.boxes.offers[box_id]
    return True


def change_box(boxes: BoxesInMemory, box_id: str, **changes: Any) -> None:
    """The operator changes a box's settings."""
    boxes.boxes[box_id] = replace(boxes.boxes[box_id], **changes)
