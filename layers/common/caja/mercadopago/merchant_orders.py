"""Mercado Pago's merchant orders, by id and by reference (protocol §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caja.errors import MercadoPagoNotFoundError, MercadoPagoRefusedError, MercadoPagoUnavailableError
from caja.merchant_orders import read_merchant_order
from caja.usecases.protocols import Page

if TYPE_CHECKING:
    from caja.mercadopago.calls import MercadoPago
    from caja.merchant_orders import MerchantOrder


class MercadoPagoMerchantOrders:
    """`usecases.protocols.MerchantOrders` over HTTP."""

    def __init__(self, mercadopago: MercadoPago) -> None:
        self._mercadopago = mercadopago

    def get(self, merchant_order_id: str) -> MerchantOrder:
        """The merchant order, now."""
        return _read(self._mercadopago.get("merchant_orders", merchant_order_id))

    def search(self, external_reference: str, offset: int) -> Page:
        """One page of the merchant orders with this reference."""
        query = {"external_reference": external_reference, "offset": str(offset)}
        try:
            answer = self._mercadopago.get("merchant_orders", "search", query=query)
        except (MercadoPagoNotFoundError, MercadoPagoRefusedError) as refusal:
            # A search that finds nothing answers an empty page: this is about us, and we see nothing.
            raise MercadoPagoUnavailableError(f"Mercado Pago refuses the search: {refusal}") from None
        elements = answer["elements"] if isinstance(answer, dict) and "elements" in answer else ""
        if elements is None:  # how Mercado Pago writes an empty list
            elements = []
        if not isinstance(elements, list):
            raise MercadoPagoUnavailableError("Mercado Pago's search did not answer a page.")
        # One element that cannot be told apart from the others may be the paid one: such a page proves nothing.
        return Page(
            merchant_orders=tuple(map(_read, elements)),
            next_offset=_next_offset(answer, offset, len(elements)),
        )


def _read(raw: Any) -> MerchantOrder:
    merchant_order = read_merchant_order(raw)
    if merchant_order is None:
        raise MercadoPagoUnavailableError("Mercado Pago answered a merchant order that cannot be read.")
    return merchant_order


def _next_offset(answer: dict[str, Any], offset: int, count: int) -> int | None:
    """Where the next page begins, None after the last; `total` wins, for the paid one may be on the page left out."""
    total, named = answer.get("total"), answer.get("next_offset")
    if count == 0:
        return None
    if type(total) is int:
        return offset + count if offset + count < total else None
    return named if type(named) is int and named > offset else None
