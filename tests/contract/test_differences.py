"""Where the stores differ, from each other or from DynamoDB itself: each difference is held to what it is.

| what                                | memory           | moto               | emulator           | DynamoDB             |
|-------------------------------------|------------------|--------------------|--------------------|----------------------|
| a transaction the SDK repeats       | –                | refused: `known`   | answered as before | answered as before   |
| transactions that meet              | one by one       | one by one¹        | one by one         | `TransactionConflict`|
| an index after a write              | shows it at once | shows it at once   | shows it at once   | shows it soon        |
| an offer whose time to live is over | stays            | stays              | stays²             | goes within days     |
| a page of a list by state           | full             | may be short       | may be short       | may be short         |
| a last page that is full            | is the last      | is the last        | one more, empty    | one more, empty      |

¹ `OneAtATime` makes it so: two transactions in moto at once undo each other.
² It would go within a minute if the table said so; `create_table` leaves that out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caja.orders import State
from caja.tables.order_items import SHARDS
from caja.transitions import cancel
from tests.builders import after, an_order
from tests.contract.stores import BOX, ORDER, listening, offer, stored, with_order
from tests.contract.test_at_once import STALE, apply, at_once
from tests.contract.test_lists import FIVE, have

if TYPE_CHECKING:
    from caja.orders import Listed
    from caja.usecases.provision_protocols import Listing
    from tests.contract.stores import Store, TableStore

WRITE = "dynamodb.TransactWriteItems"


def pages_by_state(store: Store, state: str | None) -> list[str]:
    """The first letters of every page, an empty one at the end included."""
    page: Listing[Listed] = store.orders.of_box(BOX, state, None, None, None)
    read = ["".join(each.order.order_id[0] for each in page.items)]
    while page.last:
        at, _, order_id = page.last.partition("|")
        page = store.orders.of_box(BOX, state, None, None, (at, order_id))
        read.append("".join(each.order.order_id[0] for each in page.items))
    return read


def test_a_transaction_that_the_sdk_repeats_counts_once_but_on_moto_which_reads_no_token(
    tables: TableStore,
) -> None:
    sent: list[str] = []

    def repeat_once(**_: Any) -> int | None:
        sent.append(WRITE)
        return 0 if len(sent) == 1 else None

    with listening(tables, f"needs-retry.{WRITE}", repeat_once):
        outcome = tables.orders.submit(an_order(), "{}", replaced=None)
    assert sent == [WRITE, WRITE]
    assert outcome == {"moto": "known", "emulator": "done"}[tables.name]
    assert stored(tables) == an_order()


def test_transactions_that_meet_are_taken_one_by_one_and_none_is_sent_again(tables: TableStore) -> None:
    sent: list[str] = []
    order = with_order(tables)
    with listening(tables, f"before-call.{WRITE}", lambda **_: sent.append(WRITE)):
        outcomes = at_once(*[apply(tables, order, cancel(order, after(minutes=1)))] * 4)
    assert sorted(outcomes, key=str) == [None, STALE, STALE, STALE]
    assert len(sent) == 4


def test_every_read_but_one_of_an_index_is_strongly_consistent(tables: TableStore) -> None:
    order = with_order(tables)
    asked: list[tuple[str, dict[str, Any]]] = []

    def hear(params: dict[str, Any], model: Any, **_: Any) -> None:
        asked.append((model.name, params))

    with listening(tables, "before-parameter-build.dynamodb", hear):
        tables.boxes.view(BOX)
        tables.boxes.branch_key_hashes("STORE001")
        tables.health.read()
        tables.orders.get(ORDER)
        tables.orders.events(ORDER)
        tables.orders.apply(order, cancel(order, after(minutes=1)), by="box", facts={})
        list(tables.orders.due(after(minutes=1)))
        tables.orders.of_box(BOX, None, None, None, None)
        tables.orders.in_doubt("review", None, None, None)
    reads = [params for operation, params in asked if operation in ("GetItem", "Query")]
    of_index = [params for params in reads if "IndexName" in params]
    assert (len(reads), len(of_index)) == (SHARDS + 8, SHARDS + 2)
    assert all("ConsistentRead" not in params for params in of_index)
    assert all(params.get("ConsistentRead") for params in reads if "IndexName" not in params)


def test_an_index_shows_what_was_written_at_once(store: Store) -> None:
    order = with_order(store)
    assert list(store.orders.due(after(minutes=1))) == [(ORDER, after(seconds=30))]
    [listed] = store.orders.of_box(BOX, None, None, None, None).items
    assert listed.order.state is State.READY
    store.orders.apply(order, cancel(order, after(minutes=1)), by="box", facts={})
    assert list(store.orders.due(after(minutes=1))) == []
    [listed] = store.orders.of_box(BOX, None, None, None, None).items
    assert listed.order.state is State.CANCELLED


def test_an_offer_whose_time_to_live_is_over_stays(store: Store) -> None:
    with_order(store, created_at=after(days=-1000))
    shown = offer(store)
    assert shown is not None
    assert shown.state == "ready"


PAGES = {
    "memory": {"paid": ["EC", "A"], "refunded": [""]},
    "moto": {"paid": ["E", "C", "A"], "refunded": ["", "", ""]},
    "emulator": {"paid": ["E", "C", "A"], "refunded": ["", "", ""]},
}


@pytest.mark.parametrize("state", ["paid", "refunded"])
def test_a_page_of_a_list_by_state_is_full_in_memory_only(store: Store, state: str) -> None:
    for each in FIVE:
        have(store, *each)
    assert pages_by_state(store, state) == PAGES[store.name][state]


def test_a_full_page_is_known_as_the_last_but_by_the_emulator(store: Store) -> None:
    for each in FIVE[:4]:
        have(store, *each)
    empty = {"memory": [], "moto": [], "emulator": [""]}
    assert pages_by_state(store, None) == ["DC", "BA", *empty[store.name]]
