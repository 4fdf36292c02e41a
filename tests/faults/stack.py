"""The functions over moto, with Mercado Pago in memory behind them; every call they make can be cut, or waited for."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from caja import wiring
from caja.usecases.poll import answer_poll
from functions.check_order.app import handler as check_order
from functions.reconcile.app import handler as reconcile
from functions.refund_payment.app import handler as refund_payment
from tests.builders import POLL_QUERY, PRICE, a_merchant_order, a_payment, sqs_event
from tests.cutting import Cutter
from tests.fake_refunds import PaymentsInMemory
from tests.fakes import MercadoPagoInMemory
from tests.functions.calls import a_sale, ask_box

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from caja.answers import Answer
    from tests.tables import Tables

CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)


class Stack:
    """One stack with a box; `cutter` sees every call to a table, a queue or Mercado Pago."""

    def __init__(self, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tables = tables
        self.clock = tables.clock
        self.mercadopago = MercadoPagoInMemory(clock=tables.clock)
        self.payments = PaymentsInMemory()
        self.cutter = Cutter()
        monkeypatch.setattr(wiring, "mercadopago", lambda: None)
        monkeypatch.setattr(wiring, "merchant_orders", lambda: self.cutter.watch(self.mercadopago))
        monkeypatch.setattr(wiring, "payments", lambda: self.cutter.watch(self.payments))
        for client in (wiring.dynamodb(), wiring.sqs()):
            self._watch(client)

    def _watch(self, client: Any) -> None:
        call = client._make_api_call

        def watched(operation: str, request: Any) -> Any:
            return self.cutter.pass_on(operation, lambda: call(operation, request))

        client._make_api_call = watched

    def meanwhile(self, at: int, act: Callable[[], object]) -> None:
        """Have others act just before the call numbered `at` (from 0)."""
        self.cutter.cut(None)

        def let(_: str) -> None:
            if len(self.cutter.calls) == at + 1:
                self.cutter.on_call = None
                act()

        self.cutter.on_call = let

    def sell(self, box_id: str = "CAJA0001", **fields: Any) -> str:
        """Have the box submit a sale; the order's id."""
        status, answer = ask_box("POST", a_sale(**fields), box_id=box_id)
        assert status == 201, answer
        return str(answer["order_id"])

    def pay(self, order_id: str, merchant_order_id: str = "7001", **changes: Any) -> None:
        """Have somebody pay the order, and nobody tell."""
        payment_id = f"9{merchant_order_id[1:]}"
        self.payments.have(payment_id, PRICE)
        merchant_order = {
            "merchant_order_id": merchant_order_id,
            "external_reference": order_id,
            "created_at": self.clock.now,
            "payments": (a_payment(payment_id=payment_id, approved_at=self.clock.now),),
        }
        self.mercadopago.show(a_merchant_order(**merchant_order | changes))

    def hint(self, order_id: str, merchant_order_id: str | None = "7001", **changes: Any) -> str:
        """A notification as it is queued."""
        key = self.tables.order(order_id).notify_key
        hint = {"order_id": order_id, "key": key, "merchant_order_id": merchant_order_id}
        return json.dumps(hint | changes)

    def check(self, *bodies: str, queue: str = "NotificationQueue") -> list[str]:
        """Work off messages in one batch; the ids of what returns to the queue."""
        failed = check_order(sqs_event(*bodies, queue=queue), None)["batchItemFailures"]
        return [each["itemIdentifier"] for each in failed]

    def sweep(self) -> None:
        """One minute's sweep, and what it asked for, refunds too."""
        reconcile({}, CONTEXT)
        for queue, handler in (("CheckQueue", check_order), ("RefundQueue", refund_payment)):
            for message in self.tables.take(queue):
                event = sqs_event(queue=queue, messages=[message])
                assert handler(event, CONTEXT)["batchItemFailures"] == []

    def poll(self, box_id: str = "CAJA0001") -> Answer:
        """What Mercado Pago is answered."""

        def read_box(name: str, /) -> dict[str, dict[str, Any]]:
            items = [item for item in self.tables.items("BoxesTable") if item["box_id"] == name]
            return {item["item"]: item | {"liveness_seconds": 0} for item in items}

        query = POLL_QUERY.replace("CAJA0001", box_id)
        return answer_poll(query, read_box=read_box, clock=lambda: self.clock.now)

    def state(self, order_id: str) -> str:
        """The order's state as it is recorded now."""
        return self.tables.order(order_id).state.value
