"""SQS: check one order and do what is due (design §4, Checks)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import process_partial_response

from caja import wiring
from caja.usecases.check_order import check_message

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

wiring.prepare(wiring.batches, wiring.orders, wiring.health, wiring.merchant_orders)


def check(record: SQSRecord) -> None:
    """Work off one message of either queue."""
    check_message(wiring.world(), record.body)


def handler(event: dict[str, Any], context: Any) -> Any:
    """Work off a batch; only what failed returns to its queue."""
    return process_partial_response(event, check, wiring.batches(), context)
