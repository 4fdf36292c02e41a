"""A fuel pump: a small client of the box API, and what it said and heard."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from cli.api import call
from cli.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.stack import Stack


class PumpError(Exception):
    """The pump got an answer it cannot go on with; the message quotes it."""


class Pump:
    """A box with its key. `exchanges` is everything it said, in order."""

    def __init__(self, stack: Stack, box_id: str, box_key: str) -> None:
        self._stack = stack
        self._box_key = box_key
        self.box_id = box_id
        self.exchanges: list[Exchange] = []

    def report(self, state: str) -> dict[str, Any]:
        """Say what the pump does; the answer names the box's current order."""
        return self._ask("PUT", "/state", {"state": state})

    def submit(self, title: str, amount: str) -> dict[str, Any]:
        """Offer one fill for payment: quantity 1, the litres in the title (protocol §2)."""
        # A real pump writes the ticket down before it sends it, so that a power cut cannot sell one fill twice.
        ticket = str(uuid.uuid4())
        items = [{"title": title, "quantity": 1, "unit_price": amount}]
        return self._ask("POST", "/orders", {"ticket": ticket, "items": items, "total": amount})

    def look(self, order_id: str) -> dict[str, Any]:
        """Ask what became of the order."""
        return self._ask("GET", f"/orders/{order_id}", None)

    def cancel(self, order_id: str) -> dict[str, Any]:
        """Take the order back."""
        return self._ask("DELETE", f"/orders/{order_id}", None)

    def wait_until_paid(self, order_id: str, timeout: float) -> dict[str, Any]:
        """Ask as often as the answers allow until the order has left `ready`, or `timeout` seconds have passed."""
        deadline = time.monotonic() + timeout
        while True:
            order = self.look(order_id)
            if order["state"] != "ready" or time.monotonic() > deadline:
                return order
            time.sleep(order["next_poll_ms"] / 1000)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        path = f"/boxes/{self.box_id}{path}"
        answer = call(self._stack, method, path, body, bearer=self._box_key)
        self.exchanges.append(
            Exchange(
                sender="box",
                receiver="merchant",
                method=method,
                url=path,
                sent=body,
                status=answer.status_code,
                answered=answer.json(),
            )
        )
        if not answer.ok:
            raise PumpError(f"{method} {path} was answered {answer.status_code} {answer.text}")
        seen: dict[str, Any] = answer.json()
        return seen
