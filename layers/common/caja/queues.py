"""Our queues: how a check, or a refund, is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from caja.errors import StorageError
from caja.messages import CheckMessage, RefundMessage, write_check, write_refund

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient


class CheckQueue:
    """`usecases.protocols.Checks` over an SQS queue."""

    def __init__(self, sqs: Callable[[], SQSClient], url: str) -> None:
        """`sqs` makes the client, when there is something to send: most requests of a box send nothing."""
        self._sqs = sqs
        self._url = url

    def send(self, message: CheckMessage, *, delay_seconds: int = 0) -> None:
        """Ask for a check after `delay_seconds` (0-900). Raises StorageError."""
        _send(self._sqs, self._url, write_check(message), delay_seconds)


class RefundQueue:
    """`usecases.protocols.RefundRequests` over an SQS queue."""

    def __init__(self, sqs: Callable[[], SQSClient], url: str) -> None:
        """`sqs` makes the client, as for CheckQueue."""
        self._sqs = sqs
        self._url = url

    def send(self, message: RefundMessage) -> None:
        """Ask for a payment to be given back. Raises StorageError."""
        _send(self._sqs, self._url, write_refund(message), 0)


def _send(sqs: Callable[[], SQSClient], url: str, text: str, delay_seconds: int) -> None:
    try:
        sqs().send_message(QueueUrl=url, MessageBody=text, DelaySeconds=delay_seconds)
    except (ClientError, BotoCoreError) as error:
        raise StorageError("The queue did not answer.") from error
