"""What the run says, in English, Spanish and Portuguese: the data is in ``sentences/``, one file a language."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verify.findings import Finding

LANGUAGES = ("en", "es", "pt")
DATA = Path(__file__).with_name("sentences")


class Told(NamedTuple):
    """A finding in three sentences: what was seen, what is expected, what to do."""

    saw: str
    expected: str
    todo: str


@dataclass(frozen=True)
class Texts:
    """One language."""

    language: str
    cases: Mapping[str, Mapping[str, str]]
    sources: Mapping[str, str]
    findings: Mapping[str, list[str]]
    reasons: Mapping[str, str]
    asks: Mapping[str, str]
    hows: Mapping[str, str]
    words: Mapping[str, str]

    def tell(self, finding: Finding) -> Told:
        """A finding in words."""
        facts = dict(finding.facts)
        if "how" in facts:
            facts["how"] = self.hows[facts["how"]]
        return Told(*(sentence.format_map(facts) for sentence in self.findings[finding.code]))

    def reason(self, code: str, facts: Mapping[str, Any]) -> str:
        """Why a case was not played."""
        return self.reasons[code].format_map(facts)

    def word(self, name: str, **facts: Any) -> str:
        """A word or a sentence of the reports."""
        return self.words[name].format_map(facts)


def load(language: str) -> Texts:
    """Read one language of ``LANGUAGES``."""
    return Texts(**json.loads((DATA / f"{language}.json").read_text(encoding="utf-8")))


def choose_language(environment: Mapping[str, str]) -> str:
    """The language of the locale, by the variables POSIX names in their order; English unless it is one of the others."""
    locale = next(
        (environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), ""
    )
    return locale[:2].lower() if locale[:2].lower() in LANGUAGES else "en"
