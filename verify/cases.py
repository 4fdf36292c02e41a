"""The cases of the acceptance run, in the order they are played."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from verify import cases_money, cases_notifications, cases_parameters, cases_polls

if TYPE_CHECKING:
    from collections.abc import Callable

    from verify.stage import Stage


class Case(NamedTuple):
    """One case: its id, the row of Mercado Pago's acceptance tables it comes from, and how it is played.

    What is done and what is expected is told by the texts, by the case's id. ``source`` is one of the texts' sources:
    ``acceptance`` (Mercado Pago's own tables), ``document`` (its published rules) or ``practice`` (what has been seen to go wrong).
    """

    id: str
    source: str
    play: Callable[[Stage], None]


CASES = (
    Case("reach", "acceptance", cases_polls.play_reach),
    Case("before", "acceptance", cases_polls.play_before),
    Case("during", "acceptance", cases_polls.play_during),
    Case("again", "acceptance", cases_polls.play_again),
    Case("phones", "document", cases_polls.play_phones),
    Case("wrong_parameters", "acceptance", cases_parameters.play_wrong_parameters),
    Case("notifications", "document", cases_notifications.play_notifications),
    Case("forged", "practice", cases_notifications.play_forged),
    Case("cash", "acceptance", cases_polls.play_cash),
    Case("paid", "acceptance", cases_money.play_paid),
    Case("rejected", "acceptance", cases_money.play_rejected),
    Case("notification_lost", "document", cases_money.play_notification_lost),
    Case("double", "practice", cases_money.play_double),
    Case("refund", "acceptance", cases_money.play_refund),
    Case("out_of_reach", "document", cases_polls.play_out_of_reach),
)
"""In this order one order serves many cases, so that a person at the box has little to do."""
