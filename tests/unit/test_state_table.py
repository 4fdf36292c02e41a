"""Whatever happens to an order, in whatever order: its states follow the table, and nothing goes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from caja.decisions import refund_by_operator, resolve
from caja.errors import ConflictError
from caja.orders import Role, State
from caja.refunds import SeenPayment, learn
from caja.settlement import judge
from caja.transitions import (
    cancel,
    claim,
    conclude_refund,
    meet_deadline,
    replace_by,
    report_delivery,
)
from tests.builders import PRICE, a_merchant_order, a_payment
from tests.unit.prepaid import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from caja.merchant_orders import MerchantOrder
    from caja.orders import Order

    Change = Callable[[Order, datetime], Order]

REVIEWED = {State.PAID, State.DELIVERED, State.REFUNDING, State.REFUNDED}
TABLE: dict[State, set[State]] = {
    State.READY: {State.PAID, State.EXPIRED, State.CANCELLED, State.REPLACED, State.REVIEW},
    State.EXPIRED: {State.PAID, State.CANCELLED, State.REPLACED, State.REVIEW},
    State.REPLACED: {State.REVIEW},
    State.CANCELLED: set(),
    State.PAID: {State.RELEASING, State.REFUNDING, State.REVIEW},
    State.RELEASING: {State.DELIVERED, State.REFUNDING, State.REVIEW},
    State.DELIVERED: {State.REFUNDING},
    State.REFUNDING: {State.REFUNDED, State.REVIEW},
    State.REFUNDED: set(),
    State.REVIEW: REVIEWED,
}
"""Design §4, Order states."""


def shown(status: str, *, second: bool) -> Change:
    """A check finds the payment in this status, and perhaps that of another merchant order."""
    found: list[MerchantOrder] = [a_merchant_order(payments=(a_payment(status=status),))]
    if second:
        found.append(a_merchant_order(merchant_order_id="7002", payments=(a_payment(payment_id="9002"),)))
    return lambda order, now: judge(order, found, complete=True, successor_paid=False, now=now).order


def looked(status: str) -> Change:
    """A refund is looked at, and every payment found in this status."""
    back = PRICE if status == "refunded" else Decimal(0)
    seen = SeenPayment(status=status, amount=PRICE, refunded=back, refunds=())

    def change(order: Order, now: datetime) -> Order:
        payments = tuple(learn(p, seen, now) for p in order.payments)
        after = conclude_refund(replace(order, payments=payments), now)
        return order if after == order else replace(after, version=order.version + 1)

    return change


NONCES = ["claim-0001", "claim-0002"]
CLAIMS: list[Change] = [lambda order, now, nonce=nonce: claim(order, nonce, now) for nonce in NONCES]  # type: ignore[misc]  # bound here
REPORTS: list[Change] = [
    lambda order, now, nonce=nonce, result=result: report_delivery(order, nonce, result, now)  # type: ignore[misc]  # bound here
    for nonce in NONCES
    for result in ("delivered", "failed", "unknown")
]
DECISIONS: list[Change] = [
    lambda order, now, to=to: resolve(order, to, "7001", now)  # type: ignore[misc]  # bound here
    for to in sorted(REVIEWED)
]
STATUSES = ["approved", "charged_back", "refunded"]
CHANGES: list[Change] = [
    *CLAIMS,
    *REPORTS,
    *DECISIONS,
    *(shown(status, second=second) for status in STATUSES for second in (False, True)),
    *map(looked, STATUSES),
    cancel,
    meet_deadline,
    lambda order, now: replace_by(order, "SUCCESSOR", now),
    lambda order, now: refund_by_operator(order, None, now),
]


@given(
    stage=st.sampled_from(sorted(STAGES)),
    steps=st.lists(
        st.tuples(
            st.sampled_from(range(len(CHANGES))),
            st.sampled_from(
                [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=11), timedelta(1)]
            ),
        ),
        max_size=8,
    ),
)
def test_an_order_goes_through_the_table_counts_its_versions_and_is_released_once(
    stage: str, steps: list[tuple[int, timedelta]]
) -> None:
    order = STAGES[stage]
    now, released = order.updated_at, order.claim is not None
    for step, pause in steps:
        now += pause
        try:
            after = CHANGES[step](order, now)
        except ConflictError:
            continue
        assert after.state is order.state or after.state in TABLE[order.state]
        assert after.version == order.version + (after != order)
        assert order.ended_at in (None, after.ended_at)
        assert order.claim in (None, after.claim)
        assert {p.payment_id for p in order.payments} <= {p.payment_id for p in after.payments}
        assert len({p.merchant_order_id for p in after.payments if p.role is Role.KEPT}) <= 1
        if (order.state, after.state) == (State.PAID, State.RELEASING):
            assert order.is_prepay
            assert not released
            released = True
        order = after
