"""Prepay sales from the first scan to the last cent, with the money going wrong on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caja.errors import MercadoPagoUnavailableError, TooLateError
from caja.orders import Refund, Role, State
from tests.builders import PRICE, a_box, a_merchant_order, a_payment, a_scan, after
from tests.shop import ORDER, Shop, number

if TYPE_CHECKING:
    from caja.merchant_orders import MerchantOrder

HALF = PRICE / 2


@pytest.fixture
def waiting() -> Shop:
    """A prepay shop whose order waits to be paid until minute 10, or 12 at the latest."""
    shop = Shop(a_box(mode="prepay"))
    shop.with_order(mode="prepay", expires_at=after(minutes=10))
    return shop


def payer(n: int, **changes: Any) -> MerchantOrder:
    """What the nth of several customers pays."""
    payment = a_payment(payment_id=str(9000 + n), approved_at=after(seconds=n))
    return a_merchant_order(**{"merchant_order_id": str(7000 + n), "payments": (payment,)} | changes)


def pay(shop: Shop, *merchant_orders: MerchantOrder) -> None:
    shop.mercadopago.show(*merchant_orders)
    for each in merchant_orders:
        for payment in each.payments:
            shop.payments.have(payment.payment_id, payment.amount)


def go_on(shop: Shop, minutes: int) -> None:
    """Let the sweep and the queues work every minute, and nobody else."""
    for _ in range(minutes):
        shop.pass_time(minutes=1)
        shop.probe()
        shop.check()
        shop.give_back()


def refunds(shop: Shop, order_id: str = ORDER) -> list[tuple[str, Role, Refund]]:
    return [(p.payment_id, p.role, p.refund) for p in shop.order(order_id).payments]


def test_of_five_payers_one_is_kept_and_served_and_four_are_given_back_once(waiting: Shop) -> None:
    """F33."""
    pay(waiting, *map(a_scan, range(40)), *map(payer, range(1, 6)))
    go_on(waiting, 1)
    waiting.claim()
    waiting.deliver("delivered")
    go_on(waiting, 30)
    assert refunds(waiting) == [
        ("9001", Role.KEPT, Refund.NONE),
        *((f"900{n}", Role.EXCESS, Refund.DONE) for n in range(2, 6)),
    ]
    assert [kind for kind, _ in waiting.payments.calls].count("give back") == 4


def test_a_payer_nobody_notified_us_of_after_the_time_is_given_back_within_a_quarter_of_an_hour(
    waiting: Shop,
) -> None:
    """F04, F47, L2: the old pay screen is paid a minute after the order left the box."""
    waiting.mercadopago.show(a_scan(1))
    go_on(waiting, 13)
    assert waiting.order().state is State.EXPIRED
    pay(waiting, payer(1))
    go_on(waiting, 15)
    assert refunds(waiting) == [("9001", Role.EXCESS, Refund.DONE)]


def test_a_payment_made_while_nobody_could_see_it_is_given_back_when_found_too_late(waiting: Shop) -> None:
    """F28."""
    pay(waiting, payer(1))
    waiting.mercadopago.failures = [MercadoPagoUnavailableError("500")] * 60
    go_on(waiting, 60)
    assert (waiting.order().state, waiting.payments.calls) == (State.READY, [])
    waiting.mercadopago.failures.clear()
    go_on(waiting, 10)
    assert waiting.order().state is State.EXPIRED
    assert refunds(waiting) == [("9001", Role.EXCESS, Refund.DONE)]
    assert "NotReleased" not in waiting.report.alarms


def test_a_payment_found_at_the_last_moment_can_still_be_claimed(waiting: Shop) -> None:
    pay(waiting, payer(1))
    waiting.pass_time(minutes=12)
    waiting.notify("7001")
    waiting.pass_time(minutes=2, milliseconds=-1)
    assert waiting.claim()["state"] == "releasing"


def test_both_payers_of_a_replaced_order_and_its_successor_are_told_apart(waiting: Shop) -> None:
    """F31."""
    _, successor = waiting.submit(replaces=ORDER, ttl_seconds=number(600))
    id_ = successor["order_id"]
    pay(waiting, payer(1), payer(2, external_reference=id_))
    waiting.notify("7002", order=waiting.order(id_))
    waiting.notify("7001", order=waiting.order())
    waiting.claim(order_id=id_)
    go_on(waiting, 2)
    assert refunds(waiting) == [("9001", Role.EXCESS, Refund.DONE)]
    assert refunds(waiting, id_) == [("9002", Role.KEPT, Refund.NONE)]


def test_an_old_order_paid_late_is_claimed_beside_the_one_now_offered(waiting: Shop) -> None:
    """F46."""
    waiting.pass_time(minutes=10)
    _, next_ = waiting.submit(ttl_seconds=number(600))
    pay(waiting, payer(1))
    waiting.notify("7001", order=waiting.order())
    assert waiting.claim()["state"] == "releasing"
    offer = waiting.boxes.offers["CAJA0001"]
    assert (offer.order_id, offer.state) == (next_["order_id"], "ready")


def test_nothing_is_released_once_its_money_is_on_its_way_back(unclaimed: Shop) -> None:
    """G2, at every step of the refund."""
    unclaimed.payments.outcome = "in_process"
    for status in ("in_process", "in_process", "approved"):
        with pytest.raises(TooLateError):
            unclaimed.claim()
        unclaimed.payments.settle(status)
        go_on(unclaimed, 3)
    with pytest.raises(TooLateError):
        unclaimed.claim()
    assert unclaimed.order().state is State.REFUNDED


def test_money_the_seller_gave_back_by_hand_before_the_deadline_is_not_given_back_again(
    vending: Shop,
) -> None:
    vending.payments.have("9001", PRICE, status="refunded")
    go_on(vending, 3)
    assert vending.order().state is State.REFUNDED
    assert "give back" not in [kind for kind, _ in vending.payments.calls]


@pytest.mark.parametrize("others", ["disputed", "too old"])
def test_money_that_can_go_back_does_though_another_payment_of_the_order_cannot(
    waiting: Shop, others: str
) -> None:
    halves = (a_payment(amount=HALF), a_payment(payment_id="9002", amount=HALF))
    pay(waiting, a_merchant_order(payments=halves))
    waiting.notify("7001")
    if others == "disputed":
        waiting.payments.have("9001", HALF, status="charged_back")
    else:
        waiting.payments.causes = [2024]
    go_on(waiting, 10)
    assert waiting.order().state is State.REVIEW
    assert refunds(waiting)[1] == ("9002", Role.KEPT, Refund.DONE)
