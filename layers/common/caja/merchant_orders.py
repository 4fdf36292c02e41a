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
        return self.status in _HELD_MONEY


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantOrder:
    """Mercado Pago's aggregate for one scan; None where Mercado Pago said nothing readable."""

    merchant_order_id: str
    status: str
    external_reference: str
    collector_id: int | None
    total: Decimal | None
    created_at: datetime | None
    payments: tuple[Payment, ...]

    @property
    def net(self) -> Decimal:
        """The money it holds now."""
        return sum((p.net for p in self.payments), Decimal(0))

    @property
    def first_approved_at(self) -> datetime | None:
        """When its first money arrived."""
        return min((p.approved_at for p in self.payments if p.net and p.approved_at), default=None)


def read_merchant_order(raw: object) -> MerchantOrder | None:
    """The merchant order in one JSON object (numbers as int or Decimal), or None when it has no usable id."""
    if not isinstance(raw, Mapping) or (merchant_order_id := _id(raw.get("id"))) is None:
        return None
    collector = raw.get("collector")
    payments = raw.get("payments")
    return MerchantOrder(
        merchant_order_id=merchant_order_id,
        status=_text(raw.get("status")),
        external_reference=_text(raw.get("external_reference")),
        collector_id=_number(collector.get("id")) if isinstance(collector, Mapping) else None,
        total=_amount(raw.get("total_amount")),
        created_at=_instant(raw.get("date_created")),
        payments=_payments(payments) if isinstance(payments, list) else (),
    )


def _payments(raw: list[object]) -> tuple[Payment, ...]:
    """Each payment once, however often it is listed: money is not counted twice."""
    return tuple({p.payment_id: p for each in raw if (p := _payment(each))}.values())


def _payment(raw: object) -> Payment | None:
    if not isinstance(raw, Mapping) or (payment_id := _id(raw.get("id"))) is None:
        return None
    return Payment(
        payment_id=payment_id,
        status=_text(raw.get("status")),
        amount=_amount(raw.get("transaction_amount")) or Decimal(0),
        refunded=_amount(raw.get("amount_refunded")) or Decimal(0),
        currency=_text(raw.get("currency_id")),
        approved_at=_instant(raw.get("date_approved")),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _id(value: Any) -> str | None:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)
    return text if re.fullmatch(r"[0-9]{1,20}", text, re.ASCII) else None


def _number(value: Any) -> int | None:
    text = _id(value)
    return int(text) if text else None


def _amount(value: Any) -> Decimal | None:
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
