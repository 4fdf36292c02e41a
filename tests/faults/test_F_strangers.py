"""What is none of ours: unknown references, forged notifications, other stacks' money (F06, F39, F43, F45)."""
# ruff: noqa: N802 - faults are named as reliability §2 names them

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from caja.errors import NotPaidError
from caja.notifications import Notification
from caja.orders import State, order_id_of
from caja.usecases.check_order import check_panel
from caja.watch import CALLS_PER_HOUR
from tests.aws import read_template
from tests.builders import a_box, a_merchant_order, a_scan, after
from tests.faults.shops import a_shop, a_vending_shop, live
from tests.faults.street import PUMP, VENDING
from tests.functions.calls import a_sale, ask_box
from tests.mutants.marks import kills
from tests.shop import Shop

if TYPE_CHECKING:
    from tests.faults.stack import Stack
    from tests.faults.street import Street
    from tests.operators import Operator


@kills("trusts-the-notification")
def test_F06_a_merchant_order_with_an_unknown_reference_is_told_and_releases_nothing() -> None:
    shop = a_vending_shop()
    before = shop.order()
    shop.mercadopago.show(a_merchant_order(external_reference="SOMETHING-ELSE"))
    check_panel(shop.world, "7001")
    assert shop.report.alarms == ["OrphanNotification"]
    shop.notify("7001")
    with pytest.raises(NotPaidError):
        shop.claim()
    assert shop.report.alarms == ["OrphanNotification", "MerchantOrderMismatch"]
    assert shop.order().watch.mismatched == ("7001",)
    assert (shop.order().version, shop.order().payments) == (before.version, ())


@kills("forged-key-accepted", "one-queue-for-all", "budget-ignored")
def test_F39_a_thousand_forged_notifications_a_second_release_nothing_and_make_no_call(
    street: Street,
) -> None:
    order_id, other_id = street.sell(VENDING), street.sell(PUMP)
    street.pay(street.scan(PUMP), is_told=False)
    street.pay(street.scan(VENDING), is_told=False)
    paid = list(street.line.merchant_orders)
    before, key = dict(street.functions.orders.stored), street.order(order_id).notify_key

    for n in range(1_000):
        query = f"topic=merchant_order&id={paid[n % 2]}"
        forged = Notification(
            [order_id, other_id, "A" * 26][n % 3], "0" * len(key), query, None, is_base64=False
        )
        assert street.functions.notify(forged)
    street.pass_time(seconds=20)
    assert street.functions.notification_queue.worked >= 1_000
    assert street.line.calls == []
    assert street.functions.orders.stored == before

    leaked = a_shop()
    for n in range(1_000):
        leaked.pass_time(milliseconds=1)
        leaked.mercadopago.show(a_scan(merchant_order_id=str(n % 40)))
        leaked.notify(str(n % 40))
    live(leaked, minutes=55)
    assert len(leaked.mercadopago.calls) <= CALLS_PER_HOUR
    assert leaked.order().state is State.READY

    mappings = read_template()["Resources"]["CheckOrderFunction"]["Properties"]["Events"].values()
    queues = [mapping["Properties"]["Queue"]["Fn::GetAtt"] for mapping in mappings]
    assert sorted(queues) == ["CheckQueue.Arn", "NotificationQueue.Arn"]
    assert all(mapping["Properties"]["ScalingConfig"]["MaximumConcurrency"] for mapping in mappings)


@kills("tickets-replayed-for-ever")
def test_F43_a_box_whose_counter_starts_again_gets_no_receipt_and_a_refusal_that_names_the_order(
    stack: Stack,
) -> None:
    stack.tables.provision("VENDING1", mode="prepay", box_uid=bytes(15) + b"1")
    order_id = stack.sell("VENDING1")
    stack.pay(order_id)
    stack.check(stack.hint(order_id))
    assert ask_box("release", {"claim": "claim-0001"}, box_id="VENDING1", order_id=order_id)[0] == 200
    report = {"claim": "claim-0001", "result": "delivered"}
    assert ask_box("delivery", report, box_id="VENDING1", order_id=order_id)[0] == 200
    stack.clock.now += timedelta(minutes=10, seconds=1)
    for sale in (a_sale(), a_sale(items=[{"title": "Café", "quantity": 1, "unit_price": "90"}])):
        status, problem = ask_box("POST", sale, box_id="VENDING1")
        assert (status, problem.get("code"), problem["order_id"]) == (422, "ticket_reused", order_id)
        assert "payments" not in problem
    status, problem = ask_box("release", {"claim": "claim-0002"}, box_id="VENDING1", order_id=order_id)
    assert (status, problem["code"]) == (409, "already_claimed")
    assert stack.tables.order(order_id).version == 4


@kills("salt-removed", "age-unchecked")
def test_F45_the_same_ticket_in_another_stack_or_at_a_box_made_again_is_another_order(
    operator: Operator,
) -> None:
    uids = []
    for _ in range(2):
        operator.put_box()
        uids.append(bytes.fromhex((operator.item() or {})["box_uid"]))
        operator.retire()
        operator.forget_box()
    assert order_id_of(uids[0], "ticket-0000000001") != order_id_of(uids[1], "ticket-0000000001")

    first, second = Shop(a_box(box_uid=uids[0])), Shop(a_box(box_uid=uids[1]))
    second.mercadopago = first.mercadopago  # one account
    ours, theirs = (shop.submit()[1]["order_id"] for shop in (first, second))
    first.mercadopago.show(a_merchant_order(external_reference=ours, created_at=after()))
    first.notify("7001", order=first.order(ours))
    second.notify("7001", order=second.order(theirs))
    live(second, minutes=30)
    assert (first.order(ours).state, second.order(theirs).state) == (State.PAID, State.READY)

    old = after(minutes=-5, seconds=-1)  # an earlier stack's, had it the very same reference
    second.mercadopago.show(
        a_merchant_order(merchant_order_id="7002", external_reference=theirs, created_at=old)
    )
    second.notify("7002", order=second.order(theirs))
    assert second.order(theirs).state is State.REVIEW
    assert second.report.alarms == ["MerchantOrderMismatch", "OrderInReview", "MerchantOrderMismatch"]
