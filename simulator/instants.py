"""Instants as Mercado Pago writes them: milliseconds and the offset of its offices, four hours behind UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

OFFICE = timezone(timedelta(hours=-4))


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def show(instant: datetime | None) -> str | None:
    """Write an aware instant as ``2026-11-24T04:09:38.123-04:00``."""
    return instant.astimezone(OFFICE).isoformat(timespec="milliseconds") if instant else None


def read(text: str) -> datetime:
    """Read an ISO 8601 instant with its offset; ``ValueError`` for anything else."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return instant.astimezone(UTC)
