"""Hints to the merchant, in every dialect (protocol §3): what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator import instants
from simulator.deliveries import Hint, send_all, with_query

if TYPE_CHECKING:
    from simulator.account import Account
    from simulator.merchant_orders import MerchantOrder
    from simulator.payments import Payment

__all__ = ["announce_merchant_order", "announce_payment", "with_query"]

RESOURCE = "https://api.mercadolibre.com/merchant_orders"


def announce_merchant_order(
    account: Account, order: MerchantOrder, *, url: str | None = None, dialect: str | None = None
) -> None:
    """Hint that a merchant order was opened or closed, in the account's dialect unless another is given."""
    number = str(order.id)
    first = order.status == "opened"
    ipn = Hint(
        "ipn",
        {"topic": "merchant_order", "id": number},
        {"resource": f"{RESOURCE}/{number}", "topic": "merchant_order"},
    )
    webhook = Hint(
        "webhook",
        {"data.id": number, "type": "topic_merchant_order_wh"},
        {
            "action": "create" if first else "update",
            "application_id": None,
            "data": {"currency_id": order.currency, "marketplace": "NONE"},
            "date_created": instants.show(account.now()),
            "id": number,
            "live_mode": False,
            "status": order.status,
            "type": "topic_merchant_order_wh",
            "user_id": account.collector_id,
            "version": 0 if first else 1,
        },
    )
    send_all(account, order, url or order.notification_url, (ipn, webhook), dialect)


def announce_payment(
    account: Account,
    order: MerchantOrder,
    payment: Payment,
    *,
    url: str | None = None,
    dialect: str | None = None,
) -> None:
    """Hint that somebody tried to pay, or that a payment changed, in the account's dialect unless another is given."""
    number = str(payment.id)
    ipn = Hint("ipn", {"topic": "payment", "id": number}, {"resource": number, "topic": "payment"})
    webhook = Hint(
        "webhook",
        {"data.id": number, "type": "payment"},
        {
            "action": "payment.created" if payment.updated_at == payment.created_at else "payment.updated",
            "api_version": "v1",
            "data": {"id": number},
            "date_created": instants.show(account.now()),
            "id": account.next_id("notification"),
            "live_mode": False,
            "type": "payment",
            "user_id": str(account.collector_id),
        },
    )
    send_all(account, order, url or order.notification_url, (ipn, webhook), dialect)
