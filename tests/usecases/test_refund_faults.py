"""A refund while Mercado Pago, our storage or somebody else is in the way: it is put off, and never made twice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from caja.errors import (
    MercadoPagoNotFoundError,
    MercadoPagoRefusedError,
    MercadoPagoUnavailableError,
    StorageError,
    TokenRefusedError,
)
from caja.health import Health
from caja.messages import RefundMessage
from caja.orders import Refund, State
from caja.refunds import SeenPayment, open_attempt
from caja.transitions import meet_deadline
from caja.usecases.refund_payment import refund_payment
from tests.builders import PRICE, after
from tests.shop import ORDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from caja.orders import RecordedPayment, RefundAttempt
    from caja.refunds import SeenRefund
    from tests.shop import Shop

MESSAGE = RefundMessage(order_id=ORDER, payment_id="9001")
NO_ANSWER = MercadoPagoUnavailableError("time-out")
SOON = after(minutes=4, seconds=30)


def payment(shop: Shop) -> RecordedPayment:
    [payment] = shop.order().payments
    return payment


def called(shop: Shop) -> list[str]:
    return [kind for kind, _ in shop.payments.calls]


def keys_used(shop: Shop) -> list[str]:
    return [what for kind, what in shop.payments.calls if kind == "give back"]


def sweep_and_give_back(shop: Shop, **time: float) -> None:
    shop.pass_time(**time)
    shop.check()
    shop.give_back()


def test_an_answer_that_was_lost_is_found_in_the_list_and_not_asked_for_again(unclaimed: Shop) -> None:
    unclaimed.payments.lost = [NO_ANSWER]
    unclaimed.give_back()
    assert (payment(unclaimed).refund, payment(unclaimed).refund_at) == (Refund.DUE, SOON)
    assert unclaimed.report.alarms == ["CheckFailed"]
    assert unclaimed.health.writes[-1] == "failed_at"
    sweep_and_give_back(unclaimed, minutes=2)
    assert unclaimed.order().state is State.REFUNDED
    assert len(keys_used(unclaimed)) == 1


def test_an_answer_that_was_lost_is_asked_for_under_the_same_key_while_the_list_lags(
    unclaimed: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_it_was = SeenPayment(status="approved", amount=PRICE, refunded=Decimal(0), refunds=())
    unclaimed.payments.lost = [NO_ANSWER]
    with monkeypatch.context() as lagging:
        lagging.setattr(unclaimed.payments, "look", lambda _: as_it_was)
        unclaimed.give_back()
        sweep_and_give_back(unclaimed, minutes=2)
        assert payment(unclaimed).refund is Refund.PENDING
    assert len(keys_used(unclaimed)) == 2
    assert len(set(keys_used(unclaimed))) == 1
    sweep_and_give_back(unclaimed, minutes=10)
    assert unclaimed.order().state is State.REFUNDED
    assert len(keys_used(unclaimed)) == 2


def test_a_refusal_of_what_went_back_after_all_leaves_it_done(unclaimed: Shop) -> None:
    unclaimed.payments.lost = [MercadoPagoRefusedError(status=400, code="bad_request", message="no")]
    unclaimed.give_back()
    assert (unclaimed.order().state, payment(unclaimed).refund) == (State.REFUNDED, Refund.DONE)
    assert unclaimed.report.alarms == []


@pytest.mark.parametrize(
    ("failure", "outcome", "alarm"),
    [
        (NO_ANSWER, ["failed_at"], "CheckFailed"),
        (TokenRefusedError("401"), ["refused_at"], "TokenRefused"),
        (MercadoPagoNotFoundError("404"), [], "CheckFailed"),
        (MercadoPagoRefusedError(status=403, code="forbidden", message="no"), [], "CheckFailed"),
    ],
)
def test_a_refund_that_cannot_be_looked_at_is_put_off_and_made_later(
    unclaimed: Shop, failure: Exception, outcome: list[str], alarm: str
) -> None:
    unclaimed.health.known = Health(succeeded_at=after(minutes=3))
    unclaimed.health.writes.clear()
    unclaimed.payments.failures = [failure]
    refund_payment(unclaimed.till, MESSAGE)
    assert (called(unclaimed), payment(unclaimed).refund_at) == (["look"], SOON)
    assert unclaimed.report.alarms == [alarm]
    assert unclaimed.health.writes == outcome
    unclaimed.health.known = Health(succeeded_at=after(minutes=5))
    sweep_and_give_back(unclaimed, minutes=2)
    assert unclaimed.order().state is State.REFUNDED


def test_a_refund_that_could_not_be_looked_at_afterwards_is_confirmed_later(unclaimed: Shop) -> None:
    unclaimed.payments.failures = [None, None, NO_ANSWER]
    refund_payment(unclaimed.till, MESSAGE)
    assert payment(unclaimed).refund is Refund.PENDING
    sweep_and_give_back(unclaimed, minutes=2)
    assert unclaimed.order().state is State.REFUNDED
    assert len(keys_used(unclaimed)) == 1


@pytest.mark.parametrize(
    ("seconds", "at"),
    [(10, SOON), (90, after(minutes=5, seconds=30)), (999_999, after(hours=1, minutes=4))],
)
def test_a_refund_waits_as_long_as_mercado_pago_asks_within_an_hour_and_no_shorter_than_it_would(
    unclaimed: Shop, seconds: float, at: datetime
) -> None:
    unclaimed.payments.failures = [MercadoPagoUnavailableError("429", retry_after=seconds)]
    refund_payment(unclaimed.till, MESSAGE)
    assert payment(unclaimed).refund_at == at


def test_a_refusal_that_could_not_be_looked_into_is_told_again_under_its_key(unclaimed: Shop) -> None:
    unclaimed.payments.causes = [2063]
    unclaimed.payments.failures = [None, None, NO_ANSWER]
    refund_payment(unclaimed.till, MESSAGE)
    assert [attempt.outcome for attempt in payment(unclaimed).attempts] == [None]
    sweep_and_give_back(unclaimed, minutes=2)
    assert [attempt.outcome for attempt in payment(unclaimed).attempts] == ["refused"]
    assert len(set(keys_used(unclaimed))) == 1


def test_while_mercado_pago_is_away_a_refund_is_put_off_without_a_call(unclaimed: Shop) -> None:
    now = unclaimed.clock.now
    unclaimed.health.known = Health(failed_at=now)
    refund_payment(unclaimed.till, MESSAGE)
    assert (unclaimed.payments.calls, payment(unclaimed).refund_at) == ([], SOON)
    assert unclaimed.order().watch.check_at == SOON
    unclaimed.health.known = Health(failed_at=now, succeeded_at=now)
    sweep_and_give_back(unclaimed, seconds=30)
    assert unclaimed.order().state is State.REFUNDED


def test_a_refusal_that_is_put_off_is_not_told_again(unclaimed: Shop) -> None:
    unclaimed.payments.causes = [2063]
    unclaimed.give_back()
    assert unclaimed.report.notes[-1] == "refund refused"
    unclaimed.pass_time(minutes=15)
    unclaimed.health.known = Health(failed_at=unclaimed.clock.now)
    refund_payment(unclaimed.till, MESSAGE)
    assert (payment(unclaimed).refund, payment(unclaimed).refund_at) == (Refund.REFUSED, after(minutes=34))
    assert unclaimed.report.alarms == ["RefundRefused"]


def test_what_is_put_off_for_hours_is_asked_for_less_and_less_often(unclaimed: Shop) -> None:
    for _ in range(300):
        unclaimed.health.known = Health(failed_at=unclaimed.clock.now)
        sweep_and_give_back(unclaimed, minutes=1)
    assert len(unclaimed.orders.events_of[ORDER]) < 20


def touch(shop: Shop) -> None:
    shop.orders.touch(ORDER)


def test_a_payment_read_as_it_was_before_its_order_makes_no_second_key(
    unclaimed: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A query is no snapshot: it may show ORDER as the attempt left it, and PAYMENT as it was before."""
    as_it_was = unclaimed.order().payments
    give_back = unclaimed.payments.give_back

    def while_the_message_comes_again(payment_id: str, attempt: RefundAttempt) -> SeenRefund:
        monkeypatch.setattr(unclaimed.payments, "give_back", give_back)
        fractured = iter([replace(unclaimed.order(), payments=as_it_was)])
        with monkeypatch.context() as reading:
            reading.setattr(unclaimed.orders, "get", lambda _: next(fractured, unclaimed.order()))
            refund_payment(unclaimed.till, MESSAGE)
        return give_back(payment_id, attempt)

    monkeypatch.setattr(unclaimed.payments, "give_back", while_the_message_comes_again)
    refund_payment(unclaimed.till, MESSAGE)
    assert len(set(keys_used(unclaimed))) == 1
    assert [attempt.key for attempt in payment(unclaimed).attempts] == keys_used(unclaimed)
    assert unclaimed.order().state is State.REFUNDED


def put_off_the_day(shop: Shop) -> None:
    """A day passes without a confirmation, and the order goes to review."""
    before = shop.order()
    shop.orders.stored[ORDER] = replace(
        meet_deadline(before, after(days=2)), revision=before.revision + 1, updated_at=before.updated_at
    )


def test_a_check_that_writes_before_the_attempt_is_stored_does_not_put_the_refund_off(
    unclaimed: Shop,
) -> None:
    unclaimed.orders.meanwhile = [lambda: touch(unclaimed)]
    refund_payment(unclaimed.till, MESSAGE)
    assert called(unclaimed) == ["look", "give back", "look"]
    assert len(keys_used(unclaimed)) == 1


def attempt_elsewhere(shop: Shop) -> None:
    """Another message of the same payment stores its attempt first."""
    order = shop.order()
    attempting = open_attempt(order.payments[0], lambda: "fake-key-elsewhere", shop.clock.now)
    shop.orders.stored[ORDER] = replace(order, payments=(attempting,), revision=order.revision + 1)


@pytest.mark.parametrize("happened", [attempt_elsewhere, put_off_the_day])
def test_a_payment_that_is_somebody_elses_by_then_is_left_to_them(
    unclaimed: Shop, happened: Callable[[Shop], None]
) -> None:
    unclaimed.orders.meanwhile = [lambda: happened(unclaimed)]
    refund_payment(unclaimed.till, MESSAGE)
    assert called(unclaimed) == ["look"]


def test_an_order_that_keeps_changing_before_the_attempt_is_our_failure(unclaimed: Shop) -> None:
    unclaimed.orders.meanwhile = [lambda: touch(unclaimed)] * 4
    with pytest.raises(StorageError):
        refund_payment(unclaimed.till, MESSAGE)
    assert (called(unclaimed), payment(unclaimed).attempts) == (["look"], ())


@pytest.mark.parametrize("happened", [touch, put_off_the_day])
def test_an_order_written_while_mercado_pago_answers_is_read_again(
    unclaimed: Shop, happened: Callable[[Shop], None]
) -> None:
    unclaimed.orders.meanwhile = [lambda: None, lambda: happened(unclaimed)]
    refund_payment(unclaimed.till, MESSAGE)
    assert (payment(unclaimed).refund, payment(unclaimed).refunded) == (Refund.DONE, PRICE)
    assert [attempt.outcome for attempt in payment(unclaimed).attempts] == ["approved"]


def test_an_order_that_keeps_changing_is_our_failure_and_the_message_gives_nothing_back_twice(
    unclaimed: Shop,
) -> None:
    unclaimed.orders.meanwhile = [lambda: None, *[lambda: touch(unclaimed)] * 4]
    with pytest.raises(StorageError):
        refund_payment(unclaimed.till, MESSAGE)
    refund_payment(unclaimed.till, MESSAGE)
    assert unclaimed.order().state is State.REFUNDED
    assert len(keys_used(unclaimed)) == 1


def test_an_order_that_is_gone_is_our_failure(unclaimed: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = iter([unclaimed.order(), None])
    monkeypatch.setattr(unclaimed.orders, "get", lambda _: next(orders))
    with pytest.raises(StorageError):
        refund_payment(unclaimed.till, MESSAGE)


@pytest.mark.parametrize("causes", [[], [2063]])
def test_an_answer_that_comes_late_is_not_taken_for_that_of_a_newer_attempt(
    unclaimed: Shop, causes: list[int]
) -> None:
    def another() -> None:
        order = unclaimed.order()
        (old,) = order.payments[0].attempts
        newer = replace(old, key="fake-key-newer")
        attempts = (replace(old, outcome="refused"), newer)
        unclaimed.orders.put(replace(order, payments=(replace(order.payments[0], attempts=attempts),)))

    unclaimed.payments.causes = causes
    give_back = unclaimed.payments.give_back

    def slowly(payment_id: str, attempt: RefundAttempt) -> SeenRefund:
        another()
        return give_back(payment_id, attempt)

    unclaimed.payments.give_back = slowly  # type: ignore[method-assign]  # Mercado Pago, a slow one
    refund_payment(unclaimed.till, MESSAGE)
    newer = payment(unclaimed).attempts[-1]
    assert (newer.key, newer.refund_id, newer.outcome) == ("fake-key-newer", None, None)
