"""What can be played with phones and a box, by the box's own hands or a person's, and how it fails."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from simulator.client import SimulatorError
from simulator.scenarios import HandsError, texts
from simulator.scenarios.plays import ABANDONED, AT_ONCE, PLAYS
from tests.simulator.merchant import Merchant, order_v1
from tests.simulator.till import Till, TillHands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.server import Simulator
    from tests.simulator.conftest import Api

BOX = "CAJA0001"
SECONDS = 40.0

TOLD = {
    "sale": "phone_scans phone_shows phone_pays noticed done",
    "rejected_then_approved": "phone_scans phone_shows phone_is_rejected still_offered phone_pays noticed done",
    "two_phones": "phone_scans phone_scans phone_shows phone_shows phone_pays phone_pays waits_for_refund refunded done",
    "abandoned_scans": "phones_walked_away " * (ABANDONED // AT_ONCE)
    + "phone_scans phone_shows phone_pays noticed done",
    "paid_after_cancel": "phone_scans phone_shows BOX offer_gone phone_pays waits_for_refund refunded done",
    "paid_after_replace": "phone_scans phone_shows BOX offer_replaced phone_pays phone_scans phone_shows phone_pays "
    "waits_for_refund refunded done",
    "paid_after_expiry": "phone_scans phone_shows BOX offer_gone phone_pays refunded done",
    "pending_refund": "phone_scans phone_scans phone_shows phone_shows phone_pays phone_pays refund_is_pending "
    "refund_ends refunded done",
    "walk_away": "phone_scans phone_shows phone_walks_away BOX phone_scans phone_finds_nothing done",
    "partial_payments": "phone_scans phone_shows phone_pays phone_owes phone_pays noticed done",
    "scan_before_sale": "phone_scans phone_waits BOX phone_shows phone_pays noticed done",
}
BY_HAND = {"box_offers", "box_offers_briefly", "box_cancels", "box_replaces", "waits_for_expiry"}
BY_PERSON: dict[str, Callable[[Till], None]] = {
    "please_offer": Till.start,
    "please_offer_briefly": Till.start,
    "please_end": Till.end,
    "please_cancel": Till.cancel,
    "please_replace": Till.replace,
    "please_let_expire": Till.cancel,
}


@pytest.fixture
def till(mp: Simulator, api: Api) -> Iterator[Till]:
    with Till(mp) as one:
        assert api.box(url=one.poll_url).status == 201
        yield one


@pytest.fixture
def hands(mp: Simulator, till: Till) -> Iterator[TillHands]:
    hands = mp.account.boxes[BOX] = TillHands(till)
    yield hands
    del mp.account.boxes[BOX]


def play(mp: Simulator, name: str, box: str = BOX, **options: Any) -> dict[str, Any]:
    """The scenario as it was when it had ended."""
    started = mp.start_scenario(name, box, **options)
    return ended(mp, started["id"])


def ended(mp: Simulator, run_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + SECONDS
    while (run := mp.scenario(run_id))["state"] == "running":
        assert time.monotonic() < deadline, run
        time.sleep(0.02)
    return run


def keys(run: dict[str, Any], box: set[str]) -> list[str]:
    """What was told, the box's part as BOX; the first thing the box does, starting a sale, is left out."""
    told = [step["text_key"] for step in run["steps"]]
    return ["BOX" if key in box else key for key in (told[1:] if told[0] in box else told)]


@pytest.mark.parametrize("name", PLAYS)
def test_a_box_with_hands_plays_by_itself(mp: Simulator, hands: TillHands, name: str) -> None:
    run = play(mp, name, patience=10)
    assert (run["state"], run["reason"]) == ("done", None), run["steps"]
    assert keys(run, BY_HAND) == TOLD[name].split()


@pytest.mark.parametrize("name", PLAYS)
def test_a_person_is_asked_where_a_box_has_no_hands(mp: Simulator, till: Till, name: str) -> None:
    run = mp.start_scenario(name, BOX, patience=10)
    asked = 0
    deadline = time.monotonic() + SECONDS
    while run["state"] == "running":
        assert time.monotonic() < deadline, run
        run = mp.scenario(run["id"])
        for step in run["steps"][asked:]:
            if step["text_key"] in BY_PERSON:
                BY_PERSON[step["text_key"]](till)
        asked = len(run["steps"])
        time.sleep(0.02)
    assert run["state"] == "done", run["steps"]
    assert keys(run, set(BY_PERSON)) == TOLD[name].split()


def test_every_sentence_can_be_filled_in(mp: Simulator, hands: TillHands) -> None:
    run = play(mp, "two_phones", patience=10)
    told = {step["text_key"]: step["text"] for step in run["steps"]}
    assert told["phone_shows"] == "Phone 2 shows 1050.50 ARS: Nafta."
    assert told["refunded"].startswith("1050.50 ARS went back to the customer (payment 1")
    assert set(texts.SCENARIOS) == set(PLAYS)


def test_the_sale_that_is_offered_already_is_used(mp: Simulator, till: Till) -> None:
    till.start(Decimal(77))
    run = play(mp, "sale", patience=10)
    assert run["steps"][0]["facts"] == {"amount": 77, "currency": "ARS"}
    assert "please_offer" not in [step["text_key"] for step in run["steps"]]


def test_a_scan_before_the_sale_has_a_sale_ended_that_is_on_offer(mp: Simulator, hands: TillHands) -> None:
    hands.till.start()
    run = play(mp, "scan_before_sale", patience=10)
    assert [step["text_key"] for step in run["steps"]][:2] == ["box_cancels", "phone_scans"]
    assert run["state"] == "done"


def test_a_box_that_mercado_pago_has_no_record_of_is_played_by_its_url(mp: Simulator, till: Till) -> None:
    till.start()
    run = play(mp, "sale", till.poll_url, patience=10)
    assert run["state"] == "done", run["steps"]
    assert run["box"].endswith("key=***")


def test_a_late_payment_that_nobody_gives_back_is_kept(mp: Simulator, hands: TillHands) -> None:
    hands.till.is_late_kept = True
    run = play(mp, "paid_after_expiry", patience=2)
    assert (run["state"], run["steps"][-2]["text_key"]) == ("done", "kept")


def test_ten_minutes_without_an_offer_are_the_end_and_said(mp: Simulator, till: Till) -> None:
    run = mp.start_scenario("sale", BOX)
    while not any(phone.screen().detail for phone in mp.phones()):
        time.sleep(0.01)
    mp.advance(601)
    run = ended(mp, run["id"])
    assert run["state"] == "failed"
    assert run["reason"] == "The box's URL offered nothing within 10 min; it answered unavailable."
    assert mp.phones()[0].screen().state == "abandoned"


@pytest.mark.parametrize(
    ("forgets", "name", "reason"),
    [
        ("gives_back", "paid_after_cancel", "Nobody gave 1050.50 ARS back within 0.02 min."),
        ("gives_back", "pending_refund", "Nobody asked for a refund within 0.02 min."),
        ("notices", "sale", "The sale is paid, and the box's URL still offered it 0.02 min later."),
    ],
)
def test_what_a_merchant_forgets_is_why_a_scenario_fails(
    mp: Simulator, hands: TillHands, forgets: str, name: str, reason: str
) -> None:
    setattr(hands.till, forgets, False)
    run = play(mp, name, patience=1.2)
    assert (run["state"], run["reason"]) == ("failed", reason)
    assert run["steps"][-1]["text"] == reason


@pytest.mark.parametrize(
    ("asked", "name", "reason"),
    [
        ("please_cancel", "paid_after_cancel", "The box's URL still offered the sale after 0.02 min."),
        ("please_let_expire", "paid_after_expiry", "The box's URL still offered the sale after 0.02 min."),
        ("please_replace", "paid_after_replace", "The box's URL offered no other order within 0.02 min."),
    ],
)
def test_what_a_person_does_not_do_is_why_a_scenario_fails(
    mp: Simulator, till: Till, asked: str, name: str, reason: str
) -> None:
    till.start()
    run = play(mp, name, patience=1.2)
    assert (run["steps"][-2]["text_key"], run["reason"]) == (asked, reason)


@pytest.mark.parametrize("name", ["sale", "scan_before_sale"])
def test_a_url_that_does_not_answer_is_why_a_scenario_fails(mp: Simulator, name: str) -> None:
    run = play(mp, name, "http://127.0.0.1:1/poll")
    assert run["state"] == "failed"
    assert "cannot take the payment: ConnectionRefusedError" in run["reason"]


class Fickle(Merchant):
    """It makes up a new order at every poll."""

    @property
    def body(self) -> bytes:
        return json.dumps(order_v1(external_reference=f"REF{len(self.polls)}")).encode()

    @body.setter
    def body(self, _: bytes) -> None:
        """Keep none."""


def test_two_phones_that_are_shown_different_orders_are_no_double_payment(mp: Simulator) -> None:
    with Fickle() as fickle:
        fickle.offer()
        run = play(mp, "two_phones", fickle.poll_url, patience=10)
    assert run["reason"] == "The two phones were shown different orders for one sale."


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (HandsError("the nozzle is lifted"), "The box could not do its part: the nozzle is lifted."),
        (ZeroDivisionError("a bug"), "It could not go on: ZeroDivisionError: a bug."),
    ],
)
def test_a_box_that_cannot_do_its_part_ends_the_scenario_and_nothing_else(
    mp: Simulator, hands: TillHands, error: Exception, reason: str
) -> None:
    hands.refuses = error
    run = play(mp, "sale")
    assert (run["state"], run["reason"]) == ("failed", reason)
    hands.refuses = None
    assert play(mp, "sale", patience=10)["state"] == "done"


def test_one_runs_per_box_until_it_is_stopped(mp: Simulator, till: Till) -> None:
    run = mp.start_scenario("sale", BOX)
    with pytest.raises(SimulatorError, match=r"409: .*runs at CAJA0001 already"):
        mp.start_scenario("two_phones", BOX.lower())
    mp.stop_scenario(run["id"])
    stopped = mp.scenario(run["id"])
    assert (stopped["state"], stopped["reason"]) == ("failed", "Stopped.")
    mp.stop_scenario(mp.start_scenario("sale", BOX)["id"])


def test_a_pending_refund_leaves_the_settings_as_it_found_them(mp: Simulator, hands: TillHands) -> None:
    assert play(mp, "pending_refund", patience=10)["state"] == "done"
    assert mp.settings()["pending_refunds"] is False
    mp.fault_on("refunds_pending")
    run = mp.start_scenario("pending_refund", BOX)
    mp.stop_scenario(run["id"])
    assert mp.settings()["pending_refunds"] is True


def test_a_reset_stops_what_runs(mp: Simulator, till: Till) -> None:
    run = mp.start_scenario("sale", BOX)
    mp.reset()
    assert mp.scenario(run["id"])["reason"] == "Stopped."


def test_each_step_is_told_to_who_listens(mp: Simulator, hands: TillHands) -> None:
    answer = mp._session.get(f"{mp.url}/sim/events", stream=True, timeout=5)
    lines = answer.iter_lines()
    next(lines)
    run = mp.start_scenario("sale", BOX, patience=10)
    told: list[dict[str, Any]] = []
    while not told or told[-1]["state"] == "running":
        if next(lines) == b"event: scenario":
            told.append(json.loads(next(lines).removeprefix(b"data: ")))
    answer.close()
    assert [len(one["steps"]) for one in told] == list(range(1, len(told) + 1))
    assert told[-1]["id"] == run["id"]
    assert told[-1]["state"] == "done"


def test_what_can_be_played_is_listed_with_what_the_box_must_be_able_to_do(mp: Simulator) -> None:
    listed = {one["name"]: one["needs"] for one in mp.control("GET", "/scenarios")}
    assert list(listed) == list(PLAYS)
    assert listed["paid_after_cancel"] == ["offer", "cancel"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "opera", "pos": BOX}, "404: .*there are sale, "),
        ({"name": "sale"}, "400: .*name the box"),
        ({"name": "sale", "pos": "NOBOX"}, "404: .*no box 'NOBOX'"),
        ({"name": "sale", "url": "ftp://x"}, "400: .*name the box"),
        ({"name": "sale", "url": "http://x", "patience": 0}, "400: .*patience in seconds"),
        ({"name": "sale", "url": "http://x", "speed": 2}, "400: .*has a name"),
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused(mp: Simulator, body: dict[str, Any], said: str) -> None:
    with pytest.raises(SimulatorError, match=said):
        mp.control("POST", "/scenarios", body)


def test_a_run_that_never_was_is_not_found(mp: Simulator) -> None:
    for act in (mp.scenario, mp.stop_scenario):
        with pytest.raises(SimulatorError, match="404: "):
            act("nothing")


def test_only_the_newest_runs_are_kept(mp: Simulator) -> None:
    first = play(mp, "sale", "http://127.0.0.1:1/poll")
    for _ in range(50):
        play(mp, "sale", "http://127.0.0.1:1/poll")
    with pytest.raises(SimulatorError, match="404: "):
        mp.scenario(first["id"])


def test_trigger_waits_for_the_end_and_says_how_it_failed(mp: Simulator, hands: TillHands) -> None:
    assert mp.trigger("sale", BOX, patience=10)["state"] == "done"
    with pytest.raises(SimulatorError, match=r"sale: The phone says that this place cannot take"):
        mp.trigger("sale", "http://127.0.0.1:1/poll")
