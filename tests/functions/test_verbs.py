"""Every verb of a box in every state of an order (design §4, the table under Order states)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caja.order_views import show_order
from tests.functions.calls import CLAIM, a_sale, alarms, ask_box
from tests.functions.stages import reach, read_table

if TYPE_CHECKING:
    from caja.orders import Order
    from tests.functions.stages import Cell
    from tests.tables import Tables

TABLE = """
order       mode    | POST new     | DELETE       | release       | release other
ready       both    | box_busy     | cancelled    | not_paid      | not_paid
overdue     both    | 201          | cancelled    | not_paid      | not_paid
paid        prepay  | already_paid | already_paid | releasing     | releasing
unclaimed   prepay  | already_paid | already_paid | too_late      | too_late
paid        postpay | 201          | already_paid | not_prepay    | not_prepay
releasing   prepay  | box_busy     | already_paid | replayed      | already_claimed
unreported  prepay  | box_busy     | already_paid | replayed      | already_claimed
delivered   prepay  | 201          | already_paid | replayed      | already_claimed
decided     prepay  | 201          | already_paid | replayed      | already_claimed
cancelled   both    | 201          | same         | not_paid      | not_paid
replaced    both    | 201          | same         | not_paid      | not_paid
expired     both    | 201          | cancelled    | not_paid      | not_paid
refunding   both    | 201          | already_paid | too_late      | too_late
refunded    both    | 201          | already_paid | too_late      | too_late
failed      prepay  | 201          | already_paid | too_late      | too_late
failed+back prepay  | 201          | already_paid | too_late      | too_late
returned    prepay  | 201          | already_paid | too_late      | too_late
silence     prepay  | 201          | in_review    | in_review     | in_review
money       both    | 201          | in_review    | in_review     | in_review
uncovered   prepay  | 201          | in_review    | in_review     | in_review
unknown     prepay  | 201          | in_review    | in_review     | in_review
refused     prepay  | 201          | in_review    | in_review     | in_review
unsure      both    | 201          | in_review    | in_review     | in_review

order       mode    | delivered     | failed        | unknown       | delivered other
ready       both    | not_claimed   | not_claimed   | not_claimed   | not_claimed
overdue     both    | not_claimed   | not_claimed   | not_claimed   | not_claimed
paid        both    | not_claimed   | not_claimed   | not_claimed   | not_claimed
unclaimed   prepay  | not_claimed   | not_claimed   | not_claimed   | not_claimed
releasing   prepay  | delivered     | refunding     | review        | not_claimed
unreported  prepay  | delivered     | refunding     | review        | not_claimed
delivered   prepay  | same          | contradiction | contradiction | not_claimed
decided     prepay  | same          | contradiction | contradiction | not_claimed
cancelled   both    | not_claimed   | not_claimed   | not_claimed   | not_claimed
replaced    both    | not_claimed   | not_claimed   | not_claimed   | not_claimed
expired     both    | not_claimed   | not_claimed   | not_claimed   | not_claimed
refunding   both    | not_claimed   | not_claimed   | not_claimed   | not_claimed
refunded    both    | not_claimed   | not_claimed   | not_claimed   | not_claimed
failed      prepay  | contradiction | same          | contradiction | not_claimed
failed+back prepay  | contradiction | same          | contradiction | not_claimed
returned    prepay  | same          | same          | contradiction | not_claimed
silence     prepay  | delivered     | refunding     | same          | not_claimed
money       both    | not_claimed   | not_claimed   | not_claimed   | not_claimed
uncovered   prepay  | not_claimed   | not_claimed   | not_claimed   | not_claimed
unknown     prepay  | contradiction | contradiction | same          | not_claimed
refused     prepay  | contradiction | same          | contradiction | not_claimed
unsure      both    | not_claimed   | not_claimed   | not_claimed   | not_claimed
"""
"""A state: 200, the order in this state. `same`: 200, nothing moved. `replayed`: so too, and says so. `201`: 201.

Anything else is the code of a 409. `other` is another claim than the order's. A report already made and made again is
`same` also where the design says 409 (`unknown`, `refused`, `returned`): after a lost answer it contradicts nothing.
"""

OTHER = "claim-0002"
SAID: dict[str, tuple[str, Any]] = {
    "POST new": ("POST", a_sale(ticket="ticket-0000000002")),
    "DELETE": ("DELETE", None),
    "release": ("release", {"claim": CLAIM}),
    "release other": ("release", {"claim": OTHER}),
    "delivered": ("delivery", {"claim": CLAIM, "result": "delivered"}),
    "failed": ("delivery", {"claim": CLAIM, "result": "failed"}),
    "unknown": ("delivery", {"claim": CLAIM, "result": "unknown"}),
    "delivered other": ("delivery", {"claim": OTHER, "result": "delivered"}),
}
MOVED = ("cancelled", "releasing", "delivered", "refunding", "review", "201")
HEARD: dict[str, dict[str, Any]] = {"same": {}, "replayed": {"replayed": True}}


CELLS = read_table(TABLE)
ORDERS = sorted({(cell.mode, cell.stage) for cell in CELLS})


def begin(tables: Tables, mode: str, stage: str) -> Order:
    """An order at this stage, and a box heard of just now: no sign of life is due."""
    tables.provision(mode=mode)
    order = reach(tables, stage, mode=mode)
    tables.boxes.record_state("CAJA0001", "idle", tables.clock.now)
    return order


def say(what: str, order: Order) -> tuple[int, dict[str, Any]]:
    verb, body = SAID[what]
    return ask_box(verb, body, order_id="" if verb == "POST" else order.order_id)


def history(tables: Tables, order_id: str) -> list[dict[str, Any]]:
    """What was recorded of the order, oldest first."""
    items = tables.items("OrdersTable")
    return [i for i in items if i["order_id"] == order_id and i["item"].startswith("EVENT#")]


@pytest.mark.parametrize(("mode", "stage"), ORDERS)
def test_what_the_table_refuses_or_has_heard_before_changes_nothing(
    mode: str, stage: str, tables: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    order = begin(tables, mode, stage)
    stored, shown = tables.everything(), show_order(order)
    for cell in CELLS:
        if cell[:2] != (mode, stage) or cell.word in MOVED:
            continue
        status, answer = say(cell.said, order)
        if cell.word in HEARD:
            assert (cell, status, answer) == (cell, 200, shown | HEARD[cell.word])
        else:
            assert (cell, status, answer["code"], answer["order"]) == (cell, 409, cell.word, shown)
        assert alarms(capsys) == (["DeliveryContradiction"] if cell.word == "contradiction" else [])
    assert tables.everything() == stored


@pytest.mark.parametrize(
    "cell", [cell for cell in CELLS if cell.word in MOVED and cell.word != "201"], ids=str
)
def test_what_moves_an_order_answers_where_to_and_writes_one_event(cell: Cell, tables: Tables) -> None:
    before = begin(tables, cell.mode, cell.stage)
    past = history(tables, before.order_id)
    status, shown = say(cell.said, before)
    after, ready = tables.order(), tables.item("BoxesTable", "READY")
    assert (status, shown["state"], shown) == (200, cell.word, show_order(after))
    *kept, event = history(tables, after.order_id)
    assert kept == past
    assert (event["from_state"], event["to_state"], event["by"]) == (before.state, cell.word, "box")
    assert after.version == before.version + 1
    assert ready is not None
    assert (ready["order_id"], ready["state"]) == (after.order_id, cell.word)


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.word == "201"], ids=str)
def test_a_new_sale_is_offered_and_leaves_the_order_before_it_alone(cell: Cell, tables: Tables) -> None:
    before = begin(tables, cell.mode, cell.stage)
    stored = tables.items("OrdersTable")
    status, shown = say(cell.said, before)
    new, ready = tables.order(shown["order_id"]), tables.item("BoxesTable", "READY")
    assert (status, shown["state"], shown) == (201, "ready", show_order(new))
    assert [item for item in tables.items("OrdersTable") if item["order_id"] != new.order_id] == stored
    assert [event["to_state"] for event in history(tables, new.order_id)] == ["ready"]
    assert ready is not None
    assert (ready["order_id"], ready["state"]) == (new.order_id, "ready")
