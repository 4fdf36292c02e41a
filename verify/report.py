"""A run as plain values, in one language and without secrets: what ``--json`` writes and the page is made of.

The shape is stable; fields may be added. ``format`` is 1::

    {"format": 1, "url": text, "began_at": ISO 8601, "dialect": "v1" | "v2" | null, "country": "mla", "collector_id": int | null,
     "simulator_url": text | null, "outcome": "passed" | "failed" | "not_played", "language": "en" | "es" | "pt",
     "counts": {"cases", "passed", "failed", "not_played", "warnings": int},
     "cases": [{"id", "title", "source", "source_title", "does", "expects": text,
                "outcome": "passed" | "failed" | "not_played", "seconds": number,
                "reason_code", "reason": text | null,
                "findings": [{"code": text, "severity": "failure" | "warning", "times": int,
                              "saw", "expected", "todo": text, "facts": {name: text | number},
                              "exchange": place in exchanges | null}],
                "exchanges": [{"at": ISO 8601, "method", "url", "sent": text, "status": int | null,
                               "headers": [[name, value]], "body": text, "took_ms": int, "failure": text | null,
                               "times": int}]}]}

``outcome`` of the run is ``failed`` if any case failed, else ``not_played`` if any was not played. A body is text, its
unprintable bytes as backslash escapes, cut after 1,500 bytes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from verify.exchanges import SHOWN_BYTES, decode
from verify.findings import WARNING
from verify.run import FAILED, NOT_PLAYED, PASSED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verify.exchanges import Exchange, Mask
    from verify.findings import Finding
    from verify.run import Report, Result
    from verify.texts import Texts

FORMAT = 1


def describe(report: Report, texts: Texts, mask: Mask) -> dict[str, Any]:
    """The run in the shape above."""
    cases = [_describe_case(result, texts, mask) for result in report.results]
    outcomes = [each["outcome"] for each in cases]
    found = [finding for each in cases for finding in each["findings"]]
    return {
        "format": FORMAT,
        "url": mask.hide(report.url),
        "began_at": report.began_at.isoformat(timespec="seconds"),
        "dialect": report.dialect,
        "country": report.country,
        "collector_id": report.collector_id,
        "simulator_url": report.simulator_url,
        "outcome": report.outcome,
        "language": texts.language,
        "counts": {
            "cases": len(cases),
            **{outcome: outcomes.count(outcome) for outcome in (PASSED, FAILED, NOT_PLAYED)},
            "warnings": len({each["code"] for each in found if each["severity"] == WARNING}),
        },
        "cases": cases,
    }


def sum_up(described: Mapping[str, Any], texts: Texts) -> str:
    """The run in one sentence."""
    counts = described["counts"]
    if counts["failed"]:
        return texts.word("some_failed", failed=counts["failed"], count=counts["cases"])
    if counts["not_played"]:
        return texts.word(
            "some_not_played",
            passed=counts["passed"],
            count=counts["cases"],
            not_played=counts["not_played"],
        )
    return texts.word("all_passed", count=counts["cases"])


def describe_finding(finding: Finding, texts: Texts, mask: Mask) -> dict[str, Any]:
    """One finding in the shape above."""
    told = texts.tell(finding)
    return {
        "code": finding.code,
        "severity": finding.severity,
        "times": finding.times,
        "saw": mask.hide(told.saw),
        "expected": mask.hide(told.expected),
        "todo": mask.hide(told.todo),
        "facts": {name: _plain(value, mask) for name, value in finding.facts.items()},
        "exchange": finding.exchange,
    }


def _describe_case(result: Result, texts: Texts, mask: Mask) -> dict[str, Any]:
    case, notes = result.case, result.notes
    return {
        "id": case.id,
        **texts.cases[case.id],
        "source": case.source,
        "source_title": texts.sources[case.source],
        "outcome": result.outcome,
        "seconds": round(result.seconds, 2),
        "reason_code": result.reason or None,
        "reason": mask.hide(texts.reason(result.reason, result.facts)) if result.reason else None,
        "findings": [describe_finding(finding, texts, mask) for finding in notes.findings.values()],
        "exchanges": [
            _describe_exchange(exchange, times, mask)
            for exchange, times in zip(notes.exchanges, notes.times, strict=True)
        ],
    }


def _describe_exchange(exchange: Exchange, times: int, mask: Mask) -> dict[str, Any]:
    return {
        "at": exchange.at.isoformat(timespec="milliseconds"),
        "method": exchange.method,
        "url": mask.hide(exchange.url),
        "sent": mask.hide(decode(exchange.sent)),
        "status": exchange.status,
        "headers": [[name, mask.hide(value)] for name, value in exchange.headers],
        "body": mask.hide(decode(exchange.body[:SHOWN_BYTES])),
        "took_ms": round(exchange.took * 1000),
        "failure": f"{exchange.failure}: {exchange.why}" if exchange.failure else None,
        "times": max(times, 1),
    }


def _plain(value: Any, mask: Mask) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    return mask.hide(str(value) if isinstance(value, Decimal) else f"{value}")
