"""Whatever is done to them, in whatever order, the fakes and the tables answer alike."""

from __future__ import annotations

from dataclasses import replace
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from caja.errors import ConflictError, StaleVersionError
from caja.orders import Doubt
from caja.transitions import cancel, claim, expire, pay, refund, replace_by, send_to_review
from tests.aws import aws_client, create_table
from tests.builders import a_box, a_recorded_payment, after, an_order
from tests.contract.stores import BOX, MemoryStore, TableStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from caja.orders import Order
    from caja.usecases.manage_protocols import Ledger
    from tests.contract.stores import Store

    Change = Callable[[Order, datetime], Order]

IDS = ["A" * 26, "B" * 26, "C" * 26]
CHANGES: list[Change] = [
    cancel,
    expire,
    refund,
    lambda order, now: send_to_review(order, Doubt.MONEY, now),
    lambda order, now: replace(pay(order, "7001", now), payments=(*order.payments, a_recorded_payment())[:1]),
    lambda order, now: claim(order, "claim-0001", now),
]
NUMBERS = st.sampled_from(range(len(IDS)))
STEPS = st.one_of(
    st.tuples(st.just("submit"), NUMBERS, st.sampled_from(["postpay", "prepay"]), st.booleans()),
    st.tuples(st.just("replace"), NUMBERS, NUMBERS, st.booleans()),
    st.tuples(st.just("apply"), NUMBERS, st.sampled_from(CHANGES), st.booleans()),
    st.tuples(st.just("watch"), NUMBERS, st.sampled_from([None, 1, 500]), st.booleans()),
    st.tuples(st.just("claim"), NUMBERS, st.none(), st.booleans()),
    st.tuples(st.just("forget"), NUMBERS, st.none(), st.booleans()),
)


def deed_of(
    kind: str, number: int, how: Any, known: dict[int, Order], minute: int
) -> Callable[[Any], Any] | None:
    """What somebody does to a store who knows these orders; None if an order's rules forbid it, or it is not known."""
    deed = None
    now = after(minutes=minute)
    new = an_order(order_id=IDS[number], created_at=now, expires_at=after(minutes=minute + 5))
    old = known.get(how if kind == "replace" else number)
    match kind:
        case "submit":
            new = replace(new, mode=how)
            deed = methodcaller("submit", new, "{}", replaced=None)
        case "replace" if old and how != number:
            ended = replace_by(old, new.order_id, now)
            deed = methodcaller("submit", new, "{}", replaced=(old, ended))
        case "apply" if old and (changed := how(old, now)) is not old:
            deed = methodcaller("apply", old, changed, by="check", facts={"at": str(minute)})
        case "watch" if old:
            watch = replace(old.watch, check_at=how and after(minutes=minute + how), failures=minute)
            deed = methodcaller("save_watch", old, replace(old, watch=watch))
        case "claim" if old and (at := old.watch.check_at):
            deed = methodcaller("claim_due", old.order_id, at, now)
    return deed


def outcome(deed: Callable[[Any], Any], orders: Ledger) -> Any:
    try:
        return deed(orders)
    except StaleVersionError:
        return StaleVersionError


def picture(store: Store) -> Any:
    """All that anybody can read of a store."""
    listed = store.orders.of_box(BOX, None, None, None, None).items
    in_doubt = store.orders.in_doubt("review", None, None, None).items
    return (
        store.boxes.view(BOX),
        [store.orders.get(order_id) for order_id in IDS],
        [store.orders.events(order_id) for order_id in IDS],
        sorted(store.orders.due(after(minutes=30))),
        sorted(each.order.order_id for each in listed),
        sorted(each.order.order_id for each in in_doubt),
    )


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(STEPS, min_size=5, max_size=30))
def test_whatever_is_done_the_fakes_and_the_tables_answer_alike(
    steps: list[tuple[str, int, Any, bool]],
) -> None:
    memory = MemoryStore(page=50)
    known: dict[int, Order] = {}
    with mock_aws():
        client = aws_client("dynamodb")
        create_table(client, "BoxesTable")
        create_table(client, "OrdersTable")
        tables = TableStore("moto", client)
        for store in (memory, tables):
            store.provision(a_box())
        for minute, (kind, number, how, is_fresh) in enumerate(steps):
            try:
                deed = deed_of(kind, number, how, known, minute)
            except ConflictError:
                continue
            if kind == "forget":
                memory.forget_offer()
                tables.forget_offer()
            elif deed:
                assert outcome(deed, memory.orders) == outcome(deed, tables.orders)
            if is_fresh:
                known |= {n: order for n, each in enumerate(IDS) if (order := memory.orders.get(each))}
        assert picture(memory) == picture(tables)
