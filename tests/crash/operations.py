"""Every operation that reaches a table, a queue or Mercado Pago, as one that can be cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from caja.errors import NothingToRefundError, NotInReviewError
from caja.usecases.check_order import check_panel
from tests.crash.scenes import (
    blind,
    both_paid_later,
    claimed,
    followed,
    in_doubt,
    nothing,
    on_its_way,
    over_and_due,
    owed,
    owed_and,
    owed_and_refused,
    paid_and_due,
    paid_later,
    paid_twice,
    paid_unseen,
    silent,
    silent_and_due,
    sold,
    submitted,
    three_due,
    unclaimed_and_due,
)
from tests.crash.stage import NEXT, SALE, THIRD, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from caja.errors import CajaError

    Act = Callable[[Stage], object]


VISIBILITY = timedelta(minutes=6)
"""How soon a message comes back whose function died."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """`deed` is what can die; then it is done again after `pause`.

    `then`: what people do once it has been done. `ends`: the state of every order when nothing more is to come, and
    `given_back` the payments whose money is back by then. `refuses`: how it may be told that it has been done before.
    """

    name: str
    mode: str = "postpay"
    before: Act
    deed: Act
    pause: timedelta
    then: Act = nothing
    ends: dict[str, str]
    given_back: tuple[str, ...] = ()
    refuses: tuple[type[CajaError], ...] = ()


def box(name: str, deed: Act, **more: Any) -> Operation:
    """What a box, or a person, asks for; not answered, it asks again within seconds."""
    return Operation(name=name, deed=deed, pause=timedelta(seconds=2), **more)


def message(name: str, deed: Act, **more: Any) -> Operation:
    """What a message brings; it comes back if the function dies."""
    return Operation(name=name, deed=deed, pause=VISIBILITY, **more)


def minute(name: str, deed: Act, **more: Any) -> Operation:
    """What the schedule calls, and calls again the next minute."""
    return Operation(name=name, deed=deed, pause=timedelta(minutes=1), **more)


def reports(result: str) -> Act:
    return lambda stage: stage.report_goods(result)


def decides(state: str) -> Act:
    return lambda stage: stage.resolve(state, SALE)


def notifies(merchant_order_id: str) -> Act:
    return lambda stage: stage.notify(merchant_order_id)


def replaces(stage: Stage) -> None:
    stage.submit(ticket="ticket-0000000002", replaces=SALE)


DELIVERED: dict[str, Any] = {"mode": "prepay", "ends": {SALE: "delivered"}}
REFUNDED: dict[str, Any] = {"ends": {SALE: "refunded"}, "given_back": ("9001",)}
PREPAY_REFUNDED: dict[str, Any] = {"mode": "prepay", **REFUNDED}
IN_REVIEW: dict[str, Any] = {"mode": "prepay", "ends": {SALE: "review"}}
PAID: dict[str, Any] = {"ends": {SALE: "paid"}}
EXCESS: dict[str, Any] = {"ends": {SALE: "cancelled"}, "given_back": ("9001",)}

DECIDED = (NothingToRefundError, NotInReviewError)

OF_BOXES = [
    box("submit", Stage.submit, before=nothing, then=paid_later, **PAID),
    box("submit, prepay", Stage.submit, before=nothing, then=paid_later, **DELIVERED),
    box("submit, replayed", Stage.submit, before=submitted, then=paid_later, **PAID),
    box(
        "submit, replacing",
        replaces,
        before=submitted,
        then=both_paid_later,
        ends={SALE: "replaced", NEXT: "paid"},
        given_back=("9001",),
    ),
    box("cancel", lambda stage: stage.cancel(SALE), before=submitted, then=paid_later, **EXCESS),
    box("follow", lambda stage: stage.follow(SALE), before=paid_unseen, **PAID),
    box("report_state", lambda stage: stage.say("preparing"), before=submitted, then=paid_later, **PAID),
    box("claim", Stage.release, before=sold, **DELIVERED),
    box("delivery, delivered", reports("delivered"), before=claimed, **DELIVERED),
    box("delivery, failed", reports("failed"), before=claimed, **PREPAY_REFUNDED),
    box("delivery, unknown", reports("unknown"), before=claimed, **IN_REVIEW),
]
OF_MESSAGES = [
    message("hint that settles", notifies("7001"), before=paid_unseen, **PAID),
    message("hint that settles, prepay", notifies("7001"), before=paid_unseen, **DELIVERED),
    message("hint of excess", notifies("7002"), before=paid_twice, ends={SALE: "paid"}, given_back=("9002",)),
    message(
        "hint that settles a successor",
        lambda stage: stage.notify("7002", order=stage.order(NEXT)),
        before=followed,
        ends={SALE: "review", NEXT: "paid"},
        given_back=("9001",),
    ),
    message("hint of the panel", lambda stage: check_panel(stage.world, "7001"), before=paid_unseen, **PAID),
    message("check that settles", Stage.check_taken, before=paid_and_due, **PAID),
    message("check that expires", Stage.check_taken, before=over_and_due, ends={SALE: "expired"}),
    message("check after the time to claim", Stage.check_taken, before=unclaimed_and_due, **PREPAY_REFUNDED),
    message("check after the time to report", Stage.check_taken, before=silent_and_due, **IN_REVIEW),
    message("refund", Stage.refund_taken, before=owed, **EXCESS),
    message("refund, pending", Stage.refund_taken, before=owed_and("in_process"), **EXCESS),
    message("refund, approved later", Stage.refund_taken, before=on_its_way, **EXCESS),
    message("refund, rejected", Stage.refund_taken, before=owed_and("rejected"), **EXCESS),
    message("refund, refused", Stage.refund_taken, before=owed_and_refused, **EXCESS),
]
OF_THE_SCHEDULE = [
    minute("sweep", Stage.sweep, before=three_due, ends={SALE: "paid", NEXT: "expired", THIRD: "expired"}),
    minute("probe", Stage.probe, before=blind, ends={}),
]
OF_THE_OPERATOR = [
    box("operator's refund", lambda stage: stage.refund(SALE), before=sold, **REFUNDED, refuses=DECIDED),
    box("resolve, paid", decides("paid"), before=in_doubt, **PAID, refuses=DECIDED),
    box("resolve, delivered", decides("delivered"), before=silent, **DELIVERED, refuses=DECIDED),
    box("resolve, refunding", decides("refunding"), before=in_doubt, **REFUNDED, refuses=DECIDED),
    box("resolve, refunded", decides("refunded"), before=in_doubt, **REFUNDED, refuses=DECIDED),
]
OPERATIONS = {each.name: each for each in (*OF_BOXES, *OF_MESSAGES, *OF_THE_SCHEDULE, *OF_THE_OPERATOR)}
