"""Queues and what works them off: bad batches, poison, old messages, killed functions, sweeps (F08-F11, F38)."""
# ruff: noqa: N802 - faults are named as reliability §2 names them

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from caja import wiring
from caja.batches import visibility_after
from caja.messages import read_refund
from caja.orders import Refund, State
from caja.usecases.check_order import check_due, check_message
from caja.usecases.refund_payment import refund_payment as refund_payment_once
from functions.check_order.app import handler as check_order
from functions.refund_payment.app import handler as refund_payment
from tests.aws import read_template
from tests.builders import PRICE, a_box, a_merchant_order, a_payment, after, an_order, sqs_event
from tests.cutting import CrashError
from tests.faults.shops import a_shop, everywhere, live, refunds, watch
from tests.mutants.marks import kills
from tests.shop import Shop

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.faults.stack import Stack

BAD = '{"what": "is this"}'


@kills("batch-fails-as-a-whole")
def test_F08_of_a_batch_of_ten_only_the_bad_messages_return(stack: Stack) -> None:
    order_id = stack.sell()
    stack.pay(order_id)
    good = stack.hint(order_id)
    for bad in range(10):
        batch = [good] * 10
        batch[bad] = BAD
        assert stack.check(*batch) == [f"message-{bad}"]
    assert stack.state(order_id) == "paid"
    assert stack.check(*[BAD] * 10) == [f"message-{n}" for n in range(10)]


@kills("poison-swallowed")
def test_F09_a_poison_message_is_dead_after_eight_receives_and_others_flow(stack: Stack) -> None:
    order_id = stack.sell()
    stack.pay(order_id)
    sqs, url = stack.tables.sqs, stack.tables.urls["CheckQueue"]
    dead = sqs.create_queue(QueueName="CheckDeadLetterQueue")["QueueUrl"]
    policy = read_template()["Resources"]["CheckQueue"]["Properties"]["RedrivePolicy"]
    assert policy["deadLetterTargetArn"] == {"Fn::GetAtt": "CheckDeadLetterQueue.Arn"}
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({**policy, "deadLetterTargetArn": arn})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": redrive})
    for text in (BAD, json.dumps({"order_id": order_id})):
        sqs.send_message(QueueUrl=url, MessageBody=text)

    received = 0
    while messages := stack.tables.take():
        received += 1
        failed = check_order(sqs_event(messages=messages), None)["batchItemFailures"]
        returned = {each["itemIdentifier"] for each in failed}
        assert [m["Body"] for m in messages if m["MessageId"] in returned] == [BAD]
        for message in messages:
            if message["MessageId"] in returned:  # its time passes
                sqs.change_message_visibility(
                    QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
            else:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        assert stack.state(order_id) == "paid"
    assert received == 8
    stack.tables.urls["CheckDeadLetterQueue"] = dead
    assert [message["Body"] for message in stack.tables.take("CheckDeadLetterQueue")] == [BAD]
    assert sum(visibility_after(n) for n in range(1, 8)) > 3 * 3600, "an outage of three hours kills nothing"


def old_messages(first: str, second: str) -> list[str]:
    """What was sent about two sales long ago: notifications, one of them forged, and sweeps' checks."""
    keyed = {"key": "fake-key", "received_at": "2026-11-24T12:00:00.000Z"}
    told = [
        {"order_id": first, "merchant_order_id": "7001", **keyed},
        {"order_id": second, "merchant_order_id": "7002", **keyed},
        {"order_id": first, "merchant_order_id": None, "key": "0" * 22},
    ]
    swept = [
        {"order_id": order_id, "check_at": f"2026-11-24T12:0{minute}:00.000Z"}
        for minute in range(7)
        for order_id in (first, second)
    ]
    return [json.dumps(message) for message in (*told, *swept)]


@kills("old-checks-made-anew")
def test_F10_a_thousand_old_messages_redriven_change_no_byte_and_make_no_call(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sale that is paid, and one whose second payer's money went back; both still watched."""
    monkeypatch.setattr(wiring, "make_key", lambda: "fake-key")
    first = stack.sell()
    stack.pay(first)
    stack.check(stack.hint(first))
    second = stack.sell(ticket="ticket-0000000002")
    stack.pay(second, "7002")
    stack.pay(second, "7003")
    stack.check(stack.hint(second, "7002"))
    stack.sweep()
    assert {payment.refund for payment in stack.tables.order(second).payments} == {"none", "done"}
    requests = [json.dumps({"order_id": second, "payment_id": each}) for each in ("9002", "9003")]

    stack.clock.now = after(minutes=10)
    stored = stack.tables.everything()
    calls = [*stack.mercadopago.calls], [*stack.payments.calls]
    assert stack.check(*old_messages(first, second)) == []
    assert refund_payment(sqs_event(*requests, queue="RefundQueue"), None)["batchItemFailures"] == []
    assert stack.tables.everything() == stored
    assert (stack.mercadopago.calls, stack.payments.calls) == calls
    assert (stack.tables.take(), stack.tables.take("RefundQueue")) == ([], [])

    # The same, a thousand, over tables that are quicker.
    shop = Shop()
    shop.clock.now = after(minutes=10)
    for order_id in (first, second):
        shop.orders.put(stack.tables.order(order_id))
    before = dict(shop.orders.stored)
    for _ in range(54):
        for text in old_messages(first, second):
            check_message(shop.world, text)
        for text in requests:
            refund_payment_once(shop.till, read_refund(json.loads(text)))
    assert shop.orders.stored == before
    assert (shop.mercadopago.calls, shop.payments.calls, shop.report.alarms) == ([], [], [])
    assert (shop.checks.messages, shop.refund_requests.waiting) == ([], [])


def insist(act: Callable[[], object]) -> None:
    """Do it; and again if the function is killed, as a box, a queue or the next minute does."""
    try:
        act()
    except CrashError:
        act()


def work(shop: Shop) -> None:
    """What a minute brings: a sweep, the checks that are out, the refunds that are asked for."""
    shop.pass_time(minutes=1)
    insist(shop.sweep)
    for check in shop.checks.take_due():
        insist(partial(check_due, shop.world, check))
    for request in shop.refund_requests.take():
        insist(partial(refund_payment_once, shop.till, request))


def sell_and_give_back(at: int, *, is_after: bool) -> bool:
    """A sale two people pay and nobody claims; whether there was a call to be killed at."""
    shop = Shop(a_box(mode="prepay"))
    cutter = watch(shop)
    cutter.cut(at, is_after=is_after)
    insist(shop.submit)
    (order_id,) = shop.orders.stored
    for number in (1, 2):
        shop.payments.have(f"900{number}", PRICE)
        paid = {"merchant_order_id": f"700{number}", "external_reference": order_id}
        shop.mercadopago.show(a_merchant_order(**paid, payments=(a_payment(payment_id=f"900{number}"),)))
    insist(lambda: shop.notify("7001", order=shop.order(order_id)))
    insist(lambda: shop.follow(order_id))
    for _ in range(20):
        work(shop)
    assert shop.order(order_id).state is State.REFUNDED
    assert refunds(shop, order_id) == {"9001": Refund.DONE, "9002": Refund.DONE}
    assert [len(payment.refunds) for payment in shop.payments.held.values()] == [1, 1]
    return len(cutter.calls) > at


def settle(stack: Stack, at: int, *, is_after: bool) -> bool:
    """A sale settled over DynamoDB, and shown as it is; whether there was a call to be killed at."""
    box_id = f"SURTIDOR{2 * at + is_after}"
    stack.tables.provision(box_id, box_uid=box_id.encode())
    order_id = stack.sell(box_id)
    stack.pay(order_id)
    hint = stack.hint(order_id)
    stack.cutter.cut(at, is_after=is_after)
    with suppress(CrashError):
        stack.check(hint)
    was_cut = len(stack.cutter.calls) > at
    stack.cutter.cut(None)
    is_offered = stack.poll(box_id).status == 200
    assert is_offered == (stack.state(order_id) == "ready")
    stack.check(hint)
    assert (stack.state(order_id), stack.poll(box_id).status) == ("paid", 400)
    return was_cut


@kills("order-and-offer-in-two-writes")
def test_F11_a_function_killed_before_or_after_any_call_is_resumed(stack: Stack) -> None:
    runs: list[tuple[Callable[..., bool], int]] = [(sell_and_give_back, 60), (partial(settle, stack), 5)]
    for run, fewest in runs:
        at = next(at for at, is_after in everywhere() if not run(at, is_after=is_after))
        assert at >= fewest


@kills("two-sweeps-send-twice")
def test_F38_a_sweep_twice_at_once_has_no_effect_and_one_missing_for_an_hour_is_made_up_for() -> None:
    shop = Shop()
    ids = [f"ORDER234567ORDER234567ORD{letter}" for letter in "ABCDE"]
    for number, order_id in enumerate(ids):
        shop.orders.put(an_order(order_id=order_id, box_id=f"CAJA000{number}"))
        paid = {"merchant_order_id": f"700{number}", "external_reference": order_id}
        payment = a_payment(payment_id=f"900{number}")
        shop.mercadopago.show(a_merchant_order(**paid, payments=(payment,)))
    shop.pass_time(seconds=30)
    # Another sweep begins while this one is at its second order.
    shop.orders.meanwhile = [lambda: None, shop.sweep]
    shop.sweep()
    assert sorted(message.order_id for message in shop.checks.messages) == ids
    shop.work()
    assert {order.state for order in shop.orders.stored.values()} == {State.PAID}
    assert len(shop.mercadopago.calls) == len(ids)

    late = a_shop()
    late.mercadopago.show(a_merchant_order())
    late.pass_time(minutes=59)
    live(late, minutes=1)
    assert late.order().state is State.PAID
    assert late.order().paid_at == after(hours=1)
