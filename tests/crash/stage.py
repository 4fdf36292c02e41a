"""A shop whose functions can be killed at any call, with the customers, the box and the minutes that go on afterwards."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from caja.errors import CajaError
from caja.instants import read_instant
from caja.orders import Order, State, order_id_of
from caja.tables.boxes import BoxesTable
from caja.tables.calls import from_dynamodb
from caja.tables.health import HealthTable
from caja.tables.ledger import LedgerTable
from caja.tables.order_items import read_order
from caja.tables.places import PlacesTable
from caja.usecases.check_order import check_due
from caja.usecases.manage_protocols import Ledger
from caja.usecases.protocols import (
    Boxes,
    Checks,
    HealthRecord,
    MerchantOrders,
    Payments,
    RefundRequests,
)
from caja.usecases.refund_payment import refund_payment
from caja.usecases.submit_order import report_state
from tests.builders import NOON, PRICE, a_box, a_merchant_order, a_payment
from tests.cutting import Cutter
from tests.fake_ledger import Office
from tests.shop import BEARER
from tests.tables import a_placed_box

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caja.messages import CheckMessage, RefundMessage
    from caja.orders import Event

SALE = order_id_of(bytes(16), "ticket-0000000001")
"""The order of `Stage.submit`."""
NEXT = order_id_of(bytes(16), "ticket-0000000002")
THIRD = order_id_of(bytes(16), "ticket-0000000003")
CLAIM = "claim-0001"
MINUTE = timedelta(minutes=1)
PARTS: dict[str, type] = {
    "boxes": Boxes,
    "checks": Checks,
    "refund_requests": RefundRequests,
    "health": HealthRecord,
    "mercadopago": MerchantOrders,
    "payments": Payments,
}
MOST_EVENTS = 300


class Stage(Office):
    """Every call of the functions to a table, a queue or Mercado Pago passes `cutter`.

    `attends`: the box claims what is paid, and reports `result` of what it claimed.
    """

    box_ids: tuple[str, ...] = ("CAJA0001", "CAJA0002", "CAJA0003")
    attends = True
    result = "delivered"

    def __init__(self, mode: str) -> None:
        super().__init__(*(a_box(box_id=box_id, mode=mode) for box_id in self.box_ids))
        self.mode = mode
        self.cutter = Cutter()
        self.claimed: list[dict[str, Any]] = []
        self.taken_checks: list[CheckMessage] = []
        self.taken_refunds: list[RefundMessage] = []
        for part, protocol in PARTS.items():
            setattr(self, part, self.cutter.watch(getattr(self, part), part, protocol))
        self.orders = self.ledger = self.cutter.watch(self.ledger, "orders", Ledger)

    # ─── What is recorded ───────────────────────────────────────────────────────────────────────────────────────

    def recorded(self) -> Mapping[str, Order]:
        """Every order, by its id."""
        return self.orders.stored

    def order(self, order_id: str = SALE) -> Order:
        return self.recorded()[order_id]

    def checks_at(self) -> list[datetime]:
        """When each order is due a check."""
        return [order.watch.check_at for order in self.recorded().values() if order.watch.check_at]

    def events(self, order_id: str) -> tuple[Event, ...]:
        return tuple(self.orders.events_of[order_id])

    # ─── What people do ─────────────────────────────────────────────────────────────────────────────────────────

    def pay(self, number: int = 1, order_id: str = SALE, **changes: Any) -> None:
        """A customer pays the order: merchant order 700`number`, payment 900`number`. Nobody is told."""
        now, payment_id = self.clock.now, f"900{number}"
        self.payments.have(payment_id, PRICE)
        paid = {
            "merchant_order_id": f"700{number}",
            "external_reference": order_id,
            "created_at": now,
            "payments": (a_payment(payment_id=payment_id, approved_at=now),),
        }
        self.mercadopago.show(a_merchant_order(**paid | changes))

    def say(self, state: str) -> dict[str, Any]:
        return report_state(
            self.boxes,
            self.health,
            box_id="CAJA0001",
            authorization=BEARER,
            read_body=lambda: {"state": state},
            now=self.clock.now,
        )

    def release(self) -> None:
        """The box claims its order, and remembers what it was answered."""
        self.claimed.append(self.claim(CLAIM, SALE))

    def report_goods(self, result: str) -> dict[str, Any]:
        """The box says what came of the release; it will never say anything else."""
        self.result = result
        return self.deliver(result, CLAIM, SALE)

    def attend(self) -> None:
        """The box does what is to be done about its order."""
        if not self.attends or self.mode == "postpay" or SALE not in self.recorded():
            return
        with suppress(CajaError):
            match self.order(SALE).state:
                case State.PAID:
                    self.release()
                case State.RELEASING:
                    self.report_goods(self.result)

    # ─── What functions do with messages ────────────────────────────────────────────────────────────────────────

    def take(self) -> None:
        """A function is given the messages that are out; nobody else sees them until it has worked them off."""
        self.taken_checks, self.taken_refunds = self.checks.take_due(), self.refund_requests.take()

    def check_taken(self) -> None:
        for message in self.taken_checks:
            check_due(self.world, message)

    def refund_taken(self) -> None:
        for message in self.taken_refunds:
            refund_payment(self.till, message)

    # ─── Time ───────────────────────────────────────────────────────────────────────────────────────────────────

    def live(self, until: datetime | None = None) -> None:
        """Let time pass until an instant, or until nothing is to come: minute by minute a sweep, and whatever is out."""
        for _ in range(MOST_EVENTS):
            self.attend()
            at = min(self._due(), default=None)
            if at is None or (until and at > until):
                break
            self.clock.now = max(self.clock.now, at)
            self._refunds_arrive()
            self.probe()
            self.check()
            self.give_back()
        else:
            raise AssertionError("time passes, and it does not come to an end")
        self.clock.now = until or self.clock.now

    def _refunds_arrive(self) -> None:
        """Whatever became of the first refund, it arrives if it is on its way, and the next ones are made at once."""
        if self.payments.answers:
            self.payments.outcome = "approved"
            self.payments.settle("approved")

    def _due(self) -> list[datetime]:
        """When the queue has a message, and the first minute at which a sweep finds something."""
        minutes = [NOON - (NOON - at) // MINUTE * MINUTE for at in self.checks_at()]
        asked_for = [self.clock.now] * len(self.refund_requests.waiting)
        return [*minutes, *asked_for, *(at for at, _ in self.checks.waiting)]


class TableStage(Stage):
    """The same with one box over the real adapters: what is cut is every call to DynamoDB."""

    box_ids = ("CAJA0001",)

    def __init__(self, mode: str, dynamodb: Any) -> None:
        super().__init__(mode)
        watched = self.cutter.watch(dynamodb, "dynamodb")
        tables: dict[str, Any] = {
            "boxes": BoxesTable(watched, "BoxesTable"),
            "orders": LedgerTable(watched, orders="OrdersTable", boxes="BoxesTable"),
            "health": HealthTable(watched, "BoxesTable"),
        }
        for part, table in tables.items():
            setattr(self, part, table)
        self.ledger = tables["orders"]
        self._dynamodb = dynamodb
        PlacesTable(dynamodb, "BoxesTable").save_box(a_placed_box(mode=mode))
        HealthTable(dynamodb, "BoxesTable").record("succeeded_at", self.clock.now)

    def recorded(self) -> Mapping[str, Order]:
        scanned = map(from_dynamodb, self._dynamodb.scan(TableName="OrdersTable")["Items"])
        found = defaultdict(list)
        for item in sorted(scanned, key=lambda each: each["item"]):
            found[item["order_id"]].append(item)
        return {order_id: order for order_id, parts in found.items() if (order := read_order(parts))}

    def checks_at(self) -> list[datetime]:
        found = self._dynamodb.scan(TableName="OrdersTable", ProjectionExpression="check_at")["Items"]
        return [read_instant(item["check_at"]["S"]) for item in found if item]

    def events(self, order_id: str) -> tuple[Event, ...]:
        return self.ledger.events(order_id)
