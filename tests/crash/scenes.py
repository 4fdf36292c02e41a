"""What comes before an operation is cut, and what people do after it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tests.builders import PRICE
from tests.crash.stage import NEXT, SALE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.stage import Stage


# ─── What comes before ──────────────────────────────────────────────────────────────────────────────────────────


def nothing(_: Stage) -> None:
    """A box that never sold."""


def submitted(stage: Stage) -> None:
    """An order, half a minute old."""
    stage.submit()
    stage.pass_time(seconds=30)


def paid_unseen(stage: Stage) -> None:
    """An order that is paid, of which nobody has told us."""
    submitted(stage)
    stage.pay()


def sold(stage: Stage) -> None:
    """An order that is paid, and known to be."""
    paid_unseen(stage)
    stage.notify("7001")
    stage.pass_time(seconds=10)


def paid_twice(stage: Stage) -> None:
    """A paid order that somebody pays again."""
    sold(stage)
    stage.pay(2)


def claimed(stage: Stage) -> None:
    """An order whose goods are on their way."""
    sold(stage)
    stage.release()
    stage.pass_time(seconds=10)


def silent(stage: Stage) -> None:
    """A claimed order of which nobody said in time what came of it."""
    stage.attends = False
    claimed(stage)
    stage.pass_time(minutes=3)
    stage.check()


def in_doubt(stage: Stage) -> None:
    """An order somebody paid, but not what it asks for."""
    submitted(stage)
    stage.pay(total=PRICE + Decimal(1))
    stage.notify("7001")


def followed(stage: Stage) -> None:
    """An order that was replaced, and then paid on its old screen; its successor is paid too, of which nobody has told us."""
    submitted(stage)
    stage.submit(ticket="ticket-0000000002", replaces=SALE)
    stage.pay()
    stage.notify("7001", order=stage.order(SALE))
    stage.pass_time(minutes=20)
    stage.check()
    stage.pay(2, NEXT)


def three_due(stage: Stage) -> None:
    """Three boxes with an order each, one of them paid; all due."""
    for number in (1, 2, 3):
        stage.submit(box_id=f"CAJA000{number}", ticket=f"ticket-000000000{number}")
    stage.pay()
    stage.pass_time(seconds=30)


def blind(stage: Stage) -> None:
    """Nobody has reached Mercado Pago for minutes, and the last who tried failed."""
    stage.pass_time(minutes=5)
    stage.health.record("failed_at", stage.clock.now)


# ─── … with a message taken out of its queue ────────────────────────────────────────────────────────────────────


def paid_and_due(stage: Stage) -> None:
    """An order that is paid, of which nobody has told us."""
    paid_unseen(stage)
    _sweep_and_take(stage)


def over_and_due(stage: Stage) -> None:
    """An order nobody paid in time."""
    stage.submit()
    stage.pass_time(hours=1)
    _sweep_and_take(stage)


def unclaimed_and_due(stage: Stage) -> None:
    """An order its box did not claim in time."""
    stage.attends = False
    sold(stage)
    stage.pass_time(minutes=2)
    _sweep_and_take(stage)


def silent_and_due(stage: Stage) -> None:
    """An order whose box has not said in time what came of it."""
    stage.attends = False
    claimed(stage)
    stage.pass_time(minutes=3)
    _sweep_and_take(stage)


def owed(stage: Stage) -> None:
    """An order that was cancelled and then paid."""
    stage.submit()
    stage.cancel(SALE)
    stage.pass_time(minutes=1)
    stage.pay()
    stage.notify("7001")
    stage.take()


def owed_and_refused(stage: Stage) -> None:
    """The same; the seller's balance does not suffice, once."""
    owed(stage)
    stage.payments.causes = [2063]


def owed_and(outcome: str) -> Callable[[Stage], None]:
    """The same; the first refund becomes `outcome`, and one on its way arrives soon."""

    def act(stage: Stage) -> None:
        owed(stage)
        stage.payments.outcome = outcome

    return act


def on_its_way(stage: Stage) -> None:
    """The same; the refund was on its way, and has arrived."""
    owed_and("in_process")(stage)
    stage.refund_taken()
    stage.payments.settle("approved")
    stage.pass_time(minutes=1)
    stage.check()
    stage.take()


def _sweep_and_take(stage: Stage) -> None:
    stage.sweep()
    stage.take()


# ─── What follows ───────────────────────────────────────────────────────────────────────────────────────────────


def paid_later(stage: Stage) -> None:
    """A customer pays, and nobody tells us."""
    stage.pass_time(seconds=20)
    stage.pay()


def both_paid_later(stage: Stage) -> None:
    """One customer pays the old order, on a screen that was left open; another pays the new one."""
    paid_later(stage)
    stage.pay(2, NEXT)
