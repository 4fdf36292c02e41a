"""Payments that the simulated Mercado Pago holds and an order owes back, and the function that gives them back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from caja import wiring
from functions.refund_payment.app import handler
from tests.builders import PRICE, sqs_event
from tests.functions.stages import reach
from tests.shop import ORDER

if TYPE_CHECKING:
    from caja.orders import Order, RecordedPayment
    from simulator.server import Simulator
    from tests.tables import Tables

PAYMENT = 9001
"""The payment of every stage."""


def hold(seller: Simulator, payment_id: int = PAYMENT, **payment: Any) -> None:
    """Have a payment at Mercado Pago, under an id of ours, as its merchant order 7001 and so on."""
    forged = seller.forge_merchant_order(external_reference=ORDER, total_amount=PRICE, payments=[payment])
    order = seller.account.merchant_orders.pop(forged["id"])
    held = seller.account.payments.pop(forged["payments"][0]["id"])
    held.id = payment_id
    order.id = held.merchant_order_id = 7001 + payment_id - PAYMENT
    seller.account.merchant_orders[order.id] = order
    seller.account.payments[held.id] = held


def owe(tables: Tables, seller: Simulator, **payment: Any) -> Order:
    """An order that owes its one payment back."""
    hold(seller, **payment)
    return reach(tables, "refunding", mode="prepay", collector_id=seller.collector_id)


def message(payment_id: int = PAYMENT, order_id: str = ORDER) -> str:
    return json.dumps({"order_id": order_id, "payment_id": str(payment_id)})


def give_back(*bodies: str) -> list[str]:
    """Work off a batch, of the one message unless others are given; the ids of what returns to the queue."""
    failed = handler(sqs_event(*(bodies or [message()]), queue="RefundQueue"), None)["batchItemFailures"]
    return [each["itemIdentifier"] for each in failed]


def give_back_when_due(tables: Tables) -> None:
    """Turn the clock to when the payment is due again, others having reached Mercado Pago, and work off its message."""
    refund_at = payment(tables).refund_at
    assert refund_at is not None
    assert refund_at > tables.clock.now
    wiring.health().record("succeeded_at", refund_at)
    tables.clock.now = refund_at
    assert give_back() == []


def payment(tables: Tables) -> RecordedPayment:
    """The payment as it is recorded now."""
    return next(each for each in tables.order().payments if each.payment_id == str(PAYMENT))


def asked(seller: Simulator) -> list[str]:
    """What Mercado Pago was asked of payments: method and last word of the path, "refunds" or the payment's id."""
    requests = [each for each in seller.wire() if each.kind == "request" and "/v1/payments" in each.url]
    return [f"{each.method} {each.url.rpartition('/')[2]}" for each in requests]


def keys(seller: Simulator) -> list[str]:
    """The idempotency keys of every refund that was asked for."""
    requests = [each for each in seller.wire() if each.kind == "request" and each.method == "POST"]
    return [each.headers["x-idempotency-key"] for each in requests]


def given_back(seller: Simulator, payment_id: int = PAYMENT) -> list[Any]:
    """The amounts that have gone back of the payment, as Mercado Pago has it."""
    refunds = seller.account.payments[payment_id].refunds
    return [refund.amount for refund in refunds if refund.status == "approved"]
