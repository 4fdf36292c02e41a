"""The power goes at every point of a sale: all but the journal is forgotten, and nothing is sold or released twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.desk.caja import problem
from tests.desk.test_vending import left, words

if TYPE_CHECKING:
    from pathlib import Path

    from tests.desk.conftest import At

BEFORE_PAID, BEFORE_MOTOR = ("sale", "sent"), ("paid", "claim", "granted")


@pytest.mark.parametrize("point", [*BEFORE_PAID, *BEFORE_MOTOR, "report", "reported"])
def test_a_vending_machine_goes_on_where_its_journal_ends(vending: At, point: str) -> None:
    before = left(vending.sees("idle"))
    vending.does("power", at=point)
    vending.does("choose", product="agua")
    if point in BEFORE_PAID:
        vending.comes_back()
    vending.sees("offered")
    vending.caja.pay()
    if point not in BEFORE_PAID:
        vending.comes_back()
    vending.until(lambda _: vending.caja.only()["state"] == "delivered")
    shown = vending.until(lambda m: words(m)[-1] == "end")
    assert words(shown).count("motor") == 1
    assert left(shown) == before - 1
    for end in ("/orders", "/release", "/delivery"):
        sent = vending.caja.of("POST", end)
        assert sent == [sent[0]] * len(sent), end


@pytest.mark.parametrize(("point", "dropped"), [("motor", 0), ("drop", 1)])
def test_a_motor_begun_and_not_known_how_it_ended_is_reported_unknown_and_turns_no_more(
    vending: At, point: str, dropped: int
) -> None:
    before = left(vending.sees("idle"))
    vending.does("power", at=point)
    vending.does("choose", product="agua")
    vending.sees("offered")
    vending.caja.pay()
    vending.comes_back()
    shown = vending.sees("review", "vending.unknown")
    assert [sent["result"] for sent in vending.caja.of("POST", "/delivery")] == ["unknown"]
    assert words(shown).count("motor") == 1
    assert (left(shown), len(vending.caja.of("POST", "/release"))) == (before - dropped, 1)


def test_power_that_goes_while_the_motor_turns_is_the_same(vending: At) -> None:
    vending.does("choose", product="agua")
    vending.sees("offered")
    vending.caja.pay()
    vending.sees("releasing")
    assert vending.does("power", on=False)["phase"] == "off"
    vending.does("power", on=True)
    vending.sees("review", "vending.unknown")


def test_a_claim_left_so_long_that_a_person_has_to_look_is_reported_failed_and_released_no_more(
    vending: At,
) -> None:
    before = left(vending.sees("idle"))
    vending.does("power", at="granted")
    vending.does("choose", product="agua")
    vending.sees("offered")
    vending.caja.pay()
    vending.sees("off")
    vending.caja.turn("review")
    vending.does("power", on=True)
    shown = vending.sees("refunding")
    assert vending.caja.of("POST", "/delivery")[0]["result"] == "failed"
    assert ("motor" in words(shown), left(shown)) == (False, before)


def test_a_claim_answered_after_the_goods_were_decided_about_turns_no_motor(vending: At) -> None:
    before = left(vending.sees("idle"))
    vending.does("power", at="granted")
    vending.does("choose", product="agua")
    vending.sees("offered")
    vending.caja.pay()
    vending.sees("off")
    vending.caja.turn("delivered")
    vending.does("power", on=True)
    shown = vending.until(lambda m: words(m)[-1] == "end")
    assert ("motor" in words(shown), left(shown)) == (False, before)


def test_a_ticket_that_comes_back_too_late_leads_to_its_own_order(vending: At) -> None:
    vending.sees("idle")
    vending.does("power", at="sent")
    vending.does("choose", product="agua")
    vending.sees("off")
    order = vending.caja.only()
    vending.caja.turn("expired")
    body = problem(422, "ticket_reused", order_id=order["order_id"], state="expired")[1]
    vending.caja.spoil("POST", "/orders", 422, body)
    vending.does("power", on=True)
    vending.sees("expired")
    assert len(vending.caja.orders) == 1


@pytest.mark.parametrize("point", ["sale", "sent", "paid", "cancel"])
def test_a_pump_goes_on_where_its_journal_ends(pump: At, point: str) -> None:
    pump.sees("idle")
    pump.does("power", at=point)
    pump.fills()
    if point in BEFORE_PAID:
        pump.comes_back()
    pump.sees("ready")
    if point == "cancel":
        pump.does("cash")
    else:
        pump.caja.pay()
    if point not in BEFORE_PAID:
        pump.comes_back()
    expected = "cancelled" if point == "cancel" else "paid"
    pump.sees(expected)
    sent = pump.caja.of("POST", "/orders")
    assert sent == [sent[0]] * len(sent)
    assert pump.caja.only()["state"] == expected


def test_fuel_that_ran_before_the_power_went_is_still_owed(pump: At) -> None:
    pump.does("lift")
    pump.does("fill", litres="12.5")
    pump.sees("lifted", "pump.filled")
    pump.does("power", on=False)
    assert pump.does("power", on=True)["amount"] == "15000.50"
    pump.does("hang_up")
    pump.sees("ready")
    assert pump.caja.only()["total"] == "15000.50"


def test_a_nozzle_that_was_off_its_hook_in_vain_is_forgotten(pump: At) -> None:
    pump.does("lift")
    pump.does("power", on=False)
    assert pump.does("power", on=True)["phase"] == "idle"


def test_a_correction_interrupted_by_a_power_cut_replaces_the_order_once(pump: At) -> None:
    pump.fills()
    pump.sees("ready")
    pump.does("power", at="sent")
    pump.does("correct", amount="14000")
    pump.comes_back()
    pump.until(lambda m: m["phase"] == "ready" and m["order"]["total"] == "14000.00")
    assert sorted(order["state"] for order in pump.caja.orders.values()) == ["ready", "replaced"]


def test_without_power_nothing_can_be_done_at_it(vending: At) -> None:
    shown = vending.does("power", on=False)
    assert (shown["phase"], shown["power"], shown["display"]["key"]) == ("off", False, "off")
    assert vending.tries("choose", product="agua").status_code == 409
    assert vending.does("power", on=False)["phase"] == "off"
    assert vending.does("power", on=True)["power"] is True


def test_a_point_nobody_knows_is_refused_and_an_armed_one_can_be_disarmed(vending: At) -> None:
    assert vending.tries("power", at="lunch").status_code == 400
    assert vending.tries("power").status_code == 400
    assert vending.does("power", at="motor")["cut"] == "motor"
    assert vending.does("power", at=None)["cut"] is None


def test_what_was_followed_before_the_power_went_is_still_looked_at(pump: At) -> None:
    pump.fills()
    pump.sees("ready")
    pump.does("cash")
    pump.sees("cancelled")
    pump.does("power", on=False)
    pump.does("power", on=True)
    pump.caja.pay(role="excess", refund="done")
    pump.until(lambda m: bool(m["past"]) and bool(m["past"][0]["payments"]))


def test_a_journal_that_cannot_be_written_sells_nothing(vending: At, folder: Path) -> None:
    vending.sees("idle")
    (journal,) = folder.glob("BOX1-*.jsonl")
    vending.does("power", on=False)
    journal.unlink()
    journal.mkdir()
    answer = vending.tries("power", on=True)
    assert answer.status_code == 503
    assert vending.look()["phase"] == "off"
