"""How a batch of messages is worked off: what failed comes back, later each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from botocore.exceptions import BotoCoreError, ClientError

from caja.web import logger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_sqs import SQSClient

FIRST_VISIBILITY_SECONDS = 60
LAST_VISIBILITY_SECONDS = 90 * 60
"""How long a failed message stays away: a minute, then three times as long each time, to an hour and a half.

Eight attempts span five hours, so that an outage of our storage ends before any message is given up.
"""


class PatientProcessor(BatchProcessor):
    """Returns only the messages that failed, each to come back later than the time before."""

    def __init__(self, sqs: SQSClient, urls: Iterable[str]) -> None:
        super().__init__(EventType.SQS, raise_on_entire_batch_failure=False)
        self._sqs = sqs
        self._urls = {url.rpartition("/")[2]: url for url in urls}

    def failure_handler(self, record: Any, exception: Any) -> Any:
        """Tell what failed, and hide the message for a while."""
        raw = record.raw_event
        received = int(raw["attributes"]["ApproximateReceiveCount"])
        logger.error("message failed", exc_info=exception, message_id=raw["messageId"], received=received)
        self._hide(raw, visibility_after(received))
        return super().failure_handler(record, exception)

    def _hide(self, raw: dict[str, Any], seconds: int) -> None:
        url = self._urls[raw["eventSourceARN"].rpartition(":")[2]]
        try:
            self._sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=raw["receiptHandle"], VisibilityTimeout=seconds
            )
        except (ClientError, BotoCoreError):
            # The queue's own visibility holds: it comes back, only not when we meant.
            logger.warning("visibility not changed", message_id=raw["messageId"])


def visibility_after(received: int) -> int:
    """Seconds a message stays away after it failed for the `received`th time."""
    return min(FIRST_VISIBILITY_SECONDS * int(3 ** min(max(received - 1, 0), 10)), LAST_VISIBILITY_SECONDS)
