"""The ledger as the operator looks at it, over moto with the template's table and indexes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from caja import wiring
from caja.errors import StorageError
from caja.orders import Doubt, Event, Refund, Role
from caja.transitions import cancel, pay, refund, send_to_review
from tests.builders import a_recorded_payment, after, an_order
from tests.tables import a_full_order

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from caja.orders import Order
    from caja.tables.ledger import LedgerTable
    from caja.usecases.provision_protocols import Listing
    from tests.tables import Tables

ORDER = "ORDER234567ORDER234567ORDE"


@pytest.fixture
def ledger(tables: Tables) -> LedgerTable:
    return wiring.ledger()


def sell(tables: Tables, letter: str, at: datetime, change: Any, box_id: str = "CAJA0001") -> Order:
    """An order submitted and changed at once; as it is recorded afterwards."""
    before = an_order(order_id=letter * 26, box_id=box_id, created_at=at)
    assert tables.orders.submit(before, "{}", replaced=None) == "done"
    tables.orders.apply(before, change(before, at), by="test", facts={})
    return tables.order(letter * 26)


def review(order: Order, now: datetime) -> Order:
    return send_to_review(order, Doubt.MONEY, now)


def refused(order: Order, now: datetime) -> Order:
    excess = a_recorded_payment(role=Role.EXCESS, refund=Refund.REFUSED)
    return replace(cancel(order, now), payments=(excess,))


def letters(listing: Listing[Any]) -> str:
    return "".join(listed.order.order_id[0] for listed in listing.items)


def test_events_are_read_oldest_first_with_who_when_and_why(tables: Tables, ledger: LedgerTable) -> None:
    order = tables.with_order()
    paid = pay(order, "7001", after(minutes=1))
    tables.orders.apply(order, paid, by="check", facts={"merchant_order_id": "7001"})
    before = tables.order()
    tables.orders.apply(before, refund(before, after(minutes=2)), by="operator x", facts={"reason": "cold"})
    assert ledger.events(ORDER) == (
        Event(version=1, at=after(), by="box", from_state=None, to_state="ready", facts={}),
        Event(
            version=2,
            at=after(minutes=1),
            by="check",
            from_state="ready",
            to_state="paid",
            facts={"merchant_order_id": "7001"},
        ),
        Event(
            version=3,
            at=after(minutes=2),
            by="operator x",
            from_state="paid",
            to_state="refunding",
            facts={"reason": "cold"},
        ),
    )
    assert ledger.events("A" * 26) == ()


def test_a_long_history_is_read_page_by_page_and_strongly_consistent(
    tables: Tables, ledger: LedgerTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = tables.with_order()
    for number in range(2, 13):
        changed = replace(order, version=number, revision=number - 1)
        tables.orders.apply(replace(order, revision=number - 2), changed, by="test", facts={})
    asked: list[Any] = []
    query = wiring.dynamodb().query

    def small_pages(**given: Any) -> Any:
        asked.append(given)
        return query(**given, Limit=5)

    monkeypatch.setattr(wiring.dynamodb(), "query", small_pages)
    assert [event.version for event in ledger.events(ORDER)] == list(range(1, 13))
    assert [given["ConsistentRead"] for given in asked] == [True] * 3


def test_a_listed_order_is_whole_but_for_its_payments(tables: Tables, ledger: LedgerTable) -> None:
    order = a_full_order()
    tables.orders.submit(order, "{}", replaced=None)
    tables.orders.apply(order, refused(order, after(minutes=1)), by="test", facts={})
    for listing in (
        ledger.of_box("CAJA0001", None, None, None, None),
        ledger.in_doubt("refund_refused", None, None, None),
    ):
        ((listed,), last) = (listing.items, listing.last)
        assert (listed.order, listed.needs, last) == (
            replace(tables.order(), payments=()),
            "refund_refused",
            None,
        )


def test_a_boxs_orders_go_from_the_newest_to_the_oldest_within_the_span(
    tables: Tables, ledger: LedgerTable
) -> None:
    for hours, letter in enumerate("ABCD"):
        sell(tables, letter, after(hours=hours), cancel)
    sell(tables, "X", after(hours=1), cancel, "CAJA0002")
    for since, until, expected in (
        (None, None, "DCBA"),
        (1, None, "DCB"),
        (None, 1, "BA"),
        (1, 2, "CB"),
        (2, 2, "C"),
        (5, None, ""),
    ):
        first = None if since is None else after(hours=since)
        last = None if until is None else after(hours=until)
        listing = ledger.of_box("CAJA0001", None, first, last, None)
        assert (since, until, letters(listing), listing.last) == (since, until, expected, None)


def test_a_boxs_orders_of_one_state_or_with_a_refused_refund_are_found(
    tables: Tables, ledger: LedgerTable
) -> None:
    for hours, (letter, change) in enumerate({"A": cancel, "B": review, "C": refused, "D": review}.items()):
        sell(tables, letter, after(hours=hours), change)
    found = {
        state: letters(ledger.of_box("CAJA0001", state, None, None, None))
        for state in ("cancelled", "review", "refund_refused", "paid")
    }
    assert found == {"cancelled": "CA", "review": "DB", "refund_refused": "C", "paid": ""}


def walk(page: Callable[[tuple[str, str] | None], Listing[Any]]) -> list[str]:
    """The letters of each page, one page going on where the one before stopped."""
    pages: list[str] = []
    after_this: tuple[str, str] | None = None
    while True:
        listing = page(after_this)
        pages.append(letters(listing))
        if listing.last is None:
            return pages
        at, order_id = listing.last.split("|")
        after_this = (at, order_id)


def test_pages_hold_every_order_once_also_those_of_one_instant(
    tables: Tables, ledger: LedgerTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    for letter in "ABCDE":
        sell(tables, letter, after(minutes=1), review)
    monkeypatch.setattr("caja.tables.ledger.PAGE", 2)
    of_box = walk(lambda last: ledger.of_box("CAJA0001", None, None, None, last))
    in_doubt = walk(lambda last: ledger.in_doubt("review", None, None, last))
    for pages in (of_box, in_doubt):
        assert sorted("".join(pages)) == list("ABCDE")
        assert all(len(page) <= 2 for page in pages)


def test_an_order_that_comes_while_pages_are_turned_moves_none_of_the_others(
    tables: Tables, ledger: LedgerTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hours, letter in enumerate("ABCD"):
        sell(tables, letter, after(hours=hours), cancel)
    monkeypatch.setattr("caja.tables.ledger.PAGE", 2)
    coming = ["E"]

    def page(last: tuple[str, str] | None) -> Listing[Any]:
        listing = ledger.of_box("CAJA0001", None, None, None, last)
        if coming:
            sell(tables, coming.pop(), after(hours=9), cancel)
        return listing

    assert walk(page)[:2] == ["DC", "BA"]


def test_doubts_go_from_the_one_left_longest_on_and_leave_the_list_when_decided(
    tables: Tables, ledger: LedgerTable
) -> None:
    late = sell(tables, "A", after(hours=2), review)
    sell(tables, "B", after(hours=1), review, "CAJA0002")
    sell(tables, "C", after(hours=3), refused, "CAJA0003")
    sell(tables, "D", after(hours=4), cancel, "CAJA0004")
    found = {
        kind: ledger.in_doubt(kind, None, None, None) for kind in ("review", "refunding", "refund_refused")
    }
    assert {kind: letters(listing) for kind, listing in found.items()} == {
        "review": "BA",
        "refunding": "",
        "refund_refused": "C",
    }
    assert letters(ledger.in_doubt("review", after(hours=1.5), None, None)) == "A"
    tables.orders.apply(late, refund(late, after(hours=5)), by="test", facts={})
    assert letters(ledger.in_doubt("review", None, None, None)) == "B"
    assert letters(ledger.in_doubt("refunding", None, None, None)) == "A"


CALLS: dict[str, Callable[[LedgerTable], object]] = {
    "events": lambda ledger: ledger.events(ORDER),
    "of_box": lambda ledger: ledger.of_box("CAJA0001", "paid", None, None, None),
    "in_doubt": lambda ledger: ledger.in_doubt("review", None, None, None),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "failure",
    [
        EndpointConnectionError(endpoint_url="https://dynamodb.example"),
        ClientError({"Error": {"Code": "ThrottlingException"}}, "Query"),
    ],
    ids=["unreachable", "throttled"],
)
def test_dynamodb_not_answering_is_a_storage_failure(
    call: str, failure: Exception, ledger: LedgerTable, tables: Tables
) -> None:
    tables.failures = [failure]
    with pytest.raises(StorageError):
        CALLS[call](ledger)
