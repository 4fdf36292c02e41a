"""What an order is, its states and how it goes from one to the next; pure.

Every transition is a function from one order to the next; it raises when the state does not allow it, and never
goes back. `settlement` decides what Mercado Pago's merchant orders make of an order, `watch` when to ask again.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from caja.errors import AlreadyPaidError, InReviewError, NotReplaceableError
from caja.watch import Watch, watch_from, watch_left

REPLAY_WINDOW = timedelta(minutes=10)
"""How long after its order left the box a ticket may be repeated (design §4)."""


class State(StrEnum):
    """The life of an order; the postpay half of design §4's table."""

    READY = "ready"
    PAID = "paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    REVIEW = "review"


class Role(StrEnum):
    """What an approved payment is to its order."""

    KEPT = "kept"
    EXCESS = "excess"
    DOUBT = "doubt"


class Refund(StrEnum):
    """How far the return of a payment is."""

    NONE = "none"
    DUE = "due"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of an order; `unit_price` in units of the order's currency."""

    title: str
    quantity: int
    unit_price: Decimal
    description: str | None = None
    sku: str | None = None
    category: str | None = None
    unit_measure: str | None = None

    @property
    def total(self) -> Decimal:
        """Quantity times unit price."""
        return self.quantity * self.unit_price


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPayment:
    """One payment that ever held money, as the ledger keeps it; `status` is Mercado Pago's."""

    payment_id: str
    merchant_order_id: str
    amount: Decimal
    refunded: Decimal
    status: str
    approved_at: datetime | None
    role: Role
    refund: Refund


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a box wants paid, with everything that decides about it copied from the box at submit.

    `version` counts what the box can see; `revision` counts every write, and is what a write is conditional on.
    """

    order_id: str
    box_id: str
    ticket: str
    content_hash: str
    number: str | None
    mode: str
    dialect: str
    currency: str
    collector_id: int
    title: str | None
    description: str | None
    items: tuple[Item, ...]
    total: Decimal
    notify_key: str
    state: State
    version: int
    revision: int = 0
    created_at: datetime
    expires_at: datetime
    updated_at: datetime
    ended_at: datetime | None = None
    paid_at: datetime | None = None
    replaces: str | None = None
    replaced_by: str | None = None
    kept_merchant_order_id: str | None = None
    payments: tuple[RecordedPayment, ...] = ()
    watch: Watch

    def is_expired(self, now: datetime) -> bool:
        """Whether the order can no longer be offered by the clock, whatever has been recorded."""
        return now >= self.expires_at

    def is_replayable(self, now: datetime) -> bool:
        """Whether its ticket may still be repeated: it is at the box, or left it at most 10 minutes ago."""
        left_at = self.ended_at or (self.expires_at if self.is_expired(now) else None)
        return left_at is None or now - left_at <= REPLAY_WINDOW

    @property
    def paid_amount(self) -> Decimal:
        """What the kept payments brought."""
        return sum((p.amount for p in self.payments if p.role is Role.KEPT), Decimal(0))

    @property
    def refunded_amount(self) -> Decimal:
        """What has been given back of any payment."""
        return sum((p.refunded for p in self.payments), Decimal(0))


def order_id_of(box_uid: bytes, ticket: str) -> str:
    """The id an order has for ever: 26 base32 characters of sha256(box_uid ‖ 0x00 ‖ ticket).

    `box_uid` is random and new at every provisioning, so no two stacks, boxes or re-provisionings share one.
    """
    digest = hashlib.sha256(box_uid + b"\x00" + ticket.encode()).digest()
    return base64.b32encode(digest)[:26].decode()


def new_watch(created_at: datetime, expires_at: datetime) -> Watch:
    """The watch an order starts under."""
    return watch_from(created_at, expires_at)


def cancel(order: Order, now: datetime) -> Order:
    """The order after its box said: paid otherwise, or not owed. An order that has already ended stays as it is.

    Raises AlreadyPaidError when it is paid, InReviewError when a person has to decide.
    """
    match order.state:
        case State.READY | State.EXPIRED:
            return _leave(order, State.CANCELLED, now)
        case State.CANCELLED | State.REPLACED:
            return order
        case State.REVIEW:
            raise InReviewError("The money of this order is in doubt; a person has to decide about it first.")
        case State.PAID:  # pragma: no branch - mypy proves that there is no other
            raise AlreadyPaidError("This order has been paid; it can only be refunded.")


def replace_by(order: Order, successor_id: str, now: datetime) -> Order:
    """The order after its box submitted `successor_id` in its place."""
    if order.state is State.PAID:
        raise AlreadyPaidError("The order in `replaces` has been paid.")
    if order.state not in (State.READY, State.EXPIRED):
        raise NotReplaceableError(
            f"The order in `replaces` is {order.state}; submit again without `replaces`."
        )
    return replace(_leave(order, State.REPLACED, now), replaced_by=successor_id)


def expire(order: Order, now: datetime) -> Order:
    """The order after its time passed and a complete search found no money for it."""
    return _leave(order, State.EXPIRED, now, ended_at=order.expires_at)


def pay(order: Order, merchant_order_id: str, now: datetime) -> Order:
    """The order settled by `merchant_order_id`, the one it keeps."""
    paid = _leave(order, State.PAID, now)
    return replace(paid, paid_at=now, kept_merchant_order_id=merchant_order_id)


def send_to_review(order: Order, now: datetime) -> Order:
    """The order when its money is neither a payment nor excess: a person decides."""
    return _leave(order, State.REVIEW, now)


def _leave(order: Order, state: State, now: datetime, *, ended_at: datetime | None = None) -> Order:
    """The order in `state`, no longer offered; the first time it leaves the box starts the watch over what was shown."""
    left_at = order.ended_at or ended_at or min(now, order.expires_at)
    watch = order.watch if order.ended_at else watch_left(order.watch, left_at, now)
    return replace(
        order, state=state, version=order.version + 1, updated_at=now, ended_at=left_at, watch=watch
    )
