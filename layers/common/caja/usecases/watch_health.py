"""Remember whether Mercado Pago could be reached, writing little while all is well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caja.errors import (
    CajaError,
    MercadoPagoUnavailableError,
    PaymentsDownError,
    StorageError,
    TokenRefusedError,
)

if TYPE_CHECKING:
    from datetime import datetime

    from caja.health import Health
    from caja.usecases.protocols import HealthRecord


def tell_health(record: HealthRecord, known: Health, error: CajaError | None, now: datetime) -> None:
    """Record what came of calls made at `now`; `known` is what was read before them.

    A StorageError is one of the access token, without which nothing is seen either. That one thing is not there, or not
    for us, says nothing about the others.
    """
    if isinstance(error, TokenRefusedError):
        record.record("refused_at", now)
    elif isinstance(error, (MercadoPagoUnavailableError, StorageError)):
        record.record("failed_at", now)
    elif error is None and known.wants_success(now):
        record.record("succeeded_at", now)


def refuse_when_down(record: HealthRecord, now: datetime) -> None:
    """Raise PaymentsDownError while nobody could see what is paid."""
    if record.read().is_down(now):
        raise PaymentsDownError
