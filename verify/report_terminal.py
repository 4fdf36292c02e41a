"""The run on a terminal: each case as it is played, what was found, and the bytes that show it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.padding import Padding
from rich.text import Text

from verify.findings import FAILURE
from verify.report import describe_finding, sum_up
from verify.run import FAILED, NOT_PLAYED, PASSED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console
    from rich.status import Status

    from verify.cases import Case
    from verify.exchanges import Exchange, Mask
    from verify.findings import Finding
    from verify.run import Result
    from verify.texts import Texts

MARKS = {PASSED: ("✓", "green"), FAILED: ("✗", "red"), NOT_PLAYED: ("–", "yellow")}
LINES = 14
"""So much of an answer is shown; all of it is in the page and the JSON."""
KEPT_HEADERS = (
    "content-type",
    "content-length",
    "order-version",
    "location",
    "content-encoding",
    "transfer-encoding",
)


class TerminalReport:
    """Listens to a run and tells it."""

    def __init__(self, console: Console, texts: Texts, mask: Mask) -> None:
        self._console, self._texts, self._mask = console, texts, mask
        self._told: set[str] = set()
        self._status: Status | None = None

    def begin(self, case: Case) -> None:
        """Show what is being played, until it has been."""
        title = self._texts.cases[case.id]["title"]
        self._status = self._console.status(f"{title} …")
        self._status.start()

    def pause(self) -> None:
        """Stop moving, so that a person can read and type."""
        if self._status:
            self._status.stop()

    def end(self, result: Result) -> None:
        """Tell what came of it."""
        self.pause()
        mark, style = MARKS[result.outcome]
        line = Text.assemble(
            (f"{mark} ", style),
            self._texts.cases[result.case.id]["title"],
            (f"  {result.seconds:.1f} {self._texts.word('seconds')}", "dim"),
        )
        self._console.print(line)
        if result.reason:
            self._say(self._texts.reason(result.reason, result.facts), "yellow", indent=2)
        for finding in result.notes.findings.values():
            self._tell(finding, result)

    def close(self, described: Mapping[str, Any]) -> None:
        """Sum up."""
        style = MARKS[described["outcome"]][1]
        counts = described["counts"]
        more = f" {self._texts.word('warnings')}: {counts['warnings']}." if counts["warnings"] else ""
        dialect = f"  {described['dialect']}" if described["dialect"] else ""
        self._console.print(
            Text.assemble("\n", (sum_up(described, self._texts), f"bold {style}"), more, (dialect, "dim"))
        )

    def _tell(self, finding: Finding, result: Result) -> None:
        told = describe_finding(finding, self._texts, self._mask)
        style = "red" if finding.severity == FAILURE else "yellow"
        times = f" ({self._texts.word('times', times=finding.times)})" if finding.times > 1 else ""
        self._console.print(Text.assemble("  ", (finding.code, f"bold {style}"), (times, "dim")))
        if finding.code in self._told:
            return
        self._told.add(finding.code)
        self._say(told["saw"])
        self._say(f"{self._texts.word('expected')}: {told['expected']}")
        self._say(f"{self._texts.word('todo')}: {told['todo']}")
        if finding.exchange is not None:
            self._show(result.notes.exchanges[finding.exchange])

    def _show(self, exchange: Exchange) -> None:
        kept = tuple(each for each in exchange.headers if each[0].lower() in KEPT_HEADERS)
        asked = self._mask.show_question(exchange)
        answered = self._mask.show_answer(replace(exchange, headers=kept)).splitlines()
        cut = [*answered[:LINES], "…"] if len(answered) > LINES else answered
        self._say("\n".join([asked, *cut]), "dim", indent=6)

    def _say(self, text: str, style: str = "", *, indent: int = 4) -> None:
        self._console.print(Padding(Text(text, style, overflow="fold"), (0, 0, 0, indent), expand=False))
