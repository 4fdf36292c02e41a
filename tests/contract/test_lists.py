"""`manage_protocols.Ledger`, whatever keeps it: what was recorded, and the lists of a box and of what is in doubt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from caja.orders import Doubt, Listed, Refund, State
from caja.transitions import expire
from tests.builders import a_recorded_payment, after, an_order
from tests.contract.stores import BOX, PAGE, stored, with_order
from tests.tables import a_full_order

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from caja.orders import Order
    from caja.usecases.provision_protocols import Listing
    from tests.contract.stores import Store

REFUSED = (a_recorded_payment(refund=Refund.REFUSED),)
FIVE = [
    ("A", State.PAID, 1),
    ("B", State.EXPIRED, 2),
    ("C", State.PAID, 3),
    ("D", State.READY, 4),
    ("E", State.PAID, 5),
]
DOUBTFUL = [
    ("A", State.REVIEW, 5),
    ("B", State.REFUNDING, 4),
    ("C", State.REVIEW, 3),
    ("D", State.REVIEW, 6),
    ("E", State.PAID, 1),
]


def have(store: Store, letter: str, state: State, minute: int, **changes: Any) -> Order:
    """An order in this state since `minute`, when it was also submitted."""
    at = after(minutes=minute)
    order = an_order(order_id=letter * 26, box_id=BOX, created_at=at, expires_at=at)
    order = replace(order, **changes)
    assert store.orders.submit(order, "{}", replaced=None) == "done"
    if state is State.READY and not changes:
        return order
    ended = replace(expire(order, at), state=state, doubt=Doubt.MONEY if state is State.REVIEW else None)
    store.orders.apply(order, ended, by="check", facts={})
    return stored(store, order.order_id)


def pages(listed: Callable[[tuple[str, str] | None], Listing[Listed]]) -> list[str]:
    """The first letters of the orders of every page; an empty page at the end is left out."""
    read, after_last = [], None
    while True:
        page = listed(after_last)
        assert len(page.items) <= PAGE
        read.append("".join(each.order.order_id[0] for each in page.items))
        if page.last is None:
            return read[:-1] if len(read) > 1 and not read[-1] else read
        at, _, order_id = page.last.partition("|")
        after_last = (at, order_id)


def of_box(
    store: Store, state: str | None = None, since: datetime | None = None, until: datetime | None = None
) -> list[str]:
    return pages(lambda last: store.orders.of_box(BOX, state, since, until, last))


def in_doubt(
    store: Store, doubt: str, since: datetime | None = None, until: datetime | None = None
) -> list[str]:
    return pages(lambda last: store.orders.in_doubt(doubt, since, until, last))


def test_a_boxs_orders_are_listed_newest_first_page_by_page(store: Store) -> None:
    assert of_box(store) == [""]
    for each in FIVE:
        have(store, *each)
    with_order(store, order_id="F" * 26, box_id="CAJA0002")
    assert of_box(store) == ["ED", "CB", "A"]


@pytest.mark.parametrize(
    ("since", "until", "listed"),
    [(2, None, "EDCB"), (None, 2, "BA"), (2, 4, "DCB"), (3, 3, "C"), (6, None, ""), (None, 0, "")],
)
def test_a_boxs_orders_are_narrowed_down_to_a_time_both_ends_included(
    store: Store, since: int | None, until: int | None, listed: str
) -> None:
    for each in FIVE:
        have(store, *each)
    span = [None if minute is None else after(minutes=minute) for minute in (since, until)]
    assert "".join(of_box(store, None, *span)) == listed


@pytest.mark.parametrize(("state", "listed"), [("paid", "ECA"), ("ready", "D"), ("refunded", "")])
def test_a_boxs_orders_are_narrowed_down_to_a_state(store: Store, state: str, listed: str) -> None:
    for each in FIVE:
        have(store, *each)
    assert "".join(of_box(store, state)) == listed


def test_a_boxs_orders_are_narrowed_down_to_those_money_of_which_could_not_go_back(store: Store) -> None:
    have(store, "A", State.CANCELLED, 1, payments=REFUSED)
    have(store, "B", State.CANCELLED, 2)
    have(store, "C", State.REFUNDING, 3, payments=REFUSED)
    assert "".join(of_box(store, "refund_refused")) == "A"
    assert "".join(of_box(store, "cancelled")) == "BA"


def test_what_is_in_doubt_is_listed_the_oldest_change_first(store: Store) -> None:
    for each in DOUBTFUL:
        have(store, *each)
    have(store, "F", State.CANCELLED, 7, payments=REFUSED)
    assert in_doubt(store, "review") == ["CA", "D"]
    assert in_doubt(store, "refunding") == ["B"]
    assert in_doubt(store, "refund_refused") == ["F"]


@pytest.mark.parametrize(
    ("since", "until", "listed"), [(5, None, "AD"), (None, 5, "CA"), (3, 3, "C"), (7, None, "")]
)
def test_what_is_in_doubt_is_narrowed_down_to_a_time_both_ends_included(
    store: Store, since: int | None, until: int | None, listed: str
) -> None:
    for each in DOUBTFUL:
        have(store, *each)
    span = [None if minute is None else after(minutes=minute) for minute in (since, until)]
    assert "".join(in_doubt(store, "review", *span)) == listed


def test_what_is_out_of_doubt_leaves_its_list(store: Store) -> None:
    order = have(store, "A", State.REVIEW, 1)
    store.orders.apply(
        order, replace(order, state=State.PAID, doubt=None, version=3), by="operator", facts={}
    )
    assert in_doubt(store, "review") == [""]


def test_a_listed_order_is_the_order_without_its_payments_and_says_what_it_needs(store: Store) -> None:
    order = a_full_order(box_id=BOX)
    store.orders.submit(order, "{}", replaced=None)
    review = replace(expire(order, order.expires_at), state=State.REVIEW, doubt=Doubt.MONEY, payments=REFUSED)
    store.orders.apply(order, review, by="check", facts={})
    shown = Listed(order=replace(review, payments=(), revision=1), needs="review")
    assert store.orders.of_box(BOX, None, None, None, None).items == (shown,)
    assert store.orders.in_doubt("review", None, None, None).items == (shown,)
    assert store.orders.in_doubt("refund_refused", None, None, None).items == ()


def test_an_order_in_no_doubt_needs_nobody(store: Store) -> None:
    order = with_order(store)
    assert store.orders.of_box(BOX, None, None, None, None).items == (Listed(order=order, needs=None),)


def test_orders_of_one_instant_are_each_listed_once(store: Store) -> None:
    for letter in "CAEBD":
        with_order(store, order_id=letter * 26, expires_at=after())
    assert sorted("".join(of_box(store))) == list("ABCDE")


def test_a_page_begins_where_the_last_one_ended_though_orders_came_and_went_meanwhile(store: Store) -> None:
    for each in DOUBTFUL[:4]:
        have(store, *each)
    first = store.orders.in_doubt("review", None, None, None)
    assert [each.order.order_id[0] for each in first.items] == ["C", "A"]
    seen = first.items[-1].order
    store.orders.apply(
        stored(store, seen.order_id), replace(seen, state=State.PAID, doubt=None, version=3), by="o", facts={}
    )
    have(store, "F", State.REVIEW, 2)
    assert first.last is not None
    at, _, order_id = first.last.partition("|")
    assert [
        e.order.order_id[0] for e in store.orders.in_doubt("review", None, None, (at, order_id)).items
    ] == ["D"]


def test_the_events_of_a_long_life_are_all_read_oldest_first(store: Store) -> None:
    order = with_order(store)
    for number in range(25):
        before = stored(store)
        after_it = replace(before, version=before.version + 1, updated_at=after(minutes=number))
        store.orders.apply(before, after_it, by="refund", facts={"number": str(number)})
    events = store.orders.events(order.order_id)
    assert [event.version for event in events] == list(range(1, 27))
    assert [event.facts for event in events[1:]] == [{"number": str(number)} for number in range(25)]
