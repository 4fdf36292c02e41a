"""An order and what happens around it: clocks, old items, replaced, cancelled, changed, followed by another (F29-F32, F44, F46)."""
# ruff: noqa: N802 - faults are named as reliability §2 names them

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from caja.errors import NotReplaceableError
from caja.orders import Role, State
from caja.tables.calls import to_dynamodb
from functions.refund_payment.app import handler as refund_payment
from tests.builders import BRANCH_KEY, PRICE, a_merchant_order, a_payment, after, sqs_event
from tests.faults.collisions import collide
from tests.faults.shops import a_shop, a_vending_shop, given_back, live
from tests.faults.street import PUMP
from tests.functions.calls import a_sale, ask_box
from tests.mutants.marks import kills
from tests.shop import ORDER, number

if TYPE_CHECKING:
    from tests.faults.collisions import Ask
    from tests.faults.stack import Stack
    from tests.faults.street import Street

FIXTURES = Path(__file__).parent.parent / "fixtures"
NEXT = "ticket-0000000002"


@kills("expired-offer-in-the-way")
def test_F29_expiry_is_right_by_our_clock_though_a_box_s_is_wrong_and_ours_differ_and_jump_back(
    stack: Stack, street: Street
) -> None:
    dated = a_sale(expires_at="2026-11-24T12:10:00.000Z")
    assert ask_box("POST", dated)[0] == 400  # a box says how long, never when
    order_id = stack.sell(ttl_seconds=60)
    for seconds, status, busy in ((59.999, 200, 409), (60, 400, 201)):
        stack.clock.now = after(seconds=seconds)
        assert (stack.poll().status, ask_box("POST", a_sale(ticket=NEXT))[0]) == (status, busy)
    stack.clock.now = after(seconds=58)  # back: what was offered last stays offered
    assert json.loads(stack.poll().body)["external_reference"] != order_id
    stack.pay(order_id)
    stack.check(stack.hint(order_id))
    assert (stack.state(order_id), stack.poll().status) == ("paid", 200)

    street.weather.begin("clocks differ")
    for _ in range(20):
        order_id = street.sell(PUMP, ttl_seconds=number(30))
        expires_at = street.order(order_id).expires_at
        street.pass_time(seconds=(expires_at - street.town.clockwork.now).total_seconds() - 2.1)
        assert street.polled(PUMP) == (200, order_id)
        street.pass_time(seconds=4.2)
        assert street.polled(PUMP) == (400, "unavailable")
    street.end()


@kills("default-forgotten")
def test_F30_messages_and_items_frozen_when_the_first_sale_worked_are_read(stack: Stack) -> None:
    def frozen(name: str) -> Any:
        return json.loads((FIXTURES / f"{name}.json").read_text(), parse_float=Decimal)

    stack.mercadopago.show(a_merchant_order())
    stack.clock.now = after(minutes=3)
    (order,) = frozen("first_sale/order_least")
    checks = ["check_due", "check_hinted", "notification", "notification_unnamed", "notification_panel"]
    for name in (*checks, "check_swept"):
        message = frozen(name)
        check_at = message.get("check_at", order["check_at"])
        for table, item in {
            "BoxesTable": (
                *frozen("box_least"),
                frozen("branch_least"),
                frozen("first_sale/ready"),
                frozen("seen"),
            ),
            "OrdersTable": (order | {"check_at": check_at}, frozen("events")[0]),
        }.items():
            for each in item:
                stack.tables.dynamodb.put_item(TableName=table, Item=to_dynamodb(each))
        assert stack.poll().body == frozen("first_sale/ready")["body"]
        assert stack.check(json.dumps(message)) == []
        assert (stack.state(ORDER), stack.poll().status) == ("paid", 400)
    event = sqs_event(json.dumps(frozen("refund")), queue="RefundQueue")
    assert refund_payment(event, None)["batchItemFailures"] == []
    for each in frozen("first_sale/order_full"):
        stack.tables.dynamodb.put_item(TableName="OrdersTable", Item=to_dynamodb(each))
    assert [payment.role for payment in stack.tables.order().payments] == [Role.KEPT, Role.EXCESS]


def one_wins(stack: Stack, ask: Ask, state: State) -> None:
    """The box, and the money goes back; or the check, and the box is told that it is paid. Nothing ever goes back."""
    winners = set()
    for each in collide(stack, ask):
        winners.add(each.order.state)
        (payment,) = each.order.payments
        assert each.first in ("ready", each.order.state)
        if each.order.state is state:
            assert (each.status in (200, 201), payment.role) == (True, Role.EXCESS)
        else:
            assert (each.status, each.answer["code"], payment.role) == (409, "already_paid", Role.KEPT)
    assert winners == {state, State.PAID}


@kills("replace-without-its-condition", "replaces-unchecked")
def test_F31_an_order_replaced_between_poll_and_payment_is_given_back_by_policy(stack: Stack) -> None:
    vending, pump = a_vending_shop(), a_shop()
    for shop in (vending, pump):
        shop.payments.have("9001", PRICE)
        _, successor = shop.submit(ticket=NEXT, replaces=ORDER)
        shop.mercadopago.show(a_merchant_order())  # on the screen of who saw the old one
        shop.notify("7001", order=shop.order())
        shop.give_back()
        with pytest.raises(NotReplaceableError):
            shop.submit(ticket="ticket-0000000003", replaces=ORDER)
        assert shop.order(successor["order_id"]).state is State.READY
    assert (vending.order().state, given_back(vending)) == (State.REPLACED, ["9001"])
    assert (pump.order().state, given_back(pump)) == (State.REVIEW, [])
    assert pump.report.alarms == ["OrderInReview"]
    paid = {"merchant_order_id": "7002", "external_reference": successor["order_id"]}
    pump.mercadopago.show(a_merchant_order(**paid, payments=(a_payment(payment_id="9002"),)))
    pump.notify("7002", order=pump.order(successor["order_id"]))
    live(pump, minutes=1)
    assert (pump.order().state, given_back(pump)) == (State.REVIEW, ["9001"])

    def replace(box_id: str, order_id: str) -> tuple[int, dict[str, Any]]:
        return ask_box("POST", a_sale(ticket=NEXT, replaces=order_id), box_id=box_id)

    one_wins(stack, replace, State.REPLACED)


@kills("cancel-without-its-condition")
def test_F32_a_cancel_at_every_point_around_the_settlement_has_one_winner_and_409_for_the_other(
    stack: Stack,
) -> None:
    def cancel(box_id: str, order_id: str) -> tuple[int, dict[str, Any]]:
        return ask_box("DELETE", box_id=box_id, order_id=order_id)

    one_wins(stack, cancel, State.CANCELLED)


@kills("check-reads-the-box-s-mode")
def test_F44_an_order_keeps_its_own_settings_mode_and_seller_while_those_of_its_box_change(
    stack: Stack,
) -> None:
    for nth, (mode, other) in enumerate([("prepay", "postpay"), ("postpay", "prepay")]):
        box_id = f"SURTIDOR{nth}"
        stack.tables.provision(box_id, mode=mode, box_uid=box_id.encode())
        order_id = stack.sell(box_id)
        body = stack.poll(box_id)
        (box,) = (i for i in stack.tables.items("BoxesTable") if (i["box_id"], i["item"]) == (box_id, "BOX"))
        changes = {"mode": other, "dialect": "v2", "collector_id": 5, "release_seconds": 1, "currency": "BRL"}
        stack.tables.put("BoxesTable", {**box, **changes, "max_amount": "1", "keys": {}})
        assert stack.poll(box_id) == body
        stack.pay(order_id, f"700{nth}")
        stack.check(stack.hint(order_id, f"700{nth}"))
        stack.clock.now += timedelta(seconds=60)
        own = {"box_id": box_id, "order_id": order_id, "authorization": f"Bearer {BRANCH_KEY.box_key}"}
        status, answer = ask_box("release", {"claim": "claim-0001"}, **own)
        assert status == (200 if mode == "prepay" else 409)
        assert mode == "prepay" or answer["code"] == "not_prepay"
        stack.clock.now += timedelta(minutes=2)
        stack.sweep()
        assert stack.state(order_id) == ("releasing" if mode == "prepay" else "paid")


@kills("settle-ends-whatever-is-offered")
def test_F46_an_order_settled_while_its_box_offers_the_next_leaves_that_one_untouched(stack: Stack) -> None:
    first = stack.sell(ttl_seconds=30)
    stack.clock.now = after(seconds=30)
    second = stack.sell(ticket=NEXT)
    offered, stored = stack.poll(), stack.tables.order(second)
    stack.pay(first)
    stack.check(stack.hint(first))
    assert (stack.state(first), stack.tables.order(second)) == ("paid", stored)
    assert (offered.status, stack.poll()) == (200, offered)
