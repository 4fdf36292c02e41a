"""The messages on our queues, as text; pure. The light side writes NotificationQueue's, `notifications` has their shape."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from caja.usecases.protocols import CheckMessage


def write_check(message: CheckMessage) -> str:
    """A CheckQueue message."""
    return json.dumps(asdict(message), separators=(",", ":"))


def read_check(text: str) -> CheckMessage:
    """The CheckQueue message in `text`; raises ValueError or KeyError for what we never wrote."""
    raw = read_object(text)
    return CheckMessage(
        order_id=str(raw["order_id"]),
        merchant_order_id=raw.get("merchant_order_id"),
        is_hinted=bool(raw.get("is_hinted", False)),
    )


def read_object(text: str) -> dict[str, Any]:
    """The JSON object in `text`; raises ValueError when there is none."""
    raw = json.loads(text)
    if not isinstance(raw, dict):
        raise ValueError("a message is a JSON object")  # noqa: TRY004 - one error for all that is unreadable
    return raw
