"""Mercado Pago asks whether there is an order to pay at this box."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from caja.poll_answers import INVALID, decide, read_poll

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from caja.answers import Answer


class ReadsBox(Protocol):
    """Reads what BoxesTable holds of a box for a poll, in one strongly consistent read."""

    def __call__(self, box_id: str, /) -> Mapping[str, Mapping[str, Any]]:
        """The items BOX, READY and SEEN that there are, by name."""


def answer_poll(raw_query: str, *, read_box: ReadsBox, clock: Callable[[], datetime]) -> Answer:
    """The answer to the poll in `raw_query`. A pure read: asking again and again changes nothing.

    Whatever `read_box` raises goes through; the caller answers it with `TIMEOUT` (design §4, row 2).
    """
    poll = read_poll(raw_query)
    if poll is None:
        return INVALID
    items = read_box(poll.position_id)
    # The clock is read after the table: an order that expired meanwhile is not offered.
    return decide(items.get("BOX"), items.get("READY"), items.get("SEEN"), poll=poll, now=clock())
