"""Whether we can see what is paid: what came of our calls to Mercado Pago; pure.

While we are blind, no new order is accepted (`payments_down`), checks do not call, and the sweep probes once a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

BLIND_AFTER = timedelta(minutes=2)
"""How long every call has failed when no order is accepted any more (design §4)."""

PROBE_EVERY = timedelta(seconds=45)
"""How old the last call that succeeded is when the sweep, once a minute, makes one of its own."""

WRITTEN_EVERY = timedelta(seconds=30)
"""How often a success is worth a write while all is well."""

FORGOTTEN_AFTER = timedelta(minutes=5)
"""A failure this old with nothing after it says that the sweep is dead, not that Mercado Pago is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The last calls to Mercado Pago, whoever made them. `refused_at`: it refused our token."""

    succeeded_at: datetime | None = None
    failed_at: datetime | None = None
    refused_at: datetime | None = None

    @property
    def last_failed_at(self) -> datetime | None:
        """When a call last failed, for whatever reason."""
        return max((at for at in (self.failed_at, self.refused_at) if at), default=None)

    def is_down(self, now: datetime) -> bool:
        """Whether every call of the last two minutes failed, or our token is refused."""
        since, failed_at = self.succeeded_at, self.last_failed_at
        if failed_at is None or now - failed_at > FORGOTTEN_AFTER or (since and failed_at <= since):
            return False
        if self.refused_at and (since is None or self.refused_at > since):
            return True
        return since is None or now - since >= BLIND_AFTER

    def wants_probe(self, now: datetime) -> bool:
        """Whether nobody has reached Mercado Pago for a while."""
        return self.succeeded_at is None or now - self.succeeded_at >= PROBE_EVERY

    def wants_success(self, now: datetime) -> bool:
        """Whether a call that succeeded at `now` is worth a write."""
        since, failed_at = self.succeeded_at, self.last_failed_at
        return since is None or now - since >= WRITTEN_EVERY or (failed_at is not None and failed_at > since)
