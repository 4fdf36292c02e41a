"""Mercado Pago as the run needs it, played by a simulator: phones, what the merchant asked, what became of payments."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from simulator import country
from simulator.client import Phone
from simulator.wire import MERCADO_PAGO, MERCHANT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.client import Screen, SimulatorClient
    from simulator.wire import Message

UNAUTHORIZED = 401


class Asked(NamedTuple):
    """Whether the merchant asked about something, and whether it was ever let in."""

    ever: bool
    let_in: bool


class MercadoPago:
    """A simulator at the other end of ``client``, which is used by one thread."""

    def __init__(self, client: SimulatorClient) -> None:
        self._client = client
        # An abandoned order nobody has a reference to: it tells whose account this is, and in which country.
        opened = client.forge_merchant_order(external_reference=f"VERIFY{uuid.uuid4().hex}", payments=[])
        self.url = client.url
        self.collector_id: int = opened["collector"]["id"]
        self.country = country.load(opened["site_id"])

    def scan(self, url: str) -> Phone:
        """Point a phone at a box that polls this URL."""
        return Phone(self._client, self._client.control("POST", "/scans", {"url": url})["id"])

    def now(self) -> int:
        """Where the wire log stands."""
        return max((message.seq for message in self._client.wire()), default=0)

    def asked(self, since: int, names: Iterable[str]) -> Asked:
        """Whether the merchant has asked, after ``since``, about a merchant order, payment or reference of these names."""
        wanted = [name.lower() for name in names]
        messages = self._client.wire(since)
        asked = {
            message.exchange
            for message in messages
            if message.kind == "request"
            and (message.sender, message.receiver) == (MERCHANT, MERCADO_PAGO)
            and any(name in message.url.lower() for name in wanted)
        }
        answers = [each for each in messages if each.kind == "answer" and each.exchange in asked]
        return Asked(bool(asked), any(answer.status != UNAUTHORIZED for answer in answers))

    def wire(self, since: int) -> list[Message]:
        """What was said after ``since``."""
        return self._client.wire(since)

    def forge_foreign_payment(self) -> int:
        """A merchant order of this seller that is closed and paid, of some other sale; its id."""
        forged = self._client.forge_merchant_order(external_reference=f"OTHER{uuid.uuid4().hex}")
        return int(forged["id"])

    @contextmanager
    def without_notifications(self) -> Iterator[None]:
        """Lose every notification in between."""
        before = self._client.control("GET", "/settings")["notification_dialect"]
        self._client.settings(notification_dialect="none")
        try:
            yield
        finally:
            self._client.settings(notification_dialect=before)


def is_given_back(screen: Screen) -> list[bool]:
    """Of each payment that a phone made and that went through, whether all of it was given back."""
    held = [each for each in screen.payments if each["status"] in ("approved", "refunded")]
    return [_is_back(each) for each in held]


def _is_back(payment: dict[str, Any]) -> bool:
    return bool(payment["amount_refunded"] >= payment["transaction_amount"])
