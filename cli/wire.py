"""Everything on the wire, read forward while a sale is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.exchange import Exchange, read_wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import SimulatorClient
    from simulator.wire import Message

STEP_SECONDS = 30
"""How long each step may take."""


class Wire:
    """What boxes, the merchant and Mercado Pago say to each other, read forward."""

    def __init__(self, phones: SimulatorClient) -> None:
        self._phones = phones
        self._since = 0
        self.skip()

    def skip(self) -> None:
        """Go on from now."""
        self._since = max((m.seq for m in self._phones.wire(self._since)), default=self._since)

    def next(self, fits: Callable[[Exchange], bool]) -> Exchange:
        """The first exchange that fits, once it has been answered; TimeoutError after STEP_SECONDS."""

        def is_there(message: Message) -> bool:
            return message.kind == "answer" and any(
                fits(each) and each.status is not None for each in read_wire(self._phones.wire(self._since))
            )

        self._phones.wait_for_messages(is_there, since=self._since, timeout=STEP_SECONDS)
        found = read_wire(self._phones.wire(self._since))
        return next(each for each in found if fits(each) and each.status is not None)


def is_state(exchange: Exchange) -> bool:
    """A box tells us what it does."""
    return exchange.sender == "box" and exchange.method == "PUT"


def is_submit(exchange: Exchange) -> bool:
    """A box offers an order."""
    return exchange.sender == "box" and exchange.method == "POST" and exchange.url.endswith("/orders")


def is_look(exchange: Exchange) -> bool:
    """A box asks what became of its order."""
    return exchange.sender == "box" and exchange.method == "GET"


def is_poll(exchange: Exchange) -> bool:
    """Mercado Pago asks for an order."""
    return exchange.sender == "mercadopago" and "/poll?" in exchange.url


def is_notification(exchange: Exchange) -> bool:
    """Mercado Pago hints that something changed."""
    return exchange.sender == "mercadopago" and "/notify/" in exchange.url


def is_check(exchange: Exchange) -> bool:
    """We ask Mercado Pago for merchant orders."""
    return exchange.receiver == "mercadopago" and "/merchant_orders/" in exchange.url
