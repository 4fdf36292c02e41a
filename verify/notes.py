"""What was seen in one case: its exchanges, each kept once, and its findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from verify.findings import Finding

if TYPE_CHECKING:
    from verify.exchanges import Exchange

MOST_EXCHANGES = 16


@dataclass
class Notes:
    """What was seen in one case: exchanges that differ from the one before, how often each came, findings by code."""

    exchanges: list[Exchange] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    findings: dict[str, Finding] = field(default_factory=dict)

    def keep(self, exchange: Exchange) -> int | None:
        """Keep an exchange and return its place; None when there are too many."""
        for place in range(len(self.exchanges) - 1, -1, -1):
            other = self.exchanges[place]
            if _alike(other, exchange):
                self.times[place] += 1
                return place
        if len(self.exchanges) >= MOST_EXCHANGES:
            return None
        self.exchanges.append(exchange)
        self.times.append(1)
        return len(self.exchanges) - 1

    def find(self, code: str, place: int | None, facts: dict[str, Any]) -> None:
        """Note a finding, or that it was seen once more."""
        if code in self.findings:
            self.findings[code].times += 1
        else:
            self.findings[code] = Finding(code, facts, place)


def _alike(one: Exchange, other: Exchange) -> bool:
    return (one.method, one.url, one.sent, one.status, one.body, one.failure) == (
        other.method,
        other.url,
        other.sent,
        other.status,
        other.body,
        other.failure,
    )
