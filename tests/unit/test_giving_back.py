"""An order's money on its way back: what is due, when the order is done with it, what the operator may ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from caja.decisions import refund_by_operator
from caja.errors import AlreadyClaimedError, ConflictError, NothingToRefundError, NotPaidError
from caja.orders import Doubt, Refund, Role, State
from caja.transitions import conclude_refund, refund
from tests.builders import PRICE, after
from tests.unit import prepaid
from tests.unit.prepaid import PAID, UNCLAIMED, given_back, holding, owed, recorded

if TYPE_CHECKING:
    from caja.orders import RecordedPayment

NOW = after(minutes=30)
REFUSED_FOR_GOOD = {"refund": Refund.REFUSED, "refund_at": None}
REFUSED_FOR_NOW = {"refund": Refund.REFUSED, "refund_at": after(hours=1)}
PENDING = {"refund": Refund.PENDING, "refund_at": after(hours=1)}


def refunded(payment: RecordedPayment) -> RecordedPayment:
    """The payment once its order is given back."""
    [payment] = refund(holding(PAID, payment), NOW).payments
    return payment


def test_money_in_doubt_that_is_given_back_is_money_no_order_keeps() -> None:
    payment = refunded(recorded(role=Role.DOUBT))
    assert (payment.role, payment.refund, payment.owed_at, payment.refund_at) == (
        Role.EXCESS,
        Refund.DUE,
        NOW,
        NOW,
    )


@pytest.mark.parametrize("changes", [REFUSED_FOR_NOW, REFUSED_FOR_GOOD])
def test_what_was_refused_is_due_again_at_once_and_has_been_owed_since_then(changes: dict[str, Any]) -> None:
    payment = refunded(owed(**changes))
    assert (payment.refund, payment.owed_at, payment.refund_at) == (Refund.DUE, after(minutes=5), NOW)


@pytest.mark.parametrize(
    "payment",
    [
        owed(**PENDING),
        owed(**PENDING, status="in_mediation"),
        given_back(role=Role.EXCESS),
        given_back(role=Role.EXCESS, status="charged_back"),
    ],
)
def test_what_is_on_its_way_or_is_back_stays_as_it_is(payment: RecordedPayment) -> None:
    assert refunded(payment) == payment


@pytest.mark.parametrize(
    "changes", [{"refunded": PRICE}, {"status": "refunded"}, {"refunded": PRICE, "status": "refunded"}]
)
@pytest.mark.parametrize("payment", [recorded(), owed(), owed(**PENDING), owed(**REFUSED_FOR_NOW)])
def test_money_that_went_back_by_itself_is_not_due(payment: RecordedPayment, changes: dict[str, Any]) -> None:
    back = refunded(replace(payment, **changes))
    assert (back.refund, back.refund_at) == (Refund.DONE, None)


@pytest.mark.parametrize("status", ["charged_back", "in_mediation"])
@pytest.mark.parametrize("role", Role)
def test_money_others_decided_about_when_it_was_last_seen_is_due_for_it_is_looked_at_first(
    role: Role, status: str
) -> None:
    payment = refunded(recorded(role=role, status=status))
    assert (payment.refund, payment.owed_at, payment.refund_at) == (Refund.DUE, NOW, NOW)


def test_all_money_of_the_order_goes_back() -> None:
    payments = (recorded(amount=PRICE / 2), recorded(payment_id="9002", amount=PRICE / 2))
    assert [p.refund for p in refund(holding(PAID, *payments), NOW).payments] == [Refund.DUE] * 2


def test_an_order_is_refunded_once_all_its_money_is_back() -> None:
    order = conclude_refund(holding(UNCLAIMED, given_back(), given_back(payment_id="9002")), NOW)
    assert (order.state, order.version, order.updated_at) == (State.REFUNDED, UNCLAIMED.version + 1, NOW)


@pytest.mark.parametrize("changes", [{}, PENDING, REFUSED_FOR_NOW])
def test_an_order_is_not_refunded_while_any_of_its_money_is_still_to_go_back(changes: dict[str, Any]) -> None:
    order = holding(UNCLAIMED, given_back(), owed(payment_id="9002", **changes))
    assert conclude_refund(order, NOW) is order


@pytest.mark.parametrize("role", [Role.KEPT, Role.EXCESS])
def test_an_order_whose_money_cannot_be_given_back_is_a_persons_to_look_at(role: Role) -> None:
    order = conclude_refund(holding(UNCLAIMED, owed(role=role, **REFUSED_FOR_GOOD)), NOW)
    assert (order.state, order.doubt) == (State.REVIEW, Doubt.REFUND)


def test_an_order_whose_excess_others_decide_about_is_refunded_all_the_same() -> None:
    charged_back = recorded(payment_id="9002", role=Role.EXCESS, status="charged_back")
    assert conclude_refund(holding(UNCLAIMED, given_back(), charged_back), NOW).state is State.REFUNDED


@pytest.mark.parametrize("stage", ["paid", "delivered", "cancelled", "silent", "refunded"])
@pytest.mark.parametrize("payment", [given_back(), owed(**REFUSED_FOR_GOOD)])
def test_only_an_order_that_is_given_back_is_concluded(stage: str, payment: RecordedPayment) -> None:
    order = holding(prepaid.STAGES[stage], payment)
    assert conclude_refund(order, NOW) is order


@pytest.mark.parametrize(
    "stage", ["paid", "postpaid", "delivered", "in doubt", "silent", "unsure", "uncovered"]
)
def test_the_operator_may_have_what_was_paid_delivered_or_is_in_doubt_given_back(stage: str) -> None:
    order = prepaid.STAGES[stage]
    after_ = refund_by_operator(order, None, NOW)
    assert (after_.state, after_.version, after_.refunding_at) == (State.REFUNDING, order.version + 1, NOW)
    assert [p.refund for p in after_.payments] == [Refund.DUE]


@pytest.mark.parametrize(
    ("stage", "error"),
    [
        ("ready", NotPaidError),
        ("releasing", AlreadyClaimedError),
        ("expired", NothingToRefundError),
        ("cancelled", NothingToRefundError),
        ("replaced", NothingToRefundError),
        ("unclaimed", NothingToRefundError),
        ("refunded", NothingToRefundError),
    ],
)
def test_the_operator_cannot_have_anything_else_given_back(stage: str, error: type[ConflictError]) -> None:
    with pytest.raises(error):
        refund_by_operator(prepaid.STAGES[stage], None, NOW)


@pytest.mark.parametrize("payment", [given_back(), given_back(status="charged_back")])
@pytest.mark.parametrize("stage", ["paid", "delivered", "silent"])
def test_what_holds_no_money_cannot_be_given_back(stage: str, payment: RecordedPayment) -> None:
    with pytest.raises(NothingToRefundError):
        refund_by_operator(holding(prepaid.STAGES[stage], payment), None, NOW)


CANCELLED = holding(
    prepaid.CANCELLED,
    owed(**REFUSED_FOR_GOOD),
    owed(payment_id="9002", **REFUSED_FOR_NOW),
    owed(payment_id="9003", **PENDING),
    given_back(payment_id="9004", role=Role.EXCESS),
)


@pytest.mark.parametrize(
    ("payment_id", "due"), [(None, ["9001", "9002"]), ("9001", ["9001"]), ("9002", ["9002"])]
)
def test_the_operator_may_have_refused_refunds_tried_again(payment_id: str | None, due: list[str]) -> None:
    order = refund_by_operator(CANCELLED, payment_id, NOW)
    assert (order.state, order.version, order.updated_at) == (State.CANCELLED, CANCELLED.version + 1, NOW)
    assert [p.payment_id for p in order.payments if p.refund is Refund.DUE] == due
    assert all(order.is_refund_due(p, NOW) for p in order.payments if p.payment_id in due)


@pytest.mark.parametrize("payment_id", ["9003", "9004", "9999"])
def test_a_refund_that_was_not_refused_is_not_tried_again(payment_id: str) -> None:
    with pytest.raises(NothingToRefundError):
        refund_by_operator(CANCELLED, payment_id, NOW)


@pytest.mark.parametrize("stage", ["unclaimed", "refunded"])
def test_a_refused_refund_of_an_order_that_is_given_back_may_be_tried_again(stage: str) -> None:
    order = holding(prepaid.STAGES[stage], owed(role=Role.KEPT, **REFUSED_FOR_NOW))
    assert [p.refund for p in refund_by_operator(order, None, NOW).payments] == [Refund.DUE]


@pytest.mark.parametrize("status", ["charged_back", "in_mediation"])
@pytest.mark.parametrize("changes", [REFUSED_FOR_GOOD, {"refund": Refund.NONE, "refund_at": None}])
def test_a_refund_of_money_others_decided_about_may_be_tried_again(
    changes: dict[str, Any], status: str
) -> None:
    disputed = holding(prepaid.CANCELLED, owed(status=status, **changes))
    order = refund_by_operator(disputed, "9001", NOW)
    assert [(p.refund, p.refund_at) for p in order.payments] == [(Refund.DUE, NOW)]


def test_money_an_order_keeps_is_not_given_back_by_naming_it() -> None:
    refused = owed(role=Role.KEPT, **REFUSED_FOR_NOW)
    with pytest.raises(NothingToRefundError):
        refund_by_operator(holding(prepaid.DELIVERED, refused), "9001", NOW)


def test_a_refund_asked_for_twice_is_one_refund() -> None:
    once = refund_by_operator(PAID, None, NOW)
    with pytest.raises(NothingToRefundError):
        refund_by_operator(once, None, after(minutes=31))


def test_money_already_on_its_way_back_is_not_due_once_more_when_the_operator_asks() -> None:
    pending = owed(role=Role.KEPT, **PENDING)
    unconfirmed = replace(prepaid.UNCONFIRMED, payments=(pending,))
    assert refund_by_operator(unconfirmed, None, NOW).payments == (pending,)
