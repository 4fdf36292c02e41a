"""What a box is, what it last said, and what it offers; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from caja.keys import is_known, read_bearer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

BOX_ID = re.compile(r"[A-Z0-9]{1,39}", re.ASCII)

_PREPARING_REPEATED = timedelta(seconds=30)
"""`preparing` counts for 120 s (design §4); written this often it never lapses while the box repeats it every minute."""
_UNHURRIED = timedelta(minutes=5)
"""How often a sign of life is written when nothing depends on it."""


def is_box_id(text: str) -> bool:
    """Whether `text`, in any case, can name a box."""
    # ASCII first: some other letters become ASCII ones in upper case.
    return text.isascii() and BOX_ID.fullmatch(text.upper()) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box as provisioned: who it is and how it sells. `max_amount` in units of `currency`."""

    box_id: str
    box_uid: bytes
    external_store_id: str
    mode: str
    dialect: str
    currency: str
    collector_id: int
    liveness_seconds: int
    release_seconds: int = 120
    report_seconds: int = 180
    max_amount: Decimal | None = None
    key_hashes: Mapping[str, str] = field(default_factory=dict)
    is_retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The box's current order: what a poll is answered while `state` is ready, what became of it afterwards."""

    order_id: str
    state: str
    expires_at: datetime
    mode: str = "postpay"

    def is_in_the_way(self, now: datetime) -> bool:
        """Whether the box can offer no other: this one can be paid, or is paid and waits for the goods."""
        if self.state == "ready":
            return now < self.expires_at
        return self.mode == "prepay" and self.state in ("paid", "releasing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the box last said, and when it last said anything."""

    state: str
    state_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxView:
    """Everything a box's own routes need, read at one instant."""

    box: Box
    offer: Offer | None
    seen: Seen | None

    def knows(self, authorization: str | None, branch_hashes: Mapping[str, str]) -> bool:
        """Whether the header carries a key of this box, or of its branch."""
        box_key = read_bearer(authorization)
        return box_key is not None and (
            is_known(box_key, self.box.key_hashes) or is_known(box_key, branch_hashes)
        )

    def needs_sign_of_life(self, now: datetime) -> bool:
        """Whether an authenticated call at `now` is worth a write: a third of `liveness_seconds` has passed."""
        return self.seen is None or now - self.seen.seen_at >= self._write_every()

    def needs_state(self, state: str, now: datetime) -> bool:
        """Whether the box saying `state` at `now` is worth a write."""
        if self.seen is None or self.seen.state != state:
            return True
        if state == "preparing" and now - self.seen.state_at >= _PREPARING_REPEATED:
            return True
        return self.needs_sign_of_life(now)

    def _write_every(self) -> timedelta:
        return timedelta(seconds=self.box.liveness_seconds) / 3 if self.box.liveness_seconds else _UNHURRIED
