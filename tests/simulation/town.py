"""One run: a few boxes, their customers, an operator, a stack and its weather, from the first sale to the last refund."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from caja.orders import State
from tests.builders import a_box
from tests.simulation.clockwork import Clockwork
from tests.simulation.functions import Functions
from tests.simulation.history import BACK, PAID, SEEN, must
from tests.simulation.machines import Machines
from tests.simulation.people import People
from tests.simulation.store import change_box, forget_offer
from tests.simulation.weather import SPELLS

if TYPE_CHECKING:
    from tests.simulation.clockwork import Life

BOXES = 4
SALES = 12
"""Each box's."""
DAY = timedelta(hours=8)
POISON = '{"what": "is this"}'
AFTERWARDS = timedelta(days=45)
"""By then every watch has ended: 30 days after its order left the box at the latest."""
QUICK = {PAID: 60.0, SEEN: 75 * 60.0, BACK: 15 * 60.0}
"""How many seconds each may take when there are no faults."""


@dataclass
class Outcome:
    """What one run counted."""

    seed: int
    digest: str
    steps: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    rows: Counter[tuple[str | None, str, str]] = field(default_factory=Counter)
    sales: int = 0
    refunds: int = 0
    waits: dict[str, list[float]] = field(default_factory=dict)


def run(seed: int) -> Outcome:
    """One town from its seed; raises ViolationError, or AssertionError naming what does not hold."""
    return Town(seed).live()


class Town:
    """A town of one seed. Every fifth is calm, so what must be quick can be timed; every tenth never hears a notification."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.clockwork = Clockwork(seed)
        self.chance = self.clockwork.chance
        self.is_calm = seed % 5 == 0
        self.is_mute = seed % 10 == 0
        self.functions = Functions(self.clockwork)
        self.people = People(self.functions, is_calm=self.is_calm, is_mute=self.is_mute)
        self.machines = Machines(self.functions, self.people, is_calm=self.is_calm)

    def live(self) -> Outcome:
        """From the first sale until nothing can happen any more."""
        clockwork, functions = self.clockwork, self.functions
        for number in range(BOXES):
            box_id = f"CAJA000{number}"
            is_prepay = number % 2 == 1
            functions.boxes.boxes[box_id] = a_box(
                box_id=box_id,
                box_uid=self.chance.randbytes(16),
                mode="prepay" if is_prepay else "postpay",
                dialect="v1",
                liveness_seconds=60 if is_prepay else 0,
                release_seconds=60,
                report_seconds=120,
            )
            life = self.machines.vending if is_prepay else self.machines.pump
            clockwork.start(life(box_id, SALES))
        self.begin()
        clockwork.start(self.people.operate())
        if not self.is_calm:
            clockwork.start(self._climate())
        clockwork.run(clockwork.now + DAY)
        outcome = self.end()
        for queue in functions.queues:
            must(set(queue.dead) <= {POISON}, "L3", f"{queue.name} gave up {queue.dead}")
        if self.is_calm:
            self._be_quick()
        return outcome

    def begin(self) -> None:
        """Have the schedule sweep every minute."""
        self.clockwork.start(self._schedule())

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and everybody live."""
        self.clockwork.run(self.clockwork.now + timedelta(seconds=seconds))

    def end(self) -> Outcome:
        """Stop all faults, let everything come to rest, and hold what there is against the invariants."""
        self.functions.weather.clear()
        self.clockwork.run(self.clockwork.now + AFTERWARDS)
        return self._close()

    def _schedule(self) -> Life:
        while True:
            yield 60.0
            weather = self.functions.weather
            if weather.strikes("sweeps missing"):
                continue
            self.functions.sweep()
            if weather.strikes("sweeps doubled", 0.5):
                self.functions.sweep()
            # Nothing happens at night: what is due next is all that a sweep could find.
            while weather.is_over and not any(queue.in_flight for queue in self.functions.queues):
                due = [o.watch.check_at for o in self.functions.orders.stored.values() if o.watch.check_at]
                pause = (min(due) - self.clockwork.now).total_seconds() if due else 86_400.0
                if pause <= 60:
                    break
                yield min(pause, 86_400.0)
                self.functions.sweep()

    def _climate(self) -> Life:
        """Faults come and go, one or two at a time."""
        weather = self.functions.weather
        while True:
            yield self.chance.uniform(120, 900)
            if weather.is_over:
                return
            self._mischief()
            spell = self.chance.choice(list(SPELLS))
            longest = SPELLS[spell][1]
            self.begin_spell(spell, self.chance.uniform(longest / 10, longest))

    def begin_spell(self, spell: str, seconds: float) -> None:
        """Turn a fault on for a while."""
        self.functions.weather.begin(spell)
        self.clockwork.later(seconds, lambda: self.functions.weather.end(spell))

    def _mischief(self) -> None:
        """Something that happens once."""
        functions, weather = self.functions, self.functions.weather
        boxes = list(functions.boxes.boxes)
        match self.chance.randrange(8):
            case 0:
                self.clockwork.start(self.people.forge())
            case 1:
                self.people.stray()
            case 2:
                weather.meet("F10")
                functions.check_queue.redrive(20)
                functions.notification_queue.redrive(20)
                functions.refund_queue.redrive(5)
            case 3:
                weather.meet("F09")
                functions.check_queue.put(POISON)
            case 4:
                if forget_offer(functions.orders, self.chance.choice(boxes)):
                    weather.meet("F13")
            case 5:
                weather.meet("F44")
                limit = self.chance.choice([60, 90, 120])
                change_box(functions.boxes, self.chance.choice(boxes), release_seconds=limit)
            case _:
                return

    def _be_quick(self) -> None:
        """L1 and L2."""
        for name, most in QUICK.items():
            slow = [wait for wait in self.functions.history.waits[name] if wait > most]
            must(not slow, name.partition(":")[0], f"{name} took {slow} s, more than {most} s")

    def _close(self) -> Outcome:
        functions = self.functions
        for queue in functions.queues:
            must(queue.in_flight == 0, "L3", f"{queue.name} still holds {queue.in_flight}")
        unwatched = [o for o in functions.orders.stored.values() if o.watch.check_at is not None]
        open_states = (State.READY, State.RELEASING, State.REFUNDING)
        left = [o.order_id for o in functions.orders.stored.values() if o.state in open_states]
        must(not left, "L3", f"still open: {left}")
        must(all(o.state is State.REVIEW for o in unwatched), "L3", f"watched for ever: {unwatched[:1]}")
        functions.history.close(functions.orders.stored)
        return Outcome(
            seed=self.seed,
            digest=functions.history.digest,
            steps=functions.steps,
            faults=functions.weather.counts,
            rows=functions.history.rows,
            sales=self.machines.sold,
            refunds=sum(p.refunded > 0 and not p.by_hand for _, p in functions.line.payments.values()),
            waits=functions.history.waits if self.is_calm else {},
        )
