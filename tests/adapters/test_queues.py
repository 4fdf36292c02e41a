"""Our queues over moto: checks asked for, batches worked off, what failed coming back later and later."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools.utilities.batch import process_partial_response
from botocore.exceptions import ClientError, EndpointConnectionError

from caja.batches import PatientProcessor, visibility_after
from caja.errors import StorageError
from caja.messages import CheckMessage, RefundMessage
from caja.queues import CheckQueue, RefundQueue
from tests.aws import aws_client
from tests.builders import sqs_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tables import Tables

QUEUES = ("NotificationQueue", "CheckQueue", "RefundQueue")
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "Any")
URL = "https://sqs.example/1/Queue"
UNREACHABLE = EndpointConnectionError(endpoint_url="https://sqs.example")
CONTEXT: Any = SimpleNamespace(
    function_name="check_order",
    memory_limit_in_mb=256,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:check_order",
    aws_request_id="fake-request",
)


class WatchedQueues:
    """SQS, with the calls that change a message's visibility kept, or failing."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.hidden: list[tuple[str, str, int]] = []
        self._failure = failure

    def change_message_visibility(self, **given: Any) -> None:
        self.hidden.append((given["QueueUrl"], given["ReceiptHandle"], given["VisibilityTimeout"]))
        if self._failure:
            raise self._failure


def work_off(
    tables: Tables, sqs: Any, bad: set[str], *bodies: str, queue: str = "CheckQueue", received: int = 1
) -> list[str]:
    """Work off a batch in which the bodies in `bad` fail; the ids of what returns to the queue."""

    def work(record: Any) -> None:
        if record.body in bad:
            raise StorageError("no answer")

    messages = [
        {
            "MessageId": f"id-{body}",
            "ReceiptHandle": f"handle-{body}",
            "Body": body,
            "Attributes": {"ApproximateReceiveCount": str(received)},
        }
        for body in bodies
    ]
    processor = PatientProcessor(sqs, tables.urls.values())
    answer = process_partial_response(
        sqs_event(queue=queue, messages=messages),
        work,
        processor,
        CONTEXT,
    )
    return [str(failed["itemIdentifier"]) for failed in answer["batchItemFailures"]]


TEN = [f"message-{number}" for number in range(10)]


@pytest.mark.parametrize("delay", [0, 1, 900])
def test_a_check_is_sent_with_its_delay(delay: int, tables: Tables) -> None:
    sent: list[dict[str, Any]] = []
    queue = CheckQueue(lambda: aws_client("sqs"), tables.urls["CheckQueue"])
    aws_client("sqs").meta.events.register(
        "provide-client-params.sqs.SendMessage", lambda params, **_: sent.append(params), "test"
    )
    try:
        queue.send(
            CheckMessage(order_id="A" * 26, merchant_order_id="7001", is_hinted=True), delay_seconds=delay
        )
    finally:
        aws_client("sqs").meta.events.unregister("provide-client-params.sqs.SendMessage", unique_id="test")
    assert [params["DelaySeconds"] for params in sent] == [delay]
    waiting = [json.loads(message["Body"]) for message in tables.take()]
    assert waiting == (
        [] if delay else [{"order_id": "A" * 26, "merchant_order_id": "7001", "is_hinted": True}]
    )


def test_a_refund_is_asked_for_at_once_with_nothing_but_names(tables: Tables) -> None:
    queue = RefundQueue(lambda: aws_client("sqs"), tables.urls["RefundQueue"])
    queue.send(RefundMessage(order_id="A" * 26, payment_id="9001"))
    (message,) = tables.take("RefundQueue")
    assert json.loads(message["Body"]) == {"order_id": "A" * 26, "payment_id": "9001"}


SENDING: list[Callable[[Any], None]] = [
    lambda sqs: CheckQueue(lambda: sqs, URL).send(CheckMessage(order_id="A" * 26)),
    lambda sqs: RefundQueue(lambda: sqs, URL).send(RefundMessage(order_id="A" * 26, payment_id="9001")),
]


@pytest.mark.parametrize("failure", [THROTTLED, UNREACHABLE])
@pytest.mark.parametrize("send", SENDING)
def test_a_queue_that_does_not_answer_is_a_storage_failure(
    send: Callable[[Any], None], failure: Exception
) -> None:
    def fail(**_given: Any) -> None:
        raise failure

    with pytest.raises(StorageError):
        send(SimpleNamespace(send_message=fail))


@pytest.mark.parametrize("bad", range(10))
def test_of_ten_messages_only_the_bad_one_returns(bad: int, tables: Tables) -> None:
    sqs = WatchedQueues()
    assert work_off(tables, sqs, {TEN[bad]}, *TEN) == [f"id-message-{bad}"]
    assert [handle for _, handle, _ in sqs.hidden] == [f"handle-message-{bad}"]


def test_ten_bad_of_ten_all_return_without_the_batch_failing_as_a_whole(tables: Tables) -> None:
    sqs = WatchedQueues()
    assert work_off(tables, sqs, set(TEN), *TEN) == [f"id-{each}" for each in TEN]
    assert len(sqs.hidden) == 10


def test_a_good_batch_returns_nothing_and_hides_nothing(tables: Tables) -> None:
    sqs = WatchedQueues()
    assert work_off(tables, sqs, set(), *TEN) == []
    assert sqs.hidden == []


def test_a_batch_knows_nothing_of_the_one_before(tables: Tables) -> None:
    sqs: Any = WatchedQueues()
    processor = PatientProcessor(sqs, tables.urls.values())

    def fail(record: Any) -> None:
        if record.body == "bad":
            raise StorageError("no answer")

    answers = [
        process_partial_response(sqs_event(body), fail, processor, CONTEXT) for body in ("bad", "good", "bad")
    ]
    assert [len(answer["batchItemFailures"]) for answer in answers] == [1, 0, 1]


@pytest.mark.parametrize("queue", QUEUES)
def test_a_message_is_hidden_in_the_queue_it_came_from(queue: str, tables: Tables) -> None:
    sqs = WatchedQueues()
    work_off(tables, sqs, {"bad"}, "bad", queue=queue, received=3)
    assert sqs.hidden == [(tables.urls[queue], "handle-bad", 540)]


@pytest.mark.parametrize(
    ("received", "seconds"),
    [
        (0, 60),
        (1, 60),
        (2, 180),
        (3, 540),
        (4, 1620),
        (5, 4860),
        (6, 5400),
        (7, 5400),
        (8, 5400),
        (9_999, 5400),
    ],
)
def test_a_message_stays_away_from_a_minute_to_an_hour_and_a_half(received: int, seconds: int) -> None:
    assert visibility_after(received) == seconds


def test_a_message_is_not_given_up_within_three_hours_without_storage() -> None:
    assert sum(map(visibility_after, range(1, 8))) > 3 * 60 * 60


@pytest.mark.parametrize("failure", [THROTTLED, UNREACHABLE])
def test_a_message_that_cannot_be_hidden_returns_all_the_same(failure: Exception, tables: Tables) -> None:
    sqs = WatchedQueues(failure)
    assert work_off(tables, sqs, {"bad"}, "good", "bad") == ["id-bad"]


def test_sqs_takes_the_way_we_hide_a_message(tables: Tables) -> None:
    url = tables.urls["CheckQueue"]
    tables.sqs.send_message(QueueUrl=url, MessageBody="bad")
    messages = tables.take()
    processor = PatientProcessor(tables.sqs, tables.urls.values())

    def fail(_record: Any) -> None:
        raise StorageError("no answer")

    process_partial_response(sqs_event(messages=messages), fail, processor, CONTEXT)
    attributes = tables.sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
    )["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "1"
