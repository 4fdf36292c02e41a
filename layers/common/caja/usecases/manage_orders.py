"""The operator looks at orders, has one given back, decides about one in review."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from caja.deadlines import kept_in_time
from caja.decisions import refund_by_operator, resolve
from caja.errors import ConflictError, Flaw, InvalidRequestError, NotFoundError
from caja.manage_schemas import (
    DOUBTS,
    RefundOrder,
    ResolveOrder,
    read_wanted,
    show_listed,
    show_managed,
)
from caja.orders import Listed, Order, State
from caja.provision_schemas import write_cursor
from caja.schemas import ORDER_ID, show_order
from caja.usecases.decide_anew import deciding_anew
from caja.usecases.meet_deadlines import request_refunds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from caja.usecases.manage_protocols import Ledger
    from caja.usecases.protocols import RefundRequests, Report


def list_orders(ledger: Ledger, query: Mapping[str, str]) -> dict[str, Any]:
    """`GET /admin/orders`: a box's orders, newest first; without a box, what a person has to look at."""
    wanted = read_wanted(query)
    kind, at, order_id = wanted.after or ("", "", "")
    after = (at, order_id) if order_id else None
    if wanted.box_id:
        listing = ledger.of_box(wanted.box_id, wanted.state, wanted.since, wanted.until, after)
        return _page(listing.items, f"|{listing.last}" if listing.last else None)
    kinds = (wanted.state,) if wanted.state else DOUBTS
    if wanted.after and kind not in kinds:
        raise InvalidRequestError("There is no such page.", [Flaw("cursor", "Send it with the same query.")])
    kind = kind or kinds[0]
    listing = ledger.in_doubt(kind, wanted.since, wanted.until, after)
    if listing.last:
        return _page(listing.items, f"{kind}|{listing.last}")
    rest = kinds[kinds.index(kind) + 1 :]
    return _page(listing.items, f"{rest[0]}||" if rest else None)


def get_managed_order(ledger: Ledger, order_id: str) -> dict[str, Any]:
    """`GET /admin/orders/{order_id}`: the order with everything recorded of it."""
    order = _get(ledger, order_id)
    return show_managed(order, ledger.events(order.order_id))


@deciding_anew
def refund_order(
    ledger: Ledger,
    refund_requests: RefundRequests,
    report: Report,
    *,
    order_id: str,
    read_body: Callable[[], Mapping[str, Any]],
    who: str,
    now: datetime,
) -> dict[str, Any]:
    """`POST /admin/orders/{order_id}/refund`: have it given back. `who`: the IAM ARN behind the request."""
    wanted = RefundOrder.read(read_body())
    order = _get(ledger, order_id)
    return _decide(
        ledger,
        refund_requests,
        report,
        order,
        lambda: refund_by_operator(order, wanted.payment_id, now),
        who=who,
        reason=wanted.reason,
        now=now,
    )


@deciding_anew
def resolve_order(
    ledger: Ledger,
    refund_requests: RefundRequests,
    report: Report,
    *,
    order_id: str,
    read_body: Callable[[], Mapping[str, Any]],
    who: str,
    now: datetime,
) -> dict[str, Any]:
    """`POST /admin/orders/{order_id}/resolve`: decide about an order in review. `who`: the IAM ARN behind the request."""
    wanted = ResolveOrder.read(read_body())
    order = _get(ledger, order_id)
    to = State(wanted.state)
    kept = _kept(order, wanted.merchant_order_id) if to in (State.PAID, State.DELIVERED) else None
    return _decide(
        ledger,
        refund_requests,
        report,
        order,
        lambda: resolve(order, to, kept, now),
        who=who,
        reason=wanted.reason,
        now=now,
    )


def _decide(
    ledger: Ledger,
    refund_requests: RefundRequests,
    report: Report,
    order: Order,
    change: Callable[[], Order],
    *,
    who: str,
    reason: str,
    now: datetime,
) -> dict[str, Any]:
    try:
        after = kept_in_time(change(), now)
    except ConflictError as conflict:
        conflict.order = show_order(order)
        raise
    ledger.apply(order, after, by=f"operator {who}", facts={"reason": reason})
    report.note("operator decided", order_id=order.order_id, state=after.state, who=who)
    request_refunds(refund_requests, report, replace(after, revision=order.revision + 1), now)
    return show_order(after)


def _kept(order: Order, named: str | None) -> str | None:
    """The merchant order whose money the order keeps; the operator names it where there are several."""
    kept = order.kept_merchant_order_id
    candidates = [kept] if kept else sorted({p.merchant_order_id for p in order.payments})
    if named in candidates or (named is None and not candidates):
        return named
    if named is None and len(candidates) == 1:
        return candidates[0]
    flaw = Flaw(
        "merchant_order_id", f"Name the one whose money is kept: {', '.join(candidates) or 'there is none'}."
    )
    raise InvalidRequestError("It is not clear which money the order keeps.", [flaw])


def _get(ledger: Ledger, order_id: str) -> Order:
    order = ledger.get(order_id.upper()) if ORDER_ID.fullmatch(order_id.upper()) else None
    if order is None:
        raise NotFoundError("order", order_id[:64])
    return order


def _page(listed: tuple[Listed, ...], cursor: str | None) -> dict[str, Any]:
    return {"orders": [show_listed(each) for each in listed], "next_cursor": write_cursor(cursor)}
