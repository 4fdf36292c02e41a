"""Everything Mercado Pago shows for one order: the merchant order somebody hinted at, and all pages of the search."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from caja.errors import (
    MercadoPagoError,
    MercadoPagoNotFoundError,
    MercadoPagoRefusedError,
)
from caja.watch import CALLS_PER_HOUR, calls_this_hour, with_calls

if TYPE_CHECKING:
    from datetime import datetime

    from caja.merchant_orders import MerchantOrder
    from caja.orders import Order
    from caja.usecases.protocols import MerchantOrders
    from caja.watch import Watch

MOST_PAGES = 10
"""A search longer than this goes to review: no shop window collects 300 scans of one order (protocol §4)."""

LOST_PATIENCE = 6
"""How often a hinted merchant order may be missing before it is taken as never having been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What Mercado Pago said, and the order's watch with the calls it took, failed ones included.

    `found` None: no end was reached, by `error`, or else because the hour's calls were used up midway.
    `is_search`: the search was read as well; `complete`: to its end.
    """

    watch: Watch
    found: tuple[MerchantOrder, ...] | None
    error: MercadoPagoError | None = None
    is_search: bool = False
    complete: bool = False


def ask_merchant_orders(
    merchant_orders: MerchantOrders,
    order: Order,
    merchant_order_id: str | None,
    *,
    may_stop_early: bool,
    now: datetime,
) -> Asked:
    """Ask about `order`, whose watch already counts the first call.

    `may_stop_early`: a hinted merchant order that is still open and empty decides nothing, so the search is spared.
    """
    found: dict[str, MerchantOrder] = {}
    watch = order.watch
    offset: int | None = 0
    pages = 0
    try:
        if merchant_order_id:
            hinted = _get(merchant_orders, merchant_order_id)
            if hinted:
                found[hinted.merchant_order_id] = hinted
                if may_stop_early and hinted.status == "opened" and not hinted.net:
                    return Asked(watch=watch, found=(hinted,))
            watch = with_calls(watch, now, 1)
        while offset is not None and pages < MOST_PAGES:
            if pages:
                if len(calls_this_hour(watch, now)) >= CALLS_PER_HOUR:
                    return Asked(watch=_needing(watch, pages + 1), found=None)
                watch = with_calls(watch, now, 1)
            page = merchant_orders.search(order.order_id, offset)
            for each in page.merchant_orders:
                found.setdefault(each.merchant_order_id, each)
            offset = page.next_offset
            pages += 1
    except MercadoPagoError as error:
        return Asked(watch=watch, found=None, error=error)
    is_missing = merchant_order_id and merchant_order_id not in found and watch.failures < LOST_PATIENCE
    if is_missing and not any(each.net for each in found.values()):
        missing = MercadoPagoNotFoundError(
            f"Mercado Pago does not show merchant order {merchant_order_id} yet."
        )
        return Asked(watch=watch, found=None, error=missing)
    watch = replace(_needing(watch, pages), searched_at=now)
    return Asked(watch=watch, found=tuple(found.values()), is_search=True, complete=offset is None)


def spend_first_call(order: Order, now: datetime) -> Order:
    """The order with the first call of a check counted."""
    return replace(order, watch=with_calls(order.watch, now, 1))


def _needing(watch: Watch, pages: int) -> Watch:
    """The watch with what a search takes; a read that lags shows fewer pages, which is no news."""
    return replace(watch, pages=max(watch.pages, pages))


def _get(merchant_orders: MerchantOrders, merchant_order_id: str) -> MerchantOrder | None:
    try:
        return merchant_orders.get(merchant_order_id)
    except (MercadoPagoNotFoundError, MercadoPagoRefusedError):
        return (
            None  # Reads lag their notifications, and a forged id must not keep the search from being read.
        )
