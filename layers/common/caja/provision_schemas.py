"""The shapes the operator sends and gets."""

from __future__ import annotations

import base64
import binascii
import math
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from caja.bodies import JsonNumber
from caja.boxes import is_box_id
from caja.errors import Flaw, InvalidRequestError
from caja.instants import write_instant
from caja.money import show_amount
from caja.places import StoreWish
from caja.schemas import Amount, Integer, Shape, Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from re import Pattern

    from caja.keys import NewKey
    from caja.places import Branch, KeyRecord, PlacedBox, PlaceView

EXTERNAL_STORE_ID = re.compile(r"[A-Za-z0-9_-]{1,60}", re.ASCII)

_EXTERNAL_STORE_ID_SAID = "An external_store_id has 1 to 60 of A-Z, a-z, 0-9, - and _."
_MAX_HOURS_A_DAY = 4
_DAY = 86_400


# Validators raise ValueError: pydantic turns it, and not TypeError, into the flaw of one field.
def _box_id(value: Any) -> Any:
    if not isinstance(value, str) or isinstance(value, JsonNumber) or not is_box_id(value):
        raise ValueError("A box_id has 1 to 39 letters and digits.")
    return value.upper()


def _external_id(value: Any) -> Any:
    if not isinstance(value, str) or isinstance(value, JsonNumber) or not EXTERNAL_STORE_ID.fullmatch(value):
        raise ValueError(_EXTERNAL_STORE_ID_SAID)
    return value


def _degrees(value: Any) -> Any:
    # A place is no money: a float holds it to the millimetre, and Mercado Pago takes numbers only.
    if not isinstance(value, JsonNumber) or not math.isfinite(float(value)):
        raise ValueError("Send degrees as a number, such as -34.5627.")
    return float(value)


BoxId = Annotated[str, BeforeValidator(_box_id)]
ExternalStoreId = Annotated[str, BeforeValidator(_external_id)]
Degrees = Annotated[float, BeforeValidator(_degrees)]
Clock = Annotated[Text, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Location(Shape):
    """Where a branch is; city and state are judged by Mercado Pago, which has the catalogue."""

    street_number: Annotated[Text, Field(max_length=20)]
    street_name: Annotated[Text, Field(max_length=200)]
    city_name: Annotated[Text, Field(max_length=100)]
    state_name: Annotated[Text, Field(max_length=100)]
    latitude: Annotated[Degrees, Field(ge=-90, le=90)]
    longitude: Annotated[Degrees, Field(ge=-180, le=180)]
    reference: Annotated[Text, Field(max_length=200)] | None = None


class Hours(Shape):
    """One span of a day in which a branch is open."""

    open: Clock
    close: Clock


class PutStore(Shape):
    """`POST /admin/stores`."""

    external_id: ExternalStoreId
    name: Annotated[Text, Field(max_length=100)]
    location: Location
    business_hours: (
        dict[Weekday, Annotated[list[Hours], Field(min_length=1, max_length=_MAX_HOURS_A_DAY)]] | None
    ) = None

    def wish(self) -> StoreWish:
        """What the store is to be at Mercado Pago."""
        sent = self.model_dump(exclude_none=True)
        return StoreWish(
            external_id=self.external_id,
            name=self.name,
            location=sent["location"],
            business_hours=sent.get("business_hours"),
        )


class PutBox(Shape):
    """`POST /admin/boxes`: the whole of what the box is to be; what is left out goes back to its default."""

    box_id: BoxId
    name: Annotated[Text, Field(max_length=44)]
    external_store_id: ExternalStoreId
    category: Annotated[Integer, Field(ge=1)] | None = None
    mode: Literal["postpay", "prepay"]
    dialect: Literal["v1", "v2"] = "v1"
    liveness_seconds: Annotated[Integer, Field(ge=0, le=_DAY)] | None = None
    release_seconds: Annotated[Integer, Field(ge=1, le=_DAY)] = 120
    report_seconds: Annotated[Integer, Field(ge=1, le=_DAY)] = 180
    max_amount: Amount | None = None


def show_box(box: PlacedBox, api_url: str) -> dict[str, Any]:
    """A box in a list: what can be read of many boxes at once."""
    settings = box.settings
    limit = settings.max_amount
    return {
        "box_id": box.box_id,
        "pos_id": box.pos_id,
        "external_store_id": settings.external_store_id,
        "mode": settings.mode,
        "dialect": settings.dialect,
        "currency": settings.currency,
        "liveness_seconds": settings.liveness_seconds,
        "release_seconds": settings.release_seconds,
        "report_seconds": settings.report_seconds,
        "max_amount": None if limit is None else show_amount(limit, settings.currency),
        "poll_url": None if box.retired_at else box.poll_url(api_url),
        "keys": show_keys(box.keys),
        "created_at": write_instant(box.created_at),
        "updated_at": write_instant(box.updated_at),
        "retired_at": write_instant(box.retired_at) if box.retired_at else None,
    }


def show_provisioned(box: PlacedBox, api_url: str) -> dict[str, Any]:
    """A box with the names and QR links of its POS."""
    return {
        **show_box(box, api_url),
        "name": box.settings.name,
        "category": box.settings.category,
        "qr": asdict(box.qr) if box.qr else None,
    }


def show_view(view: PlaceView, api_url: str) -> dict[str, Any]:
    """A box with what it last said; `state` is `retired` once it is, null if it never said anything."""
    seen = view.seen
    return {
        **show_provisioned(view.box, api_url),
        "state": "retired" if view.box.retired_at else seen.state if seen else None,
        "seen_at": write_instant(seen.seen_at) if seen else None,
    }


def show_branch(branch: Branch) -> dict[str, Any]:
    """A branch."""
    wish = branch.wish
    return {
        "external_id": wish.external_id,
        "store_id": branch.store_id,
        "name": wish.name,
        "location": dict(wish.location),
        "business_hours": None if wish.business_hours is None else dict(wish.business_hours),
        "keys": show_keys(branch.keys),
        "created_at": write_instant(branch.created_at),
        "updated_at": write_instant(branch.updated_at),
    }


def show_keys(keys: Mapping[str, KeyRecord]) -> list[dict[str, Any]]:
    """The keys by name and age, oldest first; nothing that could be used."""
    aged = sorted(keys.items(), key=lambda item: (item[1].created_at, item[0]))
    return [{"key_id": key_id, "created_at": write_instant(record.created_at)} for key_id, record in aged]


def show_new_key(key: NewKey) -> dict[str, Any]:
    """A key, the only time it is shown."""
    return {"key_id": key.key_id, "box_key": key.box_key}


def write_cursor(name: str | None) -> str | None:
    """The opaque text that stands for the last `name` of a page."""
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=") if name else None


def read_cursor(cursor: str | None, names: Pattern[str]) -> str | None:
    """The name `cursor` stands for; raises InvalidRequestError for one that was never handed out."""
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        name = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (UnicodeError, binascii.Error):
        name = ""
    if not names.fullmatch(name):
        flaw = Flaw("cursor", "Send `next_cursor` of the page before, unchanged.")
        raise InvalidRequestError("There is no such page.", [flaw])
    return name
