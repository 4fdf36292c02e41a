"""How an instant is written: `2026-11-24T08:09:38.123Z`, UTC, fixed width, so that texts sort like the instants; pure."""

from __future__ import annotations

from datetime import UTC, datetime


def write_instant(at: datetime) -> str:
    """The instant as text, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_instant(text: str) -> datetime:
    """The instant in `text`; raises ValueError when there is none."""
    return datetime.fromisoformat(text).astimezone(UTC)
