"""The catch-all: its answer, its one error line, its metric, and what none of them shows."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import pytest

from caja.answers import Answer
from caja.failures import answering
from caja.light import AwsRefusedError, SettingMissingError

SORRY = Answer(400, {"Content-Type": "application/json"}, '{"error":{}}')
SECRET = "fake-secret-in-a-message"


class Context:
    aws_request_id = "11111111-2222-3333-4444-555555555555"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "poll")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "caja")


def fail_with(error: Exception, *, metric: str | None = None) -> dict[str, Any]:
    @answering(SORRY, metric=metric)
    def handler(_event: dict[str, Any], _context: object) -> NoReturn:
        raise error

    return handler({"rawQueryString": SECRET}, Context())


def test_an_answer_goes_out_as_lambda_wants_it_and_nothing_is_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    @answering(SORRY, metric="PollFailed")
    def handler(_event: dict[str, Any], _context: object) -> Answer:
        return Answer(200, {"order-version": "2"}, "súper")

    assert handler({}, None) == {"statusCode": 200, "headers": {"order-version": "2"}, "body": "súper"}
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "error", [KeyError("item"), RecursionError(), MemoryError(), OSError(), ValueError()]
)
def test_whatever_fails_is_answered(error: Exception) -> None:
    assert fail_with(error) == {"statusCode": 400, "headers": SORRY.headers, "body": SORRY.body}


def test_a_failure_is_told_in_one_error_line_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    fail_with(AwsRefusedError("DynamoDB_20120810.Query", 400, "AccessDeniedException"), metric="PollFailed")
    told, counted = map(json.loads, capsys.readouterr().out.splitlines())
    assert told["level"] == "ERROR"
    assert told["timestamp"].endswith("Z")
    assert told["service"] == "poll"
    assert told["function_request_id"] == Context.aws_request_id
    assert told["exception_name"] == "AwsRefusedError"
    assert told["exception"] == "DynamoDB_20120810.Query was refused: 400 AccessDeniedException"
    assert told["stack_trace"][-1].endswith(" handler")

    [directive] = counted["_aws"]["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "caja",
        "Dimensions": [["service"]],
        "Metrics": [{"Name": "PollFailed", "Unit": "Count"}],
    }
    assert (counted["service"], counted["PollFailed"]) == ("poll", 1)
    assert counted["_aws"]["Timestamp"] > 1_700_000_000_000


def test_a_failure_without_a_metric_is_only_told(capsys: pytest.CaptureFixture[str]) -> None:
    fail_with(SettingMissingError("BOXES_TABLE is not set"))
    [told] = capsys.readouterr().out.splitlines()
    assert json.loads(told)["exception"] == "BOXES_TABLE is not set"


def test_the_words_of_a_strange_error_and_the_event_are_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    error = RuntimeError(SECRET)
    error.__cause__ = ValueError(SECRET)
    fail_with(error, metric="PollFailed")
    out = capsys.readouterr().out
    assert SECRET not in out
    assert '"exception_name": "RuntimeError"' in out


def test_a_call_without_lambdas_context_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    @answering(SORRY)
    def handler(_event: dict[str, Any], _context: object) -> NoReturn:
        raise KeyError

    handler({}, None)
    assert "function_request_id" not in json.loads(capsys.readouterr().out)
