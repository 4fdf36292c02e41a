"""What is recorded and told once Mercado Pago has shown its merchant orders."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from caja.errors import StorageError
from caja.orders import Refund, Role, State
from caja.usecases.follow_sale import MOST_HOPS
from tests.builders import PRICE, a_merchant_order, a_payment, a_scan, after

if TYPE_CHECKING:
    from tests.shop import Shop

ORDER = "ORDER234567ORDER234567ORDE"


def test_excess_is_recorded_and_alarmed_once(shop: Shop) -> None:
    second = a_merchant_order(merchant_order_id="7002", payments=(a_payment(payment_id="9002"),))
    shop.mercadopago.show(a_merchant_order(), second)
    shop.notify("7001")
    assert shop.report.alarms == ["ExcessPayment"]
    assert shop.orders.events_of[ORDER][-1].facts["excess"] == ["9002"]
    shop.notify("7002")
    assert shop.report.alarms == ["ExcessPayment"]
    assert [(p.role, p.refund) for p in shop.order().payments] == [
        (Role.KEPT, Refund.NONE),
        (Role.EXCESS, Refund.DUE),
    ]


def test_an_overpayment_is_noted(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order(payments=(a_payment(amount=PRICE + 1),)))
    shop.notify("7001")
    assert "order overpaid" in shop.report.notes
    assert Decimal(shop.orders.events_of[ORDER][-1].facts["overpaid"]) == 1


def test_an_overpayment_that_joins_a_paid_order_is_noted_once(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.notify("7001")
    shop.report.notes.clear()
    shop.mercadopago.show(a_merchant_order(payments=(a_payment(), a_payment(payment_id="9002"))))
    for _ in range(2):
        shop.pass_time(minutes=20)
        shop.orders.put(replace(shop.order(), watch=replace(shop.order().watch, check_at=shop.clock.now)))
        shop.check()
    assert shop.order().paid_amount == PRICE * 2
    assert shop.report.notes == ["order overpaid"]


def test_an_exact_payment_is_not_noted_as_overpaid(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.notify("7001")
    assert shop.report.notes == ["order changed"]


def test_money_that_is_not_what_was_asked_for_is_reviewed_and_told(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order(total=PRICE * 2))
    shop.notify("7001")
    assert shop.order().state is State.REVIEW
    assert sorted(shop.report.alarms) == ["MerchantOrderMismatch", "OrderInReview"]
    assert shop.orders.events_of[ORDER][-1].facts == {"mismatches": ["7001: total"]}
    assert shop.boxes.offers["CAJA0001"].state == "review"


def test_a_search_without_end_is_alarmed_where_it_changes_no_state(shop: Shop) -> None:
    shop.mercadopago.show(*map(a_scan, range(301)))
    shop.cancel(ORDER)
    shop.notify(None)
    assert (shop.order().state, shop.report.alarms) == (State.CANCELLED, ["SearchTooLong"])
    shop.orders.put(replace(shop.order(), state=State.READY, ended_at=None))
    shop.report.alarms.clear()
    shop.pass_time(minutes=61)
    shop.notify(None)
    assert (shop.order().state, shop.report.alarms) == (State.REVIEW, ["OrderInReview"])


def test_an_order_that_stays_in_review_is_alarmed_once(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order(total=PRICE * 2))
    shop.notify("7001")
    shop.report.alarms.clear()
    shop.pass_time(minutes=20)
    shop.check()
    assert "OrderInReview" not in shop.report.alarms


def test_a_merchant_order_that_is_not_what_was_asked_for_is_told_once(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order(total=PRICE * 2))
    shop.notify("7001")
    shop.mercadopago.show(a_merchant_order(merchant_order_id="7002", total=PRICE * 3))
    shop.pass_time(minutes=20)
    shop.check()
    assert shop.report.alarms.count("MerchantOrderMismatch") == 2
    assert shop.order().watch.mismatched == ("7001", "7002")


def test_settling_an_order_leaves_the_box_s_next_one_alone(shop: Shop) -> None:
    shop.pass_time(hours=1)
    _, next_ = shop.submit(ticket="ticket-0000000002")
    shop.mercadopago.show(a_merchant_order())
    shop.notify("7001", order=shop.order())
    assert shop.order().state is State.PAID
    offer = shop.boxes.offers["CAJA0001"]
    assert (offer.order_id, offer.state) == (next_["order_id"], "ready")


def test_without_any_notification_the_sweep_settles(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.check()
    assert shop.order().state is State.PAID


def test_without_money_an_order_expires_by_the_sweep_and_may_be_paid_afterwards(shop: Shop) -> None:
    shop.mercadopago.show(a_scan())
    shop.pass_time(hours=1)
    shop.check()
    assert shop.order().state is State.EXPIRED
    assert shop.order().watch.check_at == after(hours=1, minutes=15)
    shop.mercadopago.show(a_merchant_order(merchant_order_id="8000"))
    shop.pass_time(minutes=15)
    shop.check()
    assert shop.order().state is State.PAID


def test_an_order_that_left_is_looked_at_until_everything_is_accounted_for(shop: Shop) -> None:
    shop.cancel(ORDER)
    shop.mercadopago.show(a_scan())
    shop.pass_time(minutes=15)
    shop.check()
    assert shop.order().watch.check_at == after(hours=1, minutes=11)
    shop.mercadopago.show(a_scan(status="expired"))
    shop.pass_time(hours=1)
    shop.check()
    assert shop.order().watch.check_at is None


def test_a_screen_left_open_and_paid_after_the_cancel_is_excess(shop: Shop) -> None:
    shop.cancel(ORDER)
    shop.mercadopago.show(a_scan())
    shop.pass_time(minutes=15)
    shop.check()
    shop.mercadopago.show(a_merchant_order(merchant_order_id="8000"))
    shop.pass_time(minutes=55)
    shop.check()
    assert shop.order().state is State.CANCELLED
    assert shop.report.alarms == ["ExcessPayment"]


def live(shop: Shop, **time: float) -> None:
    """Let time pass, a sweep every five minutes."""
    until = shop.clock.now + timedelta(**time)
    while shop.clock.now < until:
        shop.pass_time(minutes=5)
        shop.probe()
        shop.check()


def test_what_is_paid_in_the_last_minute_of_the_hour_after_the_end_is_seen_within_75(shop: Shop) -> None:
    """L2: reads lag by half a minute."""
    shop.cancel(ORDER)
    shop.mercadopago.show(a_scan())
    live(shop, minutes=60)
    shop.mercadopago.show(a_merchant_order(merchant_order_id="8000"))
    live(shop, minutes=15)
    assert shop.report.alarms == ["ExcessPayment"]


@pytest.mark.parametrize("status", ["expired", "closed"])
@pytest.mark.parametrize("undecided", ["in_process", "pending", "authorized"])
def test_a_payment_mercado_pago_decides_about_hours_after_the_end_is_seen(
    shop: Shop, undecided: str, status: str
) -> None:
    shop.cancel(ORDER)
    shop.mercadopago.show(a_merchant_order(status=status, payments=(a_payment(status=undecided),)))
    live(shop, minutes=20)
    shop.mercadopago.show(a_merchant_order())
    live(shop, hours=2)
    assert shop.report.alarms == ["ExcessPayment"]


def test_a_merchant_order_that_is_closed_before_its_payment_is_listed_is_looked_at_again(shop: Shop) -> None:
    shop.cancel(ORDER)
    shop.mercadopago.show(a_merchant_order(payments=()))
    live(shop, minutes=20)
    shop.mercadopago.show(a_merchant_order())
    live(shop, hours=2)
    assert shop.report.alarms == ["ExcessPayment"]


def test_a_closed_merchant_order_that_can_never_be_read_is_told_once(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order(payments=(), is_whole=False))
    shop.notify("7001")
    live(shop, hours=3)
    assert shop.order().state is State.EXPIRED
    assert shop.report.alarms == ["MerchantOrderMismatch"]


def replaced_and_paid(shop: Shop) -> str:
    """Replace the order by another, pay the old one, and have it in review; the successor's id."""
    _, successor = shop.submit(ticket="ticket-0000000002", replaces=ORDER)
    shop.mercadopago.show(a_merchant_order())
    shop.notify("7001", order=shop.order())
    assert shop.order().state is State.REVIEW
    return str(successor["order_id"])


def pay(shop: Shop, order_id: str, merchant_order_id: str = "7100") -> None:
    shop.mercadopago.show(
        a_merchant_order(
            merchant_order_id=merchant_order_id,
            external_reference=order_id,
            payments=(a_payment(payment_id="9100"),),
        )
    )
    shop.notify(merchant_order_id, order=shop.order(order_id))


def test_money_of_a_replaced_order_is_excess_as_soon_as_its_successor_is_paid(shop: Shop) -> None:
    successor = replaced_and_paid(shop)
    pay(shop, successor)
    shop.pass_time(seconds=10)
    shop.work()
    assert [p.role for p in shop.order().payments] == [Role.EXCESS]
    assert "ExcessPayment" in shop.report.alarms


def test_the_order_before_is_looked_at_though_the_queue_refused_at_first(shop: Shop) -> None:
    successor = replaced_and_paid(shop)
    shop.checks.refuses = StorageError("no queue")
    with pytest.raises(StorageError):
        pay(shop, successor)
    assert shop.order(successor).state is State.READY
    shop.checks.refuses = None
    shop.notify("7100", order=shop.order(successor))
    shop.pass_time(seconds=10)
    shop.work()
    assert [p.role for p in shop.order().payments] == [Role.EXCESS]


def test_money_of_a_replaced_order_is_excess_though_it_was_looked_at_a_moment_before(shop: Shop) -> None:
    successor = replaced_and_paid(shop)
    pay(shop, successor)
    for _ in range(5):
        shop.work()
        shop.pass_time(seconds=1)
    shop.work()
    assert [p.role for p in shop.order().payments] == [Role.EXCESS]


def test_money_of_the_first_of_three_is_excess_as_soon_as_the_third_is_paid(shop: Shop) -> None:
    second = replaced_and_paid(shop)
    _, third = shop.submit(ticket="ticket-0000000003", replaces=second)
    pay(shop, third["order_id"])
    shop.pass_time(seconds=10)
    shop.work()
    assert [p.role for p in shop.order().payments] == [Role.EXCESS]


def test_a_successor_that_is_cancelled_leaves_the_money_in_doubt(shop: Shop) -> None:
    successor = replaced_and_paid(shop)
    shop.cancel(successor)
    shop.pass_time(minutes=15)
    shop.check()
    assert [p.role for p in shop.order().payments] == [Role.DOUBT]


def test_a_successor_that_is_unknown_is_not_paid(shop: Shop) -> None:
    successor = replaced_and_paid(shop)
    del shop.orders.stored[successor]
    shop.pass_time(minutes=15)
    shop.check()
    assert [p.role for p in shop.order().payments] == [Role.DOUBT]


def test_successors_in_a_circle_are_followed_a_few_times(shop: Shop) -> None:
    order = shop.order()
    circle = replace(order, state=State.REPLACED, ended_at=after(minutes=1), replaced_by=ORDER)
    shop.orders.put(circle)
    shop.mercadopago.show(a_merchant_order())
    shop.check()
    assert shop.order().state is State.REVIEW


def test_predecessors_in_a_circle_are_told_a_few_times(shop: Shop) -> None:
    shop.orders.put(replace(shop.order(), replaces=ORDER))
    shop.mercadopago.show(a_merchant_order())
    shop.notify("7001")
    assert shop.order().state is State.PAID
    assert len(shop.checks.messages) == MOST_HOPS


def test_a_predecessor_that_is_unknown_ends_the_row(shop: Shop) -> None:
    shop.orders.put(replace(shop.order(), replaces="UNKNOWN"))
    shop.mercadopago.show(a_merchant_order())
    shop.notify("7001")
    assert [message.order_id for message in shop.checks.messages] == ["UNKNOWN"]


def test_a_verdict_is_reached_anew_when_the_order_was_written_meanwhile(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.orders.meanwhile = [lambda: None, lambda: shop.cancel(ORDER)]
    shop.notify("7001")
    assert shop.order().state is State.CANCELLED
    assert [p.role for p in shop.order().payments] == [Role.EXCESS]


def test_an_order_written_again_and_again_is_our_failure(shop: Shop) -> None:
    shop.orders.meanwhile = [lambda: None, *[lambda: shop.orders.touch(ORDER)] * 4]
    with pytest.raises(StorageError):
        shop.notify(None)


def test_the_calls_another_check_made_meanwhile_still_count(shop: Shop) -> None:
    def another() -> None:
        order = shop.order()
        watch = replace(order.watch, calls=(*order.watch.calls, after(seconds=59)))
        shop.orders.save_watch(order, replace(order, watch=watch))

    shop.orders.meanwhile = [lambda: None, another]
    shop.notify(None)
    assert sorted(shop.order().watch.calls) == [after(seconds=59), after(seconds=60)]
