"""SQS: give one payment back, once (design §4, Order states)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import process_partial_response

from caja import wiring
from caja.messages import read_object, read_refund
from caja.usecases.refund_payment import refund_payment

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

wiring.prepare(wiring.refund_batches, wiring.orders, wiring.health, wiring.payments)


def refund(record: SQSRecord) -> None:
    """Work off one message."""
    refund_payment(wiring.till(), read_refund(read_object(record.body)))


def handler(event: dict[str, Any], context: Any) -> Any:
    """Work off a batch; only what failed returns to its queue."""
    return process_partial_response(event, refund, wiring.refund_batches(), context)
