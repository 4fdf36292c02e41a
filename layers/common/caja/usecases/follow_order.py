"""A box asks whether its order is paid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from caja.errors import StaleVersionError, StorageError
from caja.messages import CheckMessage
from caja.order_views import show_brief, show_order
from caja.orders import Order, State
from caja.usecases.identify_box import identify_box
from caja.usecases.own_order import get_own_order
from caja.watch import earliest_check, next_asked

if TYPE_CHECKING:
    from datetime import datetime

    from caja.usecases.protocols import Boxes, Checks, Orders, Report


def follow_order(
    boxes: Boxes,
    orders: Orders,
    checks: Checks,
    report: Report,
    *,
    box_id: str,
    order_id: str,
    authorization: str | None,
    is_brief: bool,
    now: datetime,
) -> dict[str, Any]:
    """`GET /boxes/{box_id}/orders/{order_id}`: the order as recorded. Asking brings its next check forward."""
    view = identify_box(boxes, box_id=box_id, authorization=authorization)
    if view.needs_sign_of_life(now):
        boxes.record_sign_of_life(view.box.box_id, now)
    order = get_own_order(orders, view, order_id)
    if _wants_check(order, now):
        _bring_forward(orders, checks, report, order, now)
    return show_brief(order.order_id, order.state, order.expires_at) if is_brief else show_order(order)


def _wants_check(order: Order, now: datetime) -> bool:
    return (
        order.state in (State.READY, State.EXPIRED)
        and order.watch.check_at is not None
        and next_asked(order.watch, order.created_at, order.expires_at, now) <= now
        and earliest_check(order.watch, now, calls=order.watch.pages, hinted=False) <= now
    )


def _bring_forward(orders: Orders, checks: Checks, report: Report, order: Order, now: datetime) -> None:
    """Ask for a check, once however many ask; the box gets its answer even if this fails, for the sweep comes anyway."""
    try:
        orders.save_watch(order, replace(order, watch=replace(order.watch, queued_at=now)))
        checks.send(CheckMessage(order_id=order.order_id))
    except StaleVersionError:
        return
    except StorageError as error:
        report.note("check not brought forward", order_id=order.order_id, reason=str(error))
