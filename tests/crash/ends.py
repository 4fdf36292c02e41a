"""What is recorded, how it ended, and what must hold however it went."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from caja.orders import Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from caja.boxes import BoxView
    from caja.orders import Event, Order
    from tests.crash.stage import Stage


@dataclass(frozen=True, kw_only=True)
class Books:
    """All that is recorded, read once."""

    orders: Mapping[str, Order]
    events: Mapping[str, tuple[Event, ...]]
    views: tuple[BoxView, ...]

    def path(self, order_id: str) -> list[str]:
        """The states an order went through."""
        states = [event.to_state for event in self.events[order_id]]
        return states[:1] + [after for before, after in pairwise(states) if after != before]

    def changed_at(self) -> datetime | None:
        """When the last change was made."""
        return max((event.at for events in self.events.values() for event in events), default=None)


def read_books(stage: Stage) -> Books:
    """The books of a stage."""
    orders = stage.recorded()
    views = (stage.boxes.view(box_id) for box_id in stage.box_ids)
    return Books(
        orders=orders,
        events={order_id: stage.events(order_id) for order_id in orders},
        views=tuple(view for view in views if view),
    )


def picture(stage: Stage, books: Books) -> dict[str, Any]:
    """How it ended; when, and after how many writes, is no part of it."""
    shown: dict[str, Any] = {
        order_id: {
            "state": order.state,
            "path": books.path(order_id),
            "doubt": order.doubt,
            "kept": order.kept_merchant_order_id,
            "claim": (order.claim, order.report),
            "replaced": (order.replaces, order.replaced_by),
            "payments": [
                replace(p, owed_at=None, refund_at=None, approved_at=None, attempts=())
                for p in order.payments
            ],
            "check_at": order.watch.check_at,
        }
        for order_id, order in books.orders.items()
    }
    offers = [view.offer for view in books.views]
    return shown | {
        "offers": [(offer.order_id, offer.state) if offer else None for offer in offers],
        "said": [view.seen.state if view.seen else None for view in books.views],
        "given back": {payment_id: seen.given_back for payment_id, seen in stage.payments.held.items()},
        "alarms": sorted(set(stage.report.alarms)),
        "is down": stage.health.read().is_down(stage.clock.now),
    }


def assert_whole(stage: Stage, books: Books) -> None:
    """What must hold at any instant, so also when somebody has just died (reliability §1)."""
    for order in books.orders.values():
        kept = [p.merchant_order_id for p in order.payments if p.role is Role.KEPT]
        assert kept in ([], [order.kept_merchant_order_id]), "M1: one payment is kept"
        versions = [event.version for event in books.events[order.order_id]]
        assert versions == list(range(1, order.version + 1)), "H3: one event for each version"
    for view in books.views:
        offer = view.offer
        assert offer is None or offer.state == books.orders[offer.order_id].state, "of one mind"
    payments = [payment for order in books.orders.values() for payment in order.payments]
    assert len(payments) == len({payment.payment_id for payment in payments}), "M5: each backs one order"
    stored = {attempt.key for payment in payments for attempt in payment.attempts}
    used = {key for kind, key in stage.payments.calls if kind == "give back"}
    assert used <= stored, "M3: no key but a stored one"
    former = [attempt for payment in payments for attempt in payment.attempts[:-1]]
    assert all(attempt.moved_nothing for attempt in former), "M3: one attempt after the other"
    for seen in stage.payments.held.values():
        moved = [refund for refund in seen.refunds if refund.status in ("approved", "in_process")]
        assert len(moved) <= 1, "M3: refunded once"
        assert seen.given_back <= seen.amount


def assert_sound(stage: Stage, books: Books) -> None:
    """What must hold when nothing more is to come."""
    assert_whole(stage, books)
    for order_id in books.orders:
        path = books.path(order_id)
        assert path.count("releasing") <= 1, "G1: released once"
        assert "refunding" not in path or "releasing" not in path[path.index("refunding") :], "G2"
    assert sum("replayed" not in answer for answer in stage.claimed) <= 1, "G1: told once to release"
    assert (stage.checks.waiting, stage.refund_requests.waiting) == ([], []), "L3: no message is left"
