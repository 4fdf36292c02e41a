"""Mercado Pago's merchant order, read leniently: what cannot be read is None, and None is never paid; pure.

Shapes: protocol §4. Amounts are Decimal in the payment's currency.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

_HELD_MONEY = {"approved", "in_mediation", "charged_back", "refunded"}
_UNDECIDED = {"pending", "authorized", "in_process", "in_mediation", "charged_back"}
_STATUSES = _HELD_MONEY | _UNDECIDED | {"rejected", "cancelled"}
"""All that protocol §4 names; another may be money, and is not taken for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment inside a merchant order, as Mercado Pago reports it; amounts in its `currency`."""

    payment_id: str
    status: str
    amount: Decimal
    refunded: Decimal
    currency: str
    approved_at: datetime | None

    @property
    def net(self) -> Decimal:
        """What it holds now: nothing unless approved, less what has been refunded."""
        return max(self.amount - self.refunded, Decimal(0)) if self.status == "approved" else Decimal(0)

    @property
    def ever_held_money(self) -> bool:
        """Whether the customer was charged at any time."""
        return self.status in _HELD_MONEY and self.amount > 0

    @property
    def is_undecided(self) -> bool:
        """Whether others have yet to say, or may say otherwise, if the customer is charged."""
        return self.status in _UNDECIDED


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantOrder:
    """Mercado Pago's aggregate for one scan; None where Mercado Pago said nothing readable.

    `is_whole`: every payment in it could be read; what could not is left out, and may be money.
    """

    merchant_order_id: str
    status: str
    external_reference: str
    collector_id: int | None
    total: Decimal | None
    created_at: datetime | None
    payments: tuple[Payment, ...]
    is_whole: bool = True

    @property
    def net(self) -> Decimal:
        """The money it holds now."""
        return sum((p.net for p in self.payments), Decimal(0))

    @property
    def ever_held_money(self) -> bool:
        """Whether a customer was charged in it at any time."""
        return any(p.ever_held_money for p in self.payments)

    @property
    def is_readable(self) -> bool:
        """Whether all of it could be read: whose it is, what it is for and every payment."""
        return self.is_whole and self.collector_id is not None and self.external_reference != ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it: it is over, and by money it shows if it is closed, and no payment is undecided."""
        has_ended = self.status == "expired" or (self.status == "closed" and self.ever_held_money)
        return has_ended and not any(p.is_undecided for p in self.payments)

    @property
    def first_approved_at(self) -> datetime | None:
        """When its first money arrived."""
        return min((p.approved_at for p in self.payments if p.net and p.approved_at), default=None)


def read_merchant_order(raw: object) -> MerchantOrder | None:
    """The merchant order in one JSON object (numbers as int or Decimal), or None when it has no usable id."""
    if not isinstance(raw, Mapping) or (merchant_order_id := read_id(raw.get("id"))) is None:
        return None
    collector, listed = raw.get("collector"), raw.get("payments")
    payments = [_payment(each) for each in listed] if isinstance(listed, list) else []
    return MerchantOrder(
        merchant_order_id=merchant_order_id,
        status=_text(raw.get("status")),
        external_reference=_text(raw.get("external_reference")),
        collector_id=_number(collector.get("id")) if isinstance(collector, Mapping) else None,
        total=read_amount(raw.get("total_amount")),
        created_at=_instant(raw.get("date_created")),
        # Each payment once, however often it is listed: money is not counted twice.
        payments=tuple({p.payment_id: p for p in payments if p}.values()),
        is_whole=None not in payments and (listed is None or isinstance(listed, list)),
    )


def _payment(raw: object) -> Payment | None:
    """The payment, or None when it cannot be told which it is, what became of it, or how much it holds."""
    if not isinstance(raw, Mapping) or (payment_id := read_id(raw.get("id"))) is None:
        return None
    status, amount = _text(raw.get("status")), read_amount(raw.get("transaction_amount"))
    refunded = read_amount(raw.get("amount_refunded") or 0)
    if status not in _STATUSES or not amount or refunded is None:
        return None  # a payment of nothing is none that could be read, either
    return Payment(
        payment_id=payment_id,
        status=status,
        amount=amount,
        refunded=refunded,
        currency=_text(raw.get("currency_id")),
        approved_at=_instant(raw.get("date_approved")),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def read_id(value: Any) -> str | None:
    """The id in `value`, a whole number or its text of at most 20 digits; None if there is none."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)
    return text if re.fullmatch(r"[0-9]{1,20}", text, re.ASCII) else None


def _number(value: Any) -> int | None:
    text = read_id(value)
    return int(text) if text else None


def read_amount(value: Any) -> Decimal | None:
    """The amount in `value`, zero or more; None if there is none."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None


def _instant(value: Any) -> datetime | None:
    """The instant in UTC, to the millisecond: as it is written, so that what was recorded is found unchanged."""
    try:
        at = datetime.fromisoformat(_text(value))
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
