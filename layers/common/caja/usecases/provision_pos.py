"""The operator says: this box exists; it polls under a new key; it exists no longer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from caja.errors import (
    BoxBusyError,
    Flaw,
    InvalidRequestError,
    MercadoPagoNotFoundError,
    MercadoPagoRefusedError,
    PosInUseError,
)
from caja.keys import make_key
from caja.money import decimals_flaw
from caja.order_views import show_brief
from caja.places import KEY_BYTES, BoxSettings, PlacedBox, poll_prefix, with_key
from caja.provision_schemas import PutBox, show_new_key, show_provisioned, show_view
from caja.usecases.decide_anew import deciding_anew
from caja.usecases.provision_views import get_finished_box, get_view

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from caja.places import PlaceView, Pos
    from caja.usecases.provision_protocols import Places, PosCatalog

UID_BYTES = 16
POLL_KEY_BYTES = 16
LIVENESS = {"postpay": 0, "prepay": 60}
"""`liveness_seconds` unless the operator says otherwise: what is paid first needs a machine that is alive (design §4)."""
_TAKEN = (409, "point_of_sale_exists")
"""Status, and code, of a POS whose external_id is taken; whichever Mercado Pago sends."""


@deciding_anew
def provision_box(
    places: Places,
    catalog: PosCatalog,
    *,
    body: Mapping[str, Any],
    currency: str,
    collector_id: int,
    api_url: str,
    random_hex: Callable[[int], str],
    now: datetime,
) -> tuple[int, dict[str, Any]]:
    """`POST /admin/boxes`: (201, box with its first key), or (200, box) when it was known, changed where it differs.

    `random_hex(n)`: n random bytes as hexadecimal digits.
    """
    box_id, settings = _read(body, currency, collector_id)
    view = places.box(box_id)
    known = view.box if view else None
    if known and known.is_finished:
        changed = _change(places, catalog, known, settings, api_url=api_url, now=now)
        return 200, show_provisioned(changed, api_url)
    key = make_key(random_hex(KEY_BYTES))
    # Keys of a try that was cut short never went out.
    box = replace(_draft(box_id, known, settings, random_hex, now), keys=with_key({}, key, now))
    # The box first: no URL reaches Mercado Pago before its polls can be answered.
    places.save_box(box)
    pos = _register(catalog, box, api_url)
    box = box.changed(now, pos_id=pos.pos_id, qr=pos.qr)
    places.save_box(box)
    return 201, {**show_provisioned(box, api_url), "key": show_new_key(key)}


@deciding_anew
def renew_poll_url(
    places: Places,
    catalog: PosCatalog,
    *,
    box_id: str,
    api_url: str,
    random_hex: Callable[[int], str],
    now: datetime,
) -> dict[str, Any]:
    """`POST /admin/boxes/{box_id}/poll_url`: poll under a new key; the old one is good for ten more minutes.

    Cut short anywhere, both keys stay good, and the same call goes on with the one it finds.
    """
    box = get_finished_box(places, box_id)
    if box.coming_poll_key is None:
        box = box.begin_renewal(random_hex(POLL_KEY_BYTES), now)
        places.save_box(box)
    pos = _put_pos(catalog, box, api_url, box.coming_poll_key)
    box = replace(box.end_renewal(now), pos_id=pos.pos_id, qr=pos.qr)
    places.save_box(box)
    return {"box_id": box.box_id, "poll_url": box.poll_url(api_url)}


@deciding_anew
def retire_box(
    places: Places, catalog: PosCatalog, *, box_id: str, api_url: str, now: datetime
) -> dict[str, Any]:
    """`DELETE /admin/boxes/{box_id}`: out of service here, then gone at Mercado Pago; again: the same answer."""
    view = get_view(places, box_id)
    box = view.box
    if box.retired_at is None:
        _refuse_busy(view, now)
        box = box.changed(now, retired_at=now)
        places.save_box(box)
    pos_id = box.pos_id or _forgotten_pos(catalog, box, api_url)
    if pos_id:
        catalog.delete(pos_id)
    if box.pos_id:
        box = box.changed(now, pos_id=None)
        places.save_box(box)
    return show_view(replace(view, box=box), api_url)


def _read(body: Mapping[str, Any], currency: str, collector_id: int) -> tuple[str, BoxSettings]:
    wanted = PutBox.read(body)
    flaw = decimals_flaw(wanted.max_amount, currency) if wanted.max_amount is not None else None
    if flaw:
        raise InvalidRequestError("The limit cannot be kept as it is.", [Flaw("max_amount", flaw)])
    return wanted.box_id, BoxSettings(
        **wanted.model_dump(exclude={"box_id", "liveness_seconds"}),
        liveness_seconds=LIVENESS[wanted.mode]
        if wanted.liveness_seconds is None
        else wanted.liveness_seconds,
        currency=currency,
        collector_id=collector_id,
    )


def _draft(
    box_id: str,
    known: PlacedBox | None,
    settings: BoxSettings,
    random_hex: Callable[[int], str],
    now: datetime,
) -> PlacedBox:
    """The box before Mercado Pago knows it; one that was retired starts a new life, with nothing of the old one."""
    if known and known.retired_at is None:
        return known.changed(now, settings=settings)
    return PlacedBox(
        box_id=box_id,
        box_uid=bytes.fromhex(random_hex(UID_BYTES)),
        settings=settings,
        poll_key=random_hex(POLL_KEY_BYTES),
        keys={},
        created_at=now,
        updated_at=now,
        version=known.version + 1 if known else 1,
    )


def _change(
    places: Places,
    catalog: PosCatalog,
    box: PlacedBox,
    settings: BoxSettings,
    *,
    api_url: str,
    now: datetime,
) -> PlacedBox:
    """The box with these settings. Mercado Pago first: what it refuses must not change how the box is polled."""
    wanted = replace(box, settings=settings)
    pos = _put_pos(catalog, wanted, api_url)
    wanted = replace(wanted, pos_id=pos.pos_id, qr=pos.qr)
    if wanted == box:
        return box
    wanted = wanted.changed(now)
    places.save_box(wanted)
    return wanted


def _put_pos(catalog: PosCatalog, box: PlacedBox, api_url: str, poll_key: str | None = None) -> Pos:
    """The box's POS, changed; made anew if somebody deleted it."""
    try:
        return catalog.update(str(box.pos_id), box.pos_wish(api_url, poll_key))
    except MercadoPagoNotFoundError:
        return _register(catalog, box, api_url, poll_key)


def _register(catalog: PosCatalog, box: PlacedBox, api_url: str, poll_key: str | None = None) -> Pos:
    """The box's POS: a new one, or the one a former try, or a former life, of this box left behind."""
    wish = box.pos_wish(api_url, poll_key)
    try:
        return catalog.create(wish)
    except MercadoPagoRefusedError as refusal:
        is_taken = refusal.status in _TAKEN or refusal.code in _TAKEN
        there = catalog.find(box.box_id) if is_taken else None
        if there is None:
            raise
    if there.url and not there.url.startswith(poll_prefix(api_url)):
        raise PosInUseError(
            f"A POS {box.box_id} exists at Mercado Pago, and its url is not of this stack. Delete it there, or choose "
            "another box_id."
        )
    return catalog.update(there.pos_id, wish)


def _forgotten_pos(catalog: PosCatalog, box: PlacedBox, api_url: str) -> str | None:
    """The POS of a box whose provisioning was cut short before its id was written down."""
    there = catalog.find(box.box_id)
    return there.pos_id if there and there.url.startswith(poll_prefix(api_url)) else None


def _refuse_busy(view: PlaceView, now: datetime) -> None:
    offer = view.offer
    if offer and offer.is_in_the_way(now):
        brief = show_brief(offer.order_id, offer.state, offer.expires_at)
        raise BoxBusyError("An order of this box is open; cancel it, or let it end, first.", brief)
