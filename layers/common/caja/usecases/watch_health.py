"""Remember whether Mercado Pago could be reached, writing little while all is well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caja.errors import (
    MercadoPagoError,
    MercadoPagoUnavailableError,
    PaymentsDownError,
    TokenRefusedError,
)

if TYPE_CHECKING:
    from datetime import datetime

    from caja.health import Health
    from caja.usecases.protocols import HealthRecord


def tell_health(record: HealthRecord, known: Health, error: MercadoPagoError | None, now: datetime) -> None:
    """Record what came of calls made at `now`; `known` is what was read before them. A refusal is an answer too."""
    if isinstance(error, TokenRefusedError):
        record.record("refused_at", now)
    elif isinstance(error, MercadoPagoUnavailableError):
        record.record("failed_at", now)
    elif known.wants_success(now):
        record.record("succeeded_at", now)


def refuse_when_down(record: HealthRecord, now: datetime) -> None:
    """Raise PaymentsDownError while nobody could see what is paid."""
    if record.read().is_down(now):
        raise PaymentsDownError
