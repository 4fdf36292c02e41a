"""What the operator may decide in every state of an order, and what it writes (design §4, Order states)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caja import wiring
from caja.order_views import show_order
from tests.functions.calls import OPERATOR, refund, resolve
from tests.functions.stages import reach, read_table
from tests.shop import ORDER

if TYPE_CHECKING:
    from caja.orders import Order
    from tests.functions.stages import Cell
    from tests.tables import Tables

TABLE = """
order      mode    | refund
ready      both    | not_paid
overdue    both    | not_paid
paid       both    | refunding
unclaimed  prepay  | refunding
releasing  prepay  | already_claimed
unreported prepay  | already_claimed
delivered  prepay  | refunding
cancelled  both    | nothing_to_refund
replaced   both    | nothing_to_refund
expired    both    | nothing_to_refund
refunding  both    | nothing_to_refund
refunded   both    | nothing_to_refund
failed     prepay  | nothing_to_refund
money      both    | refunding
uncovered  prepay  | refunding
silence    prepay  | refunding
unknown    prepay  | refunding
refused    prepay  | refunding
unsure     prepay  | refunding

order      mode    | paid             | delivered        | refunding         | refunded
money      postpay | paid             | not_prepay       | refunding         | refunded
money      prepay  | paid             | delivered        | refunding         | refunded
uncovered  prepay  | not_paid         | delivered        | refunding         | refunded
silence    prepay  | already_claimed  | delivered        | refunding         | refunded
unknown    prepay  | already_claimed  | delivered        | refunding         | refunded
refused    prepay  | already_claimed  | delivered        | refunding         | refunded
unsure     prepay  | refund_under_way | refund_under_way | refunding         | refunded
ready      both    | not_in_review    | not_in_review    | not_in_review     | not_in_review
paid       both    | not_in_review    | not_in_review    | not_in_review     | not_in_review
releasing  prepay  | not_in_review    | not_in_review    | not_in_review     | not_in_review
delivered  prepay  | not_in_review    | not_in_review    | not_in_review     | not_in_review
cancelled  both    | not_in_review    | not_in_review    | not_in_review     | not_in_review
replaced   both    | not_in_review    | not_in_review    | not_in_review     | not_in_review
expired    both    | not_in_review    | not_in_review    | not_in_review     | not_in_review
refunding  both    | not_in_review    | not_in_review    | not_in_review     | not_in_review
refunded   both    | not_in_review    | not_in_review    | not_in_review     | not_in_review
"""
"""`refund`, then the states to `resolve` an order into. A state: 200; anything else is the code of a 409."""

CELLS = read_table(TABLE)
MOVED = ("paid", "delivered", "refunding", "refunded")


def begin(tables: Tables, stage: str, mode: str) -> Order:
    tables.provision(mode=mode)
    return reach(tables, stage, mode=mode)


def decide(what: str) -> tuple[int, dict[str, Any]]:
    return refund() if what == "refund" else resolve(what)


@pytest.mark.parametrize(("mode", "stage"), sorted({cell[:2] for cell in CELLS}))
def test_what_the_table_refuses_names_the_order_and_changes_nothing(
    mode: str, stage: str, tables: Tables
) -> None:
    order = begin(tables, stage, mode)
    stored = tables.everything()
    for cell in CELLS:
        if cell[:2] == (mode, stage) and cell.word not in MOVED:
            status, problem = decide(cell.said)
            assert (cell, status, problem["code"]) == (cell, 409, cell.word)
            assert problem["order"] == show_order(order)
    assert tables.everything() == stored


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.word in MOVED], ids=str)
def test_what_the_operator_decides_is_written_with_who_and_why(cell: Cell, tables: Tables) -> None:
    before = begin(tables, cell.stage, cell.mode)
    status, order = decide(cell.said)
    assert (status, order["state"], order) == (200, cell.word, show_order(tables.order()))
    *_, event = wiring.ledger().events(ORDER)
    assert (event.version, event.from_state, event.to_state) == (before.version + 1, before.state, cell.word)
    assert event.by == f"operator {OPERATOR}"
    assert event.facts["reason"]
    ready = tables.item("BoxesTable", "READY")
    assert ready is not None
    assert ready["state"] == cell.word
