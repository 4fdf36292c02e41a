"""Which order and which merchant order a notification is about; pure.

A notification cannot be authenticated (protocol §1, fact 3), so it is only a hint: the path of the URL names the
order and carries its key, query and body may add the id of a merchant order. Whatever cannot be read adds nothing.
Nothing that was received is ever fetched.
"""

from __future__ import annotations

import binascii
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

from caja.instants import write_instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

MAX_BODY = 16_384
"""Characters of a body that are looked at; a notification has a few hundred."""

_ORDER_ID = re.compile(r"[A-Z0-9]{1,64}")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DIGITS = re.compile(r"[0-9]{1,20}")
_RESOURCE_URL = re.compile(r"/(merchant_order|payment)s?/([0-9]+)\Z")


class Notification(NamedTuple):
    """One notification as it arrived: where it was sent, its query and its body, none of them to be trusted."""

    order_id: str | None
    key: str | None
    raw_query: str
    body: str | None
    is_base64: bool


class Resource(NamedTuple):
    """What a notification is about: `topic` is `merchant_order` or `payment`, `id` at most 20 digits."""

    topic: str
    id: str


def read_notification(notification: Notification, received_at: datetime) -> dict[str, str | None] | None:
    """The message for the NotificationQueue, or None when the notification is about nothing of ours.

    With an order in the path: `order_id`, `key`, `merchant_order_id` (or None), `received_at`. Without one (the
    panel's webhooks): `topic`, `resource_id`, `received_at`.
    """
    resources = _read_resources(notification)
    at = write_instant(received_at)
    order_id, key = notification.order_id, notification.key
    if order_id is None and key is None:
        named = next(resources, None)
        return named and {"topic": named.topic, "resource_id": named.id, "received_at": at}
    if not (_ORDER_ID.fullmatch(order_id or "") and _KEY.fullmatch(key or "")):
        return None
    merchant_order_id = next((r.id for r in resources if r.topic == "merchant_order"), None)
    return {"order_id": order_id, "key": key, "merchant_order_id": merchant_order_id, "received_at": at}


def _read_resources(notification: Notification) -> Iterator[Resource]:
    """What the notification names, the query's word before the body's (protocol §3)."""
    query = _read_query(notification.raw_query)
    query_topic = _topic_of(query.get("topic"), query.get("type"))
    yield from _named(query_topic, query.get("data.id"), query.get("id"))

    body = _read_body(notification)
    topic = _topic_of(body.get("topic"), body.get("type")) or query_topic
    resource = body.get("resource")
    if isinstance(resource, str) and "/" in resource:
        # A URL says itself what it is about; only its digits are ever used.
        if match := _RESOURCE_URL.search(resource):
            yield from _named(*match.groups())
    else:
        yield from _named(topic, resource)
    data = body.get("data")
    yield from _named(topic, data.get("id") if isinstance(data, dict) else None)
    if topic == "merchant_order":
        # Of a webhook about a payment this is the notification's own id.
        yield from _named(topic, body.get("id"))


def _topic_of(*words: Any) -> str | None:
    """The topic that `words` agree on, or None; `topic_merchant_order_wh` is a merchant order."""
    topics = {
        "merchant_order" if "merchant_order" in word else "payment" if "payment" in word else None
        for word in words
        if isinstance(word, str)
    }
    return topics.pop() if len(topics) == 1 else None


def _named(topic: str | None, *ids: Any) -> Iterator[Resource]:
    for given in ids:
        text = str(given) if isinstance(given, int) else given
        if topic and isinstance(text, str) and _DIGITS.fullmatch(text):
            yield Resource(topic, text)


def _read_query(raw_query: str) -> dict[str, str]:
    """The query's parameters without those that are given twice with different values: they say nothing."""
    parameters: dict[str, str] = {}
    contradicted = set()
    for name, value in parse_qsl(raw_query):
        if parameters.setdefault(name, value) != value:
            contradicted.add(name)
    return {name: value for name, value in parameters.items() if name not in contradicted}


def _read_body(notification: Notification) -> dict[str, Any]:
    """The body as a JSON object; empty when it is absent, too long, or anything else."""
    body = notification.body or ""
    try:
        if len(body) > MAX_BODY * 4 // 3 + 4:
            return {}
        text = binascii.a2b_base64(body) if notification.is_base64 else body
        parsed = json.loads(text) if len(text) <= MAX_BODY else None
    except (ValueError, RecursionError):  # not base64, not UTF-8, not JSON, nested without end
        return {}
    return parsed if isinstance(parsed, dict) else {}
