"""What an order looks like as items, over moto: nothing is lost, and the indexes hold what they are for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from caja.orders import Doubt, Refund, Role
from caja.transitions import pay, send_to_review
from caja.watch import Watch
from tests.builders import a_recorded_payment, after, an_order
from tests.tables import a_full_order

if TYPE_CHECKING:
    import pytest

    from caja.orders import Order
    from tests.tables import Tables

OTHER = "B" * 26


def an_order_with_everything() -> Order:
    watch = Watch(
        check_at=after(minutes=5),
        last_check_at=after(minutes=4),
        hinted_at=after(minutes=3),
        queued_at=after(minutes=2),
        failures=3,
        calls=(after(minutes=1), after(minutes=1), after(minutes=4)),
        pages=3,
        searched_at=after(minutes=1),
    )
    return a_full_order(
        watch=watch,
        expires_at=after(minutes=59, milliseconds=123),
    )


def test_an_order_is_read_as_it_was_submitted(tables: Tables) -> None:
    for order in (an_order_with_everything(), an_order(order_id=OTHER, box_id="CAJA0002")):
        assert tables.orders.submit(order, "{}", replaced=None) == "done"
        assert tables.orders.get(order.order_id) == order
    assert tables.orders.get("C" * 26) is None


def test_an_order_is_read_as_it_was_changed(tables: Tables) -> None:
    before = an_order_with_everything()
    tables.orders.submit(before, "{}", replaced=None)
    kinds = [
        a_recorded_payment(payment_id=f"900{number}", role=role, refund=refund, approved_at=approved_at)
        for number, (role, refund, approved_at) in enumerate(
            [
                (Role.KEPT, Refund.NONE, after(minutes=2)),
                (Role.EXCESS, Refund.DUE, None),
                (Role.DOUBT, Refund.DONE, after(minutes=3)),
            ]
        )
    ]
    paid = replace(pay(before, "7001", after(minutes=6)), payments=tuple(kinds), replaced_by=OTHER)
    tables.orders.apply(before, paid, by="check", facts={"merchant_order_id": "7001"})
    assert tables.order() == replace(paid, revision=1)


def test_a_long_order_is_read_page_by_page(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    order = tables.with_order()
    for number in range(5):
        payment = {
            "order_id": order.order_id,
            "item": f"PAYMENT#{number}",
            "payment_id": str(number),
            "merchant_order_id": "7001",
            "amount": "1.10",
            "refunded": "0",
            "status": "approved",
            "role": "excess",
            "refund": "due",
        }
        tables.put("OrdersTable", payment)
    query = tables.orders._dynamodb.query
    monkeypatch.setattr(tables.orders._dynamodb, "query", lambda **asked: query(**asked, Limit=2))
    read = tables.order()
    assert [payment.payment_id for payment in read.payments] == list("01234")
    assert replace(read, payments=()) == order


def test_only_orders_in_review_are_in_doubt(tables: Tables) -> None:
    order = tables.with_order()
    assert "doubt" not in (tables.item("OrdersTable", "ORDER") or {})
    tables.orders.apply(order, send_to_review(order, Doubt.MONEY, after(minutes=1)), by="check", facts={})
    assert (tables.item("OrdersTable", "ORDER") or {})["doubt"] == "review"


def test_the_orders_of_a_box_are_found_by_time(tables: Tables) -> None:
    tables.with_order()
    found = tables.dynamodb.query(
        TableName="OrdersTable",
        IndexName="ByBox",
        KeyConditionExpression="box_id = :box_id",
        ExpressionAttributeValues={":box_id": {"S": "CAJA0001"}},
    )
    assert [item["item"]["S"] for item in found["Items"]] == ["ORDER"]
