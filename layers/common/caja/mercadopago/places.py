"""Branches and boxes at Mercado Pago, which calls them stores and POS (protocol §6)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from caja.errors import MercadoPagoNotFoundError, MercadoPagoUnavailableError
from caja.mercadopago.answers import clean_text
from caja.places import Pos, Qr

if TYPE_CHECKING:
    from caja.mercadopago.calls import MercadoPago
    from caja.places import PosWish, StoreWish

_ID = re.compile(r"[0-9]{1,20}", re.ASCII)


class MercadoPagoStores:
    """`usecases.provision_protocols.StoreCatalog` over HTTP, for the seller `collector_id`."""

    def __init__(self, mercadopago: MercadoPago, collector_id: int) -> None:
        self._mercadopago = mercadopago
        self._stores = ("users", str(collector_id), "stores")

    def find(self, external_id: str) -> str | None:
        """The id of the store with this external_id, None if there is none."""
        try:
            found = self._mercadopago.get(*self._stores, "search", query={"external_id": external_id})
        except MercadoPagoNotFoundError:
            return None
        return next((_id(raw) for raw in _results(found) if raw.get("external_id") == external_id), None)

    def create(self, wish: StoreWish) -> str:
        """A new store; its id."""
        return _id(self._mercadopago.post(*self._stores, body=_store_body(wish)))

    def update(self, store_id: str, wish: StoreWish) -> None:
        """The store, changed into what is wished."""
        self._mercadopago.put(*self._stores, store_id, body=_store_body(wish))


class MercadoPagoPos:
    """`usecases.provision_protocols.PosCatalog` over HTTP."""

    def __init__(self, mercadopago: MercadoPago) -> None:
        self._mercadopago = mercadopago

    def find(self, external_id: str) -> Pos | None:
        """The POS with this external_id in any case, None if there is none."""
        try:
            found = self._mercadopago.get("pos", query={"external_id": external_id})
        except MercadoPagoNotFoundError:
            return None
        return next((_pos(raw) for raw in _results(found) if _is_called(raw, external_id)), None)

    def create(self, wish: PosWish) -> Pos:
        """A new POS."""
        return _pos(self._mercadopago.post("pos", body={"external_id": wish.external_id, **_pos_body(wish)}))

    def update(self, pos_id: str, wish: PosWish) -> Pos:
        """The POS, changed into what is wished; its external_id stays (protocol §6)."""
        return _pos(self._mercadopago.put("pos", pos_id, body=_pos_body(wish)))

    def delete(self, pos_id: str) -> None:
        """No POS with this id any longer."""
        try:
            self._mercadopago.delete("pos", pos_id)
        except MercadoPagoNotFoundError:
            return


def _store_body(wish: StoreWish) -> dict[str, Any]:
    body = {"name": wish.name, "external_id": wish.external_id, "location": dict(wish.location)}
    return body if wish.business_hours is None else {**body, "business_hours": dict(wish.business_hours)}


def _pos_body(wish: PosWish) -> dict[str, Any]:
    body = {
        "name": wish.name,
        "fixed_amount": True,  # else FIXED_AMOUNT_FALSE
        "external_store_id": wish.external_store_id,
        "url": wish.url,
    }
    return body if wish.category is None else {**body, "category": wish.category}


def _results(found: Any) -> list[dict[str, Any]]:
    results = found.get("results") if isinstance(found, dict) else None
    if not isinstance(results, list) or not all(isinstance(raw, dict) for raw in results):
        raise MercadoPagoUnavailableError("Mercado Pago's search did not answer a page.")
    return results


def _is_called(raw: dict[str, Any], external_id: str) -> bool:
    return clean_text(raw.get("external_id")).upper() == external_id.upper()


def _pos(raw: Any) -> Pos:
    pos_id = _id(raw)
    qr = raw.get("qr")
    links = qr if isinstance(qr, dict) else {}
    return Pos(
        pos_id=pos_id,
        url=clean_text(raw.get("url")),
        qr=Qr(
            image=clean_text(links.get("image")),
            template_document=clean_text(links.get("template_document")),
            template_image=clean_text(links.get("template_image")),
        ),
    )


def _id(raw: Any) -> str:
    """The id of a store or POS, a number or a text of digits; anything else is no answer at all."""
    value = raw.get("id") if isinstance(raw, dict) else None
    text = str(value) if type(value) in (int, str) else ""
    if not _ID.fullmatch(text):
        raise MercadoPagoUnavailableError("Mercado Pago answered something without an id.")
    return text
