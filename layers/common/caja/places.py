"""Branches and boxes as the operator provisioned them, and what of them Mercado Pago is to know; pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from caja.boxes import Offer, Seen
    from caja.keys import NewKey

OLD_POLL_KEY_VALID = timedelta(minutes=10)
"""How long polls with the former key are answered after a renewal (design §4)."""

UNTIL_RENEWED = datetime(9999, 12, 31, tzinfo=UTC)
"""Marks the second poll key as the coming one: whatever cuts a renewal short, Mercado Pago holds a valid key."""

MAX_KEYS = 8
"""Keys of one box or branch; a poll reads them all, and should cost one read unit (design §4, Data)."""


KEY_BYTES = 20
"""Randomness of a key: 4 bytes name it, 16 are its secret (`keys.make_key`)."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is kept of a key."""

    sha256: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Qr:
    """Mercado Pago's links to a POS's QR code: a picture, and printable templates."""

    image: str
    template_document: str
    template_image: str


@dataclass(frozen=True, slots=True)
class Pos:
    """Mercado Pago's record of a box; `url` empty if it polls nobody."""

    pos_id: str
    url: str
    qr: Qr


@dataclass(frozen=True, slots=True, kw_only=True)
class PosWish:
    """What a POS is to be at Mercado Pago."""

    external_id: str
    name: str
    category: int | None
    external_store_id: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreWish:
    """What a store is to be at Mercado Pago; `location` and `business_hours` as its API takes them (protocol §6)."""

    external_id: str
    name: str
    location: Mapping[str, Any]
    business_hours: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch with the keys that are good for all its boxes."""

    wish: StoreWish
    store_id: str
    keys: Mapping[str, KeyRecord] = field(default_factory=dict)
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def changed(self, now: datetime, **changes: Any) -> Branch:
        """The next version of this branch."""
        return replace(self, updated_at=now, version=self.version + 1, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxSettings:
    """What the operator may change about a box; `max_amount` in units of `currency`."""

    name: str
    category: int | None
    external_store_id: str
    mode: str
    dialect: str
    currency: str
    collector_id: int
    liveness_seconds: int
    release_seconds: int
    report_seconds: int
    max_amount: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedBox:
    """A box with everything that is kept of it. `pos_id` and `qr` None until Mercado Pago knows it."""

    box_id: str
    box_uid: bytes
    settings: BoxSettings
    poll_key: str
    old_poll_key: str | None = None
    old_poll_key_until: datetime | None = None
    keys: Mapping[str, KeyRecord]
    pos_id: str | None = None
    qr: Qr | None = None
    retired_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def is_finished(self) -> bool:
        """Whether it is in service and Mercado Pago knows it."""
        return self.retired_at is None and self.pos_id is not None

    @property
    def coming_poll_key(self) -> str | None:
        """The key of a renewal that has begun and not ended."""
        return self.old_poll_key if self.old_poll_key_until == UNTIL_RENEWED else None

    def changed(self, now: datetime, **changes: Any) -> PlacedBox:
        """The next version of this box."""
        return replace(self, updated_at=now, version=self.version + 1, **changes)

    def begin_renewal(self, poll_key: str, now: datetime) -> PlacedBox:
        """The box with a second poll key that is valid before Mercado Pago hears of it."""
        return self.changed(now, old_poll_key=poll_key, old_poll_key_until=UNTIL_RENEWED)

    def end_renewal(self, now: datetime) -> PlacedBox:
        """The box with the coming key as its own, the former one good for ten more minutes."""
        return self.changed(
            now,
            poll_key=self.old_poll_key,
            old_poll_key=self.poll_key,
            old_poll_key_until=now + OLD_POLL_KEY_VALID,
        )

    def poll_url(self, api_url: str, poll_key: str | None = None) -> str:
        """What Mercado Pago polls; with another key if one is given."""
        query = {
            "locationId": self.settings.external_store_id,
            "positionId": self.box_id,
            "key": poll_key or self.poll_key,
        }
        return f"{poll_prefix(api_url)}{urlencode(query)}"

    def pos_wish(self, api_url: str, poll_key: str | None = None) -> PosWish:
        """What this box's POS is to be."""
        return PosWish(
            external_id=self.box_id,
            name=self.settings.name,
            category=self.settings.category,
            external_store_id=self.settings.external_store_id,
            url=self.poll_url(api_url, poll_key),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceView:
    """A box, its current order and its signs of life, read at one instant."""

    box: PlacedBox
    offer: Offer | None
    seen: Seen | None


def poll_prefix(api_url: str) -> str:
    """How every poll URL of this stack begins."""
    return f"{api_url}/poll?"


def with_key(keys: Mapping[str, KeyRecord], key: NewKey, now: datetime) -> dict[str, KeyRecord]:
    """The keys and a new one."""
    return {**keys, key.key_id: KeyRecord(key.sha256, now)}
