"""The cases about notifications: each is acknowledged at once, and none is believed."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode, urlsplit

from verify.asker import ask
from verify.rules import ORDER
from verify.stage import NotPlayedError, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from verify.exchanges import Exchange

ACKNOWLEDGED = (200, 201)
UNKNOWN = 19_999_999_999
"""The id of no merchant order and no payment."""
RESOURCE = "https://api.mercadolibre.com/merchant_orders"


class Hint(NamedTuple):
    """One notification: what it is called in the report, the query it adds, its body, more headers."""

    name: str
    query: dict[str, str]
    body: dict[str, object]
    headers: dict[str, str]


def ipn(topic: str, number: int) -> Hint:
    """The older dialect: `topic` and `id` in the query."""
    resource = f"{RESOURCE}/{number}" if topic == "merchant_order" else str(number)
    return Hint(
        f"IPN {topic}", {"topic": topic, "id": str(number)}, {"resource": resource, "topic": topic}, {}
    )


def webhook_payment(number: int, status: str = "approved") -> Hint:
    """The newer dialect, about a payment; `status` is not documented there, and says what a forger would like."""
    body = {
        "id": number + 1,
        "type": "payment",
        "action": "payment.updated",
        "api_version": "v1",
        "live_mode": False,
        "data": {"id": str(number)},
        "status": status,
    }
    return Hint("webhook payment", {"data.id": str(number), "type": "payment"}, body, {})


def webhook_merchant_order(number: int, status: str = "closed") -> Hint:
    """The newer dialect, about a merchant order: the body's own id is the merchant order's."""
    kind = "topic_merchant_order_wh"
    body = {
        "id": str(number),
        "type": kind,
        "action": "update",
        "status": status,
        "live_mode": False,
        "data": {"currency_id": "ARS", "marketplace": "NONE"},
    }
    return Hint("webhook merchant order", {"data.id": str(number), "type": kind}, body, {})


BAD_SIGNATURE = {"X-Signature": "ts=1704908010,v1=0000", "X-Request-Id": "verify"}


def play_notifications(stage: Stage) -> None:
    """Every notification is acknowledged in time: both dialects, unknown ids, a bad signature, twice at once, GET."""
    url = _start(stage)
    hints = [
        ipn("merchant_order", UNKNOWN),
        ipn("payment", UNKNOWN),
        webhook_payment(UNKNOWN),
        webhook_merchant_order(UNKNOWN),
    ]
    signed = webhook_payment(UNKNOWN)._replace(name="webhook payment, bad signature", headers=BAD_SIGNATURE)
    for hint in [*hints, signed]:
        _check(stage, hint.name, _send(stage, url, hint))
    with ThreadPoolExecutor(3) as pool:
        doubled = list(pool.map(lambda _: _send(stage, url, hints[0]), range(3)))
    for exchange in doubled:
        _check(stage, "IPN merchant_order × 3", exchange)
    got = ask(_add(url, hints[1].query), stage.rules.pace.give_up)
    stage.notes.keep(got)
    if got.status not in ACKNOWLEDGED:
        stage.find("notification_get_refused", got, status=got.status or got.failure)


def play_forged(stage: Stage) -> None:
    """A forged notification says that it is paid: the order stays to be paid."""
    url = _start(stage)
    hints = [ipn("merchant_order", UNKNOWN), webhook_payment(UNKNOWN), webhook_merchant_order(UNKNOWN)]
    _send_all(stage, url, hints)
    if not _stays(stage, "forged_notification_believed") or not stage.mercadopago:
        return
    phone = stage.scan_amount()
    opened = phone.screen().merchant_order_id or UNKNOWN
    _send_all(stage, url, [webhook_merchant_order(opened), ipn("merchant_order", opened)])
    phone.abandon()
    if not _stays(stage, "forged_notification_believed"):
        return
    # A merchant order that is really paid, but of another sale.
    foreign = stage.mercadopago.forge_foreign_payment()
    _send_all(stage, url, [ipn("merchant_order", foreign), webhook_merchant_order(foreign)])
    _stays(stage, "foreign_payment_believed")


def _start(stage: Stage) -> str:
    """Have an order there, and return where its notifications go."""
    stage.need_mercadopago()
    offer = stage.offer().offer
    if offer is None or offer.notification_url is None:
        raise NotPlayedError("no_notification_url")
    return offer.notification_url


def _stays(stage: Stage, code: str) -> bool:
    after = stage.watch(ORDER)
    if after.kind != ORDER:
        stage.find(code, after, word=after.word)
    return after.kind == ORDER


def _send_all(stage: Stage, url: str, hints: Iterable[Hint]) -> None:
    for hint in hints:
        stage.notes.keep(_send(stage, url, hint))


def _send(stage: Stage, url: str, hint: Hint) -> Exchange:
    headers = {"Content-Type": "application/json", "User-Agent": "MercadoPago Feed v2.0", **hint.headers}
    body = json.dumps(hint.body).encode()
    return ask(_add(url, hint.query), stage.rules.pace.give_up, method="POST", headers=headers, body=body)


def _add(url: str, query: dict[str, str]) -> str:
    parts = urlsplit(url)
    return parts._replace(query="&".join(filter(None, (parts.query, urlencode(query)))), fragment="").geturl()


def _check(stage: Stage, name: str, exchange: Exchange) -> None:
    stage.notes.keep(exchange)
    if exchange.status is None:
        stage.find("notification_unanswered", exchange, what=name, why=exchange.why)
    elif exchange.status not in ACKNOWLEDGED:
        stage.find("notification_refused", exchange, what=name, status=exchange.status)
    elif exchange.took > stage.rules.pace.limit:
        stage.find(
            "notification_slow",
            exchange,
            what=name,
            seconds=f"{exchange.took:.1f}",
            limit=f"{stage.rules.pace.limit:g}",
        )
