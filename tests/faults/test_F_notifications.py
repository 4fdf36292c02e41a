"""Notifications: doubled, disordered, late, lost, early; messages doubled (F01-F05, F07)."""
# ruff: noqa: N802 - faults are named as reliability §2 names them

from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING, Any

from caja import wiring
from caja.messages import CheckMessage
from caja.orders import Refund, Role, State
from caja.usecases.check_order import check_due
from caja.usecases.refund_payment import refund_payment
from caja.watch import CALLS_PER_HOUR, Watch
from tests.builders import PRICE, a_merchant_order, a_payment, a_scan
from tests.faults.shops import a_shop, a_sold_shop, a_vending_shop, given_back, live, refunds
from tests.faults.street import PUMP, VENDING, Street
from tests.mutants.marks import kills
from tests.shop import ORDER, Shop

if TYPE_CHECKING:
    from caja.orders import Order
    from tests.faults.stack import Stack


@kills("every-look-is-a-change")
def test_F01_every_notification_two_to_fifty_times_makes_one_settlement() -> None:
    for copies in (2, 10, 50):
        shop = a_shop()
        told = [(a_scan(), "8000"), (a_merchant_order(), None), (a_merchant_order(), "7001")]
        for shown, named in told:
            shop.mercadopago.show(shown)
            for _ in range(copies):
                shop.pass_time(milliseconds=100)
                shop.notify(named)
        live(shop, minutes=10)
        assert [event.to_state for event in shop.orders.events_of[ORDER]] == ["paid"]
        assert [(p.role, p.refund) for p in shop.order().payments] == [(Role.KEPT, Refund.NONE)]
        assert (shop.report.alarms, len(shop.mercadopago.calls) <= CALLS_PER_HOUR) == ([], True)


def unwatched(order: Order) -> Order:
    """All that a box and its customer can tell of the order."""
    return replace(order, watch=Watch(check_at=None), revision=0)


@kills("closed-swallowed")
def test_F02_closed_before_opened_or_any_order_comes_to_the_same_end() -> None:
    opened, rejected, approved, closed = "7001", None, None, "7001"
    ends = []
    for told in permutations([opened, rejected, approved, closed]):
        shop = a_shop()
        shop.mercadopago.show(a_merchant_order())
        for named in told:
            shop.notify(named)
            shop.pass_time(seconds=1)
        live(shop, minutes=5)
        ends.append(unwatched(shop.order()))
    assert all(end == ends[0] for end in ends)
    assert ends[0].state is State.PAID

    shop = a_shop()
    shop.mercadopago.show(a_merchant_order(status="opened", payments=()))
    shop.notify(opened)
    shop.pass_time(minutes=1)
    shop.mercadopago.show(a_merchant_order())
    shop.notify(closed)
    paid = unwatched(shop.order())
    assert paid.state is State.PAID
    shop.mercadopago.show(a_merchant_order(status="opened", payments=()))  # a read that lags
    shop.notify(None)
    live(shop, hours=1)
    assert unwatched(shop.order()) == paid


@kills("late-notification-dropped")
def test_F03_notifications_a_minute_two_hours_or_thirty_days_late_settle_or_give_back_by_policy() -> None:
    """Nothing else finds the payment: the search does not show it."""
    for late, mode, is_cancelled, state in [
        ({"minutes": 1}, "postpay", False, State.PAID),
        ({"minutes": 1}, "prepay", False, State.PAID),
        ({"hours": 2}, "postpay", False, State.PAID),
        ({"hours": 2}, "prepay", False, State.EXPIRED),
        ({"days": 30}, "postpay", True, State.CANCELLED),
        ({"days": 30}, "prepay", True, State.CANCELLED),
    ]:
        shop = a_shop() if mode == "postpay" else a_vending_shop()
        shop.payments.have("9001", PRICE)
        shop.mercadopago.show(a_merchant_order())
        shop.mercadopago.not_in_search.add("7001")
        if is_cancelled:
            shop.cancel(ORDER)
        live(shop, **late)
        assert shop.order().payments == ()
        shop.notify("7001")
        shop.give_back()
        assert shop.order().state is state
        assert given_back(shop) == ([] if state is State.PAID else ["9001"])
        assert refunds(shop) == {"9001": Refund.NONE if state is State.PAID else Refund.DONE}


def ended(street: Street, box_id: str, order_id: str, end: str) -> None:
    """Bring an order that is offered to its end, without any notification."""
    match end:
        case "paid":
            street.pay(street.scan(box_id))
        case "cancelled":
            street.functions.cancel(box_id, order_id)
        case "replaced":
            street.sell(box_id, replaces=order_id)
            street.pay(street.scan(box_id))
        case "delivered":
            street.follow(box_id, order_id)
            street.pay(street.scan(box_id))
            street.pass_time(seconds=30)
            street.functions.claim(box_id, order_id, "claim-0001")
            street.functions.deliver(box_id, order_id, "claim-0001", "delivered")
        case "silent":
            street.follow(box_id, order_id)
            street.pay(street.scan(box_id))
            street.pass_time(seconds=30)
            street.functions.claim(box_id, order_id, "claim-0001")
        case "expired":
            street.pass_time(hours=1)
    street.pass_time(minutes=5)


@kills("no-sweep")
def test_F04_without_any_notification_orders_are_settled_within_60_s_and_excess_goes_back() -> None:
    street = Street(is_mute=True)
    for box_id in (PUMP, VENDING):
        order_id = street.sell(box_id)
        street.follow(box_id, order_id)
        street.pass_time(minutes=3)
        street.pay(street.scan(box_id))
        street.pass_time(seconds=60)
        assert street.order(order_id).state is State.PAID
    for box_id, end, state in [
        (PUMP, "paid", "paid"),
        (PUMP, "cancelled", "cancelled"),
        (PUMP, "replaced", "replaced"),
        (VENDING, "paid", "refunded"),  # nobody claims it
        (VENDING, "cancelled", "cancelled"),
        (VENDING, "replaced", "replaced"),
        (VENDING, "expired", "expired"),
        (VENDING, "delivered", "delivered"),
        (VENDING, "silent", "review"),
    ]:
        street = Street(is_mute=True)
        order_id = street.sell(box_id)
        screen = street.scan(box_id)
        ended(street, box_id, order_id, end)
        late = street.pay(screen)
        street.pass_time(minutes=90)
        assert street.order(order_id).state == state
        assert (late.refunded, len(late.refunds)) == (late.amount, 1), (box_id, end)
        street.end()


@kills("ledger-read-from-a-replica")
def test_F05_a_hint_before_our_own_submit_is_visible_settles(stack: Stack) -> None:
    """A replica that lags knows nothing of the order yet; and a hint that overtakes the submit itself is made up for."""
    order_id = stack.sell()
    stack.pay(order_id)
    hint = stack.hint(order_id)
    client: Any = wiring.dynamodb()
    call = client._make_api_call

    def lag(operation: str, request: dict[str, Any]) -> Any:
        is_whole = request.get("ConsistentRead") or operation not in ("Query", "GetItem")
        return call(operation, request) if is_whole else {"Items": []}

    client._make_api_call = lag
    assert stack.check(hint) == []
    client._make_api_call = call
    assert stack.state(order_id) == "paid"

    early = Shop()
    check_due(early.world, CheckMessage(order_id="A" * 26, merchant_order_id="7001", is_hinted=True))
    assert early.report.alarms == ["OrphanNotification"]
    order_id = early.submit()[1]["order_id"]
    early.mercadopago.show(a_merchant_order(external_reference=order_id))
    live(early, seconds=60)
    assert early.order(order_id).state is State.PAID


def work_twice(shop: Shop, chance: random.Random) -> None:
    """Work off everything there is, each message twice, in any order."""
    checks = [*shop.checks.take_due()] * 2
    requests = [*shop.refund_requests.take()] * 2
    chance.shuffle(checks)
    chance.shuffle(requests)
    for check in checks:
        check_due(shop.world, check)
    for request in requests:
        refund_payment(shop.till, request)


@kills("same-check-made-twice")
def test_F07_messages_doubled_and_reordered_by_sqs_have_no_effect() -> None:
    for seed in range(20):
        shop = a_sold_shop()
        shop.payments.have("9002", PRICE)
        second = a_merchant_order(merchant_order_id="7002", payments=(a_payment(payment_id="9002"),))
        shop.mercadopago.show(second)
        for _ in range(60):
            shop.pass_time(minutes=1)
            shop.sweep()
            work_twice(shop, random.Random(seed))  # noqa: S311 - an order of messages, no secret
        assert sorted(given_back(shop)) == ["9001", "9002"]
        assert shop.order().state is State.REFUNDED
        assert refunds(shop) == {"9001": Refund.DONE, "9002": Refund.DONE}

    shop = a_shop()
    shop.follow()
    work_twice(shop, random.Random(0))  # noqa: S311 - as above
    assert shop.mercadopago.called == ["search"]
