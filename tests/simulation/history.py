"""What must never happen (reliability §1), checked as it happens and once more at the end; and a hash of all that did."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from caja.orders import Refund, Role, State

if TYPE_CHECKING:
    from datetime import datetime

    from caja.orders import Order
    from tests.simulation.line import Line, MerchantOrder

BLIND_AT_MOST = 125.0
"""L4, in seconds, with the time a call takes."""

PAID = "L1: from approval to paid, a box asking"
SEEN = "L2: from approval to seen as excess"
BACK = "L2: from seen to given back"

YOUNG = timedelta(minutes=20)
"""The age up to which a box that asks hears of a payment at once (L1)."""

BOX, CHECK, DEADLINE, REFUND, OPERATOR = "box", "check", "deadline", "refund", "operator"

ROWS: dict[tuple[str | None, str], tuple[str, ...]] = {
    (None, "ready"): (BOX,),
    ("ready", "replaced"): (BOX,),
    ("expired", "replaced"): (BOX,),
    ("ready", "cancelled"): (BOX,),
    ("expired", "cancelled"): (BOX,),
    ("ready", "paid"): (CHECK,),
    ("ready", "expired"): (CHECK,),
    ("expired", "paid"): (CHECK,),
    ("ready", "review"): (CHECK,),
    ("expired", "review"): (CHECK,),
    ("replaced", "review"): (CHECK,),
    ("paid", "releasing"): (BOX,),
    ("paid", "refunding"): (DEADLINE, OPERATOR),
    ("paid", "review"): (CHECK,),
    ("releasing", "delivered"): (BOX,),
    ("releasing", "refunding"): (BOX,),
    ("releasing", "review"): (BOX, DEADLINE),
    ("review", "delivered"): (BOX, OPERATOR),
    ("review", "refunding"): (BOX, OPERATOR),
    ("review", "paid"): (OPERATOR,),
    ("review", "refunded"): (OPERATOR,),
    ("delivered", "refunding"): (OPERATOR,),
    ("refunding", "refunded"): (REFUND, CHECK),
    ("refunding", "review"): (REFUND, DEADLINE, CHECK),
}
"""Design §4's table of states: from, to → by whom."""


class ViolationError(AssertionError):
    """An invariant does not hold; the message begins with its name."""


class History:
    """Everything that happened in one run."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._hash = hashlib.sha256()
        self.rows: Counter[tuple[str | None, str, str]] = Counter()
        self.bodies: dict[str, str] = {}
        self.released: dict[str, str] = {}
        self.tickets: dict[str, str] = {}
        self.decided: set[str] = set()
        """Orders a person decided about."""
        self.waits: dict[str, list[float]] = {PAID: [], SEEN: [], BACK: []}
        self.alarmed: Counter[str] = Counter()

    def tell(self, *facts: Any) -> None:
        """Add to the hash: the same seed has the same history."""
        self._hash.update(repr(facts).encode())

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()[:16]

    # ─── As it happens ──────────────────────────────────────────────────────────────────────────────────────────

    def change(self, before: Order | None, after: Order, by: str) -> None:
        """A change was written."""
        kind = by.partition(" ")[0]
        came_from = before.state.value if before else None
        self.tell("change", after.order_id, came_from, after.state.value, kind, after.version)
        if before:
            must(after.version == before.version + 1, "H1", f"{after.order_id}: one change, one version")
            kept = before.kept_merchant_order_id
            must(kept in (None, after.kept_merchant_order_id), "M1", f"{after.order_id} keeps another")
            lost = {p.payment_id for p in before.payments} - {p.payment_id for p in after.payments}
            must(not lost, "H1", f"{after.order_id} forgot payments {lost}")
            self._never_back(before, after)
        self._seen(before, after, after.updated_at)
        if kind == OPERATOR:
            self.decided.add(after.order_id)
        if before is None or before.state is not after.state:
            allowed = ROWS.get((came_from, after.state.value), ())
            must(kind in allowed, "H1", f"{after.order_id}: {came_from} → {after.state} by {kind}")
            self.rows[came_from, after.state.value, kind] += 1
        if after.state is State.PAID and (before is None or before.state in (State.READY, State.EXPIRED)):
            self._settled(after)

    def _never_back(self, before: Order, after: Order) -> None:
        were = {p.payment_id: p for p in before.payments}
        for payment in after.payments:
            known = were.get(payment.payment_id)
            if known is None:
                continue
            must(payment.refunded >= known.refunded, "M3", f"{payment.payment_id}: refunded went back")
            if known.refund is Refund.DONE:
                must(payment.refund is Refund.DONE, "M3", f"{payment.payment_id}: a refund was undone")
            must(
                payment.attempts[: len(known.attempts)] == known.attempts
                or [a.key for a in payment.attempts][: len(known.attempts)]
                == [a.key for a in known.attempts],
                "M3",
                f"{payment.payment_id}: a key was changed",
            )

    def _settled(self, order: Order) -> None:
        """M4, M6: what settles was at some time a closed merchant order of ours with the money in it."""
        mo = self._line.merchant_orders[int(order.kept_merchant_order_id or 0)]
        must(mo.reference == order.order_id, "M6", f"{order.order_id} settled by {mo.reference}'s money")
        must(
            mo.collector_id == order.collector_id, "M6", f"{order.order_id} settled by another seller's money"
        )
        must(mo.currency == order.currency, "M4", f"{order.order_id} settled in {mo.currency}")
        must(mo.total == order.total, "M4", f"{order.order_id} settled by {mo.total}")
        proof = any(shown["status"] == "closed" and _net(shown) >= order.total for at, shown in mo.versions)
        must(proof, "M4", f"{order.order_id} settled without money")
        approved = max(p.approved_at for p in mo.payments if p.approved_at)
        if order.paid_at and approved - order.created_at < YOUNG:
            self.waits[PAID].append((order.paid_at - approved).total_seconds())

    def _seen(self, before: Order | None, after: Order, now: datetime) -> None:
        """How long money that goes back took to be seen, and to be back."""
        known = {p.payment_id: p for p in before.payments} if before else {}
        for payment in after.payments:
            was = known.get(payment.payment_id)
            made, ended = payment.approved_at, after.ended_at
            is_new = was is None and payment.role is Role.EXCESS and made and ended
            if is_new and made and ended and made - ended <= timedelta(hours=1):
                self.waits[SEEN].append((now - made).total_seconds())
            if payment.refund is Refund.DONE and payment.owed_at and was and was.refund is not Refund.DONE:
                self.waits[BACK].append((now - payment.owed_at).total_seconds())

    def accepted(self, blind_for: float) -> None:
        """A new order was accepted."""
        must(blind_for <= BLIND_AT_MOST, "L4", f"an order was accepted after {blind_for} s of blindness")

    def poll(self, box_id: str, body: str, current: Order | None, now: datetime) -> None:
        """A poll was answered with an order."""
        must(current is not None, "P1", f"{box_id} shows an order that does not exist")
        assert current is not None
        slack = timedelta(seconds=3)
        must(current.box_id == box_id, "P1", f"{box_id} shows an order of {current.box_id}")
        must(current.state is State.READY, "P1", f"{box_id} shows an order that is {current.state}")
        must(now < current.expires_at + slack, "P1", f"{box_id} shows an expired order")
        known = self.bodies.setdefault(current.order_id, body)
        must(known == body, "P2", f"{current.order_id} is shown in two ways")

    def submitted(self, ticket: str, order_id: str, stored: dict[str, Order]) -> None:
        """A box was told that its ticket is this order."""
        must(order_id in stored, "H2", f"{order_id} was acknowledged and is not there")
        known = self.tickets.setdefault(ticket, order_id)
        must(known == order_id, "H2", f"ticket {ticket} made {known} and {order_id}")

    def release(self, order: Order, claim: str) -> None:
        """A box turned its motor."""
        must(order.order_id not in self.released, "G1", f"{order.order_id} released twice")
        must(order.claim == claim, "G1", f"{order.order_id} released by another claim")
        must(order.paid_at is not None, "M4", f"{order.order_id} released unpaid")
        by_timer = order.state in (State.REFUNDING, State.REFUNDED) and order.order_id not in self.decided
        must(not by_timer, "G2", f"{order.order_id} is {order.state} and released")
        self.released[order.order_id] = claim
        self.tell("release", order.order_id)

    # ─── At the end ─────────────────────────────────────────────────────────────────────────────────────────────

    def close(self, orders: dict[str, Order]) -> None:
        """M2, M3, M5 and G2, once faults have stopped and time has passed."""
        backed: dict[str, str] = {}
        for order in orders.values():
            for payment in order.payments:
                owner = backed.setdefault(payment.payment_id, order.order_id)
                must(owner == order.order_id, "M5", f"{payment.payment_id} backs two orders")
        for mo in self._line.merchant_orders.values():
            order_ = orders.get(mo.reference)
            if order_ and mo.collector_id == order_.collector_id:
                self._accounted(order_, mo)

    def _accounted(self, order: Order, mo: MerchantOrder) -> None:
        if order.state is State.REVIEW:
            must(self.alarmed["OrderInReview"] > 0, "M2", f"{order.order_id} is in review without an alarm")
            return
        is_sold = order.state in ((State.PAID,) if not order.is_prepay else (State.DELIVERED,))
        for payment in mo.payments:
            must(payment.refunded <= payment.amount, "M3", f"{payment.payment_id}: more went back than came")
            if payment.status in ("rejected", "charged_back", "in_mediation"):
                continue
            recorded = next((p for p in order.payments if p.payment_id == str(payment.payment_id)), None)
            if is_sold and recorded and recorded.role is Role.KEPT:
                must(not payment.refunded or payment.by_hand, "G2", f"{order.order_id}: kept money went back")
                continue
            what = f"{order.order_id} is {order.state}, {payment.payment_id} holds {payment.net}: {recorded}"
            must(payment.refunded == payment.amount, "M2", what)


def must(holds: bool, invariant: str, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise ViolationError unless the invariant holds."""
    if not holds:
        raise ViolationError(f"{invariant}: {what}")


def _net(shown: dict[str, Any]) -> Decimal:
    return sum(
        (
            p["transaction_amount"] - p["amount_refunded"]
            for p in shown["payments"]
            if p["status"] == "approved"
        ),
        Decimal(0),
    )
