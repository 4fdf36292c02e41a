"""Items and messages as this version first wrote them: tables and queues outlive a deployment, so they stay readable."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from caja.boxes import Offer, Seen
from caja.messages import (
    CheckMessage,
    RefundMessage,
    read_check,
    read_refund,
    write_check,
    write_refund,
)
from caja.notifications import Notification, read_notification
from caja.orders import Order, Refund, RefundAttempt, Role
from caja.places import Branch, KeyRecord, PlacedBox, Qr
from caja.tables.order_items import event_item, order_item, payment_item, read_order, ready_item
from caja.tables.place_items import (
    box_item,
    branch_item,
    profile_item,
    read_box,
    read_branch,
    read_offer,
    read_seen,
)
from caja.transitions import claim, meet_deadline, pay
from caja.watch import Watch
from tests.builders import NOON, a_recorded_payment, after, an_order
from tests.tables import Tables, a_branch, a_full_order, a_placed_box

FIXTURES = Path(__file__).parent.parent / "fixtures"


def frozen(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def written(item: Any) -> Any:
    """What JSON, like DynamoDB, keeps of an item: nothing that is absent."""
    kept = {name: value for name, value in item.items() if value is not None}
    return json.loads(json.dumps(kept))


def least_box() -> PlacedBox:
    return a_placed_box(keys={"key00001": KeyRecord("ab", NOON)})


def full_box() -> PlacedBox:
    return a_placed_box(
        keys={"key00001": KeyRecord("ab", NOON), "key00002": KeyRecord("cd", after(minutes=1))},
        name="Surtidor súper",
        category=473000,
        max_amount=Decimal("1000.50"),
        liveness_seconds=60,
        old_poll_key="fake-poll-key-0000000000",
        old_poll_key_until=after(minutes=10),
        pos_id="77",
        qr=Qr("https://qr.example/i.png", "https://qr.example/d.pdf", "https://qr.example/t.png"),
        retired_at=after(hours=1),
        version=3,
    )


def full_branch() -> Branch:
    hours = {"monday": [{"open": "08:00", "close": "20:00"}]}
    branch = a_branch(keys={"key00001": KeyRecord("ab", NOON)}, version=2)
    return replace(branch, wish=replace(branch.wish, business_hours=hours))


def full_order() -> Order:
    watch = Watch(
        check_at=after(minutes=18),
        last_check_at=after(minutes=3),
        hinted_at=after(minutes=2.5),
        queued_at=after(minutes=2),
        failures=1,
        calls=(after(minutes=1), after(minutes=3)),
    )
    payments = (
        a_recorded_payment(amount=Decimal("30.10")),
        a_recorded_payment(payment_id="9002", role=Role.EXCESS, refund=Refund.DUE, approved_at=None),
    )
    return replace(
        pay(a_full_order(), "7001", after(minutes=3)),
        payments=payments,
        watch=watch,
        revision=7,
        replaced_by="C" * 26,
    )


def prepay_order() -> Order:
    """One that was paid, claimed and given back, with a refund of every kind."""
    order = pay(an_order(mode="prepay", release_seconds=90, report_seconds=60), "7001", after(minutes=3))
    silent = meet_deadline(claim(order, "claim-0001", after(minutes=4)), after(minutes=6))
    attempts = (
        RefundAttempt(key="fake-key-1", amount=None, at=after(minutes=7), outcome="refused"),
        RefundAttempt(
            key="fake-key-2",
            amount=Decimal("1500.00"),
            at=after(minutes=22),
            refund_id="5001",
            outcome="in_process",
        ),
    )
    pending = a_recorded_payment(
        refund=Refund.PENDING, owed_at=after(minutes=7), refund_at=after(minutes=30), attempts=attempts
    )
    refused = a_recorded_payment(payment_id="9002", role=Role.DOUBT, refund=Refund.REFUSED)
    return replace(silent, report="failed", refunding_at=after(minutes=7), payments=(pending, refused))


ORDERS = {"order_least": an_order(), "order_full": full_order(), "order_prepay": prepay_order()}
FIRST_SALE = ["order_least", "order_full"]
BOXES = {"box_least": least_box(), "box_full": full_box()}
BRANCHES = {"branch_least": a_branch(keys={}), "branch_full": full_branch()}
CHECKS = {
    "check_due": CheckMessage(order_id="ORDER234567ORDER234567ORDE"),
    "check_hinted": CheckMessage(
        order_id="ORDER234567ORDER234567ORDE", merchant_order_id="7001", is_hinted=True
    ),
    "check_swept": CheckMessage(order_id="ORDER234567ORDER234567ORDE", check_at=after(minutes=2)),
}


def notified(order_id: str | None, key: str | None, query: str) -> Notification:
    return Notification(order_id=order_id, key=key, raw_query=query, body=None, is_base64=False)


ORDER, KEY, NAMED = "ORDER234567ORDER234567ORDE", "fake-notify-key-000001", "topic=merchant_order&id=7001"
NOTIFICATIONS = {
    "notification": notified(ORDER, KEY, NAMED),
    "notification_unnamed": notified(ORDER, KEY, ""),
    "notification_panel": notified(None, None, NAMED),
}


def items_of(order: Order) -> list[Any]:
    return [order_item(order), *(payment_item(order.order_id, payment) for payment in order.payments)]


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_is_written_and_read_as_ever(name: str) -> None:
    assert list(map(written, items_of(ORDERS[name]))) == frozen(name)
    assert read_order(frozen(name)) == ORDERS[name]


@pytest.mark.parametrize("name", FIRST_SALE)
def test_an_order_of_the_first_sale_is_read(name: str) -> None:
    assert read_order(frozen(f"first_sale/{name}")) == ORDERS[name]


@pytest.mark.parametrize("name", BOXES)
def test_a_box_is_written_and_read_as_ever(name: str) -> None:
    box, (item, profile) = BOXES[name], frozen(name)
    assert (written(box_item(box)), written(profile_item(box))) == (item, profile)
    assert read_box(item, profile) == box


@pytest.mark.parametrize("name", BRANCHES)
def test_a_branch_is_written_and_read_as_ever(name: str) -> None:
    assert written(branch_item(BRANCHES[name])) == frozen(name)
    assert read_branch(frozen(name)) == BRANCHES[name]


def test_an_offer_is_written_and_read_as_ever() -> None:
    order = an_order()
    assert written(ready_item(order, '{"a":1}')) == frozen("ready")
    offer = Offer(order_id=order.order_id, state="ready", expires_at=order.expires_at)
    assert read_offer(frozen("ready")) == offer
    assert read_offer(frozen("ready_ended")) == replace(offer, state="paid")


def test_an_offer_of_the_first_sale_is_read() -> None:
    order = an_order()
    offer = Offer(order_id=order.order_id, state="ready", expires_at=order.expires_at)
    assert read_offer(frozen("first_sale/ready")) == offer
    assert read_offer(frozen("first_sale/ready_ended")) == replace(offer, state="paid")


def test_an_offer_ends_and_a_box_is_seen_as_ever(tables: Tables) -> None:
    tables.provision()
    order = an_order()
    tables.orders.submit(order, '{"a":1}', replaced=None)
    tables.orders.apply(order, pay(order, "7001", after(minutes=3)), by="check", facts={})
    tables.boxes.record_state("CAJA0001", "preparing", after(minutes=1))
    tables.boxes.record_sign_of_life("CAJA0001", after(minutes=2))
    ready = tables.item("BoxesTable", "READY")
    assert ready is not None
    assert ready | {"ttl": int(ready["ttl"])} == frozen("ready_ended")
    assert tables.item("BoxesTable", "SEEN") == frozen("seen")
    seen = Seen(state="preparing", state_at=after(minutes=1), seen_at=after(minutes=2))
    assert read_seen(frozen("seen")) == seen


def test_events_are_written_as_ever() -> None:
    first, paid = an_order(), pay(an_order(), "7001", after(minutes=3))
    events = [
        event_item(None, first, by="box", facts={}),
        event_item(first, paid, by="check", facts={"merchant_order_id": "7001"}),
    ]
    assert list(map(written, events)) == frozen("events")


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_is_written_and_read_as_ever(name: str) -> None:
    assert json.loads(write_check(CHECKS[name])) == frozen(name)
    assert read_check(frozen(name)) == CHECKS[name]


def test_a_refund_is_written_and_read_as_ever() -> None:
    message = RefundMessage(order_id="ORDER234567ORDER234567ORDE", payment_id="9001")
    assert json.loads(write_refund(message)) == frozen("refund")
    assert read_refund(frozen("refund")) == message


def test_the_oldest_check_names_an_order_only() -> None:
    assert read_check({"order_id": CHECKS["check_due"].order_id}) == CHECKS["check_due"]


@pytest.mark.parametrize("name", NOTIFICATIONS)
def test_a_notification_is_queued_as_ever(name: str) -> None:
    assert read_notification(NOTIFICATIONS[name], after(minutes=2)) == frozen(name)
