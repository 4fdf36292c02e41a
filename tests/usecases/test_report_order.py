"""A prepay box reports what came of the release."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caja.errors import ContradictionError, InvalidRequestError, NotClaimedError, StorageError
from caja.messages import RefundMessage
from caja.orders import Doubt, State
from tests.builders import after
from tests.shop import ORDER

if TYPE_CHECKING:
    from tests.shop import Shop


@pytest.mark.parametrize(
    ("result", "state", "doubt"),
    [
        ("delivered", State.DELIVERED, None),
        ("failed", State.REFUNDING, None),
        ("unknown", State.REVIEW, Doubt.UNKNOWN),
    ],
)
def test_a_box_reports_what_came_of_the_release(
    vending: Shop, result: str, state: State, doubt: Doubt | None
) -> None:
    vending.claim()
    shown = vending.deliver(result, reason="motor 3")
    assert shown["state"] == vending.order().state.value == state.value
    assert vending.order().doubt is doubt
    event = vending.orders.events_of[ORDER][-1]
    assert (event.by, event.facts) == ("box", {"result": result, "reason": "motor 3"})
    assert vending.report.alarms == (["OrderInReview"] if doubt else [])
    assert vending.report.notes == ["order changed"] * 2


def test_what_failed_is_asked_back_at_once_and_by_the_sweep_should_that_be_lost(vending: Shop) -> None:
    vending.claim()
    vending.refund_requests.refuses = StorageError("no queue")
    assert vending.deliver("failed")["state"] == "refunding"
    assert "refund not asked for" in vending.report.notes
    vending.refund_requests.refuses = None
    vending.pass_time(minutes=2)
    vending.check()
    assert RefundMessage(order_id=ORDER, payment_id="9001") in vending.refund_requests.waiting


def test_what_was_delivered_is_not_given_back(vending: Shop) -> None:
    vending.claim()
    vending.deliver("delivered")
    for _ in range(3):
        vending.pass_time(days=1)
        vending.check()
    assert vending.order().state is State.DELIVERED
    assert vending.refund_requests.waiting == []


def test_the_same_report_again_writes_nothing(vending: Shop) -> None:
    vending.claim()
    shown = vending.deliver("delivered")
    assert vending.deliver("delivered") == shown
    assert len(vending.orders.events_of[ORDER]) == 3


def test_a_report_that_contradicts_what_was_decided_is_refused_and_alarmed(vending: Shop) -> None:
    vending.claim()
    vending.deliver("failed")
    with pytest.raises(ContradictionError) as refused:
        vending.deliver("delivered")
    assert (refused.value.order or {})["state"] == "refunding"
    assert vending.report.alarms == ["DeliveryContradiction"]


def test_a_report_of_what_was_not_claimed_is_refused_and_not_alarmed(vending: Shop) -> None:
    with pytest.raises(NotClaimedError):
        vending.deliver("delivered")
    assert vending.report.alarms == []


def test_a_report_that_meets_its_deadline_ends_the_doubt(vending: Shop) -> None:
    def be_late() -> None:
        vending.pass_time(minutes=3)
        vending.check()

    vending.claim()
    vending.orders.meanwhile = [be_late]
    assert vending.deliver("delivered")["state"] == "delivered"
    assert [event.to_state for event in vending.orders.events_of[ORDER]][-2:] == ["review", "delivered"]


@pytest.mark.parametrize("result", ["", "Delivered", "lost"])
def test_a_result_there_is_not_is_refused(vending: Shop, result: str) -> None:
    vending.claim()
    with pytest.raises(InvalidRequestError):
        vending.deliver(result)


def test_a_claim_and_a_report_are_signs_of_life_written_now_and_then(vending: Shop) -> None:
    vending.claim()
    vending.deliver("delivered")
    assert vending.boxes.writes == ["alive"]


def test_a_report_long_after_the_claim_is_a_sign_of_life_of_its_own(vending: Shop) -> None:
    vending.claim()
    vending.pass_time(minutes=5)
    vending.deliver("delivered")
    assert vending.boxes.writes == ["alive", "alive"]


def test_a_box_that_claimed_and_fell_silent_is_alarmed_and_nothing_is_given_back(vending: Shop) -> None:
    vending.claim()
    for _ in range(3):
        vending.pass_time(minutes=3)
        vending.check()
    assert (vending.order().state, vending.order().doubt) == (State.REVIEW, Doubt.SILENCE)
    assert vending.report.alarms == ["OrderInReview"]
    assert vending.refund_requests.waiting == []


def test_a_box_that_claims_is_awaited_from_then_on(vending: Shop) -> None:
    vending.pass_time(minutes=1)
    vending.claim()
    vending.pass_time(minutes=1)
    vending.check()
    assert vending.order().watch.check_at == after(minutes=6)
