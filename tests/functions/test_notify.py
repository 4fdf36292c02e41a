"""The notify function, from API Gateway's event to the message in the queue."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from caja.instants import read_instant
from caja.light import now
from functions.notify.app import handler
from tests.builders import api_event

if TYPE_CHECKING:
    from tests.aws import AwsStandIn

ORDER = "ORDER234567ORDER234567ORDE"
KEY = "fake-Key_22-characters"
MO = "12345678901"


def notify(
    query: str = "", body: str | None = None, *, method: str = "POST", is_base64: bool = False
) -> dict[str, Any]:
    event = api_event(
        method,
        f"/notify/{ORDER}/{KEY}",
        route="/notify/{order_id}/{key}",
        path_parameters={"order_id": ORDER, "key": KEY},
        query=query,
        body=body,
        is_base64=is_base64,
    )
    return handler(event, None)


def queued(aws: AwsStandIn) -> list[dict[str, Any]]:
    sqs = aws.clients["AmazonSQS"]
    url = sqs.get_queue_url(QueueName="NotificationQueue")["QueueUrl"]
    taken = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in taken]


IPN = json.dumps(
    {"resource": f"https://api.mercadolibre.com/merchant_orders/{MO}", "topic": "merchant_order"}
)


@pytest.mark.parametrize(
    ("query", "body", "is_base64"),
    [
        (f"topic=merchant_order&id={MO}", IPN, False),
        (f"data.id={MO}&type=topic_merchant_order_wh", None, False),
        ("", IPN, False),
        ("", b64encode(IPN.encode()).decode(), True),
        (f"id={MO}&topic=merchant_order&id={MO}", "x" * 20_000, False),
    ],
)
def test_a_hint_is_queued_before_it_is_acknowledged(
    query: str, body: str | None, *, is_base64: bool, aws: AwsStandIn
) -> None:
    answer = notify(query, body, is_base64=is_base64)
    assert (answer["statusCode"], answer["body"]) == (200, "{}")
    [message] = queued(aws)
    assert abs((now() - read_instant(message.pop("received_at"))).total_seconds()) < 30
    assert message == {"order_id": ORDER, "key": KEY, "merchant_order_id": MO}


@pytest.mark.parametrize("body", [None, "<html>", "[" * 20_000, "\ud800"])
def test_what_cannot_be_read_still_hints_at_the_order_of_the_path(body: str | None, aws: AwsStandIn) -> None:
    assert notify("topic=payment&id=55", body)["statusCode"] == 200
    [message] = queued(aws)
    assert (message["order_id"], message["merchant_order_id"]) == (ORDER, None)


def test_a_repeated_notification_is_queued_again(aws: AwsStandIn) -> None:
    for _ in range(3):
        notify(f"topic=merchant_order&id={MO}")
    assert len(queued(aws)) == 3


def test_a_get_is_acknowledged_and_queues_nothing(aws: AwsStandIn) -> None:
    assert notify(f"topic=merchant_order&id={MO}", method="GET")["statusCode"] == 200
    assert not aws.calls


def test_a_path_that_we_never_gave_out_is_acknowledged_and_queues_nothing(aws: AwsStandIn) -> None:
    parameters = {"order_id": "../admin", "key": KEY}
    event = api_event("POST", "/notify/../admin/k", path_parameters=parameters)
    assert handler(event, None)["statusCode"] == 200
    assert not aws.calls


def test_the_panels_webhook_goes_into_the_same_queue(aws: AwsStandIn) -> None:
    answer = handler(api_event("POST", "/notify", query="data.id=98765&type=payment"), None)
    assert (answer["statusCode"], answer["body"]) == (200, "{}")
    [message] = queued(aws)
    assert set(message) == {"topic", "resource_id", "received_at"}
    assert (message["topic"], message["resource_id"]) == ("payment", "98765")


def test_a_panels_webhook_about_nothing_is_acknowledged_and_queues_nothing(aws: AwsStandIn) -> None:
    assert handler(api_event("POST", "/notify", body="hello"), None)["statusCode"] == 200
    assert not aws.calls


@pytest.mark.parametrize("refusals", [[(500, "InternalError")] * 2, [(403, "AccessDenied")]])
def test_only_a_queue_that_refuses_makes_mercado_pago_repeat(
    refusals: list[tuple[int, str]], aws: AwsStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.refusals = refusals
    assert notify(f"topic=merchant_order&id={MO}")["statusCode"] == 503
    [told] = capsys.readouterr().out.splitlines()
    assert json.loads(told)["exception"].startswith("AmazonSQS.SendMessage was refused")
    assert KEY not in told
    assert not queued(aws)


def test_a_queue_that_refuses_once_is_asked_again(aws: AwsStandIn) -> None:
    aws.refusals = [(503, "ServiceUnavailable")]
    assert notify()["statusCode"] == 200
    assert len(queued(aws)) == 1
