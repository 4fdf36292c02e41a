"""`protocols.Orders.submit`, whatever keeps it: an order and its offer, or nothing."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from caja.boxes import Offer
from caja.errors import StaleVersionError
from caja.orders import Doubt, Event, State
from caja.transitions import cancel, claim, expire, pay, replace_by, report_delivery, send_to_review
from caja.watch import Watch
from tests.builders import after, an_order
from tests.contract.stores import ORDER, OTHER, offer, stored, with_order
from tests.tables import a_full_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from caja.orders import Order
    from tests.contract.stores import Store

THIRD = "C" * 26
BODY = '{"offered":true}'
LATER = after(minutes=1)


def paid(order: Order) -> Order:
    return pay(order, "7001", LATER)


def claimed(order: Order) -> Order:
    return replace(claim(paid(order), "claim-0001", LATER), version=order.version + 1)


def delivered(order: Order) -> Order:
    return replace(report_delivery(claimed(order), "claim-0001", "delivered", LATER), version=2)


def try_to_submit(store: Store, order: Order, *replaced: Order) -> str:
    """What came of submitting `order` in the place of `replaced`; if not done, then nothing was written."""
    before = store.everything()
    given = (replaced[0], replace_by(replaced[0], order.order_id, order.created_at)) if replaced else None
    outcome = store.orders.submit(order, BODY, replaced=given)
    assert outcome == "done" or store.everything() == before
    return outcome


def test_a_new_order_is_stored_offered_and_recorded(store: Store) -> None:
    order = an_order()
    assert store.orders.get(ORDER) is None
    assert store.orders.submit(order, BODY, replaced=None) == "done"
    assert stored(store) == order
    assert offer(store) == Offer(order_id=ORDER, state="ready", expires_at=order.expires_at)
    assert store.orders.events(ORDER) == (
        Event(version=1, at=order.created_at, by="box", from_state=None, to_state="ready", facts={}),
    )


def test_an_order_is_read_with_everything_a_submit_can_set(store: Store) -> None:
    watch = Watch(
        check_at=after(minutes=5),
        last_check_at=after(minutes=4),
        hinted_at=after(minutes=3),
        queued_at=after(minutes=2),
        failures=3,
        calls=(after(minutes=1), after(minutes=1), after(minutes=4)),
        mismatched=("7001", "7002"),
        pages=3,
        searched_at=after(minutes=4),
    )
    order = a_full_order(
        mode="prepay", dialect="v2", expires_at=after(milliseconds=123), watch=watch, report_seconds=7
    )
    assert [each.name for each in fields(Watch) if not getattr(watch, each.name)] == []
    assert store.orders.submit(order, BODY, replaced=None) == "done"
    assert stored(store) == order


def test_a_known_order_is_not_written_again_whatever_else_is_the_matter(store: Store) -> None:
    order = with_order(store)
    again = replace(order, notify_key="fake-notify-key-000009")
    assert try_to_submit(store, again) == "known"
    store.orders.apply(order, cancel(order, LATER), by="box", facts={})
    assert try_to_submit(store, again) == "known"
    other = with_order(store, order_id=OTHER)
    assert try_to_submit(store, again) == "known"
    assert try_to_submit(store, again, other) == "known"


@pytest.mark.parametrize(("seconds", "outcome"), [(-0.001, "occupied"), (0, "done"), (9, "done")])
@pytest.mark.parametrize("mode", ["postpay", "prepay"])
def test_an_offer_is_in_the_way_until_the_very_instant_it_expires(
    store: Store, mode: str, seconds: float, outcome: str
) -> None:
    order = with_order(store, mode=mode)
    late = an_order(order_id=OTHER, created_at=order.expires_at + timedelta(seconds=seconds))
    assert try_to_submit(store, late) == outcome


ENDS: list[tuple[str, Callable[[Order], Order], str]] = [
    ("postpay", lambda order: cancel(order, LATER), "done"),
    ("prepay", lambda order: cancel(order, LATER), "done"),
    ("postpay", lambda order: expire(order, LATER), "done"),
    ("prepay", lambda order: expire(order, LATER), "done"),
    ("postpay", lambda order: send_to_review(order, Doubt.MONEY, LATER), "done"),
    ("prepay", lambda order: send_to_review(order, Doubt.MONEY, LATER), "done"),
    ("postpay", paid, "done"),
    ("prepay", paid, "occupied"),
    ("prepay", claimed, "occupied"),
    ("prepay", delivered, "done"),
]


@pytest.mark.parametrize(("mode", "end", "outcome"), ENDS)
def test_an_order_that_left_its_box_gives_way_but_for_a_prepay_one_whose_goods_are_to_come(
    store: Store, mode: str, end: Callable[[Order], Order], outcome: str
) -> None:
    order = with_order(store, mode=mode)
    store.orders.apply(order, end(order), by="check", facts={})
    assert try_to_submit(store, an_order(order_id=OTHER, mode=mode, created_at=after(minutes=2))) == outcome


def test_another_box_is_free(store: Store) -> None:
    with_order(store)
    assert try_to_submit(store, an_order(order_id=OTHER, box_id="CAJA0002")) == "done"


def test_a_replacement_ends_the_old_order_and_offers_the_new_one(store: Store) -> None:
    old = with_order(store)
    new = an_order(order_id=OTHER, created_at=LATER, replaces=ORDER)
    assert try_to_submit(store, new, old) == "done"
    assert stored(store) == replace(replace_by(old, OTHER, LATER), revision=1)
    assert (stored(store).state, stored(store).replaced_by) == (State.REPLACED, OTHER)
    assert stored(store, OTHER) == new
    assert offer(store) == Offer(order_id=OTHER, state="ready", expires_at=new.expires_at)
    assert [event.version for event in store.orders.events(OTHER)] == [1]
    [_, event] = store.orders.events(ORDER)
    assert event == Event(
        version=2,
        at=LATER,
        by="box",
        from_state="ready",
        to_state="replaced",
        facts={"replaced_by": OTHER},
    )


def test_an_expired_order_is_replaced_too(store: Store) -> None:
    order = with_order(store)
    store.orders.apply(order, expire(order, after(hours=1)), by="check", facts={})
    new = an_order(order_id=OTHER, created_at=after(hours=2), replaces=ORDER)
    assert try_to_submit(store, new, stored(store)) == "done"
    assert stored(store).state is State.REPLACED


def test_only_the_order_that_the_box_offers_is_replaced(store: Store) -> None:
    old = with_order(store)
    assert try_to_submit(store, an_order(order_id=OTHER, created_at=LATER, replaces=ORDER), old) == "done"
    assert try_to_submit(store, an_order(order_id=THIRD, created_at=LATER, replaces=ORDER), old) == "occupied"
    assert stored(store).replaced_by == OTHER


def test_a_box_that_offers_nothing_any_more_has_nothing_to_replace(store: Store) -> None:
    old = with_order(store)
    store.forget_offer()
    new = an_order(order_id=OTHER, created_at=LATER, replaces=ORDER)
    assert try_to_submit(store, new, old) == "occupied"
    assert try_to_submit(store, replace(new, replaces=None)) == "done"


def test_a_replaced_order_that_was_written_meanwhile_stops_the_submit(store: Store) -> None:
    old = with_order(store)
    store.orders.save_watch(old, old)
    before = store.everything()
    new = an_order(order_id=OTHER, created_at=LATER, replaces=ORDER)
    with pytest.raises(StaleVersionError):
        store.orders.submit(new, BODY, replaced=(old, replace_by(old, OTHER, LATER)))
    assert store.everything() == before


def test_an_order_is_not_found_under_another_ones_id(store: Store) -> None:
    with_order(store)
    assert store.orders.get(OTHER) is None
    assert store.orders.events(OTHER) == ()
