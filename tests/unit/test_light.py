"""One small AWS call: what is sent, what is repeated, what a refusal says."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from caja import exchange, light
from tests.light_calls import EMPTY_PAGE, TOKEN, call, serve
from tests.rude import RudeServer, say, say_and_close, say_raw

if TYPE_CHECKING:
    from tests.rude import Act

pytestmark = pytest.mark.usefixtures("light_environment")


def test_a_box_is_read_by_one_strongly_consistent_query(monkeypatch: pytest.MonkeyPatch) -> None:
    page = {
        "Items": [
            {"item": {"S": "BOX"}, "liveness_seconds": {"N": "60"}, "keys": {"M": {}}},
            {"item": {"S": "SEEN"}, "state": {"S": "idle"}},
        ]
    }
    with serve(say("200 OK", json.dumps(page).encode()), monkeypatch=monkeypatch) as server:
        assert light.read_box("CAJA0001") == {
            "BOX": {"item": "BOX", "liveness_seconds": 60},
            "SEEN": {"item": "SEEN", "state": "idle"},
        }
    [request] = server.requests
    assert request.head.startswith("POST / HTTP/1.1\nhost: 127.0.0.1:")
    assert "x-amz-target: DynamoDB_20120810.Query" in request.head
    assert "content-type: application/x-amz-json-1.0" in request.head
    assert f"x-amz-security-token: {TOKEN}" in request.head
    assert re.search(r"Credential=testing/\d{8}/sa-east-1/dynamodb/aws4_request", request.head)
    assert json.loads(request.body) == {
        "TableName": "boxes",
        "ConsistentRead": True,
        "KeyConditionExpression": "box_id = :box AND #item <= :last",
        "ExpressionAttributeNames": {"#item": "item"},
        "ExpressionAttributeValues": {":box": {"S": "CAJA0001"}, ":last": {"S": "SEEN"}},
    }


def test_a_notification_is_queued_by_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(say("200 OK", b'{"MessageId":"1"}'), monkeypatch=monkeypatch) as server:
        light.queue_notification({"order_id": "O", "merchant_order_id": None})
    [request] = server.requests
    assert "x-amz-target: AmazonSQS.SendMessage" in request.head
    assert "/sa-east-1/sqs/aws4_request" in request.head
    assert json.loads(request.body) == {
        "QueueUrl": "http://queue.example/1/notifications",
        "MessageBody": '{"order_id":"O","merchant_order_id":null}',
    }


def test_an_answer_without_a_message_id_is_not_taken_for_a_queued_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serve(say("200 OK", b"{}"), monkeypatch=monkeypatch), pytest.raises(light.AwsRefusedError):
        light.queue_notification({})


def test_the_connection_is_kept_for_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    acts = [say("200 OK", EMPTY_PAGE), say("200 OK", EMPTY_PAGE), say("400 Bad Request"), say("200 OK")]
    with serve(*acts, monkeypatch=monkeypatch) as server:
        call()
        call()
        with pytest.raises(light.AwsRefusedError):
            call()
        call()
    assert [request.connection for request in server.requests] == [1, 1, 1, 1]


def test_credentials_are_read_at_every_call(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(say("200 OK"), say("200 OK"), monkeypatch=monkeypatch) as server:
        call()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "rotated")
        monkeypatch.delenv("AWS_SESSION_TOKEN")
        call()
    assert "Credential=rotated/" in server.requests[1].head
    assert "x-amz-security-token" not in server.requests[1].head


@pytest.mark.parametrize(
    "close",
    [
        say("200 OK", b"{}", "Connection: close"),
        say_and_close(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        say_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}left over"),
    ],
    ids=["told to close", "closed", "more than was asked for"],
)
def test_a_connection_that_cannot_be_used_again_is_not(close: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(close, say("200 OK"), monkeypatch=monkeypatch) as server:
        assert call() == {}
        time.sleep(0.05)
        assert call() == {}
    assert [request.connection for request in server.requests] == [1, 2]


def test_a_connection_closed_while_it_was_kept_does_not_cost_the_retry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    close = say_and_close(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    fault = say("500 Internal Server Error")
    with serve(close, fault, say("200 OK", EMPTY_PAGE), monkeypatch=monkeypatch):
        call()
        time.sleep(0.1)
        assert call() == json.loads(EMPTY_PAGE)


def test_without_time_for_a_retry_the_reason_of_the_first_try_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(light, "RETRY_PAUSE_SECONDS", 10)
    with (
        serve(say("503 Service Unavailable", b'{"__type":"ServiceUnavailable"}'), monkeypatch=monkeypatch),
        pytest.raises(light.AwsRefusedError, match="503 ServiceUnavailable"),
    ):
        call()


@pytest.mark.parametrize(
    "fault",
    [
        say_and_close(),
        say_and_close(b"HTTP/1.1 200 OK\r\nContent-Le"),
        say_and_close(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
        say_and_close(b"SSH-2.0-OpenSSH\r\n"),
        say_and_close(b"HTTP/1.0 200 OK\r\n\r\n{}"),
        say_and_close(b"HTTP/1.1 200 OK\r\nContent-Length: -\r\n\r\n{}"),
        say_and_close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        say("500 Internal Server Error", b'{"__type":"InternalServerError"}'),
        say("503 Service Unavailable", b"<html>"),
        say("400 Bad Request", b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}'),
        say("400 Bad Request", b'{"__type":"ProvisionedThroughputExceededException"}'),
    ],
)
def test_a_drop_a_5xx_and_a_throttle_are_tried_once_more(fault: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(fault, say("200 OK", EMPTY_PAGE), monkeypatch=monkeypatch) as server:
        assert call() == json.loads(EMPTY_PAGE)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (say("503 Service Unavailable", b"<html>"), "503 Unreadable"),
        (say("400 Bad Request", b'{"__type":"x#ThrottlingException"}'), "400 ThrottlingException"),
    ],
)
def test_nothing_is_tried_a_third_time(fault: Act, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        serve(fault, fault, say("200 OK"), monkeypatch=monkeypatch) as server,
        pytest.raises(light.AwsRefusedError, match=code),
    ):
        call()
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (say("400 Bad Request", b'{"__type":"x#ResourceNotFoundException"}'), "ResourceNotFoundException"),
        (say("403 Forbidden", b'{"__type":"AccessDeniedException"}'), "AccessDeniedException"),
        (say("404 Not Found", b"<html>no</html>"), "Unreadable"),
        (say("400 Bad Request", b"[]"), "Unreadable"),
        (say("400 Bad Request", b"{}"), "Unnamed"),
        (say("200 OK", b"<html>hotel wifi</html>"), "Unreadable"),
    ],
)
def test_a_refusal_for_good_is_not_repeated(answer: Act, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        serve(answer, say("200 OK"), monkeypatch=monkeypatch) as server,
        pytest.raises(light.AwsRefusedError) as refused,
    ):
        call()
    assert refused.value.code == code
    assert len(server.requests) == 1


def test_a_refusal_does_not_repeat_what_aws_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said = b'{"__type":"InvalidSignatureException","message":"x-amz-security-token: fake-session-token"}'
    with (
        serve(say("403 Forbidden", said), monkeypatch=monkeypatch),
        pytest.raises(light.AwsRefusedError) as refused,
    ):
        call()
    assert str(refused.value) == "DynamoDB_20120810.Query was refused: 403 InvalidSignatureException"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"9;x=1\r\n" + EMPTY_PAGE[:9] + b"\r\nd\r\n" + EMPTY_PAGE[9:] + b"\r\n0\r\nX-Trailer: 1\r\n\r\n",
        b"HTTP/1.1 200\r\ncontent-length:22\r\n\r\n" + EMPTY_PAGE,
    ],
    ids=["chunked", "no reason phrase"],
)
def test_an_answer_is_read_however_it_is_framed(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(say_raw(answer), say_raw(answer), monkeypatch=monkeypatch) as server:
        assert call() == json.loads(EMPTY_PAGE)
        assert call() == json.loads(EMPTY_PAGE)
    assert [request.connection for request in server.requests] == [1, 1]


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"])
def test_the_endpoint_may_be_named_path_included(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with RudeServer(say("200 OK", EMPTY_PAGE)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        monkeypatch.setenv(variable, f"{server.url}/some/path")
        assert call() == json.loads(EMPTY_PAGE)
    assert server.requests[0].head.startswith("POST /some/path HTTP/1.1")


def test_without_a_named_endpoint_awss_own_is_called_over_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[tuple[exchange.Origin, bytes]] = []

    def note(origin: exchange.Origin, request: bytes, *, until: float) -> exchange.Response:
        called.append((origin, request))
        assert until > time.monotonic()
        return exchange.Response(200, {}, b"{}")

    monkeypatch.setattr(light, "exchange", note)
    call()
    [(origin, request)] = called
    assert origin == exchange.Origin(is_tls=True, host="dynamodb.sa-east-1.amazonaws.com", port=443)
    assert b"\r\nhost: dynamodb.sa-east-1.amazonaws.com\r\n" in request


@pytest.mark.parametrize("name", ["BOXES_TABLE", "AWS_REGION", "AWS_SECRET_ACCESS_KEY"])
def test_a_missing_setting_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(light.SettingMissingError, match=f"{name} is not set"):
        light.read_box("CAJA0001")


def test_the_servers_time_is_utc() -> None:
    assert light.now().tzinfo is UTC
    assert abs(light.now() - datetime.now(UTC)) < timedelta(seconds=1)
