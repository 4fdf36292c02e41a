"""One scenario that runs or has run: its steps, how it stands, how it failed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from simulator.scenarios import texts

RUNNING, DONE, FAILED = "running", "done", "failed"


class ScenarioFailedError(Exception):
    """A scenario cannot end well; ``text_key`` and ``facts`` say why."""

    def __init__(self, text_key: str, **facts: Any) -> None:
        super().__init__(texts.tell(text_key, facts))
        self.text_key = text_key
        self.facts = facts


@dataclass(frozen=True)
class Step:
    """One thing that happened; ``text`` is ``text_key`` with its facts, in English."""

    at: str
    text_key: str
    facts: dict[str, Any]
    text: str


@dataclass
class Run:
    """One scenario at one box; ``reason`` is the sentence of the step it failed with."""

    id: str
    name: str
    box: str
    state: str = RUNNING
    reason: str | None = None
    steps: list[Step] = field(default_factory=list)

    def note(self, at: str, text_key: str, facts: dict[str, Any]) -> None:
        """Add a step."""
        self.steps.append(Step(at, text_key, facts, texts.tell(text_key, facts)))

    def shown(self) -> dict[str, Any]:
        """Return it as JSON-ready values, of which nothing changes later."""
        return asdict(self)
