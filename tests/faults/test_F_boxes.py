"""Boxes: power cuts, silence, late words, money that leaves before the claim (F35-F37, F42, F48)."""
# ruff: noqa: N802 - faults are named as reliability §2 names them

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING

from caja.errors import ConflictError
from caja.orders import Doubt, Refund, State
from tests.builders import after
from tests.faults.shops import a_sold_shop, given_back, live, refunds
from tests.faults.street import VENDING, Street
from tests.mutants.marks import kills
from tests.simulation.machines import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.shop import Shop


@dataclass
class Machine:
    """A vending machine: what it wrote down outlives a power cut, `motor` counts what fell out."""

    shop: Shop
    claim: str = ""
    is_turned: bool = False
    motor: int = 0

    def release(self, fresh: str) -> Iterator[str]:
        """Step by step, as firmware is told to do it; power can be lost after each."""
        if not self.claim:
            self.claim = fresh
            yield "written down"
        try:
            self.shop.claim(self.claim)
        except ConflictError:
            return
        yield "claimed"
        if not self.is_turned:
            self.is_turned = True
            yield "written down that it turns"
            self.motor += 1
            yield "turned"
        with suppress(ConflictError):
            self.shop.deliver("delivered" if self.motor else "unknown", self.claim)
        yield "reported"


@kills("claimed-with-another-nonce")
def test_F35_a_box_that_loses_power_at_each_step_of_a_release_releases_at_most_once() -> None:
    """Twice, and with or without what it wrote down."""
    for first, second, forgets in product(range(7), range(7), (False, True)):
        machine = Machine(a_sold_shop())
        for life, steps in enumerate((first, second, 7)):
            if life and forgets:
                machine.claim, machine.is_turned = "", False
            for _ in zip(range(steps), machine.release(f"claim-000{life}"), strict=False):
                pass
        assert machine.motor <= 1
        assert machine.motor == 1 or min(first, second) < 4
        live(machine.shop, hours=1)
        state = machine.shop.order().state
        assert state in ((State.DELIVERED, State.REVIEW) if machine.motor else (State.REVIEW, State.REFUNDED))


@kills("deadline-dropped-as-same-check")
def test_F36_what_a_box_never_claims_goes_back_at_the_deadline() -> None:
    shop = a_sold_shop()
    release_by = shop.order().release_by
    assert release_by == after(minutes=4)
    shop.clock.now = after(minutes=3, seconds=57)
    shop.notify("7001")  # somebody looked just before
    shop.clock.now = release_by
    shop.check()
    assert (shop.order().state, shop.report.alarms) == (State.REFUNDING, ["NotReleased"])
    shop.give_back()
    assert (shop.order().state, given_back(shop)) == (State.REFUNDED, ["9001"])
    assert shop.boxes.offers["CAJA0001"].state == "refunded"


@kills("deadline-ignores-the-claim")
def test_F37_a_box_that_claims_and_falls_silent_leaves_its_order_in_review_with_an_alarm() -> None:
    shop = a_sold_shop()
    shop.claim()
    live(shop, minutes=5)
    assert (shop.order().state, shop.order().doubt) == (State.REVIEW, Doubt.SILENCE)
    assert shop.report.alarms == ["OrderInReview"]
    live(shop, days=40)
    assert (shop.order().state, given_back(shop), shop.report.alarms) == (
        State.REVIEW,
        [],
        ["OrderInReview"],
    )


@kills("refunds-ignored", "box-acts-on-paid")
def test_F42_what_was_refunded_or_charged_back_between_paid_and_claim_is_not_released() -> None:
    for how in ("charged_back", "in_mediation", "refunded", "in part"):
        street = Street()
        order_id = street.sell(VENDING)
        payment = street.pay(street.scan(VENDING))
        street.pass_time(seconds=20)
        assert street.order(order_id).state == "paid"
        payment.by_hand = True
        amount = payment.amount if how == "refunded" else Decimal("0.01")
        if how in ("refunded", "in part"):
            payment.refunds.append({"id": 1, "amount": amount, "status": "approved"})
        payment.status = "approved" if how == "in part" else how
        screen, _ = street.line.payments[payment.payment_id]
        street.line.touch(screen)
        street.people._notify(screen, payment)
        street.pass_time(seconds=5)
        journal = Journal("ticket", {}, order_id=order_id)
        street.town.clockwork.start(street.town.machines._release(VENDING, journal))
        street.pass_time(seconds=30)
        assert (street.order(order_id).state, street.order(order_id).doubt) == ("review", "uncovered")
        assert street.functions.history.released == {}
        assert street.functions.history.alarmed["OrderInReview"] == 1


@kills("late-report-contradicts")
def test_F48_a_box_that_reports_after_silence_was_declared_leaves_review_by_itself() -> None:
    for result, state, refund in [
        ("delivered", State.DELIVERED, Refund.NONE),
        ("failed", State.REFUNDED, Refund.DONE),
    ]:
        shop = a_sold_shop()
        shop.claim()
        live(shop, minutes=30)
        assert (shop.order().state, shop.order().doubt) == (State.REVIEW, Doubt.SILENCE)
        shop.deliver(result)
        live(shop, minutes=15)
        assert (shop.order().state, refunds(shop)) == (state, {"9001": refund})
