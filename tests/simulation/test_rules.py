"""Hypothesis plays against the same town: whatever it does, in whatever order, nothing happens that must not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from caja.bodies import JsonNumber
from caja.orders import State
from tests.builders import a_box
from tests.simulation.machines import HABITS
from tests.simulation.town import Town
from tests.simulation.weather import SPELLS

if TYPE_CHECKING:
    from caja.orders import Order

POSTPAY, PREPAY = "CAJA0000", "CAJA0001"
boxes = st.sampled_from([POSTPAY, PREPAY])


class Play(RuleBasedStateMachine):
    """One pump, one vending machine, and everything that can be done to them."""

    def __init__(self) -> None:
        super().__init__()
        self.town = Town(1)
        self.functions = self.town.functions
        self.orders: dict[str, list[str]] = {POSTPAY: [], PREPAY: []}
        self.claims: dict[str, str] = {}
        self.tickets = 0

    @initialize()
    def open(self) -> None:
        for box_id, mode in ((POSTPAY, "postpay"), (PREPAY, "prepay")):
            self.functions.boxes.boxes[box_id] = a_box(
                box_id=box_id, box_uid=box_id.encode(), mode=mode, release_seconds=60, report_seconds=90
            )
        self.town.begin()

    @rule(seconds=st.sampled_from([1, 5, 20, 61, 130, 700, 3_700, 90_000]))
    def wait(self, seconds: int) -> None:
        self.town.pass_time(seconds)

    @rule(spell=st.sampled_from(sorted(SPELLS)))
    def begin_fault(self, spell: str) -> None:
        self.town.begin_spell(spell, SPELLS[spell][1])

    @rule(spell=st.sampled_from(sorted(SPELLS)))
    def end_fault(self, spell: str) -> None:
        self.functions.weather.end(spell)

    @rule(box_id=boxes, replaces=st.booleans())
    def submit(self, box_id: str, *, replaces: bool) -> None:
        self.tickets += 1
        body: dict[str, Any] = {
            "ticket": f"ticket-{self.tickets:016d}",
            "items": [{"title": "Nafta", "quantity": JsonNumber("1"), "unit_price": "100.50"}],
            "ttl_seconds": JsonNumber("300"),
        }
        if replaces and self.orders[box_id]:
            body["replaces"] = self.orders[box_id][-1]
        status, answer = self.functions.submit(box_id, body)
        if status == 201:
            self.orders[box_id].append(answer["order_id"])

    @rule(box_id=boxes, habit=st.sampled_from(sorted(HABITS)))
    def scan(self, box_id: str, habit: str) -> None:
        self.town.clockwork.start(self.town.people.scan(box_id, habit, patience=2))

    @precondition(lambda self: self.orders[POSTPAY] or self.orders[PREPAY])
    @rule(box_id=boxes, is_last=st.booleans())
    def follow(self, box_id: str, *, is_last: bool) -> None:
        for order_id in self.orders[box_id][-1 if is_last else 0 :][:1]:
            self.functions.follow(box_id, order_id)

    @rule(box_id=boxes)
    def cancel(self, box_id: str) -> None:
        for order_id in self.orders[box_id][-1:]:
            self.functions.cancel(box_id, order_id)

    @rule(claim=st.sampled_from(["claim-0001", "claim-0002"]))
    def claim(self, claim: str) -> None:
        for order_id in self.orders[PREPAY][-1:]:
            status, answer = self.functions.claim(PREPAY, order_id, claim)
            if status == 200 and order_id not in self.claims:
                self.claims[order_id] = claim
                if answer["state"] == "releasing":
                    self.functions.history.release(self.order(order_id), claim)

    @rule(result=st.sampled_from(["delivered", "failed", "unknown"]))
    def deliver(self, result: str) -> None:
        for order_id in self.orders[PREPAY][-1:]:
            self.functions.deliver(PREPAY, order_id, self.claims.get(order_id, "claim-0009"), result)

    @rule(verb=st.sampled_from(["refund", "paid", "delivered", "refunding", "refunded"]), box_id=boxes)
    def decide(self, verb: str, box_id: str) -> None:
        for order_id in self.orders[box_id][-1:]:
            body = {"reason": "asked for"} | ({} if verb == "refund" else {"state": verb})
            self.functions.decide("refund" if verb == "refund" else "resolve", order_id, body)

    @rule()
    def forge(self) -> None:
        self.town.clockwork.start(self.town.people.forge())

    @rule()
    def sweep(self) -> None:
        self.functions.sweep()

    def order(self, order_id: str) -> Order:
        return self.functions.orders.stored[order_id]

    def teardown(self) -> None:
        outcome = self.town.end()
        assert all(order.state is not State.REFUNDING for order in self.functions.orders.stored.values())
        assert outcome.digest


TestPlay = Play.TestCase
TestPlay.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
