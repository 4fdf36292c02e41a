"""Boxes as their programmers are told to build them: a pump, and a vending machine, with a journal that outlives power cuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caja.bodies import JsonNumber

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from tests.simulation.clockwork import Life
    from tests.simulation.functions import Functions
    from tests.simulation.people import People

HABITS = {
    "pays": 52,
    "hesitates": 8,
    "leaves": 8,
    "is_rejected_then_pays": 5,
    "pays_in_parts": 3,
    "pays_a_part": 2,
    "pays_too_much": 2,
    "pays_late": 8,
    "pays_and_disputes": 8,
    "sees_another_total": 6,
    "pays_another_seller": 2,
}
CALM_HABITS = {"pays": 75, "leaves": 5, "is_rejected_then_pays": 8, "pays_in_parts": 7, "pays_late": 5}

SLOW_HABITS = {"leaves": 35, "hesitates": 40, "pays_late": 15, "sees_another_total": 20}
"""Of customers whose sale the clerk ends in another way."""

WAITS = {"pays": 72, "cash": 7, "mistake": 12, "gone": 6, "silent": 3}
RELEASES = {
    "works": 48,
    "is slow": 12,
    "jams": 8,
    "does not know": 4,
    "dies before": 5,
    "dies after": 6,
    "never claims": 8,
    "comes back late": 6,
    "lies": 3,
}

UNANSWERED, OK, BUSY, DOWN = 0, 200, 409, 503
MOST_TRIES = 25


@dataclass
class Journal:
    """What a box wrote down before it sent or did it."""

    ticket: str
    body: dict[str, Any]
    order_id: str | None = None
    claim: str | None = None


class Machines:
    """The boxes of a town; `is_calm`: nothing is done but to sell."""

    def __init__(self, functions: Functions, people: People, *, is_calm: bool) -> None:
        self._functions = functions
        self._people = people
        self._clockwork = functions.clockwork
        self._chance = functions.clockwork.chance
        self._is_calm = is_calm
        self.sold = 0

    def pump(self, box_id: str, sales: int) -> Life:
        """Goods first: the amount is known when the nozzle hangs again."""
        for _ in range(sales):
            yield self._chance.uniform(5, 120)
            self._functions.report(box_id, "preparing")
            fate = "pays" if self._is_calm else self._throw(WAITS)
            self._come(box_id, at=self._chance.uniform(0, 8), is_slow=fate in ("cash", "mistake", "gone"))
            yield self._chance.uniform(5, 15)
            short = not self._is_calm and self._clockwork.happens(0.5)
            journal = self._journal(**({"ttl_seconds": JsonNumber("90")} if short else {}))
            yield from self._submit(box_id, journal)
            if journal.order_id:
                yield from self._wait_for_money(box_id, journal, fate)

    def _wait_for_money(self, box_id: str, journal: Journal, fate: str) -> Life:
        """Ask until it is paid, or the clerk does something else about it."""
        order_id = str(journal.order_id)
        if fate == "silent":
            yield self._chance.uniform(60, 3_000)  # It does not ask; the sweep must do.
        patience = self._chance.uniform(60, 400) if fate in ("cash", "mistake", "gone") else 3_700
        began = self._clockwork.now
        while (self._clockwork.now - began).total_seconds() < patience:
            status, order = self._functions.follow(box_id, order_id)
            if (
                status == 200
                and order["state"] != "ready"
                and (order["state"] != "expired" or fate == "pays")
            ):
                return
            yield (
                self._chance.uniform(4, 9) if patience < 500 or self._is_calm else self._chance.uniform(6, 60)
            )
        if fate == "gone":
            return
        if fate == "mistake":
            self._functions.weather.meet("F31")
            successor = self._journal(replaces=order_id)
            yield from self._submit(box_id, successor)
            if successor.order_id:
                self._come(box_id, at=1.0)
                yield from self._wait_for_money(box_id, successor, "pays")
            return
        self._functions.weather.meet("F32")
        yield from self._insist(lambda: self._functions.cancel(box_id, order_id))

    def vending(self, box_id: str, sales: int) -> Life:
        """Money first: claim, turn the motor once, say what came of it."""
        for _ in range(sales):
            yield self._chance.uniform(5, 90)
            self._functions.report(box_id, "idle")
            journal = self._journal(ttl_seconds=JsonNumber("120"))
            yield from self._submit(box_id, journal)
            if not journal.order_id:
                continue
            self._come(box_id, at=1.0)
            for _ in range(60):
                yield self._chance.uniform(3, 7)
                self._functions.report(box_id, "idle")
                status, order = self._functions.follow(box_id, journal.order_id)
                if status == 200 and order["state"] != "ready":
                    break
            if status == 200 and order["state"] == "paid":
                yield from self._release(box_id, journal)
            elif not self._is_calm and self._clockwork.happens(0.3):
                self._functions.weather.meet("F32")
                self._functions.cancel(box_id, journal.order_id)

    def _release(self, box_id: str, journal: Journal) -> Life:
        functions, order_id = self._functions, str(journal.order_id)
        fate = "works" if self._is_calm else self._throw(RELEASES)
        if fate == "never claims":
            functions.weather.meet("F36")
            return
        if fate == "is slow":
            yield self._chance.uniform(10, 45)
        journal.claim = f"claim-{self._chance.getrandbits(64):016x}"  # written down before it is sent
        status = yield from self._insist(lambda: functions.claim(box_id, order_id, str(journal.claim)))
        if status != OK:
            return
        if fate == "dies before":
            functions.weather.meet("F35")
            yield self._chance.uniform(30, 100)  # The journal says: claimed, motor not begun. It may go on.
        if fate != "jams":
            functions.history.release(functions.orders.stored[order_id], journal.claim)
        if fate == "dies after":
            functions.weather.meet("F35")
            functions.weather.meet("F37")
            return  # Power is lost for good: silence.
        yield from self._report(box_id, order_id, journal.claim, fate)

    def _report(self, box_id: str, order_id: str, claim: str, fate: str) -> Life:
        functions = self._functions
        result = {"jams": "failed", "does not know": "unknown"}.get(fate, "delivered")
        if fate == "comes back late":
            functions.weather.meet("F48")
            yield self._chance.uniform(200, 900)
            result = "failed" if self._clockwork.happens(0.4) else result
        yield self._chance.uniform(1, 10)
        yield from self._insist(lambda: functions.deliver(box_id, order_id, claim, result))
        if fate == "lies":
            functions.deliver(box_id, order_id, claim, "failed" if result == "delivered" else "delivered")

    # ─── What both do ───────────────────────────────────────────────────────────────────────────────────────────

    def _submit(self, box_id: str, journal: Journal) -> Life:
        """The same request until there is an answer; the order's id goes into the journal."""
        functions = self._functions
        for _ in range(MOST_TRIES):
            status, answer = functions.submit(box_id, journal.body)
            if status in (200, 201):
                journal.order_id = answer["order_id"]
                self.sold += status == 201
                if status == 201:
                    functions.history.accepted(functions.weather.blind_for())
                functions.history.submitted(journal.ticket, answer["order_id"], functions.orders.stored)
                if self._clockwork.happens(0.02) and not self._is_calm:
                    self._repeat(box_id, journal)
                return
            if status == BUSY:
                order = answer.get("order")
                if answer["code"] == "box_busy" and order and order["state"] == "ready":
                    functions.cancel(box_id, order["order_id"])
                else:
                    yield self._chance.uniform(20, 60)
            elif status not in (UNANSWERED, DOWN):
                raise AssertionError(f"H2: {status} {answer}")
            yield self._chance.uniform(2, 15)

    def _repeat(self, box_id: str, journal: Journal) -> None:
        """The counter begins again: the same ticket, another sale."""
        self._functions.weather.meet("F43")
        body = {**journal.body, "number": "another sale"}
        status, answer = self._functions.submit(box_id, body)
        must_be = (422, UNANSWERED, DOWN)
        assert status in must_be, f"H2: a ticket made a second order: {status} {answer}"
        if status == 422:
            assert answer["order_id"] == journal.order_id, "H2: the refusal names another order"

    def _insist(self, ask: Callable[[], tuple[int, dict[str, Any]]]) -> Generator[float, None, int]:
        """The same request until there is an answer; its status. A claim answered again is granted: the journal knows better."""
        status = UNANSWERED
        for _ in range(MOST_TRIES):
            status, _ = ask()
            if status not in (UNANSWERED, DOWN):
                break
            yield self._chance.uniform(1, 15)
        return status

    def _come(self, box_id: str, at: float, *, is_slow: bool = False) -> None:
        """Customers arrive; sometimes two, sometimes a crowd that leaves."""
        habits = CALM_HABITS if self._is_calm else SLOW_HABITS if is_slow else HABITS
        number = 1
        if self._clockwork.happens(0.12):
            number = self._chance.choice([2, 2, 2, 3, 5])
            self._functions.weather.meet("F33")
        if not self._is_calm and self._clockwork.happens(0.004):
            for _ in range(40):
                self._clockwork.start(self._people.scan(box_id, "leaves"), at + self._chance.uniform(0, 60))
        for _ in range(number):
            habit = self._throw(habits)
            self._clockwork.start(self._people.scan(box_id, habit), at + self._chance.uniform(0, 5))

    def _throw(self, weights: dict[str, int]) -> str:
        return self._chance.choices(list(weights), list(weights.values()))[0]

    def _journal(self, **fields: Any) -> Journal:
        ticket = f"{self._chance.getrandbits(96):024x}"
        cents = self._chance.randrange(100, 5_000_00)
        body: dict[str, Any] = {
            "ticket": ticket,
            "items": [
                {
                    "title": "Nafta súper",
                    "quantity": JsonNumber("1"),
                    "unit_price": f"{cents // 100}.{cents % 100:02d}",
                }
            ],
            **fields,
        }
        return Journal(ticket, body)
