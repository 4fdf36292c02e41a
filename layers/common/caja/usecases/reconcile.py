"""Every minute: send out the checks that are due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caja.errors import MercadoPagoError, StorageError, TokenRefusedError
from caja.messages import CheckMessage
from caja.usecases.watch_health import tell_health
from caja.watch import RESEND_AFTER

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from caja.usecases.protocols import Checks, HealthRecord, MerchantOrders, Orders, Report

NO_ORDER = "CAJAPROBE"
"""A reference no order has: a search for it costs Mercado Pago nothing and says whether it answers us."""

MOST_PER_RUN = 3_000
"""What one run sends at most; the next run, a minute later, goes on where this one stopped."""


def reconcile(orders: Orders, checks: Checks, *, now: datetime, has_time: Callable[[], bool]) -> int:
    """Send a check for every order that is due one; the number sent.

    Each is moved two minutes on before it is sent: a message lost is sent again, two sweeps at once send one.
    `has_time`: whether the run may go on.
    """
    sent = 0
    until = now + RESEND_AFTER
    for order_id, due_at in orders.due(now):
        if sent >= MOST_PER_RUN or not has_time():
            break
        if orders.claim_due(order_id, due_at, until):
            checks.send(CheckMessage(order_id=order_id, check_at=until))
            sent += 1
    return sent


def probe(merchant_orders: MerchantOrders, health: HealthRecord, report: Report, now: datetime) -> None:
    """Find out whether Mercado Pago can be reached, if nobody has reached it for a minute; so `payments_down` lifts itself."""
    try:
        _probe(merchant_orders, health, report, now)
    except StorageError as error:
        # Deadlines do not wait for this: the sweep goes on.
        report.note("Mercado Pago not probed", reason=str(error))


def _probe(merchant_orders: MerchantOrders, health: HealthRecord, report: Report, now: datetime) -> None:
    known = health.read()
    if known.wants_probe(now):
        error: MercadoPagoError | StorageError | None = None
        try:
            merchant_orders.search(NO_ORDER, 0)
        except (MercadoPagoError, StorageError) as failure:
            error = failure
            report.note("Mercado Pago does not answer", reason=str(failure))
        if isinstance(error, TokenRefusedError):
            report.alarm("TokenRefused", "Mercado Pago refuses the access token", reason=str(error))
        tell_health(health, known, error, now)
        known = health.read()
    if known.is_down(now):
        report.alarm("PaymentsDown", "Mercado Pago cannot be reached: no new order is accepted")
