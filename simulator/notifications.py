"""Hints to the merchant, in every dialect, repeated until acknowledged (protocol §3)."""

from __future__ import annotations

import asyncio
import secrets
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from simulator import exact_json, instants, outbound

if TYPE_CHECKING:
    from simulator.account import Account
    from simulator.merchant_orders import MerchantOrder
    from simulator.payments import Payment

ACKNOWLEDGED = (200, 201)
RESOURCE = "https://api.mercadolibre.com/merchant_orders"
AGENTS = {"ipn": "MercadoPago Feed v2.0", "webhook": "MercadoPago WebHook v1.0"}


@dataclass(frozen=True)
class Hint:
    """One notification: what is appended to the URL's query, and the body."""

    dialect: str
    query: dict[str, str]
    body: dict[str, Any]


def announce_merchant_order(account: Account, order: MerchantOrder, *, url: str | None = None) -> None:
    """Hint that a merchant order was opened or closed."""
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
    _send_all(account, url or order.notification_url, ipn, webhook)


def announce_payment(
    account: Account, order: MerchantOrder, payment: Payment, *, url: str | None = None
) -> None:
    """Hint that somebody tried to pay, or that a payment changed."""
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
    _send_all(account, url or order.notification_url, ipn, webhook)


def with_query(url: str, parameters: dict[str, str]) -> str:
    """Append parameters to a URL's query, keeping what is there; a fragment is not sent."""
    parts = urlsplit(url)
    added = urlencode(parameters)
    query = f"{parts.query}&{added}" if parse_qsl(parts.query, keep_blank_values=True) else added
    return parts._replace(query=query, fragment="").geturl()


def _send_all(account: Account, url: str | None, ipn: Hint, webhook: Hint) -> None:
    wanted = account.settings.notification_dialect
    hints = [hint for hint in (ipn, webhook) if wanted in (hint.dialect, "both")]
    for hint in hints if url else ():
        for _ in range(account.settings.notification_copies):
            account.errands.start(_deliver(account, str(url), hint))


async def _deliver(account: Account, url: str, hint: Hint) -> None:
    settings = account.settings
    for wait, seconds in zip(settings.notification_waits, settings.notification_timeouts, strict=True):
        await asyncio.sleep(wait * settings.notification_wait_scale)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": AGENTS[hint.dialect],
            "X-Request-Id": str(uuid.uuid4()),
            # QR notifications are not signed: what comes in this header does not verify (protocol §1).
            "X-Signature": f"ts={int(account.now().timestamp())},v1={secrets.token_hex(32)}",
        }
        call = outbound.Call(
            "POST", with_query(url, hint.query), headers, exact_json.render(hint.body).encode()
        )
        try:
            reply = await outbound.send(account.wire, call, seconds)
        except outbound.UnansweredError:
            continue
        if reply.status in ACKNOWLEDGED:
            return
