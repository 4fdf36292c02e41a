"""What the operator is told: lines in the log, metrics in CloudWatch's embedded format."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from caja.orders import State
from caja.report import LambdaReport
from caja.web import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch) -> LambdaReport:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "caja")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "check_order")
    return LambdaReport()


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """The lines in the log so far."""
    log = StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    return lambda: [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_note_is_one_line_with_its_facts(report: LambdaReport, logged: Lines) -> None:
    report.note("dropped", order_id="A", state=State.PAID, reason=None)
    [line] = logged()
    assert (line["level"], line["message"], line["order_id"]) == ("INFO", "dropped", "A")
    assert line["state"] == "paid"
    assert "reason" not in line


def test_an_alarm_is_one_line_and_one_count_whatever_function_told_it(
    report: LambdaReport, logged: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    report.alarm("CheckFailed", "check failed", order_id="A", failures=2)
    [line] = logged()
    assert (line["level"], line["message"], line["alarm"]) == ("ERROR", "check failed", "CheckFailed")
    assert (line["order_id"], line["failures"]) == ("A", 2)
    [metric] = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    [declared] = metric["_aws"]["CloudWatchMetrics"]
    assert (declared["Namespace"], declared["Dimensions"]) == ("caja", [["service"]])
    assert [each["Name"] for each in declared["Metrics"]] == ["CheckFailed"]
    assert (metric["CheckFailed"], metric["service"]) == ([1.0], "caja")
    assert "order_id" not in metric


def test_each_alarm_counts_once(report: LambdaReport, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        report.alarm("OrderInReview", "a person decides")
    assert capsys.readouterr().out.count("CloudWatchMetrics") == 3
