"""Two writers at once, in threads of their own, on the real adapters: one wins, the other is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Barrier
from typing import TYPE_CHECKING, Any

from caja.errors import StaleVersionError
from caja.orders import Doubt, State
from caja.transitions import cancel, pay, replace_by, send_to_review
from tests.builders import a_recorded_payment, after, an_order
from tests.contract.stores import BOX, ORDER, OTHER, offer, stored, with_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from caja.orders import Order
    from tests.contract.stores import TableStore

    Write = Callable[[], object]

THIRD = "C" * 26
LATER = after(minutes=1)
STALE = "stale"


def at_once(*writes: Write) -> list[Any]:
    """What comes of each, begun at the same instant; "stale" for StaleVersionError."""
    start = Barrier(len(writes))

    def wait_and_write(write: Write) -> Any:
        start.wait(timeout=10)
        try:
            return write()
        except StaleVersionError:
            return STALE

    with ThreadPoolExecutor(len(writes)) as pool:
        return list(pool.map(wait_and_write, writes))


def submit(store: TableStore, order_id: str, *, in_the_place_of: Order | None = None) -> Write:
    order = an_order(order_id=order_id, created_at=LATER)
    old = in_the_place_of
    replaced = (old, replace_by(old, order_id, LATER)) if old else None
    return lambda: store.orders.submit(order, "{}", replaced=replaced)


def apply(store: TableStore, before: Order, after_it: Order) -> Write:
    return lambda: store.orders.apply(before, after_it, by="check", facts={})


def assert_recorded_once(store: TableStore, state: State, order_id: str = ORDER) -> None:
    """The order and the offer are of one mind, and each version of the order has its one event."""
    order = stored(store, order_id)
    assert order.state is state
    events = store.orders.events(order_id)
    assert [event.version for event in events] == list(range(1, order.version + 1))
    assert events[-1].to_state == state.value
    shown = offer(store)
    assert shown is not None
    assert shown.order_id != order_id or shown.state == state.value


def test_of_two_orders_submitted_at_once_one_is_offered(tables: TableStore) -> None:
    outcomes = at_once(submit(tables, OTHER), submit(tables, THIRD))
    assert sorted(outcomes) == ["done", "occupied"]
    won, lost = (OTHER, THIRD) if outcomes[0] == "done" else (THIRD, OTHER)
    assert_recorded_once(tables, State.READY, won)
    assert tables.orders.get(lost) is None


def test_of_one_order_submitted_twice_at_once_one_is_written(tables: TableStore) -> None:
    assert sorted(at_once(*[submit(tables, OTHER)] * 4)) == ["done", "known", "known", "known"]
    assert_recorded_once(tables, State.READY, OTHER)


def test_of_two_successors_of_one_order_one_takes_its_place(tables: TableStore) -> None:
    old = with_order(tables)
    outcomes = at_once(submit(tables, OTHER, in_the_place_of=old), submit(tables, THIRD, in_the_place_of=old))
    assert sorted(outcomes) == ["done", "occupied"]
    won, lost = (OTHER, THIRD) if outcomes[0] == "done" else (THIRD, OTHER)
    assert_recorded_once(tables, State.REPLACED)
    assert_recorded_once(tables, State.READY, won)
    assert (stored(tables).replaced_by, tables.orders.get(lost)) == (won, None)


def test_of_two_changes_at_once_one_is_written(tables: TableStore) -> None:
    order = with_order(tables)
    payments = (a_recorded_payment(),)
    ends = [
        replace(pay(order, "7001", LATER), payments=payments),
        cancel(order, LATER),
        send_to_review(order, Doubt.MONEY, LATER),
    ]
    outcomes = at_once(*(apply(tables, order, end) for end in ends))
    assert sorted(outcomes, key=str) == [None, STALE, STALE]
    won = ends[outcomes.index(None)]
    assert stored(tables) == replace(won, revision=1)
    assert_recorded_once(tables, won.state)


def test_of_a_replacement_and_a_payment_at_once_one_is_written(tables: TableStore) -> None:
    order = with_order(tables)
    submitted, paid = at_once(
        submit(tables, OTHER, in_the_place_of=order), apply(tables, order, pay(order, "7001", LATER))
    )
    assert (submitted, paid) in [("done", STALE), (STALE, None)]
    assert_recorded_once(tables, State.REPLACED if submitted == "done" else State.PAID)
    assert (tables.orders.get(OTHER) is not None) == (submitted == "done")


def test_of_a_submit_and_the_end_of_the_expired_order_before_it_both_are_written(tables: TableStore) -> None:
    order = with_order(tables, created_at=after(hours=-2))
    outcomes = at_once(submit(tables, OTHER), apply(tables, order, cancel(order, LATER)))
    assert outcomes == ["done", None]
    assert_recorded_once(tables, State.CANCELLED)
    assert_recorded_once(tables, State.READY, OTHER)
    shown = offer(tables)
    assert shown is not None
    assert (shown.order_id, shown.state) == (OTHER, "ready")


def test_of_a_change_and_bookkeeping_at_once_one_is_written(tables: TableStore) -> None:
    order = with_order(tables)
    watched = replace(order, watch=replace(order.watch, failures=1))
    changed, kept = at_once(
        apply(tables, order, cancel(order, LATER)), lambda: tables.orders.save_watch(order, watched)
    )
    assert (changed, kept) in [(None, STALE), (STALE, None)]
    won = cancel(order, LATER) if kept == STALE else watched
    assert stored(tables) == replace(won, revision=1)


def test_of_many_claims_of_one_check_one_is_granted(tables: TableStore) -> None:
    order = with_order(tables)
    claims = [lambda: tables.orders.claim_due(ORDER, after(seconds=30), after(minutes=3))] * 4
    assert sorted(at_once(*claims)) == [False, False, False, True]
    assert stored(tables).revision == order.revision + 1


def test_of_two_things_a_box_says_at_once_one_is_remembered_whole(tables: TableStore) -> None:
    said = {"idle": after(seconds=1), "preparing": after(seconds=2)}
    say = tables.boxes.record_state
    at_once(*(partial(say, BOX, state, at) for state, at in said.items()))
    view = tables.boxes.view(BOX)
    assert view is not None
    assert view.seen is not None
    assert view.seen.state_at == view.seen.seen_at == said[view.seen.state]


def test_two_outcomes_of_calls_at_once_are_both_remembered(tables: TableStore) -> None:
    at_once(
        lambda: tables.health.record("succeeded_at", after(seconds=1)),
        lambda: tables.health.record("failed_at", after(seconds=2)),
    )
    known = tables.health.read()
    assert (known.succeeded_at, known.failed_at) == (after(seconds=1), after(seconds=2))
