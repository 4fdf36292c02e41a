"""Mercado Pago hints that something changed: pass the hint on to whoever checks orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from caja.notifications import read_notification

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from caja.notifications import Notification


class QueuesMessage(Protocol):
    """Puts one message on the NotificationQueue, durably, or raises."""

    def __call__(self, message: Mapping[str, str | None], /) -> None:
        """Return only once the queue has it."""


def pass_on_notification(
    method: str, notification: Notification, *, queue: QueuesMessage, clock: Callable[[], datetime]
) -> None:
    """Queue what `notification` hints at; nothing for a GET (the panel's test) or for what cannot be read.

    Returns only once the hint is queued; whatever `queue` raises goes through, so that Mercado Pago repeats it.
    """
    if method != "POST":
        return
    message = read_notification(notification, clock())
    if message is not None:
        queue(message)
