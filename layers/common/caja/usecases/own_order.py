"""The order a box asks about: one of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caja.errors import NotFoundError
from caja.orders import ORDER_ID

if TYPE_CHECKING:
    from caja.boxes import BoxView
    from caja.orders import Order
    from caja.usecases.protocols import Orders


def get_own_order(orders: Orders, view: BoxView, order_id: str) -> Order:
    """The box's order, or NotFoundError: for another box's order too."""
    order = orders.get(order_id.upper()) if ORDER_ID.fullmatch(order_id.upper()) else None
    if order is None or order.box_id != view.box.box_id:
        raise NotFoundError("order", order_id[:64])
    return order
