"""The run: every case in turn, and what came of it."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import requests

from simulator.client import SimulatorError
from verify.cases_polls import UNREACHABLE
from verify.findings import FAILURE
from verify.notes import Notes
from verify.stage import NotPlayedError, StopError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verify.cases import Case
    from verify.stage import Stage

PASSED, FAILED, NOT_PLAYED = "passed", "failed", "not_played"


@dataclass
class Result:
    """What came of one case; ``reason`` and ``facts`` say why it was not played, or not to its end. Seconds."""

    case: Case
    outcome: str
    notes: Notes
    seconds: float
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Report:
    """One run: whom it asked, when, in which dialect it was answered, and the result of every case."""

    url: str
    began_at: datetime
    dialect: str | None
    collector_id: int | None
    country: str
    simulator_url: str | None
    results: list[Result]

    @property
    def outcome(self) -> str:
        """``failed`` if any case failed, else ``not_played`` if any was not played, else ``passed``."""
        seen = {result.outcome for result in self.results}
        return FAILED if FAILED in seen else NOT_PLAYED if NOT_PLAYED in seen or not seen else PASSED


class Listener(Protocol):
    """Hears of each case as it begins and ends."""

    def begin(self, case: Case) -> None:
        """A case begins."""

    def end(self, result: Result) -> None:
        """It has ended."""


def play(stage: Stage, cases: Sequence[Case], listener: Listener) -> Report:
    """Play the cases in turn; never raises for what the merchant does."""
    began_at, results = datetime.now(UTC), []
    unreachable = False
    for case in cases:
        listener.begin(case)
        stage.notes = Notes()
        if unreachable:
            result = Result(case, NOT_PLAYED, stage.notes, 0.0, "unreachable")
        else:
            result = _play_one(stage, case)
            unreachable = case.id == "reach" and any(code in result.notes.findings for code in UNREACHABLE)
        results.append(result)
        listener.end(result)
    if stage.sales and stage.driver.is_prompt:
        with contextlib.suppress(NotPlayedError):
            stage.do("idle")  # nobody is to pay what was only a test
    rules = stage.rules
    return Report(
        url=stage.url,
        began_at=began_at,
        dialect=rules.dialect,
        collector_id=rules.collector_id,
        country=rules.country.site,
        simulator_url=stage.mercadopago.url if stage.mercadopago else None,
        results=results,
    )


def _play_one(stage: Stage, case: Case) -> Result:
    began, reason, facts = time.monotonic(), "", {}
    try:
        case.play(stage)
    except NotPlayedError as error:
        reason, facts = error.reason, error.facts
    except StopError:
        pass  # its finding tells
    except (SimulatorError, requests.RequestException, TimeoutError) as error:
        reason, facts = "simulator_failed", {"why": str(error)}
    failed = any(finding.severity == FAILURE for finding in stage.notes.findings.values())
    outcome = FAILED if failed else NOT_PLAYED if reason else PASSED
    return Result(case, outcome, stage.notes, time.monotonic() - began, reason, facts)
