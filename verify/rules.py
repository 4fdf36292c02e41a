"""What an answer is measured by: the country, the seller, the dialect, the times; and the words of protocol §2."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from simulator.country import Country

ORDER, IN_PROCESS, NOTHING, INVALID, TIMEOUT, WRONG = (
    "order",
    "in_process",
    "nothing",
    "invalid",
    "timeout",
    "wrong",
)
"""What an answer means, whatever the dialect."""

WORDS = {
    "v1": {"in_process": IN_PROCESS, "unavailable": NOTHING, "invalid": INVALID, "timeout": TIMEOUT},
    "v2": {"in_process": IN_PROCESS, "notihing_to_pay": NOTHING, "Waiting_for_order": NOTHING},
}
"""The words of each dialect, spelt as Mercado Pago spells them; v2 says ``invalid`` and ``timeout`` as v1 does."""

SPELT_RIGHT = "nothing_to_pay"
"""Mercado Pago's own documents misspell it, in three languages: who spells it right is not understood."""

LONGEST_URL = 300
LONGEST_REFERENCE = 256
SAFE_REFERENCE = 64
LONGEST_NOTIFICATION_URL = 500


class Flaw(NamedTuple):
    """Something wrong with one answer: the code of a finding, and what its sentences need to know."""

    code: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class Pace:
    """Times, in seconds.

    ``patience`` for what somebody has to do or to notice, ``quiet`` to see that nothing changes, ``interval`` between polls;
    an answer after ``slow`` is worth a warning, after ``limit`` a failure, and after ``give_up`` waited for no more.
    """

    patience: float = 120.0
    quiet: float = 5.0
    interval: float = 0.5
    slow: float = 2.0
    limit: float = 5.0
    give_up: float = 10.0


@dataclass(frozen=True)
class Rules:
    """What is known of the merchant; None where it is not, and then not checked."""

    country: Country
    dialect: str | None = None
    collector_id: int | None = None
    is_deployed: bool = False
    secrets: tuple[str, ...] = ()
    pace: Pace = field(default_factory=Pace)


def is_on_this_machine(url: str) -> bool:
    """Whether a URL leads to this machine or a private network, where https and a public name are not to be had."""
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.rpartition(".")[2] in ("localhost", "local", "internal", "test", "lan")
