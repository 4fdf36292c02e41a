"""Mercado Pago hints that something changed; 200 once the hint is queued, 503 only if the queue refuses."""

from __future__ import annotations

from typing import Any

from caja import failures, light
from caja.answers import Answer
from caja.notifications import Notification
from caja.usecases.notify import pass_on_notification

JSON = {"Content-Type": "application/json"}
ACKNOWLEDGED = Answer(200, JSON, "{}")
REPEAT_LATER = Answer(503, JSON, "{}")

light.prepare("sqs")


@failures.answering(on_failure=REPEAT_LATER)
def handler(event: dict[str, Any], _context: object) -> Answer:
    """Pass one notification on."""
    path = event.get("pathParameters") or {}
    notification = Notification(
        order_id=path.get("order_id"),
        key=path.get("key"),
        raw_query=event.get("rawQueryString", ""),
        body=event.get("body"),
        is_base64=event.get("isBase64Encoded", False),
    )
    method = event["requestContext"]["http"]["method"]
    pass_on_notification(method, notification, queue=light.queue_notification, clock=light.now)
    return ACKNOWLEDGED
