"""One AWS call of `caja.light`, and servers that it is led to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caja import light
from tests.rude import RudeServer

if TYPE_CHECKING:
    import pytest

    from tests.rude import Act

TOKEN = "fake-session-token"
EMPTY_PAGE = b'{"Items":[],"Count":0}'
ENVIRONMENT = {
    "AWS_REGION": "sa-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "fake-secret-access-key",
    "AWS_SESSION_TOKEN": TOKEN,
    "BOXES_TABLE": "boxes",
    "NOTIFICATION_QUEUE_URL": "http://queue.example/1/notifications",
}


def serve(*acts: Act, monkeypatch: pytest.MonkeyPatch) -> RudeServer:
    """A server that does `acts`, as AWS's endpoint."""
    server = RudeServer(*acts)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    return server


def call(within: float = 2.0) -> dict[str, Any]:
    """What AWS answers to a Query."""
    return light.call_aws("dynamodb", "DynamoDB_20120810.Query", {"TableName": "boxes"}, within=within)
