"""Every minute: send out the checks that are due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caja.messages import CheckMessage
from caja.watch import RESEND_AFTER

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from caja.usecases.protocols import Checks, Orders

MOST_PER_RUN = 3_000
"""What one run sends at most; the next run, a minute later, goes on where this one stopped."""


def reconcile(orders: Orders, checks: Checks, *, now: datetime, has_time: Callable[[], bool]) -> int:
    """Send a check for every order that is due one; the number sent.

    Each is moved two minutes on before it is sent: a message lost is sent again, two sweeps at once send one.
    `has_time`: whether the run may go on.
    """
    sent = 0
    for order_id, due_at in orders.due(now):
        if sent >= MOST_PER_RUN or not has_time():
            break
        if orders.claim_due(order_id, due_at, now + RESEND_AFTER):
            checks.send(CheckMessage(order_id=order_id))
            sent += 1
    return sent
