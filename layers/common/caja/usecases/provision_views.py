"""The operator asks: which branches and boxes are there?"""  # noqa: D400 - it is a question

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caja.boxes import BOX_ID, is_box_id
from caja.errors import NotFoundError
from caja.provision_schemas import (
    EXTERNAL_STORE_ID,
    read_cursor,
    show_box,
    show_branch,
    show_keys,
    show_view,
    write_cursor,
)

if TYPE_CHECKING:
    from caja.places import Branch, PlacedBox, PlaceView
    from caja.usecases.provision_protocols import Places


def list_stores(places: Places, *, cursor: str | None) -> dict[str, Any]:
    """`GET /admin/stores`: a page of the branches."""
    listing = places.list_branches(read_cursor(cursor, EXTERNAL_STORE_ID))
    return {
        "stores": [show_branch(branch) for branch in listing.items],
        "next_cursor": write_cursor(listing.last),
    }


def list_boxes(places: Places, *, cursor: str | None, api_url: str) -> dict[str, Any]:
    """`GET /admin/boxes`: a page of the boxes."""
    listing = places.list_boxes(read_cursor(cursor, BOX_ID))
    return {
        "boxes": [show_box(box, api_url) for box in listing.items],
        "next_cursor": write_cursor(listing.last),
    }


def get_box(places: Places, *, box_id: str, api_url: str) -> dict[str, Any]:
    """`GET /admin/boxes/{box_id}`: the box, retired ones too."""
    return show_view(get_view(places, box_id), api_url)


def list_box_keys(places: Places, *, box_id: str) -> dict[str, Any]:
    """`GET /admin/boxes/{box_id}/keys`: the names of the box's keys."""
    return {"keys": show_keys(get_finished_box(places, box_id).keys)}


def get_branch(places: Places, external_id: str) -> Branch:
    """The branch, or NotFoundError."""
    branch = places.branch(external_id) if EXTERNAL_STORE_ID.fullmatch(external_id) else None
    if branch is None:
        raise NotFoundError("store", external_id[:64])
    return branch


def get_view(places: Places, box_id: str) -> PlaceView:
    """The box `box_id` (any case) and what is known of it, or NotFoundError."""
    view = places.box(box_id.upper()) if is_box_id(box_id) else None
    if view is None:
        raise NotFoundError("box", box_id[:64])
    return view


def get_finished_box(places: Places, box_id: str) -> PlacedBox:
    """The box in service; NotFoundError for a retired one, and for one that Mercado Pago does not know yet."""
    box = get_view(places, box_id).box
    if not box.is_finished:
        raise NotFoundError("box", f"{box.box_id} in service")
    return box
