"""A payment is given back once: listed first, asked for under a stored key, believed when it is listed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from caja.messages import RefundMessage
from caja.orders import Doubt, Refund, State
from caja.refunds import SeenPayment, SeenRefund
from caja.usecases.refund_payment import refund_payment
from tests.builders import PRICE, a_merchant_order, a_payment, after
from tests.shop import ORDER

if TYPE_CHECKING:
    from caja.orders import RecordedPayment, RefundAttempt
    from tests.shop import Shop

MESSAGE = RefundMessage(order_id=ORDER, payment_id="9001")
PART = Decimal(500)


def payment(shop: Shop, payment_id: str = "9001") -> RecordedPayment:
    return next(p for p in shop.order().payments if p.payment_id == payment_id)


def called(shop: Shop) -> list[str]:
    return [kind for kind, _ in shop.payments.calls]


def given_by_hand(shop: Shop, amount: Decimal, status: str = "approved") -> None:
    """Have the seller give back some of the payment in Mercado Pago's panel."""
    refund = SeenRefund(refund_id="4001", amount=amount, status=status)
    shop.payments.held["9001"] = SeenPayment(
        status="approved", amount=PRICE, refunded=Decimal(0), refunds=(refund,)
    )


def test_what_nobody_claimed_goes_back_and_the_order_is_refunded(unclaimed: Shop) -> None:
    assert unclaimed.order().state is State.REFUNDING
    unclaimed.report.notes.clear()
    unclaimed.pass_time(minutes=1)
    unclaimed.give_back()
    assert called(unclaimed) == ["look", "give back", "look"]
    assert unclaimed.report.notes == ["order changed"]
    assert unclaimed.health.known.succeeded_at == unclaimed.order().updated_at == after(minutes=5)
    assert (payment(unclaimed).refund, payment(unclaimed).refunded) == (Refund.DONE, PRICE)
    assert unclaimed.order().state is State.REFUNDED
    assert unclaimed.boxes.offers["CAJA0001"].state == "refunded"
    assert unclaimed.report.alarms == []
    event = unclaimed.orders.events_of[ORDER][-1]
    assert (event.by, event.to_state) == ("refund", "refunded")
    assert event.facts == {"payment_id": "9001", "refund": "done", "refund_id": "5001", "outcome": "approved"}


def test_the_key_is_stored_before_it_is_used(unclaimed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    give_back = unclaimed.payments.give_back
    stored: list[tuple[RefundAttempt, ...]] = []

    def look_at_the_ledger(payment_id: str, attempt: RefundAttempt) -> SeenRefund:
        stored.append(payment(unclaimed).attempts)
        assert stored == [(attempt,)]
        return give_back(payment_id, attempt)

    monkeypatch.setattr(unclaimed.payments, "give_back", look_at_the_ledger)
    unclaimed.give_back()
    assert [attempt.amount for attempt in stored[0]] == [None]


def test_the_message_again_and_again_gives_nothing_back_twice(unclaimed: Shop) -> None:
    for _ in range(20):
        refund_payment(unclaimed.till, MESSAGE)
    assert called(unclaimed) == ["look", "give back", "look"]


@pytest.mark.parametrize("at", ["look", "give_back"])
def test_two_refunds_at_once_are_one(unclaimed: Shop, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    call = getattr(unclaimed.payments, at)

    def let_another_in(*args: Any) -> Any:
        monkeypatch.undo()
        answer = call(*args)
        refund_payment(unclaimed.till, MESSAGE)
        return answer

    monkeypatch.setattr(unclaimed.payments, at, let_another_in)
    refund_payment(unclaimed.till, MESSAGE)
    assert len(unclaimed.payments.answers) == 1
    assert (unclaimed.order().state, payment(unclaimed).refund) == (State.REFUNDED, Refund.DONE)


@pytest.mark.parametrize("message", [RefundMessage(order_id="O" * 26, payment_id="9001"), MESSAGE])
def test_a_payment_nobody_knows_is_alarmed_and_not_called_for(shop: Shop, message: RefundMessage) -> None:
    refund_payment(shop.till, message)
    assert (shop.report.alarms, shop.payments.calls) == (["OrphanRefund"], [])


def test_what_an_order_keeps_is_not_given_back(vending: Shop) -> None:
    refund_payment(vending.till, MESSAGE)
    assert vending.payments.calls == []


def test_what_went_back_by_hand_is_not_given_back_again(unclaimed: Shop) -> None:
    given_by_hand(unclaimed, PRICE)
    unclaimed.give_back()
    assert called(unclaimed) == ["look"]
    assert (unclaimed.order().state, payment(unclaimed).attempts) == (State.REFUNDED, ())


def test_only_what_is_left_is_asked_for(unclaimed: Shop) -> None:
    given_by_hand(unclaimed, PART)
    unclaimed.give_back()
    assert [attempt.amount for attempt in payment(unclaimed).attempts] == [PRICE - PART]
    assert payment(unclaimed).refund is Refund.DONE


def test_what_is_going_back_by_hand_is_waited_for(unclaimed: Shop) -> None:
    given_by_hand(unclaimed, PRICE, "in_process")
    unclaimed.give_back()
    assert called(unclaimed) == ["look"]
    assert (payment(unclaimed).refund, payment(unclaimed).refund_at) == (
        Refund.PENDING,
        after(minutes=4, seconds=30),
    )


def test_a_refund_that_is_pending_is_done_when_it_is_listed(unclaimed: Shop) -> None:
    unclaimed.payments.outcome = "in_process"
    unclaimed.pass_time(seconds=1)
    unclaimed.give_back()
    assert (unclaimed.order().state, payment(unclaimed).refund) == (State.REFUNDING, Refund.PENDING)
    assert unclaimed.order().updated_at == unclaimed.clock.now
    unclaimed.payments.settle("approved")
    look_again(unclaimed)
    assert (unclaimed.order().state, payment(unclaimed).refund) == (State.REFUNDED, Refund.DONE)
    assert called(unclaimed).count("give back") == 1


def look_again(shop: Shop) -> None:
    """Wait until the payment is to be looked at, and for the sweep."""
    refund_at = payment(shop).refund_at
    assert refund_at
    shop.clock.now = max(refund_at, shop.clock.now)
    shop.pass_time(minutes=2)
    shop.check()
    shop.give_back()


@pytest.mark.parametrize("outcome", ["rejected", "cancelled"])
def test_a_refund_that_did_not_arrive_is_tried_again_under_a_new_key(unclaimed: Shop, outcome: str) -> None:
    unclaimed.payments.outcome = "in_process"
    unclaimed.give_back()
    unclaimed.payments.settle(outcome)
    unclaimed.payments.outcome = "approved"
    look_again(unclaimed)
    if payment(unclaimed).refund is Refund.REFUSED:
        look_again(unclaimed)
    first, second = payment(unclaimed).attempts
    assert (first.outcome, second.outcome) == (outcome, "approved")
    assert first.key != second.key
    assert unclaimed.order().state is State.REFUNDED


def test_a_refund_that_did_not_arrive_is_a_refusal_alarmed_and_not_tried_again_at_once(
    unclaimed: Shop,
) -> None:
    unclaimed.payments.outcome = "in_process"
    unclaimed.give_back()
    unclaimed.payments.settle("rejected")
    look_again(unclaimed)
    assert unclaimed.report.alarms == ["RefundRefused"]
    assert len(payment(unclaimed).attempts) == 1


def test_a_refused_refund_is_alarmed_once_and_tried_again_under_a_new_key_when_topped_up(
    unclaimed: Shop,
) -> None:
    unclaimed.payments.causes = [2063, 2063]
    unclaimed.give_back()
    assert unclaimed.report.alarms == ["RefundRefused"]
    assert (payment(unclaimed).refund, unclaimed.order().state) == (Refund.REFUSED, State.REFUNDING)
    assert payment(unclaimed).refund_at == after(minutes=19)
    unclaimed.give_back()
    look_again(unclaimed)
    look_again(unclaimed)
    assert [attempt.outcome for attempt in payment(unclaimed).attempts] == ["refused", "refused", "approved"]
    assert len({attempt.key for attempt in payment(unclaimed).attempts}) == 3
    assert unclaimed.report.alarms == ["RefundRefused"] * 2
    assert unclaimed.order().state is State.REFUNDED


def test_a_refund_refused_for_good_is_a_persons_to_look_at_and_not_tried_again(unclaimed: Shop) -> None:
    unclaimed.payments.causes = [2024]
    unclaimed.give_back()
    assert (unclaimed.order().state, unclaimed.order().doubt) == (State.REVIEW, Doubt.REFUND)
    assert unclaimed.report.alarms == ["RefundRefused", "OrderInReview"]
    for _ in range(5):
        unclaimed.pass_time(days=8)
        unclaimed.check()
        unclaimed.give_back()
    assert called(unclaimed).count("give back") == 1


def test_a_refund_unconfirmed_for_a_day_is_alarmed_and_still_believed_when_it_comes(unclaimed: Shop) -> None:
    unclaimed.payments.outcome = "in_process"
    unclaimed.give_back()
    unclaimed.pass_time(days=1)
    unclaimed.check()
    unclaimed.give_back()
    assert (unclaimed.order().state, unclaimed.order().doubt) == (State.REVIEW, Doubt.REFUND)
    assert sorted(unclaimed.report.alarms) == ["OrderInReview", "RefundUnconfirmed"]
    unclaimed.payments.settle("approved")
    look_again(unclaimed)
    assert (unclaimed.order().state, payment(unclaimed).refund) == (State.REVIEW, Refund.DONE)


def test_a_refund_that_did_not_arrive_after_a_person_was_asked_is_not_made_again(unclaimed: Shop) -> None:
    given_by_hand(unclaimed, PRICE, "in_process")
    unclaimed.give_back()
    unclaimed.pass_time(days=1)
    unclaimed.check()
    given_by_hand(unclaimed, PRICE, "rejected")
    unclaimed.give_back()
    assert unclaimed.order().state is State.REVIEW
    assert "give back" not in called(unclaimed)


def test_money_charged_back_meanwhile_is_not_given_back(unclaimed: Shop) -> None:
    unclaimed.payments.have("9001", PRICE, status="charged_back")
    unclaimed.give_back()
    assert called(unclaimed) == ["look"]
    assert (unclaimed.order().state, unclaimed.order().doubt) == (State.REVIEW, Doubt.REFUND)


def test_a_second_payer_is_given_back_and_the_first_is_kept(vending: Shop) -> None:
    second = a_merchant_order(merchant_order_id="7002", payments=(a_payment(payment_id="9002"),))
    vending.payments.have("9002", PRICE)
    vending.mercadopago.show(second)
    vending.notify("7002")
    vending.give_back()
    assert (vending.order().state, payment(vending).refund) == (State.PAID, Refund.NONE)
    assert payment(vending, "9002").refund is Refund.DONE
    assert vending.claim()["state"] == "releasing"
