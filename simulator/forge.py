"""Merchant orders of any shape, for tests of whoever reads them: wrong seller, currency, total, age, odd payments.

The body of a forgery: the fields of ``ORDER_FIELDS``, ``payments`` as a list of objects with those of ``PAYMENT_FIELDS``,
and in both ``raw``, an object that replaces top-level fields on the wire as they stand. All have sensible defaults:
an order of this seller, in its currency, closed and paid once in full. ``"payments": []`` makes an abandoned one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator import instants, merchant_orders
from simulator.errors import BAD_REQUEST, MisuseError
from simulator.exact_json import is_integer, is_number
from simulator.merchant_orders import MerchantOrder
from simulator.payments import Payment

if TYPE_CHECKING:
    from datetime import datetime

    from simulator.account import Account

ORDER_FIELDS = (
    "external_reference",
    "collector_id",
    "currency_id",
    "total_amount",
    "status",
    "order_status",
    "date_created",
    "notification_url",
    "payments",
    "raw",
)
PAYMENT_FIELDS = (
    "transaction_amount",
    "currency_id",
    "status",
    "status_detail",
    "amount_refunded",
    "date_created",
    "raw",
)


def forge(account: Account, body: dict[str, Any]) -> MerchantOrder:
    """Keep a forged merchant order and its payments; ``MisuseError`` names what cannot be read."""
    _only(body, ORDER_FIELDS)
    _texts(body, ("external_reference", "currency_id", "status", "order_status", "notification_url"))
    created_at = _instant(body, account.now())
    payments = body.get("payments", [{}])
    if not isinstance(payments, list) or not all(isinstance(item, dict) for item in payments):
        raise MisuseError("payments: a list of objects", BAD_REQUEST)
    order = MerchantOrder(
        id=account.next_id("merchant_order"),
        external_reference=body.get("external_reference"),
        collector_id=_integer(body, "collector_id", account.collector_id),
        sponsor_id=None,
        currency=body.get("currency_id", account.country.currency),
        total=_amount(body, "total_amount", Decimal(100)),
        title="Forged",
        items=[],
        notification_url=body.get("notification_url"),
        created_at=created_at,
        updated_at=created_at,
        status=body.get("status", "closed" if payments else "opened"),
        order_status=body.get("order_status"),
        raw=body.get("raw", {}),
    )
    order.items.append(
        {"title": order.title, "currency_id": order.currency, "quantity": 1, "unit_price": order.total}
    )
    order.payments.extend(_payment(account, order, item) for item in payments)
    merchant_orders.keep(account, order)
    return order


def _payment(account: Account, order: MerchantOrder, body: dict[str, Any]) -> Payment:
    _only(body, PAYMENT_FIELDS)
    _texts(body, ("currency_id", "status", "status_detail"))
    created_at = _instant(body, order.created_at)
    return Payment(
        id=account.next_id("payment"),
        merchant_order_id=order.id,
        external_reference=order.external_reference,
        collector_id=order.collector_id,
        currency=body.get("currency_id", order.currency),
        amount=_amount(body, "transaction_amount", order.total),
        status=body.get("status", "approved"),
        created_at=created_at,
        updated_at=created_at,
        status_detail=body.get("status_detail", ""),
        refunded=_amount(body, "amount_refunded", Decimal(0)),
        raw=body.get("raw", {}),
    )


def _only(body: dict[str, Any], known: tuple[str, ...]) -> None:
    unknown = sorted(set(body) - set(known))
    if unknown:
        raise MisuseError(f"{', '.join(unknown)}: not among {', '.join(known)}", BAD_REQUEST)
    if not isinstance(body.get("raw", {}), dict):
        raise MisuseError("raw: an object", BAD_REQUEST)


def _texts(body: dict[str, Any], names: tuple[str, ...]) -> None:
    wrong = [name for name in names if not isinstance(body.get(name, ""), str | None)]
    if wrong:
        raise MisuseError(f"{', '.join(wrong)}: a text, or null; anything else goes into raw", BAD_REQUEST)


def _amount(body: dict[str, Any], name: str, default: Decimal) -> Decimal:
    value = body.get(name, default)
    if not is_number(value):
        raise MisuseError(f"{name}: a number", BAD_REQUEST)
    return Decimal(value)


def _integer(body: dict[str, Any], name: str, default: int) -> int:
    value = body.get(name, default)
    if not is_integer(value):
        raise MisuseError(f"{name}: an integer", BAD_REQUEST)
    return int(value)


def _instant(body: dict[str, Any], default: datetime) -> datetime:
    try:
        return instants.read(body["date_created"]) if "date_created" in body else default
    except (TypeError, ValueError) as error:
        raise MisuseError("date_created: an ISO 8601 instant with its offset", BAD_REQUEST) from error
