"""The operator looks at orders, has one given back, decides about one in review."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from caja.deadlines import kept_in_time
from caja.decisions import refund_by_operator, resolve
from caja.errors import ConflictError, Flaw, InvalidRequestError, NotFoundError, NotPaidError
from caja.manage_schemas import (
    DOUBTS,
    RefundOrder,
    ResolveOrder,
    read_wanted,
    show_listed,
    show_managed,
)
from caja.messages import CheckMessage
from caja.order_views import show_order
from caja.orders import ORDER_ID, Listed, Order, State
from caja.provision_schemas import write_cursor
from caja.usecases.decide_anew import deciding_anew
from caja.usecases.follow_sale import refuse_paid_twice, wake_earlier
from caja.usecases.meet_deadlines import request_refunds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from caja.usecases.manage_protocols import Ledger
    from caja.usecases.protocols import Checks, RefundRequests, Report


SEEN_JUST_NOW = timedelta(minutes=5)
"""How old the last look at an order's money may be for its box to be told to release."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What an operator decides with. `who`: the IAM ARN behind the request."""

    ledger: Ledger
    checks: Checks
    refund_requests: RefundRequests
    report: Report
    who: str
    now: datetime


@deciding_anew
def refund_order(desk: Desk, order_id: str, *, read_body: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """`POST /admin/orders/{order_id}/refund`: have it given back."""
    wanted = RefundOrder.read(read_body())
    order = _get(desk.ledger, order_id)
    with _showing(order):
        after = refund_by_operator(order, wanted.payment_id, desk.now)
    return _write(desk, order, after, wanted.reason)


@deciding_anew
def resolve_order(desk: Desk, order_id: str, *, read_body: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """`POST /admin/orders/{order_id}/resolve`: decide about an order in review."""
    wanted = ResolveOrder.read(read_body())
    order = _get(desk.ledger, order_id)
    to = State(wanted.state)
    keeps = to in (State.PAID, State.DELIVERED)
    kept = _kept(order, wanted.merchant_order_id) if keeps else None
    with _showing(order):
        after = resolve(order, to, kept, desk.now)
        if keeps:
            refuse_paid_twice(desk.ledger, order)
        if to is State.PAID and order.is_prepay:
            _refuse_unseen(desk, order)
    if keeps:
        # Before the write: they come out after it, and what fails here is simply asked for again.
        wake_earlier(desk.ledger, desk.checks, order)
    return _write(desk, order, after, wanted.reason)


def _refuse_unseen(desk: Desk, order: Order) -> None:
    """Raise NotPaidError, and have the order looked at, unless its money was seen just now: its box is about to release."""
    seen_at = order.watch.searched_at
    if seen_at is None or desk.now - seen_at > SEEN_JUST_NOW:
        desk.checks.send(CheckMessage(order_id=order.order_id, is_hinted=True))
        raise NotPaidError(
            "Its money may have left since it was last looked at, and its box would release. It is being looked at now: "
            "send the same decision again in half a minute."
        )


@contextmanager
def _showing(order: Order) -> Iterator[None]:
    """Have a refusal show the order it is about, unless it shows another that is in the way."""
    try:
        yield
    except ConflictError as conflict:
        conflict.order = conflict.order or show_order(order)
        raise


def _write(desk: Desk, order: Order, decided: Order, reason: str) -> dict[str, Any]:
    """Record what was decided, by whom and why."""
    after = kept_in_time(decided, desk.now)
    desk.ledger.apply(order, after, by=f"operator {desk.who}", facts={"reason": reason})
    desk.report.note("operator decided", order_id=order.order_id, state=after.state, who=desk.who)
    written = replace(after, revision=order.revision + 1)
    request_refunds(desk.refund_requests, desk.report, written, desk.now)
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
