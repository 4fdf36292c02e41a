"""The messages on our queues; pure. `notifications` writes NotificationQueue's, which stay light."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckMessage:
    """One check to make. `merchant_order_id`: look at this one too. `is_hinted`: a notification is behind it."""

    order_id: str
    merchant_order_id: str | None = None
    is_hinted: bool = False


def write_check(message: CheckMessage) -> str:
    """A CheckQueue message."""
    return json.dumps(asdict(message), separators=(",", ":"))


def read_check(raw: dict[str, Any]) -> CheckMessage:
    """The CheckQueue message in a message's object; raises KeyError for what we never wrote."""
    return CheckMessage(
        order_id=raw["order_id"],
        merchant_order_id=raw.get("merchant_order_id"),
        is_hinted=raw.get("is_hinted", False),
    )


def read_object(text: str) -> dict[str, Any]:
    """The JSON object in a message; raises ValueError when there is none."""
    raw = json.loads(text)
    if not isinstance(raw, dict):
        raise ValueError("a message is a JSON object")  # noqa: TRY004 - one error for all that is unreadable
    return raw
