"""The messages on our queues; pure. `notifications` writes NotificationQueue's, which stay light."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from caja.instants import read_instant, write_instant

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckMessage:
    """One check to make. `merchant_order_id`: look at this one too. `is_hinted`: a notification is behind it.

    `check_at`: what the sweep moved the order's next check to; once that has moved on, the message is old.
    """

    order_id: str
    merchant_order_id: str | None = None
    is_hinted: bool = False
    check_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundMessage:
    """One payment to give back."""

    order_id: str
    payment_id: str


def write_check(message: CheckMessage) -> str:
    """A CheckQueue message."""
    written = asdict(message)
    if message.check_at:
        written["check_at"] = write_instant(message.check_at)
    else:
        del written["check_at"]
    return json.dumps(written, separators=(",", ":"))


def read_check(raw: dict[str, Any]) -> CheckMessage:
    """The CheckQueue message in a message's object; raises KeyError for what we never wrote."""
    return CheckMessage(
        order_id=raw["order_id"],
        merchant_order_id=raw.get("merchant_order_id"),
        is_hinted=raw.get("is_hinted", False),
        check_at=read_instant(raw["check_at"]) if raw.get("check_at") else None,
    )


def write_refund(message: RefundMessage) -> str:
    """A RefundQueue message."""
    return json.dumps(asdict(message), separators=(",", ":"))


def read_refund(raw: dict[str, Any]) -> RefundMessage:
    """The RefundQueue message in a message's object; raises KeyError for what we never wrote."""
    return RefundMessage(order_id=raw["order_id"], payment_id=raw["payment_id"])


def read_object(text: str) -> dict[str, Any]:
    """The JSON object in a message; raises ValueError when there is none."""
    raw = json.loads(text)
    if not isinstance(raw, dict):
        raise ValueError("a message is a JSON object")  # noqa: TRY004 - one error for all that is unreadable
    return raw
