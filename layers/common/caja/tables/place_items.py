"""What a branch and a box look like as items of BoxesTable; instants are texts, absent values absent attributes."""

from __future__ import annotations

import json
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from caja.boxes import Offer, Seen
from caja.instants import read_instant, write_instant
from caja.places import BoxSettings, Branch, KeyRecord, PlacedBox, Qr, StoreWish

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    Item = Mapping[str, Any]


def store_key(external_id: str) -> str:
    """The partition of a branch; no box can be called so."""
    return f"STORE#{external_id}"


def box_item(box: PlacedBox) -> dict[str, Any]:
    """The BOX item: all that decides about the box, and nothing else, for every poll reads it."""
    settings = box.settings
    return {
        "box_id": box.box_id,
        "item": "BOX",
        "kind": "BOX",
        "box_uid": box.box_uid.hex(),
        "external_store_id": settings.external_store_id,
        "mode": settings.mode,
        "dialect": settings.dialect,
        "currency": settings.currency,
        "collector_id": settings.collector_id,
        "liveness_seconds": settings.liveness_seconds,
        "release_seconds": settings.release_seconds,
        "report_seconds": settings.report_seconds,
        "max_amount": None if settings.max_amount is None else f"{settings.max_amount:f}",
        "poll_key": box.poll_key,
        "old_poll_key": box.old_poll_key,
        "old_poll_key_until": _written(box.old_poll_key_until),
        "keys": _key_items(box.keys),
        "pos_id": box.pos_id,
        "retired_at": _written(box.retired_at),
        "created_at": write_instant(box.created_at),
        "updated_at": write_instant(box.updated_at),
        "version": box.version,
    }


def profile_item(box: PlacedBox) -> dict[str, Any]:
    """The profile item, whose name sorts behind all that a poll reads; `version` is the box's."""
    return {
        "box_id": box.box_id,
        "item": "profile",
        "name": box.settings.name,
        "category": box.settings.category,
        "qr": asdict(box.qr) if box.qr else None,
        "version": box.version,
    }


def branch_item(branch: Branch) -> dict[str, Any]:
    """The STORE item; what only Mercado Pago reads is kept as JSON, as it was sent."""
    wish = branch.wish
    return {
        "box_id": store_key(wish.external_id),
        "item": "STORE",
        "kind": "STORE",
        "external_id": wish.external_id,
        "store_id": branch.store_id,
        "name": wish.name,
        "location": json.dumps(wish.location),
        "business_hours": None if wish.business_hours is None else json.dumps(wish.business_hours),
        "keys": _key_items(branch.keys),
        "created_at": write_instant(branch.created_at),
        "updated_at": write_instant(branch.updated_at),
        "version": branch.version,
    }


def read_box(item: Item, profile: Item) -> PlacedBox:
    """The box in a BOX item and its profile; a profile not read leaves the name empty."""
    limit, category, qr = item.get("max_amount"), profile.get("category"), profile.get("qr")
    return PlacedBox(
        box_id=item["box_id"],
        box_uid=bytes.fromhex(item["box_uid"]),
        settings=BoxSettings(
            name=profile.get("name", ""),
            category=None if category is None else int(category),
            external_store_id=item["external_store_id"],
            mode=item["mode"],
            dialect=item["dialect"],
            currency=item["currency"],
            collector_id=int(item["collector_id"]),
            liveness_seconds=int(item["liveness_seconds"]),
            release_seconds=int(item["release_seconds"]),
            report_seconds=int(item["report_seconds"]),
            max_amount=None if limit is None else Decimal(limit),
        ),
        poll_key=item["poll_key"],
        old_poll_key=item.get("old_poll_key"),
        old_poll_key_until=_read(item.get("old_poll_key_until")),
        keys=_read_keys(item["keys"]),
        pos_id=item.get("pos_id"),
        qr=Qr(**qr) if qr else None,
        retired_at=_read(item.get("retired_at")),
        created_at=read_instant(item["created_at"]),
        updated_at=read_instant(item["updated_at"]),
        version=int(item["version"]),
    )


def read_branch(item: Item) -> Branch:
    """The branch in a STORE item."""
    hours = item.get("business_hours")
    return Branch(
        wish=StoreWish(
            external_id=item["external_id"],
            name=item["name"],
            location=json.loads(item["location"]),
            business_hours=None if hours is None else json.loads(hours),
        ),
        store_id=item["store_id"],
        keys=_read_keys(item["keys"]),
        created_at=read_instant(item["created_at"]),
        updated_at=read_instant(item["updated_at"]),
        version=int(item["version"]),
    )


def read_offer(item: Item) -> Offer:
    """The current order in a READY item."""
    return Offer(
        order_id=item["order_id"],
        state=item["state"],
        expires_at=read_instant(item["expires_at"]),
        mode=item.get("mode", "postpay"),
    )


def read_seen(item: Item) -> Seen:
    """The signs of life in a SEEN item."""
    return Seen(
        state=item["state"], state_at=read_instant(item["state_at"]), seen_at=read_instant(item["seen_at"])
    )


def _key_items(keys: Mapping[str, KeyRecord]) -> dict[str, Any]:
    return {
        key_id: {"sha256": record.sha256, "created_at": write_instant(record.created_at)}
        for key_id, record in keys.items()
    }


def _read_keys(items: Item) -> dict[str, KeyRecord]:
    return {
        key_id: KeyRecord(record["sha256"], read_instant(record["created_at"]))
        for key_id, record in items.items()
    }


def _written(at: datetime | None) -> str | None:
    return write_instant(at) if at else None


def _read(text: str | None) -> datetime | None:
    return read_instant(text) if text else None
