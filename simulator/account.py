"""One seller's account: every record there is, in memory, behind one object.

Only the server's event loop touches it, so nothing here needs a lock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator import instants, stores
from simulator.errands import Errands
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
    from simulator.settings import Settings
    from simulator.stores import Store
    from simulator.wallet import Scan

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
    """The seller whose token is ``access_token``; ``now`` is the only clock."""

    country: Country
    access_token: str
    settings: Settings
    now: Callable[[], datetime] = instants.now
    stores: dict[int, Store] = field(default_factory=dict)
    pos: dict[int, Pos] = field(default_factory=dict)
    merchant_orders: dict[int, MerchantOrder] = field(default_factory=dict)
    payments: dict[int, Payment] = field(default_factory=dict)
    scans: dict[str, Scan] = field(default_factory=dict)
    refund_keys: dict[str, int] = field(default_factory=dict)
    refund_outcomes: dict[str, Refund | RefusedError] = field(default_factory=dict)
    rude_answers: list[RudeAnswer] = field(default_factory=list)
    errands: Errands = field(default_factory=Errands)
    first_stores: tuple[str, ...] = ()
    wire: Wire = field(init=False)

    def __post_init__(self) -> None:
        """Start the wire log and the numbering, and open the first stores."""
        self.collector_id = collector_of(self.access_token)
        self._first_settings = self.settings
        self.wire = Wire(self.now, [self.access_token])
        started = int(self.now().timestamp())
        self._next_ids = {kind: first + started for kind, first in FIRST_IDS.items()}
        for external_id in self.first_stores:
            self.seed_store(external_id)

    async def forget(self) -> None:
        """Go back to how the account was opened; numbers are not given out again."""
        await self.errands.stop()
        records = (self.stores, self.pos, self.merchant_orders, self.payments, self.scans)
        for kept in (*records, self.refund_keys, self.refund_outcomes, self.rude_answers):
            kept.clear()
        self.wire.clear()
        self.settings = self._first_settings
        for external_id in self.first_stores:
            self.seed_store(external_id)

    def next_id(self, kind: str) -> int:
        """Give out the next number of a kind."""
        self._next_ids[kind] += 1
        return self._next_ids[kind]

    def seed_store(self, external_id: str) -> Store:
        """Open a branch without a call, at an address that passes."""
        location = dict(self.country.example_location)
        return stores.create(self, {"name": external_id, "external_id": external_id, "location": location})


def collector_of(access_token: str) -> int:
    """Read the seller's number: the digits after the token's last hyphen; ``ValueError`` without them."""
    found = re.search(r"-([0-9]{6,12})$", access_token)
    if found is None:
        raise ValueError("an access token ends in a hyphen and the seller's number, such as TEST-…-123456789")
    return int(found[1])
