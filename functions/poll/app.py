"""Mercado Pago asks: is there an order to pay at this box? (design §4, first table)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caja import failures, light
from caja.poll_answers import TIMEOUT
from caja.usecases.poll import answer_poll

if TYPE_CHECKING:
    from caja.answers import Answer

light.prepare("dynamodb")


@failures.answering(on_failure=TIMEOUT, metric="PollFailed")
def handler(event: dict[str, Any], _context: object) -> Answer:
    """Answer one poll."""
    return answer_poll(event["rawQueryString"], read_box=light.read_box, clock=light.now)
