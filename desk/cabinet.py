"""A machine's cabinet: all that is still there when its power is gone, but for the journal's file that it names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from desk.box_api import BoxApi
    from desk.goods import Goods
    from simulator.country import Country

CUT_POINTS = ("sale", "sent", "paid", "cancel", "claim", "granted", "motor", "drop", "report", "reported")


class PowerLostError(Exception):
    """The power went at an armed point; whatever the machine knew is gone."""


@dataclass(frozen=True)
class Pace:
    """How fast a machine works; all in seconds.

    ``sign_of_life``: how often its state is repeated, half of what a prepay box may stay silent. ``first_repeat`` grows twofold
    up to ``last_repeat`` while the same request must be repeated. ``look_again`` grows twofold up to what ``next_poll_ms`` says.
    ``lingers``: how long the end of a sale is shown; ``remembers``: how long the orders of earlier sales are looked at.
    """

    sign_of_life: float = 25.0
    first_repeat: float = 1.0
    last_repeat: float = 30.0
    look_again: float = 2.0
    filling: float = 3.0
    tick: float = 0.2
    motor: float = 1.5
    lingers: float = 12.0
    remembers: float = 600.0


@dataclass
class Cabinet:
    """Who the machine is, what it is wired to, its switches and its stock.

    ``cut``: the point at which the power will go, once. ``turns``: how often the motor was started since it was put up.
    """

    box_id: str
    kind: str
    name: str
    qr: str
    country: Country
    goods: Goods
    api: BoxApi
    journal_path: Path
    changed: Callable[[], None]
    pace: Pace = field(default_factory=Pace)
    is_out_of_service: bool = False
    will_jam: bool = False
    cut: str | None = None
    left: dict[str, int] = field(default_factory=dict)
    turns: int = 0

    def pass_point(self, point: str) -> None:
        """Go on, unless the power goes here: ``PowerLostError``."""
        if self.cut == point:
            self.cut = None
            raise PowerLostError(point)
