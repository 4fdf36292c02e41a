"""One box, its ledger, Mercado Pago and a clock, driven as a sale drives them."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from caja.bodies import JsonNumber
from caja.health import Health
from caja.usecases.check_order import Hint, check_due, check_hinted
from caja.usecases.follow_order import follow_order
from caja.usecases.reconcile import probe, reconcile
from caja.usecases.refund_payment import Till, refund_payment
from caja.usecases.release_order import claim_order, report_order
from caja.usecases.settle_order import World
from caja.usecases.submit_order import cancel_order, submit_order
from tests.builders import BOX_KEY, PRICE, a_box, an_order
from tests.fake_refunds import HealthInMemory, PaymentsInMemory, RefundRequestsInMemory
from tests.fakes import (
    BoxesInMemory,
    ChecksInMemory,
    Clock,
    MercadoPagoInMemory,
    OrdersInMemory,
    ReportInMemory,
)

if TYPE_CHECKING:
    from caja.boxes import Box
    from caja.orders import Order

ORDER = "ORDER234567ORDER234567ORDE"
BEARER = f"Bearer {BOX_KEY.box_key}"
API_URL = "https://pagos.example"


def a_submit(**changes: Any) -> dict[str, Any]:
    """The body of a submit, as `bodies` reads it."""
    body: dict[str, Any] = {
        "ticket": "ticket-0000000001",
        "items": [{"title": "Nafta súper", "quantity": number(1), "unit_price": str(PRICE)}],
    }
    return body | changes


def number(value: float) -> JsonNumber:
    """A number as it stands in a body."""
    return JsonNumber(value)


class Shop:
    """Everything, at one instant of its clock."""

    def __init__(self, *boxes: Box) -> None:
        self.clock = Clock()
        self.boxes = BoxesInMemory(boxes={box.box_id: box for box in boxes or (a_box(),)})
        self.orders = OrdersInMemory(boxes=self.boxes)
        self.checks = ChecksInMemory(clock=self.clock)
        self.mercadopago = MercadoPagoInMemory(clock=self.clock)
        self.payments = PaymentsInMemory()
        self.refund_requests = RefundRequestsInMemory()
        self.health = HealthInMemory(known=Health(succeeded_at=self.clock.now))
        self.report = ReportInMemory()
        self._keys = count()

    @property
    def world(self) -> World:
        """What a check works with, now."""
        return World(
            orders=self.orders,
            merchant_orders=self.mercadopago,
            checks=self.checks,
            refund_requests=self.refund_requests,
            health=self.health,
            report=self.report,
            now=self.clock.now,
            jitter=0.0,
        )

    def with_order(self, **changes: Any) -> Order:
        """Put an order into the ledger and offer it if it is ready."""
        order = an_order(**changes)
        self.orders.put(order)
        return order

    def order(self, order_id: str = ORDER) -> Order:
        """The order as it is recorded now."""
        return self.orders.stored[order_id]

    def pass_time(self, **time: float) -> None:
        """Turn the clock on."""
        self.clock.now += timedelta(**time)

    def submit(
        self, box_id: str = "CAJA0001", authorization: str | None = BEARER, **changes: Any
    ) -> tuple[int, dict[str, Any]]:
        return submit_order(
            self.boxes,
            self.orders,
            self.health,
            box_id=box_id,
            authorization=authorization,
            read_body=lambda: a_submit(**changes),
            api_url=API_URL,
            make_key=self._make_key,
            now=self.clock.now,
        )

    def cancel(self, order_id: str, box_id: str = "CAJA0001") -> dict[str, Any]:
        return cancel_order(
            self.boxes,
            self.orders,
            box_id=box_id,
            order_id=order_id,
            authorization=BEARER,
            now=self.clock.now,
        )

    def claim(self, claim: str = "claim-0001", order_id: str = ORDER) -> dict[str, Any]:
        return claim_order(
            self.boxes,
            self.orders,
            self.report,
            box_id="CAJA0001",
            order_id=order_id,
            authorization=BEARER,
            read_body=lambda: {"claim": claim},
            now=self.clock.now,
        )

    def deliver(
        self, result: str, claim: str = "claim-0001", order_id: str = ORDER, **more: str
    ) -> dict[str, Any]:
        return report_order(
            self.boxes,
            self.orders,
            self.refund_requests,
            self.report,
            box_id="CAJA0001",
            order_id=order_id,
            authorization=BEARER,
            read_body=lambda: {"claim": claim, "result": result, **more},
            now=self.clock.now,
        )

    def follow(
        self,
        order_id: str = ORDER,
        *,
        box_id: str = "CAJA0001",
        authorization: str | None = BEARER,
        is_brief: bool = False,
    ) -> dict[str, Any]:
        return follow_order(
            self.boxes,
            self.orders,
            self.checks,
            self.report,
            box_id=box_id,
            order_id=order_id,
            authorization=authorization,
            is_brief=is_brief,
            now=self.clock.now,
        )

    def notify(self, merchant_order_id: str | None, *, order: Order | None = None, key: str = "") -> None:
        """A notification of `order`, or of the one order there is."""
        order = order or self.order()
        hint = Hint(order_id=order.order_id, key=key or order.notify_key, merchant_order_id=merchant_order_id)
        check_hinted(self.world, hint)

    @property
    def till(self) -> Till:
        """What a refund works with, now."""
        return Till(
            orders=self.orders,
            payments=self.payments,
            health=self.health,
            report=self.report,
            make_key=self._make_key,
            now=self.clock.now,
        )

    def give_back(self) -> None:
        """Work off the queue of refunds."""
        for message in self.refund_requests.take():
            refund_payment(self.till, message)

    def probe(self) -> None:
        probe(self.mercadopago, self.health, self.report, self.clock.now)

    def sweep(self) -> int:
        return reconcile(self.orders, self.checks, now=self.clock.now, has_time=lambda: True)

    def work(self) -> None:
        """Take what the queue holds for now."""
        for message in self.checks.take_due():
            check_due(self.world, message)

    def check(self) -> None:
        """One sweep and its checks."""
        self.sweep()
        self.work()

    def _make_key(self) -> str:
        return f"fake-key-{next(self._keys):013d}"
