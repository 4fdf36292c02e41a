"""Every minute: which orders are due a check? (design §4, Checks)."""

from __future__ import annotations

from typing import Any

from caja import wiring
from caja.usecases.reconcile import probe, reconcile

SPARE_MS = 5_000
"""Time left for the last message; what is not sent is due again next minute."""

wiring.prepare(wiring.health, wiring.due_orders, wiring.sqs, wiring.merchant_orders)


def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Find out whether we can see, then send a check for every order that is due one."""
    probe(wiring.merchant_orders(), wiring.health(), wiring.report(), wiring.now())
    sent = reconcile(
        wiring.due_orders(),
        wiring.checks(),
        now=wiring.now(),
        has_time=lambda: context.get_remaining_time_in_millis() > SPARE_MS,
    )
    return {"sent": sent}
