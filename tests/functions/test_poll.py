"""The poll function, from API Gateway's event to Mercado Pago's answer, over the template's own tables."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from caja.instants import write_instant
from caja.light import now
from functions.poll.app import handler
from tests.aws import TEMPLATE
from tests.builders import POLL_QUERY, api_event, box_item, ready_item, seen_item

if TYPE_CHECKING:
    from tests.aws import AwsStandIn


def ask(query: str = POLL_QUERY) -> tuple[int, dict[str, Any]]:
    answer = handler(api_event("GET", "/poll", query=query), None)
    assert answer["headers"]["Content-Type"] == "application/json"
    return answer["statusCode"], json.loads(answer["body"])


def put(aws: AwsStandIn, *items: dict[str, Any]) -> None:
    dynamodb = aws.clients["DynamoDB_20120810"]
    for item in items:
        typed = {
            name: {"N": str(value)} if isinstance(value, int) else {"S": value}
            for name, value in item.items()
        }
        dynamodb.put_item(TableName="BoxesTable", Item=typed)


def in_seconds(seconds: float) -> str:
    return write_instant(now() + timedelta(seconds=seconds))


def offered(**changes: Any) -> dict[str, Any]:
    return ready_item(expires_at=in_seconds(600), **changes)


PROFILE = {"box_id": "CAJA0001", "item": "profile", "name": "Surtidor 1"}


def test_a_ready_order_is_served_as_stored_by_one_strongly_consistent_query_and_no_write(
    aws: AwsStandIn,
) -> None:
    ready = offered(dialect="v2")
    put(aws, box_item(dialect="v2"), ready, seen_item(), PROFILE)
    for _ in range(3):
        answer = handler(api_event("GET", "/poll", query=POLL_QUERY), None)
        assert answer["statusCode"] == 200
        assert answer["body"] == ready["body"]
        assert answer["headers"]["order-version"] == "2"
    assert [call.operation for call in aws.calls] == ["Query"] * 3
    assert all(call.request["ConsistentRead"] for call in aws.calls)


def test_a_poll_does_not_read_the_boxs_profile(aws: AwsStandIn) -> None:
    put(aws, box_item(), offered(), seen_item(), PROFILE)
    ask()
    read = aws.clients["DynamoDB_20120810"].query(**aws.calls[0].request)
    assert [item["item"]["S"] for item in read["Items"]] == ["BOX", "READY", "SEEN"]


def test_a_box_is_found_whatever_the_case_of_its_name(aws: AwsStandIn) -> None:
    put(aws, box_item(), offered())
    assert ask(POLL_QUERY.replace("CAJA", "caja"))[0] == 200


def test_unknown_box_wrong_branch_wrong_key_and_malformed_polls_get_the_same_bytes(aws: AwsStandIn) -> None:
    put(aws, box_item(), offered(), seen_item(state="out_of_service"))
    put(aws, box_item(box_id="GONE", retired_at=in_seconds(-1)))
    queries = [
        POLL_QUERY.replace("CAJA0001", "CAJA0002"),
        POLL_QUERY.replace("CAJA0001", "GONE"),
        POLL_QUERY.replace("STORE001", "STORE002"),
        POLL_QUERY + "x",
        POLL_QUERY + "&key=again",
        POLL_QUERY.replace("CAJA0001", "STORE%23STORE001"),
        "",
    ]
    answers = [handler(api_event("GET", "/poll", query=query), None) for query in queries]
    assert all(answer == answers[0] for answer in answers)
    assert (answers[0]["statusCode"], json.loads(answers[0]["body"])["error"]["type"]) == (400, "invalid")


def test_an_expired_order_is_not_offered_though_it_is_still_stored(aws: AwsStandIn) -> None:
    put(aws, box_item(), ready_item(expires_at=in_seconds(-1)))
    assert ask()[1]["error"]["type"] == "unavailable"


def test_a_box_that_prepares_says_so(aws: AwsStandIn) -> None:
    put(aws, box_item(), seen_item(state="preparing", state_at=in_seconds(-5)))
    assert ask()[1]["error"]["type"] == "in_process"


@pytest.mark.parametrize(
    "refusals",
    [
        [(503, "ServiceUnavailable")] * 2,
        [(400, "ThrottlingException")] * 2,
        [(400, "ResourceNotFoundException")],
        [(403, "AccessDeniedException")],
    ],
)
def test_when_storage_fails_a_poll_is_answered_timeout_and_told(
    refusals: list[tuple[int, str]], aws: AwsStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    put(aws, box_item(), offered())
    aws.refusals = refusals
    status, body = ask()
    assert (status, body["error"]["type"]) == (400, "timeout")
    told, counted = capsys.readouterr().out.splitlines()
    assert json.loads(told)["level"] == "ERROR"
    assert json.loads(counted)["PollFailed"] == 1
    assert "fake-poll-key" not in told + counted
    assert ask()[0] == 200


@pytest.mark.parametrize(
    "broken",
    [
        {"body": 5},
        {"dialect": "v9"},
        {"expires_at": "tomorrow"},
        {"state": "paid"},
    ],
)
def test_an_item_that_cannot_be_read_is_never_offered(broken: dict[str, Any], aws: AwsStandIn) -> None:
    put(aws, box_item(), offered() | broken)
    if broken == {"body": 5}:
        dynamodb = aws.clients["DynamoDB_20120810"]
        dynamodb.update_item(
            TableName="BoxesTable",
            Key={"box_id": {"S": "CAJA0001"}, "item": {"S": "READY"}},
            UpdateExpression="REMOVE body",
        )
    assert ask()[1]["error"]["type"] == "timeout"


def test_a_missing_setting_is_answered_timeout(aws: AwsStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOXES_TABLE")
    assert ask()[1]["error"]["type"] == "timeout"
    assert not aws.calls


@pytest.mark.parametrize("event", [{}, {"rawQueryString": 5}])
def test_an_event_of_another_shape_is_answered_timeout(event: dict[str, Any], aws: AwsStandIn) -> None:
    answer = handler(event, None)
    assert (answer["statusCode"], json.loads(answer["body"])["error"]["type"]) == (400, "timeout")
    assert not aws.calls


@pytest.mark.parametrize("function", ["poll", "notify"])
def test_poll_and_notify_start_without_any_library(function: str) -> None:
    heavy = [
        "boto3",
        "botocore",
        "pydantic",
        "aws_lambda_powertools",
        "requests",
        "urllib3",
        "email",
        "http.client",
        "ssl",
        "dataclasses",
    ]
    program = (
        f"import sys; sys.path[:0] = ['.', 'layers/common']; import functions.{function}.app; "
        f"print(*sorted(set(sys.modules) & set({heavy})))"
    )
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-S", "-c", program],
        cwd=TEMPLATE.parent,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == []
