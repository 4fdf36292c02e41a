"""`protocols.Orders` once an order is there: every change whole, and by whoever read the order last."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from caja.boxes import Offer
from caja.errors import StaleVersionError
from caja.orders import Doubt, Order, RecordedPayment, Refund, RefundAttempt, Role, State
from caja.transitions import cancel, expire, pay, send_to_review
from caja.watch import Watch
from tests.builders import PRICE, a_recorded_payment, after, an_order
from tests.contract.stores import ORDER, OTHER, offer, stored, with_order
from tests.tables import a_full_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.stores import Store

LATER = after(minutes=1)
NO_WATCH = Watch(check_at=None)

ATTEMPTS = (
    RefundAttempt(key="key-1", amount=None, at=after(minutes=5), outcome="refused"),
    RefundAttempt(
        key="key-2", amount=Decimal("0.10"), at=after(minutes=6), refund_id="1", outcome="approved"
    ),
    RefundAttempt(key="key-3", amount=PRICE, at=after(minutes=7)),
)
PAYMENTS = (
    a_recorded_payment(payment_id="9001", attempts=ATTEMPTS, owed_at=LATER, refund_at=after(minutes=8)),
    a_recorded_payment(payment_id="9002", role=Role.EXCESS, refund=Refund.DUE, approved_at=None),
    a_recorded_payment(payment_id="9003", role=Role.DOUBT, refund=Refund.REFUSED, refund_at=LATER),
    a_recorded_payment(payment_id="9004", refund=Refund.PENDING, status="in_mediation", refunded=Decimal(0)),
    a_recorded_payment(payment_id="9005", refund=Refund.DONE, status="refunded", refunded=PRICE),
)


def changed(order: Order, **changes: Any) -> Order:
    """The order, a version later."""
    return replace(order, version=order.version + 1, updated_at=LATER, **changes)


def is_unset(thing: Order | RecordedPayment, name: str) -> bool:
    return getattr(thing, name) in (None, (), 0)


def test_an_order_is_read_with_everything_a_change_can_set(store: Store) -> None:
    before = a_full_order(mode="prepay")
    store.orders.submit(before, "{}", replaced=None)
    whole = changed(
        before,
        state=State.REVIEW,
        ended_at=after(minutes=2),
        paid_at=after(minutes=2),
        release_by=after(minutes=4),
        claim="claim-0001",
        report_by=after(minutes=7),
        report="unknown",
        refunding_at=after(minutes=8),
        doubt=Doubt.UNKNOWN,
        replaced_by=OTHER,
        kept_merchant_order_id="7001",
        payments=PAYMENTS,
        watch=replace(before.watch, check_at=after(days=30), failures=2, calls=(LATER, LATER)),
    )
    store.orders.apply(before, whole, by="check", facts={})
    whole = replace(whole, revision=1)
    assert [each.name for each in fields(Order) if is_unset(whole, each.name)] == []
    assert [each.name for each in fields(RecordedPayment) if is_unset(PAYMENTS[0], each.name)] == []
    assert stored(store) == whole


def test_payments_that_change_take_the_place_of_what_they_were(store: Store) -> None:
    order = with_order(store)
    store.orders.apply(order, changed(order, payments=PAYMENTS[:2]), by="check", facts={})
    before = stored(store)
    more = (PAYMENTS[0], replace(PAYMENTS[1], refund=Refund.DONE, refunded=PRICE), PAYMENTS[2])
    store.orders.apply(before, changed(before, payments=more), by="refund", facts={})
    assert stored(store).payments == more


@pytest.mark.parametrize("read", [(), ATTEMPTS[:1], ATTEMPTS[:2]])
def test_a_payment_read_without_its_last_attempt_is_not_written(
    store: Store, read: tuple[RefundAttempt, ...]
) -> None:
    """A query is no snapshot: it may show ORDER as a change left it, and PAYMENT as it was before, or not at all."""
    order = with_order(store)
    store.orders.apply(order, changed(order, payments=PAYMENTS[:2]), by="refund", facts={})
    before, everything = stored(store), store.everything()
    as_it_was = replace(PAYMENTS[0], attempts=read)
    another = RefundAttempt(key="key-4", amount=None, at=after(minutes=9))
    written = (replace(as_it_was, attempts=(*read, another)), PAYMENTS[1])
    for fractured in [(as_it_was, PAYMENTS[1]), PAYMENTS[1:2]][: 1 if read else 2]:
        with pytest.raises(StaleVersionError):
            store.orders.apply(
                replace(before, payments=fractured), changed(before, payments=written), by="refund", facts={}
            )
    assert store.everything() == everything


def test_a_change_is_recorded_once_for_its_version_with_who_and_why(store: Store) -> None:
    order = with_order(store)
    facts = {"merchant_order_id": "7001", "excess": ["9002"], "mismatches": []}
    store.orders.apply(order, changed(order), by="check", facts=facts)
    before = stored(store)
    store.orders.apply(before, cancel(before, after(minutes=3)), by="operator ana", facts={})
    first, second, third = store.orders.events(ORDER)
    assert [event.version for event in (first, second, third)] == [1, 2, 3]
    assert (second.by, second.from_state, second.to_state, second.at) == ("check", "ready", "ready", LATER)
    assert second.facts == facts
    assert (third.by, third.from_state, third.to_state) == ("operator ana", "ready", "cancelled")


def test_an_order_that_leaves_its_box_ends_the_offer(store: Store) -> None:
    order = with_order(store)
    store.orders.apply(order, cancel(order, LATER), by="box", facts={})
    assert offer(store) == Offer(order_id=ORDER, state="cancelled", expires_at=order.expires_at)


def test_the_offer_follows_its_order_after_it_ended(store: Store) -> None:
    order = with_order(store)
    store.orders.apply(order, expire(order, after(hours=1)), by="check", facts={})
    before = stored(store)
    store.orders.apply(before, pay(before, "7001", after(hours=2)), by="check", facts={})
    assert offer(store) == Offer(order_id=ORDER, state="paid", expires_at=order.expires_at)


def test_a_change_that_leaves_the_order_at_its_box_leaves_the_offer(store: Store) -> None:
    order = with_order(store)
    store.orders.apply(order, changed(order, payments=PAYMENTS[:1]), by="check", facts={})
    assert offer(store) == Offer(order_id=ORDER, state="ready", expires_at=order.expires_at)


def test_an_offer_that_names_another_order_is_left_alone(store: Store) -> None:
    order = with_order(store)
    other = with_order(store, order_id=OTHER, created_at=after(hours=2))
    store.orders.apply(order, cancel(order, after(hours=3)), by="box", facts={})
    assert stored(store).state is State.CANCELLED
    assert offer(store) == Offer(order_id=OTHER, state="ready", expires_at=other.expires_at)


def test_an_order_whose_offer_is_gone_ends_and_leaves_no_offer(store: Store) -> None:
    order = with_order(store)
    store.forget_offer()
    store.orders.apply(order, cancel(order, LATER), by="box", facts={})
    assert stored(store).state is State.CANCELLED
    assert offer(store) is None


WRITES: dict[str, Callable[[Store, Order], object]] = {
    "a change": lambda store, order: store.orders.apply(order, changed(order), by="check", facts={}),
    "an end": lambda store, order: store.orders.apply(
        order, replace(cancel(order, LATER), payments=PAYMENTS), by="box", facts={}
    ),
    "a watch": lambda store, order: store.orders.save_watch(order, replace(order, watch=NO_WATCH)),
}
MEANWHILE: dict[str, Callable[[Store, Order], object]] = WRITES | {
    "a claim": lambda store, order: store.orders.claim_due(order.order_id, after(seconds=30), LATER),
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("write", WRITES)
def test_what_was_read_before_any_other_write_writes_nothing(
    store: Store, write: str, meanwhile: str
) -> None:
    order = with_order(store)
    MEANWHILE[meanwhile](store, order)
    before = store.everything()
    with pytest.raises(StaleVersionError):
        WRITES[write](store, order)
    assert store.everything() == before


@pytest.mark.parametrize("write", WRITES)
def test_an_order_that_is_not_there_is_not_written_into_being(store: Store, write: str) -> None:
    before = store.everything()
    with pytest.raises(StaleVersionError):
        WRITES[write](store, an_order())
    assert not store.orders.claim_due(ORDER, after(seconds=30), LATER)
    assert store.everything() == before


def test_how_an_order_is_watched_is_written_and_nothing_else_of_it(store: Store) -> None:
    order = with_order(store)
    watch = Watch(
        check_at=after(minutes=9),
        last_check_at=after(minutes=8),
        hinted_at=after(minutes=7),
        queued_at=after(minutes=6),
        failures=4,
        calls=(LATER,),
        mismatched=("7001",),
    )
    store.orders.save_watch(order, replace(cancel(order, LATER), watch=watch))
    assert stored(store) == replace(order, watch=watch, revision=1)
    assert len(store.orders.events(ORDER)) == 1
    assert offer(store) == Offer(order_id=ORDER, state="ready", expires_at=order.expires_at)
    store.orders.save_watch(stored(store), replace(order, watch=NO_WATCH))
    assert stored(store) == replace(order, watch=NO_WATCH, revision=2)


def test_a_watch_survives_a_change_only_as_the_change_says(store: Store) -> None:
    order = with_order(store)
    review = send_to_review(order, Doubt.MONEY, LATER)
    store.orders.apply(order, review, by="check", facts={})
    assert stored(store).watch == review.watch
