"""What an order is, and how it goes from one state to the next."""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caja.errors import AlreadyPaidError, ConflictError, InReviewError, NotReplaceableError
from caja.orders import (
    Doubt,
    Item,
    RecordedPayment,
    Refund,
    Role,
    State,
    new_watch,
    order_id_of,
)
from caja.transitions import cancel, expire, pay, replace_by, send_to_review
from tests.builders import NOON, after, an_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from caja.orders import Order


def ended(state: State) -> Order:
    """An order that left its box 20 minutes after submit."""
    return an_order(state=state, ended_at=after(minutes=20), version=2)


def test_an_order_id_is_the_beginning_of_the_hash_of_box_and_ticket() -> None:
    digest = hashlib.sha256(b"\x01" * 16 + b"\x00" + b"ticket-0000000001").digest()
    assert order_id_of(b"\x01" * 16, "ticket-0000000001") == b32encode(digest).decode()[:26]


@given(
    uid=st.binary(min_size=16, max_size=16), ticket=st.from_regex(r"[A-Za-z0-9._-]{16,64}", fullmatch=True)
)
def test_an_order_id_is_safe_everywhere(uid: bytes, ticket: str) -> None:
    assert re.fullmatch(r"[A-Z2-7]{26}", order_id_of(uid, ticket))


def test_the_same_ticket_makes_different_orders_at_different_boxes() -> None:
    assert order_id_of(b"\x01" * 16, "ticket-0000000001") != order_id_of(b"\x02" * 16, "ticket-0000000001")


@pytest.mark.parametrize("state", [State.READY, State.EXPIRED])
def test_a_box_may_cancel_what_is_not_paid(state: State) -> None:
    cancelled = cancel(an_order(state=state), after(minutes=5))
    assert (cancelled.state, cancelled.version, cancelled.updated_at, cancelled.ended_at) == (
        State.CANCELLED,
        2,
        after(minutes=5),
        after(minutes=5),
    )


@pytest.mark.parametrize("state", [State.CANCELLED, State.REPLACED])
def test_cancelling_what_has_been_cancelled_or_replaced_changes_nothing(state: State) -> None:
    order = ended(state)
    assert cancel(order, after(minutes=30)) is order


@pytest.mark.parametrize(("state", "error"), [(State.PAID, AlreadyPaidError), (State.REVIEW, InReviewError)])
def test_what_is_paid_or_in_doubt_is_not_cancelled(state: State, error: type[ConflictError]) -> None:
    with pytest.raises(error):
        cancel(ended(state), after(minutes=30))


@pytest.mark.parametrize("state", [State.READY, State.EXPIRED])
def test_what_is_not_paid_may_be_replaced(state: State) -> None:
    replaced = replace_by(an_order(state=state), "SUCCESSOR", after(minutes=5))
    assert (replaced.state, replaced.replaced_by, replaced.version) == (State.REPLACED, "SUCCESSOR", 2)


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (State.PAID, AlreadyPaidError),
        (State.CANCELLED, NotReplaceableError),
        (State.REPLACED, NotReplaceableError),
        (State.REVIEW, NotReplaceableError),
    ],
)
def test_what_is_over_cannot_be_replaced(state: State, error: type[ConflictError]) -> None:
    with pytest.raises(error):
        replace_by(ended(state), "SUCCESSOR", after(minutes=30))


def test_an_expired_order_left_its_box_when_its_time_was_over() -> None:
    expired = expire(an_order(), after(hours=2))
    assert (expired.state, expired.ended_at, expired.updated_at) == (
        State.EXPIRED,
        after(hours=1),
        after(hours=2),
    )


def test_a_paid_order_names_when_and_by_what() -> None:
    paid = pay(an_order(), "7001", after(minutes=5))
    assert (paid.state, paid.paid_at, paid.kept_merchant_order_id) == (State.PAID, after(minutes=5), "7001")


TRANSITIONS: list[Callable[[Order, Any], Order]] = [
    cancel,
    expire,
    lambda order, now: send_to_review(order, Doubt.MONEY, now),
    lambda order, now: pay(order, "7001", now),
    lambda order, now: replace_by(order, "SUCCESSOR", now),
]


@pytest.mark.parametrize("transition", TRANSITIONS)
def test_an_order_leaves_its_box_no_later_than_its_time(transition: Callable[[Order, Any], Order]) -> None:
    assert transition(an_order(), after(hours=3)).ended_at == after(hours=1)


@pytest.mark.parametrize("transition", TRANSITIONS)
def test_what_has_left_its_box_does_not_leave_it_again(transition: Callable[[Order, Any], Order]) -> None:
    order = ended(State.EXPIRED)
    next_ = transition(order, after(minutes=30))
    assert (next_.ended_at, next_.watch) == (order.ended_at, order.watch)


@pytest.mark.parametrize("transition", TRANSITIONS)
def test_an_order_that_leaves_its_box_is_looked_at_a_quarter_of_an_hour_later(
    transition: Callable[[Order, Any], Order],
) -> None:
    order = transition(an_order(watch=replace(an_order().watch, failures=3)), after(hours=1))
    assert (order.watch.check_at, order.watch.failures) == (after(hours=1, minutes=15), 0)


@pytest.mark.parametrize(
    ("order", "seconds", "is_replayable"),
    [
        (an_order(), 3599, True),
        (an_order(), 3600 + 600, True),
        (an_order(), 3600 + 601, False),
        (ended(State.PAID), 1200 + 600, True),
        (ended(State.PAID), 1200 + 601, False),
        (ended(State.CANCELLED), 1200 + 601, False),
    ],
)
def test_a_ticket_may_be_repeated_until_ten_minutes_after_its_order_left(
    order: Order, seconds: int, *, is_replayable: bool
) -> None:
    assert order.is_replayable(after(seconds=seconds)) is is_replayable


def test_an_order_is_over_at_the_very_instant_it_expires() -> None:
    assert an_order().is_expired(after(hours=1))
    assert not an_order().is_expired(after(hours=1) - timedelta(milliseconds=1))


def test_an_order_brought_what_its_kept_payments_brought() -> None:
    def recorded(payment_id: str, role: Role, refunded: int) -> RecordedPayment:
        return RecordedPayment(
            payment_id=payment_id,
            merchant_order_id="7001",
            amount=Decimal(100),
            refunded=Decimal(refunded),
            status="approved",
            approved_at=None,
            role=role,
            refund=Refund.NONE,
        )

    order = an_order(
        payments=(recorded("1", Role.KEPT, 0), recorded("2", Role.KEPT, 30), recorded("3", Role.EXCESS, 100))
    )
    assert (order.paid_amount, order.refunded_amount) == (Decimal(200), Decimal(130))


def test_an_order_without_payments_brought_nothing() -> None:
    assert (an_order().paid_amount, an_order().refunded_amount) == (Decimal(0), Decimal(0))


def test_a_line_costs_its_quantity_times_its_price() -> None:
    assert Item(title="Café", quantity=3, unit_price=Decimal("10.50")).total == Decimal("31.50")


def test_a_new_order_is_looked_at_half_a_minute_later_or_when_it_expires() -> None:
    assert new_watch(NOON, after(hours=1)).check_at == after(seconds=30)
    assert new_watch(NOON, after(seconds=20)).check_at == after(seconds=20)


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["cancel", "replace"]), st.integers(0, 10_000)), min_size=1, max_size=6
    )
)
def test_whatever_a_box_asks_for_versions_only_grow_and_nothing_goes_back(
    steps: list[tuple[str, int]],
) -> None:
    order, now = an_order(), NOON
    for step, seconds in steps:
        now += timedelta(seconds=seconds)
        try:
            next_ = cancel(order, now) if step == "cancel" else replace_by(order, "SUCCESSOR", now)
        except ConflictError:
            continue
        assert next_.version == order.version + (next_ is not order)
        assert order.state is State.READY or next_ is order
        order = next_
