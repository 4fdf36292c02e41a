"""A prepay box says: releasing; delivered; failed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from caja.deadlines import kept_in_time
from caja.errors import ConflictError, ContradictionError
from caja.order_views import show_order
from caja.orders import Order, State
from caja.schemas import ClaimOrder, ReportDelivery
from caja.transitions import claim, report_delivery
from caja.usecases.decide_anew import deciding_anew
from caja.usecases.identify_box import identify_box
from caja.usecases.meet_deadlines import request_refunds
from caja.usecases.own_order import get_own_order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from caja.boxes import BoxView
    from caja.usecases.protocols import Boxes, Orders, RefundRequests, Report


@deciding_anew
def claim_order(
    boxes: Boxes,
    orders: Orders,
    report: Report,
    *,
    box_id: str,
    order_id: str,
    authorization: str | None,
    read_body: Callable[[], Mapping[str, Any]],
    now: datetime,
) -> dict[str, Any]:
    """`POST /boxes/{box_id}/orders/{order_id}/release`: only what is answered 200 may be released, and once.

    The same claim again is answered the same, with `replayed`: it proves nothing about the goods.
    """
    view = identify_box(boxes, box_id=box_id, authorization=authorization)
    nonce = ClaimOrder.read(read_body()).claim
    _record_sign_of_life(boxes, view, now)
    order = get_own_order(orders, view, order_id)
    try:
        after = claim(order, nonce, now)
    except ConflictError as conflict:
        conflict.order = show_order(order)
        raise
    if after is order:
        return {**show_order(order), "replayed": True}
    _write(orders, order, after, {}, now)
    report.note("order changed", order_id=after.order_id, state=after.state, box_id=after.box_id)
    return show_order(after)


@deciding_anew
def report_order(
    boxes: Boxes,
    orders: Orders,
    refund_requests: RefundRequests,
    report: Report,
    *,
    box_id: str,
    order_id: str,
    authorization: str | None,
    read_body: Callable[[], Mapping[str, Any]],
    now: datetime,
) -> dict[str, Any]:
    """`POST /boxes/{box_id}/orders/{order_id}/delivery`: what came of the release."""
    view = identify_box(boxes, box_id=box_id, authorization=authorization)
    said = ReportDelivery.read(read_body())
    _record_sign_of_life(boxes, view, now)
    order = get_own_order(orders, view, order_id)
    try:
        after = report_delivery(order, said.claim, said.result, now)
    except ConflictError as conflict:
        conflict.order = show_order(order)
        if isinstance(conflict, ContradictionError):
            report.alarm(
                "DeliveryContradiction",
                "a box reports what contradicts its order",
                order_id=order.order_id,
                box_id=order.box_id,
                state=order.state,
                result=said.result,
            )
        raise
    if after is order:
        return show_order(order)
    if after.state is State.REVIEW:
        report.alarm(
            "OrderInReview", "a person must decide about this order", order_id=after.order_id, why=after.doubt
        )
    facts = {"result": said.result} | ({"reason": said.reason} if said.reason else {})
    written = _write(orders, order, after, facts, now)
    report.note("order changed", order_id=after.order_id, state=after.state, box_id=after.box_id)
    request_refunds(refund_requests, report, written, now)
    return show_order(after)


def _record_sign_of_life(boxes: Boxes, view: BoxView, now: datetime) -> None:
    """First: should it fail, nothing has been granted yet."""
    if view.needs_sign_of_life(now):
        boxes.record_sign_of_life(view.box.box_id, now)


def _write(orders: Orders, before: Order, after: Order, facts: Mapping[str, Any], now: datetime) -> Order:
    after = kept_in_time(after, now)
    orders.apply(before, after, by="box", facts=facts)
    return replace(after, revision=before.revision + 1)
