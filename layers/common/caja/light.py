"""What `poll` and `notify` have instead of libraries: one small signed AWS call, and settings.

The errors of a call, one tree; no text of theirs holds a secret or anything a stranger sent:

    AwsCallError
    ├── AwsUnreachableError   no whole answer in time
    └── AwsRefusedError       an answer, but not 200: `code` is AWS's name for the reason
    SettingMissingError       a variable of the environment that template.yaml should have set
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from time import gmtime, monotonic, sleep, strftime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from caja.exchange import Origin, exchange, tls_context
from caja.signature import Credentials, sign

if TYPE_CHECKING:
    from collections.abc import Mapping
    from urllib.parse import SplitResult

    from caja.exchange import Response

POLL_SECONDS = 2.5
"""After which a poll is given up, retries included (design §4, row 2)."""

NOTIFY_SECONDS = 3.5
"""After which a notification is refused: Mercado Pago may wait no longer than 5 s (protocol §3)."""

RETRY_PAUSE_SECONDS = 0.05

_OK = 200
_SERVER_FAILS = 500

_THROTTLES = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "ThrottlingException",
}


class AwsCallError(Exception):
    """A call to AWS that did not succeed."""


class AwsUnreachableError(AwsCallError):
    """No whole answer in time, after a retry if there was time for one."""


class AwsRefusedError(AwsCallError):
    """An answer other than 200; throttles and 5xx after a retry if there was time for one."""

    def __init__(self, operation: str, status: int, code: str) -> None:
        super().__init__(f"{operation} was refused: {status} {code}")
        self.code = code
        self.is_passing = status >= _SERVER_FAILS or code in _THROTTLES


class SettingMissingError(Exception):
    """A variable of the environment that should be set is not."""


def read_box(box_id: str) -> dict[str, dict[str, Any]]:
    """The items BOX, READY and SEEN that BoxesTable holds of a box, by name: one strongly consistent Query, no write.

    Strings and whole numbers only; other attributes are left out. Raises AwsCallError after 2.5 s at the latest.
    """
    page = call_aws(
        "dynamodb",
        "DynamoDB_20120810.Query",
        {
            "TableName": setting("BOXES_TABLE"),
            "ConsistentRead": True,
            # What a poll does not need (profile, stores) is stored under names that sort after SEEN.
            "KeyConditionExpression": "box_id = :box AND #item <= :last",
            "ExpressionAttributeNames": {"#item": "item"},
            "ExpressionAttributeValues": {":box": {"S": box_id}, ":last": {"S": "SEEN"}},
        },
        within=POLL_SECONDS,
    )
    return {item["item"]: item for item in map(_plain, page["Items"])}


def queue_notification(message: Mapping[str, str | None]) -> None:
    """Put `message` on the NotificationQueue; returns once it is there, raises AwsCallError after 3.5 s at the latest."""
    body = json.dumps(message, separators=(",", ":"))
    request = {"QueueUrl": setting("NOTIFICATION_QUEUE_URL"), "MessageBody": body}
    answer = call_aws("sqs", "AmazonSQS.SendMessage", request, within=NOTIFY_SECONDS)
    if "MessageId" not in answer:
        raise AwsRefusedError("AmazonSQS.SendMessage", _OK, "Unreadable")


def prepare(service: str) -> None:
    """Make ready, while the function starts, what its first call to `service` needs; raises nothing.

    Lambda may start a function ahead of its first request. What fails here fails again in the call, and is told there.
    """
    with suppress(OSError, SettingMissingError):
        if _origin(_endpoint(service)).is_tls:
            tls_context()


def setting(name: str) -> str:
    """The variable `name` of the environment; raises SettingMissingError."""
    try:
        return os.environ[name]
    except KeyError:
        raise SettingMissingError(f"{name} is not set") from None


def now() -> datetime:
    """The server's time, which is the only one that decides."""
    return datetime.now(UTC)


def call_aws(service: str, target: str, request: Mapping[str, Any], *, within: float) -> dict[str, Any]:
    """What AWS answers to `request`, an operation of a JSON 1.0 protocol, within so many seconds.

    A dropped connection, a time-out, a 5xx or a throttle is tried once more if there is time. Raises AwsCallError.
    """
    until = monotonic() + within
    body = json.dumps(request).encode()
    try:
        return _call(service, target, body, until)
    except AwsCallError as error:
        is_for_good = isinstance(error, AwsRefusedError) and not error.is_passing
        if is_for_good or until - monotonic() <= RETRY_PAUSE_SECONDS:
            raise
    sleep(RETRY_PAUSE_SECONDS)
    return _call(service, target, body, until)


def _call(service: str, target: str, body: bytes, until: float) -> dict[str, Any]:
    try:
        response = _exchange(service, target, body, until)
    except OSError as error:
        raise AwsUnreachableError(f"{target} got no answer: {type(error).__name__}") from error
    try:
        answer = json.loads(response.body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise AwsRefusedError(target, response.status, "Unreadable")
    if response.status != _OK:
        raise AwsRefusedError(
            target, response.status, str(answer.get("__type", "Unnamed")).rpartition("#")[2]
        )
    return answer


def _exchange(service: str, target: str, body: bytes, until: float) -> Response:
    endpoint = _endpoint(service)
    path = endpoint.path or "/"
    headers = {
        "host": endpoint.netloc,
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": target,
    }
    signed = sign(
        "POST",
        path,
        headers,
        body,
        service=service,
        region=setting("AWS_REGION"),
        # Read at every call: a role's credentials are replaced while the function lives.
        credentials=Credentials(
            setting("AWS_ACCESS_KEY_ID"),
            setting("AWS_SECRET_ACCESS_KEY"),
            os.environ.get("AWS_SESSION_TOKEN"),
        ),
        moment=strftime("%Y%m%dT%H%M%SZ", gmtime()),
    )
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in signed.items())]
    head = "\r\n".join([*lines, f"content-length: {len(body)}", "\r\n"])
    return exchange(_origin(endpoint), head.encode("latin-1") + body, until=until)


def _endpoint(service: str) -> SplitResult:
    """Where `service` is: as the AWS SDKs do, a variable of the environment wins."""
    named = os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or os.environ.get("AWS_ENDPOINT_URL")
    return urlsplit(named or f"https://{service}.{setting('AWS_REGION')}.amazonaws.com")


def _origin(endpoint: SplitResult) -> Origin:
    is_tls = endpoint.scheme == "https"
    return Origin(is_tls, endpoint.hostname or "", endpoint.port or (443 if is_tls else 80))


def _plain(item: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """DynamoDB's `{"S": "x"}` and `{"N": "5"}` as Python's."""
    plain: dict[str, Any] = {}
    for name, typed in item.items():
        if "S" in typed:
            plain[name] = typed["S"]
        elif "N" in typed:
            plain[name] = int(typed["N"])
    return plain
