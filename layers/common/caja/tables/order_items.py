"""What an order, its payments, events and offer look like as items; instants and amounts are texts, absent values absent."""

from __future__ import annotations

import zlib
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from caja.instants import read_instant, write_instant
from caja.orders import Doubt, Item, Order, RecordedPayment, Refund, RefundAttempt, Role, State
from caja.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARDS = 16
"""Partitions of the index of due checks, so that no single one takes every write."""

OFFER_KEPT = timedelta(days=90)
"""How long a READY item outlives its order: as long as Mercado Pago's search covers (protocol §4)."""

REFUND_REFUSED = "refund_refused"
"""How the index of doubt calls an order whose own state is clear, but money of which could not be given back."""

_WATCH_INSTANTS = ("check_at", "last_check_at", "hinted_at", "queued_at", "searched_at")


def shard_of(order_id: str) -> str:
    """The partition of the index of due checks an order is in."""
    return f"{zlib.crc32(order_id.encode()) % SHARDS:02d}"


def order_item(order: Order) -> dict[str, Any]:
    """The ORDER item; payments are items of their own."""
    return {
        "order_id": order.order_id,
        "item": "ORDER",
        "box_id": order.box_id,
        "ticket": order.ticket,
        "content_hash": order.content_hash,
        "number": order.number,
        "mode": order.mode,
        "dialect": order.dialect,
        "currency": order.currency,
        "collector_id": order.collector_id,
        "release_seconds": order.release_seconds,
        "report_seconds": order.report_seconds,
        "title": order.title,
        "description": order.description,
        "items": [_line_item(line) for line in order.items],
        "total": f"{order.total:f}",
        "notify_key": order.notify_key,
        "state": order.state.value,
        "version": order.version,
        "revision": order.revision,
        "created_at": write_instant(order.created_at),
        "expires_at": write_instant(order.expires_at),
        "updated_at": write_instant(order.updated_at),
        "ended_at": _written(order.ended_at),
        "paid_at": _written(order.paid_at),
        "release_by": _written(order.release_by),
        "claim": order.claim,
        "report_by": _written(order.report_by),
        "report": order.report,
        "refunding_at": _written(order.refunding_at),
        "why": order.doubt.value if order.doubt else None,
        "replaces": order.replaces,
        "replaced_by": order.replaced_by,
        "kept_merchant_order_id": order.kept_merchant_order_id,
        "doubt": doubt_of(order),
        **watch_attributes(order.order_id, order.watch),
    }


def doubt_of(order: Order) -> str | None:
    """What puts an order into the index of what a person looks at: its state, or a refund that was refused."""
    if order.state in (State.REVIEW, State.REFUNDING):
        return order.state.value
    return REFUND_REFUSED if any(p.refund is Refund.REFUSED for p in order.payments) else None


def watch_attributes(order_id: str, watch: Watch) -> dict[str, Any]:
    """The attributes of ORDER that say how it is looked at; `due_shard` and `check_at` put it into the index Due."""
    return {
        **{name: _written(getattr(watch, name)) for name in _WATCH_INSTANTS},
        "due_shard": shard_of(order_id) if watch.check_at else None,
        "failures": watch.failures,
        "calls": [write_instant(at) for at in watch.calls],
        "mismatched": list(watch.mismatched) or None,
        "pages": watch.pages if watch.pages > 1 else None,
    }


def payment_item(order_id: str, payment: RecordedPayment) -> dict[str, Any]:
    """A PAYMENT item."""
    return {
        "order_id": order_id,
        "item": f"PAYMENT#{payment.payment_id}",
        "payment_id": payment.payment_id,
        "merchant_order_id": payment.merchant_order_id,
        "amount": f"{payment.amount:f}",
        "refunded": f"{payment.refunded:f}",
        "status": payment.status,
        "approved_at": _written(payment.approved_at),
        "role": payment.role.value,
        "refund": payment.refund.value,
        "owed_at": _written(payment.owed_at),
        "refund_at": _written(payment.refund_at),
        "attempts": [_attempt_item(attempt) for attempt in payment.attempts] or None,
    }


def event_item(before: Order | None, after: Order, *, by: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The EVENT item of a change: one per version, never written over."""
    return {
        "order_id": after.order_id,
        "item": f"EVENT#{after.version:06d}",
        "at": write_instant(after.updated_at),
        "by": by,
        "from_state": before.state.value if before else None,
        "to_state": after.state.value,
        "facts": dict(facts),
    }


def ready_item(order: Order, poll_body: str) -> dict[str, Any]:
    """The READY item: the order its box offers, with the poll's answer as it will be served."""
    return {
        "box_id": order.box_id,
        "item": "READY",
        "order_id": order.order_id,
        "state": order.state.value,
        "mode": order.mode,
        "body": poll_body,
        "dialect": order.dialect,
        "created_at": write_instant(order.created_at),
        "expires_at": write_instant(order.expires_at),
        "ttl": int((order.expires_at + OFFER_KEPT).timestamp()),
    }


def read_order(items: list[dict[str, Any]]) -> Order | None:
    """The order in its ORDER and PAYMENT items, or None when there is no ORDER."""
    item = next((item for item in items if item["item"] == "ORDER"), None)
    if item is None:
        return None
    return Order(
        order_id=item["order_id"],
        box_id=item["box_id"],
        ticket=item["ticket"],
        content_hash=item["content_hash"],
        number=item.get("number"),
        mode=item["mode"],
        dialect=item["dialect"],
        currency=item["currency"],
        collector_id=int(item["collector_id"]),
        release_seconds=int(item.get("release_seconds", 120)),
        report_seconds=int(item.get("report_seconds", 180)),
        title=item.get("title"),
        description=item.get("description"),
        items=tuple(_read_line(line) for line in item["items"]),
        total=Decimal(item["total"]),
        notify_key=item["notify_key"],
        state=State(item["state"]),
        version=int(item["version"]),
        revision=int(item["revision"]),
        created_at=read_instant(item["created_at"]),
        expires_at=read_instant(item["expires_at"]),
        updated_at=read_instant(item["updated_at"]),
        ended_at=_read(item.get("ended_at")),
        paid_at=_read(item.get("paid_at")),
        release_by=_read(item.get("release_by")),
        claim=item.get("claim"),
        report_by=_read(item.get("report_by")),
        report=item.get("report"),
        refunding_at=_read(item.get("refunding_at")),
        doubt=Doubt(item["why"]) if "why" in item else None,
        replaces=item.get("replaces"),
        replaced_by=item.get("replaced_by"),
        kept_merchant_order_id=item.get("kept_merchant_order_id"),
        payments=tuple(_read_payment(each) for each in items if each["item"].startswith("PAYMENT#")),
        watch=Watch(
            **{name: _read(item.get(name)) for name in _WATCH_INSTANTS},
            failures=int(item["failures"]),
            calls=tuple(map(read_instant, item["calls"])),
            mismatched=tuple(item.get("mismatched", ())),
            pages=int(item.get("pages", 1)),
        ),
    )


def _line_item(line: Item) -> dict[str, Any]:
    values = {field.name: getattr(line, field.name) for field in fields(Item)}
    return {
        name: f"{value:f}" if isinstance(value, Decimal) else value
        for name, value in values.items()
        if value is not None
    }


def _read_line(item: Mapping[str, Any]) -> Item:
    return Item(**{**item, "quantity": int(item["quantity"]), "unit_price": Decimal(item["unit_price"])})


def _read_payment(item: Mapping[str, Any]) -> RecordedPayment:
    return RecordedPayment(
        payment_id=item["payment_id"],
        merchant_order_id=item["merchant_order_id"],
        amount=Decimal(item["amount"]),
        refunded=Decimal(item["refunded"]),
        status=item["status"],
        approved_at=_read(item.get("approved_at")),
        role=Role(item["role"]),
        refund=Refund(item["refund"]),
        owed_at=_read(item.get("owed_at")),
        refund_at=_read(item.get("refund_at")),
        attempts=tuple(map(_read_attempt, item.get("attempts", ()))),
    )


def _attempt_item(attempt: RefundAttempt) -> dict[str, Any]:
    values = {
        "key": attempt.key,
        "amount": None if attempt.amount is None else f"{attempt.amount:f}",
        "at": write_instant(attempt.at),
        "refund_id": attempt.refund_id,
        "outcome": attempt.outcome,
    }
    return {name: value for name, value in values.items() if value is not None}


def _read_attempt(item: Mapping[str, Any]) -> RefundAttempt:
    amount = item.get("amount")
    return RefundAttempt(
        key=item["key"],
        amount=None if amount is None else Decimal(amount),
        at=read_instant(item["at"]),
        refund_id=item.get("refund_id"),
        outcome=item.get("outcome"),
    )


def _written(at: datetime | None) -> str | None:
    return write_instant(at) if at else None


def _read(text: str | None) -> datetime | None:
    return read_instant(text) if text else None
