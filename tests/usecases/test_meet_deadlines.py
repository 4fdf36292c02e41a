"""What an order's own clock demands waits for nobody: not for Mercado Pago, and not for the hour's calls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from caja.errors import MercadoPagoUnavailableError, StorageError
from caja.health import Health
from caja.messages import CheckMessage, RefundMessage
from caja.orders import Doubt, State
from caja.usecases.check_order import check_due, check_panel
from caja.usecases.meet_deadlines import meet_deadlines
from caja.watch import CALLS_PER_HOUR
from tests.builders import a_merchant_order, a_payment, after
from tests.shop import ORDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.shop import Shop

GIVE_BACK = RefundMessage(order_id=ORDER, payment_id="9001")


def meet(shop: Shop) -> None:
    meet_deadlines(shop.orders, shop.refund_requests, shop.report, shop.order(), shop.clock.now)


def test_what_is_not_claimed_in_time_is_alarmed_and_given_back(vending: Shop) -> None:
    vending.pass_time(minutes=2)
    vending.check()
    assert vending.order().state is State.REFUNDING
    assert vending.boxes.offers["CAJA0001"].state == "refunding"
    assert vending.report.alarms == ["NotReleased"]
    assert vending.report.notes == ["order changed"]
    assert vending.mercadopago.called == ["get", "search", "search"], "the check goes on from there"
    assert GIVE_BACK in vending.refund_requests.waiting
    event = vending.orders.events_of[ORDER][-1]
    assert (event.by, event.from_state, event.to_state) == ("deadline", "paid", "refunding")


def test_nothing_happens_an_instant_early(vending: Shop) -> None:
    vending.pass_time(minutes=2, milliseconds=-1)
    meet(vending)
    assert vending.order().state is State.PAID
    assert (vending.report.alarms, vending.refund_requests.waiting) == ([], [])


def away(shop: Shop) -> None:
    shop.health.known = Health(failed_at=shop.clock.now)


def failing(shop: Shop) -> None:
    shop.mercadopago.failures = [MercadoPagoUnavailableError("429", retry_after=3600)]


def lavish(shop: Shop) -> None:
    order = shop.order()
    watch = replace(order.watch, calls=(after(minutes=2),) * CALLS_PER_HOUR)
    shop.orders.stored[ORDER] = replace(order, watch=watch)


TROUBLES = pytest.mark.parametrize("trouble", [away, failing, lavish])


@TROUBLES
def test_a_deadline_is_met_though_mercado_pago_cannot_be_asked(
    vending: Shop, trouble: Callable[[Shop], None]
) -> None:
    vending.pass_time(minutes=2)
    trouble(vending)
    vending.check()
    assert vending.order().state is State.REFUNDING
    assert GIVE_BACK in vending.refund_requests.waiting


@TROUBLES
def test_a_deadline_is_met_in_time_though_a_check_before_it_was_put_off(
    vending: Shop, trouble: Callable[[Shop], None]
) -> None:
    vending.pass_time(minutes=1)
    trouble(vending)
    vending.notify("7002")
    vending.pass_time(minutes=1)
    vending.check()
    assert vending.order().state is State.REFUNDING


@pytest.mark.parametrize("hint", ["7001", "7002", None])
def test_a_notification_meets_a_deadline_too(vending: Shop, hint: str | None) -> None:
    vending.pass_time(minutes=2)
    vending.notify(hint)
    assert vending.order().state is State.REFUNDING


def test_a_notification_of_the_panel_meets_a_deadline_too(vending: Shop) -> None:
    vending.pass_time(minutes=2)
    check_panel(vending.world, "7001")
    assert vending.order().state is State.REFUNDING


def test_a_message_the_sweep_has_since_replaced_does_nothing(vending: Shop) -> None:
    vending.pass_time(minutes=2)
    check_due(vending.world, CheckMessage(order_id=ORDER, check_at=after(minutes=1)))
    assert vending.order().state is State.PAID


def test_a_claim_that_comes_first_wins(vending: Shop) -> None:
    order, late = vending.order(), after(minutes=4)
    vending.claim()
    met = meet_deadlines(vending.orders, vending.refund_requests, vending.report, order, late)
    assert (met.state, vending.order().state) == (State.RELEASING, State.RELEASING)
    assert vending.refund_requests.waiting == []


def test_a_deadline_met_twice_at_once_is_met_once(vending: Shop) -> None:
    vending.pass_time(minutes=2)
    vending.orders.meanwhile = [lambda: meet(vending)]
    meet(vending)
    assert [event.to_state for event in vending.orders.events_of[ORDER]] == ["paid", "refunding"]
    assert vending.refund_requests.waiting == [GIVE_BACK] * 2


def test_an_order_that_keeps_changing_is_our_failure(vending: Shop) -> None:
    vending.pass_time(minutes=2)
    vending.orders.meanwhile = [lambda: vending.orders.touch(ORDER)] * 4
    with pytest.raises(StorageError):
        meet(vending)
    meet(vending)
    assert vending.order().state is State.REFUNDING


def test_an_order_that_is_gone_meanwhile_is_our_failure(
    vending: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, late = vending.order(), after(minutes=4)
    vending.orders.touch(ORDER)
    monkeypatch.setattr(vending.orders, "get", lambda _: None)
    with pytest.raises(StorageError):
        meet_deadlines(vending.orders, vending.refund_requests, vending.report, order, late)


def test_a_queue_that_refuses_loses_nothing(vending: Shop) -> None:
    vending.pass_time(minutes=2)
    vending.refund_requests.refuses = StorageError("no queue")
    vending.check()
    assert "refund not asked for" in vending.report.notes
    vending.refund_requests.refuses = None
    vending.pass_time(minutes=2)
    vending.check()
    assert GIVE_BACK in vending.refund_requests.waiting


def test_a_box_that_falls_silent_is_alarmed_when_its_time_is_over(vending: Shop) -> None:
    vending.claim()
    vending.pass_time(minutes=3, milliseconds=-1)
    meet(vending)
    assert vending.order().state is State.RELEASING
    vending.pass_time(milliseconds=1)
    meet(vending)
    assert (vending.order().state, vending.order().doubt) == (State.REVIEW, Doubt.SILENCE)
    assert vending.report.alarms == ["OrderInReview"]


def test_every_payment_that_is_due_is_asked_for_and_no_other(vending: Shop) -> None:
    halves = (
        a_payment(payment_id="9002"),
        a_payment(payment_id="9003"),
        a_payment(payment_id="9004", refunded=1),
    )
    vending.mercadopago.show(a_merchant_order(merchant_order_id="7002", payments=halves))
    vending.notify("7002")
    assert [message.payment_id for message in vending.refund_requests.waiting] == ["9002", "9003", "9004"]
    vending.give_back()
    vending.refund_requests.take()
    meet(vending)
    assert vending.refund_requests.waiting == []


def test_a_postpay_order_has_no_deadline_of_its_box(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    shop.notify("7001")
    shop.pass_time(days=1)
    shop.check()
    assert (shop.order().state, shop.refund_requests.waiting) == (State.PAID, [])
