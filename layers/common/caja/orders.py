"""What an order is: its lines, its payments, its states; pure.

`transitions` says how it goes from one state to the next, `settlement` what Mercado Pago's merchant orders make of
it, `watch` and `deadlines` when to look at it again.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from caja.watch import Watch, watch_from

if TYPE_CHECKING:
    from collections.abc import Mapping

ORDER_ID = re.compile(r"[A-Z2-7]{26}", re.ASCII)

REPLAY_WINDOW = timedelta(minutes=10)
"""How long after its order left the box a ticket may be repeated (design §4)."""


DISPUTED = ("in_mediation", "charged_back")
"""What Mercado Pago calls a payment about whose money others decide; they may decide for the seller yet."""


class State(StrEnum):
    """The life of an order (design §4)."""

    READY = "ready"
    PAID = "paid"
    RELEASING = "releasing"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REPLACED = "replaced"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    REVIEW = "review"


class Doubt(StrEnum):
    """Why an order is in review."""

    MONEY = "money"
    """Approved money that is neither a payment nor excess."""
    UNCOVERED = "uncovered"
    """The kept money no longer covers the total, and nothing was released."""
    SILENCE = "silence"
    """The box claimed and never reported."""
    UNKNOWN = "unknown"
    """The box reported that it does not know whether it delivered."""
    REFUND = "refund"
    """The money could not be given back."""


class Role(StrEnum):
    """What an approved payment is to its order."""

    KEPT = "kept"
    EXCESS = "excess"
    DOUBT = "doubt"


class Refund(StrEnum):
    """How far the return of a payment is."""

    NONE = "none"
    DUE = "due"
    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"


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
class RefundAttempt:
    """One attempt to give a payment back; every call of it carries `key`, which is kept for ever (protocol §5).

    `amount` None: all of it. `outcome` None until Mercado Pago has answered; then its word, or `refused`.
    """

    key: str
    amount: Decimal | None
    at: datetime
    refund_id: str | None = None
    outcome: str | None = None

    @property
    def moved_nothing(self) -> bool:
        """Whether Mercado Pago said so, for good."""
        return self.outcome in ("refused", "rejected", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPayment:
    """One payment that ever held money, as the ledger keeps it; `status` is Mercado Pago's.

    `owed_at`: when it was found to be owed back; `refund_at`: when to see to it next, None for never.
    """

    payment_id: str
    merchant_order_id: str
    amount: Decimal
    refunded: Decimal
    status: str
    approved_at: datetime | None
    role: Role
    refund: Refund
    owed_at: datetime | None = None
    refund_at: datetime | None = None
    attempts: tuple[RefundAttempt, ...] = ()

    @property
    def net(self) -> Decimal:
        """What it holds now, as far as is known."""
        return max(self.amount - self.refunded, Decimal(0)) if self.status == "approved" else Decimal(0)

    @property
    def is_disputed(self) -> bool:
        """Whether others decide about its money, as far as is known."""
        return self.status in DISPUTED and self.refund is not Refund.DONE


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
    release_seconds: int = 120
    report_seconds: int = 180
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
    release_by: datetime | None = None
    claim: str | None = None
    report_by: datetime | None = None
    report: str | None = None
    refunding_at: datetime | None = None
    doubt: Doubt | None = None
    replaces: str | None = None
    replaced_by: str | None = None
    kept_merchant_order_id: str | None = None
    payments: tuple[RecordedPayment, ...] = ()
    watch: Watch

    @property
    def is_prepay(self) -> bool:
        """Whether the goods come after the money."""
        return self.mode == "prepay"

    @property
    def payable_until(self) -> datetime:
        """Until when a payment that is found settles a prepay order; later it is excess."""
        return self.expires_at + timedelta(seconds=self.release_seconds)

    def is_expired(self, now: datetime) -> bool:
        """Whether the order can no longer be offered by the clock, whatever has been recorded."""
        return now >= self.expires_at

    def is_replayable(self, now: datetime) -> bool:
        """Whether its ticket may still be repeated: it is at the box, or left it at most 10 minutes ago."""
        left_at = self.ended_at or (self.expires_at if self.is_expired(now) else None)
        return left_at is None or now - left_at <= REPLAY_WINDOW

    def owes(self, payment: RecordedPayment) -> bool:
        """Whether the payment is to be given back."""
        if payment.role is Role.KEPT:
            return self.state in (State.REFUNDING, State.REFUNDED)
        return payment.role is Role.EXCESS

    def is_refund_due(self, payment: RecordedPayment, now: datetime) -> bool:
        """Whether it is time to see to the return of the payment."""
        match payment.refund:
            case Refund.DUE | Refund.REFUSED:
                waits = self.owes(payment)
            case Refund.PENDING:
                waits = True
            case Refund.NONE | Refund.DONE:  # pragma: no branch - mypy proves that there is no other
                waits = False
        return waits and payment.refund_at is not None and payment.refund_at <= now

    @property
    def paid_amount(self) -> Decimal:
        """What the kept payments brought."""
        return sum((p.amount for p in self.payments if p.role is Role.KEPT), Decimal(0))

    @property
    def refunded_amount(self) -> Decimal:
        """What has been given back of any payment."""
        return sum((p.refunded for p in self.payments), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One recorded change of an order; `from_state` None at its submit."""

    version: int
    at: datetime
    by: str
    from_state: str | None
    to_state: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An order in a list, without its payments; `needs`: what a person is to look at, if anything."""

    order: Order
    needs: str | None


def order_id_of(box_uid: bytes, ticket: str) -> str:
    """The id an order has for ever: 26 base32 characters of sha256(box_uid ‖ 0x00 ‖ ticket).

    `box_uid` is random and new at every provisioning, so no two stacks, boxes or re-provisionings share one.
    """
    digest = hashlib.sha256(box_uid + b"\x00" + ticket.encode()).digest()
    return base64.b32encode(digest)[:26].decode()


def new_watch(created_at: datetime, expires_at: datetime) -> Watch:
    """The watch an order starts under."""
    return watch_from(created_at, expires_at)
