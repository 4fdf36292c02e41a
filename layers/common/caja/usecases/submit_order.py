"""A box says: my state; this is to be paid; never mind."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from caja import poll_answers
from caja.errors import (
    AlreadyPaidError,
    BoxBusyError,
    ConflictError,
    Flaw,
    InvalidRequestError,
    NotReplaceableError,
    StaleVersionError,
    StorageError,
    TicketReusedError,
)
from caja.instants import write_instant
from caja.money import decimals_flaw, show_amount
from caja.order_views import next_poll_ms, show_brief, show_order
from caja.orders import Order, State, new_watch, order_id_of
from caja.schemas import ReportState, SubmitOrder
from caja.transitions import cancel, replace_by
from caja.usecases.decide_anew import deciding_anew
from caja.usecases.identify_box import identify_box
from caja.usecases.own_order import get_own_order
from caja.usecases.watch_health import refuse_when_down

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from caja.boxes import Box, BoxView, Offer
    from caja.usecases.protocols import Boxes, HealthRecord, Orders

TTL = {"postpay": timedelta(hours=1), "prepay": timedelta(minutes=10)}
"""How long an order is offered unless the box says otherwise (design §4)."""


def report_state(
    boxes: Boxes,
    health: HealthRecord,
    *,
    box_id: str,
    authorization: str | None,
    read_body: Callable[[], Mapping[str, Any]],
    now: datetime,
) -> dict[str, Any]:
    """`PUT /boxes/{box_id}/state`: remember what the box does, tell it about its current order."""
    view = identify_box(boxes, box_id=box_id, authorization=authorization)
    state = ReportState.read(read_body()).state
    if view.needs_state(state, now):
        boxes.record_state(view.box.box_id, state, now)
    offer = view.offer
    return {
        "box_id": view.box.box_id,
        "state": state,
        "order": show_brief(offer.order_id, offer.state, offer.expires_at) if offer else None,
        "payments": "down" if health.read().is_down(now) else "up",
        "next_poll_ms": next_poll_ms(offer.state if offer else None),
        "server_time": write_instant(now),
    }


@deciding_anew
def submit_order(
    boxes: Boxes,
    orders: Orders,
    health: HealthRecord,
    *,
    box_id: str,
    authorization: str | None,
    read_body: Callable[[], Mapping[str, Any]],
    api_url: str,
    make_key: Callable[[], str],
    now: datetime,
) -> tuple[int, dict[str, Any]]:
    """`POST /boxes/{box_id}/orders`: offer an order at the box. (201, order), or (200, order) for a repeated ticket.

    `read_body` is called once the box is known to be who it says it is; `api_url`: where Mercado Pago reaches us;
    `make_key`: 128 random bits as URL-safe text.
    """
    view = identify_box(boxes, box_id=box_id, authorization=authorization)
    wanted = SubmitOrder.read(read_body())
    order = _make_order(view.box, wanted, notify_key=make_key(), now=now)
    known = orders.get(order.order_id)
    if known:
        answer = _replay(known, order, now)
    else:
        _refuse_flaws(wanted, order, view.box)
        refuse_when_down(health, now)
        _offer(orders, view, order, _render(order, api_url), now)
        answer = 201, show_order(order)
    if view.needs_state("idle", now):
        boxes.record_state(view.box.box_id, "idle", now)
    return answer


@deciding_anew
def cancel_order(
    boxes: Boxes, orders: Orders, *, box_id: str, order_id: str, authorization: str | None, now: datetime
) -> dict[str, Any]:
    """`DELETE /boxes/{box_id}/orders/{order_id}`: paid otherwise, or not owed."""
    view = identify_box(boxes, box_id=box_id, authorization=authorization)
    order = get_own_order(orders, view, order_id)
    try:
        after = cancel(order, now)
    except ConflictError as conflict:
        conflict.order = show_order(order)
        raise
    if after is not order:
        orders.apply(order, after, by="box", facts={})
    if view.needs_sign_of_life(now):
        boxes.record_sign_of_life(view.box.box_id, now)
    return show_order(after)


def _make_order(box: Box, wanted: SubmitOrder, *, notify_key: str, now: datetime) -> Order:
    items = tuple(item.as_item() for item in wanted.items)
    expires_at = now + (timedelta(seconds=wanted.ttl_seconds) if wanted.ttl_seconds else TTL[box.mode])
    return Order(
        order_id=order_id_of(box.box_uid, wanted.ticket),
        box_id=box.box_id,
        ticket=wanted.ticket,
        content_hash=wanted.content_hash(),
        number=wanted.number,
        mode=box.mode,
        dialect=box.dialect,
        currency=box.currency,
        collector_id=box.collector_id,
        release_seconds=box.release_seconds,
        report_seconds=box.report_seconds,
        title=wanted.title,
        description=wanted.description,
        items=items,
        total=sum((item.total for item in items), start=items[0].total * 0),
        notify_key=notify_key,
        state=State.READY,
        version=1,
        created_at=now,
        expires_at=expires_at,
        updated_at=now,
        replaces=wanted.replaces,
        watch=new_watch(now, expires_at),
    )


def _replay(known: Order, order: Order, now: datetime) -> tuple[int, dict[str, Any]]:
    if known.content_hash != order.content_hash or not known.is_replayable(now):
        raise TicketReusedError(
            order_id=known.order_id, state=known.state, created_at=write_instant(known.created_at)
        )
    return 200, {**show_order(known), "replayed": True}


def _refuse_flaws(wanted: SubmitOrder, order: Order, box: Box) -> None:
    """Raise InvalidRequestError for what only the box's currency and limit can judge."""
    flaws = [
        Flaw(f"items.{n}.unit_price", flaw)
        for n, item in enumerate(order.items)
        if (flaw := decimals_flaw(item.unit_price, order.currency))
    ]
    if wanted.total is not None and wanted.total != order.total:
        flaws.append(Flaw("total", f"The items sum up to {order.total}, not {wanted.total}."))
    if box.max_amount is not None and order.total > box.max_amount:
        limit = show_amount(box.max_amount, order.currency)
        flaws.append(Flaw("total", f"This box sells for at most {limit} {order.currency} at a time."))
    if flaws:
        raise InvalidRequestError("The order cannot be offered as it is.", flaws)


def _render(order: Order, api_url: str) -> str:
    """What polls are answered while the order is offered; rendered once, here."""
    return poll_answers.order_body(
        order.dialect,
        order_id=order.order_id,
        collector_id=order.collector_id,
        currency=order.currency,
        total=order.total,
        title=order.title,
        description=order.description,
        notification_url=f"{api_url}/notify/{order.order_id}/{order.notify_key}",
        items=order.items,
    )


def _offer(orders: Orders, view: BoxView, order: Order, poll_body: str, now: datetime) -> None:
    """Write the order; StaleVersionError when the order or the box's offer changed under us."""
    replaced = None
    if order.replaces:
        replaced = _replaced(orders, view, order, now)
    elif view.offer and view.offer.is_in_the_way(now):
        in_the_way = _in_the_way(orders, view.offer)
        if view.offer.state == State.PAID:
            raise AlreadyPaidError(
                "The box's order is paid: claim it, or let its time to claim pass.", in_the_way
            )
        raise BoxBusyError("The box is busy with another order.", in_the_way)
    if orders.submit(order, poll_body, replaced=replaced) != "done":
        raise StaleVersionError("The box's offer was written meanwhile.")


def _replaced(orders: Orders, view: BoxView, order: Order, now: datetime) -> tuple[Order, Order]:
    if view.offer is None or view.offer.order_id != order.replaces:
        raise NotReplaceableError(
            "`replaces` must name the box's current order.", _in_the_way(orders, view.offer)
        )
    before = orders.get(view.offer.order_id)
    if before is None:
        raise StorageError("The box's current order cannot be read; send the same request again.")
    try:
        return before, replace_by(before, order.order_id, now)
    except ConflictError as conflict:
        conflict.order = show_order(before)
        raise


def _in_the_way(orders: Orders, offer: Offer | None) -> dict[str, Any] | None:
    current = orders.get(offer.order_id) if offer else None
    return show_order(current) if current else None
