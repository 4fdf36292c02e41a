"""Money: too many payers, refunds that go wrong, parts and too much, rejections, old screens (F33, F34, F40, F41, F47)."""
# ruff: noqa: N802 - faults are named as reliability §2 names them

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from caja.errors import MercadoPagoUnavailableError
from caja.orders import Refund, Role, State
from caja.refunds import SeenPayment, SeenRefund
from caja.usecases.refund_payment import refund_payment
from tests.builders import PRICE, a_merchant_order, a_payment, a_scan
from tests.faults.shops import a_shop, a_sold_shop, a_vending_shop, given_back, live, live_probed, refunds
from tests.mutants.marks import kills
from tests.shop import ORDER, Shop

if TYPE_CHECKING:
    from collections.abc import Callable

    from caja.merchant_orders import MerchantOrder

NO_ANSWER = MercadoPagoUnavailableError("time-out")


def events_of(number: int) -> list[str]:
    """So many payers pay, and we are told of each."""
    return [each for n in range(number) for each in (f"pay {n}", f"tell {n}")]


def screen(number: int, *payments: Any, **changes: Any) -> MerchantOrder:
    """The merchant order of one payer."""
    return a_merchant_order(merchant_order_id=f"700{number}", payments=payments, **changes)


@kills("no-excess-refund", "one-page-of-search")
def test_F33_of_two_to_five_payers_after_forty_scans_one_is_kept_and_the_rest_go_back_once() -> None:
    chance = random.Random(33)  # noqa: S311 - an order of events
    for number in (2, 3, 4, 5) * 15:
        shop = a_shop()
        for scan in range(40):
            shop.mercadopago.show(a_scan(scan))
            if number % 2:
                shop.notify(str(8000 + scan))
                shop.pass_time(seconds=1)
        events, paid = events_of(number), set()
        chance.shuffle(events)
        for event in events:
            what, _, n = event.partition(" ")
            if what == "pay":
                shop.payments.have(f"900{n}", PRICE)
                payment = a_payment(payment_id=f"900{n}", approved_at=shop.clock.now)
                shop.mercadopago.show(screen(int(n), payment))
                paid.add(n)
            elif n in paid or chance.random() < 0.5:  # or told of the screen, before it is paid
                shop.notify(f"700{n}")
            shop.pass_time(seconds=chance.uniform(0, 20))
        live_probed(shop, hours=3)
        kept = [payment.payment_id for payment in shop.order().payments if payment.role is Role.KEPT]
        back = sorted({f"900{n}" for n in range(number)} - set(kept))
        assert (shop.order().state, len(kept), sorted(given_back(shop))) == (State.PAID, 1, back)
        assert refunds(shop) == dict.fromkeys(back, Refund.DONE) | {kept[0]: Refund.NONE}
        assert [len(shop.payments.held[each].refunds) for each in back] == [1] * len(back)


def times_out(shop: Shop) -> None:
    shop.payments.lost = [NO_ANSWER]


def fails(shop: Shop) -> None:
    shop.payments.failures = [None, NO_ANSWER]


def is_asked_twice(shop: Shop) -> None:
    refund_payment(shop.till, shop.refund_requests.waiting[0])


def lacks_balance(shop: Shop) -> None:
    """Refused twice, then topped up."""
    shop.payments.causes = [2000, 2000]


def pends(shop: Shop) -> None:
    shop.payments.outcome = "in_process"
    shop.give_back()
    live_probed(shop, minutes=50)
    assert refunds(shop) == {"9001": Refund.PENDING}
    shop.payments.settle("approved")


def was_given_by_hand(shop: Shop) -> None:
    refund = SeenRefund(refund_id="4001", amount=PRICE, status="approved")
    shop.payments.held["9001"] = SeenPayment(
        status="refunded", amount=PRICE, refunded=PRICE, refunds=(refund,)
    )


REFUNDS: list[tuple[Callable[[Shop], None], int, int]] = [
    (times_out, 1, 1),
    (fails, 2, 1),
    (is_asked_twice, 1, 1),
    (lacks_balance, 3, 3),
    (pends, 1, 1),
    (was_given_by_hand, 0, 0),
]
"""What goes wrong → how often money is asked to go back, and under how many keys."""


@kills("refund-without-listing", "a-new-key-for-every-call", "done-is-undone")
def test_F34_a_refund_that_is_lost_fails_comes_twice_is_refused_or_pends_is_made_once() -> None:
    for goes_wrong, calls, keys in REFUNDS:
        shop = a_sold_shop()
        shop.pass_time(minutes=2)
        shop.check()
        assert shop.order().state is State.REFUNDING
        goes_wrong(shop)
        shop.give_back()
        live_probed(shop, hours=7)
        used = [key for kind, key in shop.payments.calls if kind == "give back"]
        assert (shop.order().state, len(used), len(set(used))) == (State.REFUNDED, calls, keys), goes_wrong
        gone = [r for r in shop.payments.held["9001"].refunds if r.status == "approved"]
        assert [refund.amount for refund in gone] == [PRICE]
        shop.notify("7001")  # a read that lags still shows it approved
        assert (refunds(shop), shop.order().refunded_amount) == ({"9001": Refund.DONE}, PRICE)
        done = [event for event in shop.orders.events_of[ORDER] if event.facts.get("refund") == "done"]
        assert len(done) == 1


@kills("amount-unchecked")
def test_F40_a_part_and_then_the_rest_closes_it_and_an_overpayment_is_paid_and_flagged() -> None:
    half = Decimal(700)
    shop = a_shop()
    shop.mercadopago.show(screen(1, a_payment(amount=half), status="opened"))
    shop.notify("7001")
    assert shop.order().state is State.READY
    rest = a_payment(payment_id="9002", amount=PRICE - half)
    shop.mercadopago.show(screen(1, a_payment(amount=half), rest))
    shop.notify("7001")
    assert (shop.order().state, shop.order().paid_amount) == (State.PAID, PRICE)
    assert "order overpaid" not in shop.report.notes

    short = a_shop()
    short.mercadopago.show(screen(1, a_payment(amount=PRICE - Decimal("0.01"))))
    short.notify("7001")
    assert short.order().state is State.READY
    live(short, hours=3)
    assert (short.order().state, short.report.alarms) == (State.REVIEW, ["OrderInReview"])

    over = a_shop()
    over.mercadopago.show(screen(1, a_payment(amount=PRICE + 1)))
    over.notify("7001")
    assert (over.order().state, over.order().paid_amount) == (State.PAID, PRICE + 1)
    assert over.orders.events_of[ORDER][-1].facts["overpaid"] == "1.00"


@kills("rejections-count")
def test_F41_rejected_and_then_approved_stays_payable_and_is_paid() -> None:
    rejected = a_payment(status="rejected", approved_at=None)
    for shop in (a_shop(), a_vending_shop()):
        shop.mercadopago.show(screen(1, rejected, status="opened"))
        shop.notify("7001")
        live(shop, minutes=2)
        assert (shop.order().state, shop.boxes.offers["CAJA0001"].state) == (State.READY, "ready")
        shop.mercadopago.show(screen(1, rejected, a_payment(payment_id="9002")))
        shop.notify("7001")
        assert (shop.order().state, shop.order().paid_amount) == (State.PAID, PRICE)

    never = a_shop()
    never.mercadopago.show(screen(1, rejected, status="opened"))
    live(never, hours=1)
    assert never.order().state is State.EXPIRED


@kills("no-check-after-the-end")
def test_F47_an_old_screen_paid_after_cancel_replace_or_expiry_is_seen_without_a_notification() -> None:
    for mode, end, state, is_kept in [
        ("postpay", "cancel", State.CANCELLED, False),
        ("postpay", "replace", State.REPLACED, False),
        ("postpay", "expire", State.PAID, True),
        ("prepay", "cancel", State.CANCELLED, False),
        ("prepay", "replace", State.REPLACED, False),
        ("prepay", "expire", State.EXPIRED, False),
    ]:
        shop = a_shop() if mode == "postpay" else a_vending_shop()
        shop.mercadopago.show(screen(1, status="opened"))
        if end == "cancel":
            shop.cancel(ORDER)
        elif end == "replace":
            _, successor = shop.submit(ticket="ticket-0000000002", replaces=ORDER)
            other = a_payment(payment_id="9002")
            shop.mercadopago.show(screen(2, other, external_reference=successor["order_id"]))
        else:
            live(shop, seconds=(shop.order().payable_until - shop.clock.now).total_seconds() + 1)
        live(shop, minutes=10)
        shop.payments.have("9001", PRICE)
        shop.mercadopago.show(screen(1, a_payment(approved_at=shop.clock.now)))
        live(shop, minutes=75)
        assert shop.order().state is state
        assert refunds(shop) == {"9001": Refund.NONE if is_kept else Refund.DONE}, (mode, end)
        assert given_back(shop) == ([] if is_kept else ["9001"])
