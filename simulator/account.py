"""One seller's account: every record there is, in memory, behind one object.

Only the server's event loop touches it, so nothing here needs a lock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator import events, faults, stores
from simulator.clock import Clock
from simulator.deliveries import Turns
from simulator.errands import Errands
from simulator.events import Events
from simulator.past import Past
from simulator.records import MerchantOrders
from simulator.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from simulator.country import Country
    from simulator.errors import RefusedError
    from simulator.merchant_orders import MerchantOrder
    from simulator.payments import Payment
    from simulator.pos import Pos
    from simulator.refunds import Refund
    from simulator.rude import RudeAnswer
    from simulator.scenarios import BoxHands
    from simulator.settings import Settings
    from simulator.stores import Store
    from simulator.wallet import Scan
    from simulator.wire import Message

# Where the numbers of each kind begin, so that none is mistaken for another and merchant orders pass 32 bits as the
# real ones do. Seconds since 1970 are added: a process started later never gives a number out again.
FIRST_IDS = {
    "store": 30_000_000,
    "pos": 50_000_000,
    "merchant_order": 20_000_000_000,
    "payment": 100_000_000_000,
    "refund": 1_000_000_000,
    "notification": 70_000_000_000,
}


@dataclass
class Account:
    """The seller whose token is ``access_token``; ``now`` tells the time that records carry, the clock's as a rule."""

    country: Country
    access_token: str
    settings: Settings
    first_stores: tuple[str, ...] = ()
    now: Callable[[], datetime] = field(init=False)
    stores: dict[int, Store] = field(default_factory=dict, init=False)
    pos: dict[int, Pos] = field(default_factory=dict, init=False)
    merchant_orders: MerchantOrders = field(default_factory=MerchantOrders, init=False)
    payments: dict[int, Payment] = field(default_factory=dict, init=False)
    scans: dict[str, Scan] = field(default_factory=dict, init=False)
    refund_keys: dict[str, int] = field(default_factory=dict, init=False)
    refund_outcomes: dict[str, Refund | RefusedError] = field(default_factory=dict, init=False)
    rude_answers: list[RudeAnswer] = field(default_factory=list, init=False)
    boxes: dict[str, BoxHands] = field(default_factory=dict, init=False)
    """The hands at the boxes, by external_id in capitals: whoever runs a box beside the simulator puts them here."""
    clock: Clock = field(default_factory=Clock, init=False)
    errands: Errands = field(default_factory=Errands, init=False)
    events: Events = field(default_factory=Events, init=False)
    turns: Turns = field(default_factory=Turns, init=False)
    past: Past = field(default_factory=Past, init=False)
    wire: Wire = field(init=False)

    def __post_init__(self) -> None:
        """Start the wire log and the numbering, and open the first stores."""
        self.collector_id = collector_of(self.access_token)
        self.opened_with = self.settings
        self.now = self.clock.now
        self.wire = Wire(self.clock.now, [self.access_token], self._tell_message)
        started = int(self.now().timestamp())
        self._next_ids = {kind: first + started for kind, first in FIRST_IDS.items()}
        for external_id in self.first_stores:
            self.seed_store(external_id)

    async def forget(self) -> None:
        """Go back to how the account was opened; numbers are not given out again, boxes keep their hands."""
        await self.errands.stop()
        records = (self.stores, self.pos, self.merchant_orders, self.payments, self.scans)
        for kept in (*records, self.refund_keys, self.refund_outcomes, self.rude_answers, self.past):
            kept.clear()
        self.wire.clear()
        self.clock.reset()
        self.settings = self.opened_with
        for external_id in self.first_stores:
            self.seed_store(external_id)
        self.events.publish(events.RESET, {})
        self.events.publish(events.CLOCK, self.clock.shown())
        self.change_settings(self.opened_with)

    def change_settings(self, settings: Settings) -> None:
        """Switch to other settings and tell who listens, of the faults that they make too."""
        self.settings = settings
        self.events.publish(events.SETTINGS, settings.shown())
        self.events.publish(events.FAULTS, faults.shown_all(self))

    def tell_scan(self, scan: Scan | None) -> None:
        """Tell who listens what a phone shows now."""
        if scan and self.events.heard:
            self.events.publish(events.SCAN, scan.shown(self))

    def tell_order(self, order: MerchantOrder) -> None:
        """Tell who listens that the phone that opened this merchant order shows something else now."""
        self.tell_scan(self.scans.get(order.scan_id or ""))

    def next_id(self, kind: str) -> int:
        """Give out the next number of a kind."""
        self._next_ids[kind] += 1
        return self._next_ids[kind]

    def seed_store(self, external_id: str) -> Store:
        """Open a branch without a call, at an address that passes."""
        location = dict(self.country.example_location)
        return stores.create(self, {"name": external_id, "external_id": external_id, "location": location})

    def _tell_message(self, message: Message) -> None:
        if self.events.heard:
            self.events.publish(events.WIRE, message.shown(), seq=message.seq)


def collector_of(access_token: str) -> int:
    """Read the seller's number: the digits after the token's last hyphen; ``ValueError`` without them."""
    found = re.search(r"-([0-9]{6,12})$", access_token)
    if found is None:
        raise ValueError("an access token ends in a hyphen and the seller's number, such as TEST-…-123456789")
    return int(found[1])
