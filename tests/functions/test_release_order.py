"""The release_order function, from a prepay box's word to the answer, the tables and the queue of refunds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from caja import wiring
from caja.errors import StorageError
from caja.instants import write_instant
from caja.transitions import claim, meet_deadline, refund
from tests.builders import BRANCH_KEY, after
from tests.functions.calls import CLAIM, alarms, ask_box
from tests.functions.stages import by, claimed, reach
from tests.shop import ORDER

if TYPE_CHECKING:
    from tests.functions.stages import Step
    from tests.tables import Tables

UNREACHABLE = EndpointConnectionError(endpoint_url="https://dynamodb.example")


@pytest.fixture(autouse=True)
def box(tables: Tables) -> None:
    """A box that sells before it hands out."""
    tables.provision(mode="prepay")


def begin(tables: Tables, stage: str, **changes: Any) -> None:
    reach(tables, stage, mode="prepay", **changes)


def release(order_id: str = ORDER) -> tuple[int, dict[str, Any]]:
    return ask_box("release", {"claim": CLAIM}, order_id=order_id)


def deliver(result: str, **more: str) -> tuple[int, dict[str, Any]]:
    return ask_box("delivery", {"claim": CLAIM, "result": result, **more}, order_id=ORDER)


def refunds_asked_for(tables: Tables) -> list[Any]:
    return [json.loads(message["Body"]) for message in tables.take("RefundQueue")]


SAID = [("paid", release), ("releasing", lambda: deliver("failed"))]
"""Stage → what a box says there."""


def just_before_the_write(tables: Tables, monkeypatch: pytest.MonkeyPatch, others: Step) -> None:
    """Have others write between the function's read and its write, once."""
    write, waiting = wiring.dynamodb().transact_write_items, [others]

    def write_after_others(**given: Any) -> Any:
        if waiting:
            waiting.pop()(tables)
        return write(**given)

    monkeypatch.setattr(wiring.dynamodb(), "transact_write_items", write_after_others)


def test_a_claim_says_until_when_to_report(tables: Tables) -> None:
    begin(tables, "paid")
    status, order = release()
    assert (status, order["state"], order["release_by"], order["report_by"]) == (
        200,
        "releasing",
        "2026-11-24T12:03:00.000Z",
        "2026-11-24T12:04:00.000Z",
    )
    assert "replayed" not in order
    assert tables.order().claim == CLAIM
    assert tables.order().watch.check_at == after(minutes=4)


@pytest.mark.parametrize(("seconds", "status"), [(-0.001, 200), (0, 409), (0.001, 409)])
def test_the_time_to_claim_is_over_from_its_very_instant(seconds: float, status: int, tables: Tables) -> None:
    begin(tables, "paid")
    tables.clock.now = after(minutes=3, seconds=seconds)
    assert release()[0] == status


def test_the_order_keeps_the_times_it_was_submitted_with(tables: Tables) -> None:
    begin(tables, "paid", release_seconds=600, report_seconds=30)
    tables.provision(version=2, mode="postpay", release_seconds=1, report_seconds=1)
    tables.clock.now = after(minutes=10)
    status, order = release()
    assert (status, order["report_by"]) == (200, "2026-11-24T12:10:30.000Z")


def test_of_two_claims_at_once_one_releases(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(tables, "paid")
    just_before_the_write(tables, monkeypatch, by(lambda order, now: claim(order, "claim-0002", now)))
    status, problem = release()
    assert (status, problem["code"]) == (409, "already_claimed")
    assert tables.order().claim == "claim-0002"
    assert tables.order().version == 3


def test_one_claim_sent_twice_at_once_is_taken_once(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(tables, "paid")
    just_before_the_write(tables, monkeypatch, by(claimed))
    assert release()[1]["replayed"] is True
    assert tables.order().version == 3


@pytest.mark.parametrize("change", [refund, meet_deadline])
def test_money_that_goes_back_meanwhile_is_not_released(
    change: Any, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(tables, "paid")
    tables.clock.now = after(minutes=2.999)
    just_before_the_write(tables, monkeypatch, by(change))
    status, problem = release()
    assert (status, problem["code"], problem["order"]["state"]) == (409, "too_late", "refunding")


@pytest.mark.parametrize("stage", ["releasing", "unreported", "silence"])
def test_what_was_delivered_is_never_given_back(stage: str, tables: Tables) -> None:
    begin(tables, stage)
    status, order = deliver("delivered", reason="slot 7")
    assert (status, order["state"], order["refunded_amount"]) == (200, "delivered", "0.00")
    assert wiring.ledger().events(ORDER)[-1].facts == {"result": "delivered", "reason": "slot 7"}
    assert refunds_asked_for(tables) == []


@pytest.mark.parametrize("stage", ["releasing", "unreported", "silence"])
def test_what_failed_is_given_back_at_once(stage: str, tables: Tables) -> None:
    begin(tables, stage)
    status, order = deliver("failed")
    assert (status, order["state"]) == (200, "refunding")
    assert [(p["role"], p["refund"]) for p in order["payments"]] == [("kept", "due")]
    assert refunds_asked_for(tables) == [{"order_id": ORDER, "payment_id": "9001"}]


def test_a_refund_the_queue_refuses_is_left_to_the_sweep(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise StorageError("The queue did not answer.")

    begin(tables, "releasing")
    monkeypatch.setattr(wiring.refund_requests(), "send", fail)
    assert deliver("failed")[0] == 200
    assert tables.order().watch.check_at == after(minutes=4)


def test_a_box_that_does_not_know_has_a_person_decide(
    tables: Tables, capsys: pytest.CaptureFixture[str]
) -> None:
    begin(tables, "releasing")
    status, order = deliver("unknown", reason="power lost")
    assert (status, order["state"]) == (200, "review")
    assert alarms(capsys) == ["OrderInReview"]
    assert deliver("unknown")[0] == 200
    assert alarms(capsys) == []
    assert refunds_asked_for(tables) == []


def test_a_report_that_a_deadline_overtakes_counts_all_the_same(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(tables, "unreported")
    just_before_the_write(tables, monkeypatch, by(meet_deadline))
    assert deliver("delivered")[1]["state"] == "delivered"
    assert tables.order().doubt is None


@pytest.mark.parametrize("good_calls", range(4))
@pytest.mark.parametrize(("stage", "say"), SAID)
def test_when_storage_fails_the_box_repeats_the_request_and_it_counts_once(
    stage: str, say: Any, good_calls: int, tables: Tables
) -> None:
    begin(tables, stage)
    version = tables.order().version
    tables.failures = [*[None] * good_calls, UNREACHABLE]
    status, problem = say()
    assert (status, problem["code"], tables.failures) == (503, "storage_failed", [])
    assert tables.order().version == version
    assert say()[0] == 200
    assert tables.order().version == version + 1


@pytest.mark.parametrize(("stage", "say"), SAID)
def test_a_write_whose_answer_was_lost_counts_once(
    stage: str, say: Any, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(tables, stage)
    version, write = tables.order().version, wiring.dynamodb().transact_write_items

    def write_and_lose_the_answer(**given: Any) -> None:
        write(**given)
        raise UNREACHABLE

    with monkeypatch.context() as patch:
        patch.setattr(wiring.dynamodb(), "transact_write_items", write_and_lose_the_answer)
        assert say()[0] == 503
    assert say()[0] == 200
    assert tables.order().version == version + 1


def test_an_orders_name_may_be_written_small(tables: Tables) -> None:
    begin(tables, "paid")
    assert release(ORDER.lower())[0] == 200


@pytest.mark.parametrize("verb", ["release", "delivery"])
def test_another_boxs_order_is_not_there_even_for_the_branchs_key(verb: str, tables: Tables) -> None:
    begin(tables, "releasing")
    tables.provision("CAJA0002", box_uid=bytes(15) + b"1", mode="prepay")
    order = tables.order()
    for order_id in (ORDER, "A" * 26, "%2E%2E", "a" * 500, "EVENT#000001"):
        status, problem = ask_box(
            verb,
            {"claim": CLAIM} | ({"result": "failed"} if verb == "delivery" else {}),
            box_id="CAJA0002",
            order_id=order_id,
            authorization=f"Bearer {BRANCH_KEY.box_key}",
        )
        assert (order_id, status, problem["code"]) == (order_id, 404, "order_not_found")
    assert tables.order() == order


@pytest.mark.parametrize(
    ("stage", "say"),
    [
        *SAID,
        ("releasing", release),
        ("failed", lambda: deliver("failed")),
    ],
)
def test_every_word_about_a_release_is_a_sign_of_life(stage: str, say: Any, tables: Tables) -> None:
    begin(tables, stage)
    assert say()[0] == 200
    seen = tables.item("BoxesTable", "SEEN")
    assert seen is not None
    assert seen["seen_at"] == write_instant(tables.clock.now)
