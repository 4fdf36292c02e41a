"""The world of the use-cases, in memory: the same promises as the tables, the queue and Mercado Pago, and a clock."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from caja.boxes import Box, BoxView, Offer, Seen
from caja.errors import MercadoPagoNotFoundError, StaleVersionError
from caja.orders import Event, State
from caja.usecases.protocols import Page
from tests.builders import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from caja.merchant_orders import MerchantOrder
    from caja.messages import CheckMessage
    from caja.orders import Order, RecordedPayment

PAGE = 30


@dataclass(kw_only=True)
class Clock:
    now: datetime = NOON


@dataclass(kw_only=True)
class BoxesInMemory:
    """`protocols.Boxes`."""

    boxes: dict[str, Box] = field(default_factory=dict)
    offers: dict[str, Offer] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    branch_keys: dict[str, dict[str, str]] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)

    def view(self, box_id: str) -> BoxView | None:
        box = self.boxes.get(box_id)
        if box is None or box.is_retired:
            return None
        return BoxView(box=box, offer=self.offers.get(box_id), seen=self.seen.get(box_id))

    def branch_key_hashes(self, external_store_id: str) -> Mapping[str, str]:
        return self.branch_keys.get(external_store_id, {})

    def record_state(self, box_id: str, state: str, now: datetime) -> None:
        self.writes.append(state)
        self.seen[box_id] = Seen(state=state, state_at=now, seen_at=now)

    def record_sign_of_life(self, box_id: str, now: datetime) -> None:
        self.writes.append("alive")
        seen = self.seen.get(box_id) or Seen(state="idle", state_at=now, seen_at=now)
        self.seen[box_id] = replace(seen, seen_at=now)


@dataclass(kw_only=True)
class OrdersInMemory:
    """`protocols.Orders`, over the offers of `boxes`; `meanwhile` runs what others do just before our next writes.

    `events_of`: the events of each order, oldest first.
    """

    boxes: BoxesInMemory
    stored: dict[str, Order] = field(default_factory=dict)
    events_of: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def get(self, order_id: str) -> Order | None:
        return self.stored.get(order_id)

    def submit(
        self, order: Order, poll_body: str, *, replaced: tuple[Order, Order] | None
    ) -> Literal["done", "known", "occupied"]:
        self._let_others_write()
        if order.order_id in self.stored:
            return "known"
        offer = self.boxes.offers.get(order.box_id)
        if replaced:
            if offer is None or offer.order_id != replaced[0].order_id:
                return "occupied"
        elif offer and offer.is_in_the_way(order.created_at):
            return "occupied"
        if replaced:
            self._change(*replaced, by="box", facts={"replaced_by": order.order_id})
        self.put(order)
        self._record(None, order, by="box", facts={})
        return "done"

    def apply(self, before: Order, after: Order, *, by: str, facts: Mapping[str, Any]) -> None:
        self._let_others_write()
        self._change(before, after, by=by, facts=facts)
        offer = self.boxes.offers.get(after.box_id)
        if after.ended_at and offer and offer.order_id == after.order_id:
            self.boxes.offers[after.box_id] = replace(offer, state=after.state.value)

    def save_watch(self, before: Order, after: Order) -> None:
        self._let_others_write()
        stored = self._unchanged(before)
        self.stored[before.order_id] = replace(stored, watch=after.watch, revision=stored.revision + 1)

    def due(self, now: datetime) -> Iterator[tuple[str, datetime]]:
        watched = [(order.order_id, order.watch.check_at) for order in self.stored.values()]
        due = [(order_id, at) for order_id, at in watched if at and at <= now]
        yield from sorted(due, key=lambda each: each[1])

    def claim_due(self, order_id: str, due_at: datetime, until: datetime) -> bool:
        self._let_others_write()
        order = self.stored.get(order_id)
        if order is None or order.watch.check_at != due_at:
            return False
        self.stored[order_id] = replace(
            order, watch=replace(order.watch, check_at=until), revision=order.revision + 1
        )
        return True

    def put(self, order: Order) -> None:
        """Have `order`, and offer it at its box if it is ready."""
        self.stored[order.order_id] = order
        if order.state is State.READY:
            self.boxes.offers[order.box_id] = Offer(
                order_id=order.order_id,
                state=order.state.value,
                expires_at=order.expires_at,
                mode=order.mode,
            )

    def touch(self, order_id: str) -> None:
        """What anybody's write does: what was read before is stale."""
        order = self.stored[order_id]
        self.stored[order_id] = replace(order, revision=order.revision + 1)

    def _let_others_write(self) -> None:
        if self.meanwhile:
            self.meanwhile.pop(0)()

    def _unchanged(self, before: Order) -> Order:
        stored = self.stored.get(before.order_id)
        if stored is None or stored.revision != before.revision:
            raise StaleVersionError("The order was written meanwhile.")
        return stored

    def _change(self, before: Order, after: Order, *, by: str, facts: Mapping[str, Any]) -> None:
        stored = self._unchanged(before)
        assert after.version == stored.version + 1, "a change the box can see is one version"
        assert {p.payment_id for p in stored.payments} <= {p.payment_id for p in after.payments}
        for payment in after.payments:
            is_as_read = _attempts(stored, payment) == _attempts(before, payment)
            if payment not in before.payments and not is_as_read:
                raise StaleVersionError("The payment was written meanwhile.")
        self.stored[after.order_id] = replace(after, revision=stored.revision + 1)
        self._record(before, after, by=by, facts=facts)

    def _record(self, before: Order | None, after: Order, *, by: str, facts: Mapping[str, Any]) -> None:
        self.events_of[after.order_id].append(
            Event(
                version=after.version,
                at=after.updated_at,
                by=by,
                from_state=before.state if before else None,
                to_state=after.state,
                facts=facts,
            )
        )


def _attempts(order: Order, payment: RecordedPayment) -> int:
    """How many attempts this payment has in that order."""
    return next((len(p.attempts) for p in order.payments if p.payment_id == payment.payment_id), 0)


@dataclass(kw_only=True)
class ChecksInMemory:
    """`protocols.Checks`: messages and when each comes out."""

    clock: Clock
    waiting: list[tuple[datetime, CheckMessage]] = field(default_factory=list)
    refuses: Exception | None = None

    def send(self, message: CheckMessage, *, delay_seconds: int = 0) -> None:
        if self.refuses:
            raise self.refuses
        assert 0 <= delay_seconds <= 900, "SQS holds a message back for 15 minutes at most"
        self.waiting.append((self.clock.now + timedelta(seconds=delay_seconds), message))

    def take_due(self) -> list[CheckMessage]:
        """The messages that are out by now, gone from the queue."""
        due = [message for at, message in self.waiting if at <= self.clock.now]
        self.waiting = [(at, message) for at, message in self.waiting if at > self.clock.now]
        return due

    @property
    def messages(self) -> list[CheckMessage]:
        """Everything in the queue."""
        return [message for _, message in self.waiting]


@dataclass(kw_only=True)
class MercadoPagoInMemory:
    """`protocols.MerchantOrders`, which counts its calls; `failures` are what the next calls raise (None: nothing)."""

    clock: Clock
    listed: dict[str, MerchantOrder] = field(default_factory=dict)
    not_in_search: set[str] = field(default_factory=set)
    failures: list[Exception | None] = field(default_factory=list)
    calls: list[tuple[str, datetime]] = field(default_factory=list)
    page: int = PAGE

    def get(self, merchant_order_id: str) -> MerchantOrder:
        self._count("get")
        if merchant_order_id not in self.listed:
            raise MercadoPagoNotFoundError("There is no such merchant order.")
        return self.listed[merchant_order_id]

    def search(self, external_reference: str, offset: int) -> Page:
        self._count("search")
        shown = [each for id_, each in self.listed.items() if id_ not in self.not_in_search]
        found = [each for each in shown if each.external_reference.upper() == external_reference]
        end = offset + self.page
        return Page(merchant_orders=tuple(found[offset:end]), next_offset=end if end < len(found) else None)

    def show(self, *merchant_orders: MerchantOrder) -> None:
        """Have these, in the place of what they were."""
        for each in merchant_orders:
            self.listed[each.merchant_order_id] = each

    @property
    def called(self) -> list[str]:
        """The kinds of calls made, in order."""
        return [kind for kind, _ in self.calls]

    def _count(self, kind: str) -> None:
        self.calls.append((kind, self.clock.now))
        failure = self.failures.pop(0) if self.failures else None
        if failure:
            raise failure


@dataclass(kw_only=True)
class ReportInMemory:
    """`protocols.Report`."""

    notes: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)

    def note(self, message: str, **facts: Any) -> None:
        self.notes.append(message)

    def alarm(self, metric: str, message: str, **facts: Any) -> None:
        self.alarms.append(metric)
