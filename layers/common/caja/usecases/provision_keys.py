"""The operator says: this box, or this branch, gets a key; this key is no longer good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caja.errors import InvalidRequestError, LastKeyError, NotFoundError
from caja.keys import make_key
from caja.places import KEY_BYTES, MAX_KEYS, with_key
from caja.provision_schemas import show_keys, show_new_key
from caja.usecases.decide_anew import deciding_anew
from caja.usecases.provision_views import get_branch, get_finished_box

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from caja.places import KeyRecord
    from caja.usecases.provision_protocols import Places


@deciding_anew
def create_store_key(
    places: Places, *, external_id: str, random_hex: Callable[[int], str], now: datetime
) -> dict[str, Any]:
    """`POST /admin/stores/{external_id}/keys`: a key for all boxes of the branch, shown once."""
    branch, key = get_branch(places, external_id), make_key(random_hex(KEY_BYTES))
    _refuse_more(branch.keys)
    places.save_branch(branch.changed(now, keys=with_key(branch.keys, key, now)))
    return show_new_key(key)


@deciding_anew
def create_box_key(
    places: Places, *, box_id: str, random_hex: Callable[[int], str], now: datetime
) -> dict[str, Any]:
    """`POST /admin/boxes/{box_id}/keys`: another key for the box, shown once; the others stay good."""
    box, key = get_finished_box(places, box_id), make_key(random_hex(KEY_BYTES))
    _refuse_more(box.keys)
    places.save_box(box.changed(now, keys=with_key(box.keys, key, now)))
    return show_new_key(key)


@deciding_anew
def delete_box_key(places: Places, *, box_id: str, key_id: str, now: datetime) -> dict[str, Any]:
    """`DELETE /admin/boxes/{box_id}/keys/{key_id}`: the keys that are left; LastKeyError for the last one."""
    box = get_finished_box(places, box_id)
    if key_id not in box.keys:
        raise NotFoundError("key", key_id[:64])
    left = {name: record for name, record in box.keys.items() if name != key_id}
    if not left:
        raise LastKeyError("The box would be locked out: make another key first.")
    places.save_box(box.changed(now, keys=left))
    return {"keys": show_keys(left)}


def _refuse_more(keys: Mapping[str, KeyRecord]) -> None:
    if len(keys) >= MAX_KEYS:
        raise InvalidRequestError(
            f"There are {MAX_KEYS} keys already, and no more are kept: delete one first."
        )
