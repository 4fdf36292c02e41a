"""A pump keeps the rules for a box: goods first, one ticket per fill, and the merchant's word about the money."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.desk.caja import problem

if TYPE_CHECKING:
    from tests.desk.conftest import At


def test_a_fill_is_offered_paid_and_followed_by_a_receipt(pump: At) -> None:
    assert pump.sees("idle")["display"] == {
        "key": "pump.idle",
        "facts": {
            "currency": "ARS",
            "price_per_litre": "1200.04",
            "trouble": None,
            "excess": [],
            "payments_down": False,
        },
    }
    pump.fills(amount="15000.50")
    shown = pump.sees("ready")
    assert (shown["amount"], shown["litres"]) == ("15000.50", "12.5")
    (sent,) = pump.caja.of("POST", "/orders")
    assert sent["items"] == [{"title": "Nafta súper, 12,5 l", "quantity": 1, "unit_price": "15000.50"}]
    assert sent["total"] == "15000.50"
    pump.caja.pay()
    shown = pump.sees("paid")
    receipt = shown["receipt"]
    assert (receipt["amount"], receipt["payment_id"], receipt["litres"]) == ("15000.50", "101", "12.5")
    assert receipt["order_id"] == pump.caja.only()["order_id"]


def test_it_says_that_it_is_preparing_while_the_nozzle_is_off_its_hook(pump: At) -> None:
    pump.sees("idle")
    pump.does("lift")
    pump.until(lambda _: pump.caja.of("PUT", "/state").count({"state": "preparing"}) >= 2)
    pump.does("hang_up")
    pump.until(lambda _: pump.caja.of("PUT", "/state")[-1] == {"state": "idle"})
    assert not pump.caja.orders


def test_hanging_up_early_sells_what_ran(pump: At) -> None:
    pump.does("lift")
    pump.does("fill", litres="50")
    pump.until(lambda m: float(m["litres"]) > 0)
    pump.does("hang_up")
    shown = pump.sees("ready")
    assert 0 < float(shown["litres"]) <= 50
    assert pump.caja.only()["total"] == shown["amount"]


def test_cash_cancels_the_order(pump: At) -> None:
    pump.fills()
    pump.sees("ready")
    pump.does("cash")
    pump.sees("cancelled", "pump.cancelled")
    assert pump.caja.only()["state"] == "cancelled"


def test_a_phone_faster_than_the_cash_is_believed(pump: At) -> None:
    pump.fills()
    pump.sees("ready")
    pump.caja.spoil("GET", "", 500)
    pump.caja.pay()
    pump.does("cash")
    shown = pump.until(lambda m: m["phase"] == "paid")
    assert pump.caja.only()["state"] == "paid"
    assert shown["receipt"]["payment_id"] == "101"


def test_a_correction_takes_the_orders_place_in_one_step(pump: At) -> None:
    pump.fills()
    first = pump.sees("ready")["order"]
    pump.does("correct", amount="14000")
    shown = pump.until(lambda m: m["phase"] == "ready" and m["order"]["total"] == "14000.00")
    sent = pump.caja.of("POST", "/orders")
    assert sent[1]["replaces"] == first["order_id"]
    assert sent[1]["ticket"] != sent[0]["ticket"]
    assert pump.caja.orders[first["order_id"]]["state"] == "replaced"
    assert [each["order_id"] for each in shown["past"]] == [first["order_id"]]


def test_a_correction_that_comes_after_the_payment_leaves_the_order_paid(pump: At) -> None:
    pump.fills()
    pump.sees("ready")
    pump.caja.spoil("GET", "", 500)
    pump.caja.pay()
    pump.does("correct", amount="14000")
    shown = pump.sees("paid")
    assert shown["receipt"]["amount"] == "15000.50"
    assert len(pump.caja.orders) == 1


def test_money_that_goes_back_is_shown_on_the_order_it_came_for(pump: At) -> None:
    pump.fills()
    pump.sees("ready")
    pump.caja.pay()
    pump.sees("paid")
    pump.caja.pay(role="excess", refund="due")
    shown = pump.until(lambda m: bool(m["display"]["facts"]["excess"]))
    assert shown["display"]["facts"]["excess"] == [
        {"payment_id": "101", "amount": "15000.50", "refund": "due"}
    ]
    pump.does("lift")
    pump.caja.only()["payments"][1]["refund"] = "done"
    pump.until(lambda m: bool(m["past"]) and m["past"][0]["payments"][1]["refund"] == "done")


@pytest.mark.parametrize("state", ["expired", "review"])
def test_an_order_that_is_late_or_in_doubt_may_still_be_paid(pump: At, state: str) -> None:
    pump.fills()
    pump.sees("ready")
    pump.caja.turn(state)
    pump.sees(state)
    pump.caja.pay()
    pump.sees("paid")


def test_what_expired_can_be_paid_in_cash_or_left_for_the_next_customer(pump: At) -> None:
    pump.fills()
    pump.sees("ready")
    pump.caja.turn("expired")
    assert set(pump.sees("expired")["actions"]) >= {"cash", "correct", "lift"}
    pump.does("lift")
    assert pump.look()["phase"] == "lifted"


def test_an_order_the_merchant_does_not_take_is_told_with_its_code(pump: At) -> None:
    pump.sees("idle")
    pump.caja.spoil("POST", "/orders", 400, problem(400, "invalid_request")[1])
    pump.fills()
    assert pump.sees("refused")["display"]["facts"]["code"] == "invalid_request"
    pump.fills()
    pump.sees("ready")


def test_an_order_nobody_remembers_is_taken_back(pump: At) -> None:
    pump.sees("idle")
    stranger = pump.caja.new_order({"ticket": "a" * 16, "total": "1.00", "items": []})
    pump.caja.current = stranger
    pump.until(lambda _: stranger["state"] == "cancelled")
    assert pump.look()["phase"] == "idle"


def test_an_order_in_the_way_is_cancelled_and_the_same_sale_sent_again(pump: At) -> None:
    pump.sees("idle")
    pump.does("lift")
    pump.does("fill", litres="12.5")
    stranger = pump.caja.new_order({"ticket": "a" * 16, "total": "1.00", "items": []})
    pump.sees("lifted", "pump.filled")
    pump.caja.current = stranger
    pump.does("hang_up")
    pump.sees("ready")
    sent = pump.caja.of("POST", "/orders")
    assert stranger["state"] == "cancelled"
    assert sent == [sent[0]] * len(sent)


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("fill", {"litres": "1"}),
        ("hang_up", {}),
        ("cash", {}),
        ("correct", {"amount": "1"}),
        ("out_of_service", {}),
        ("jam", {"on": True}),
        ("explode", {}),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    pump: At, action: str, body: dict[str, object]
) -> None:
    pump.sees("idle")
    answer = pump.tries(action, **body)
    assert answer.status_code in (400, 409)
    assert answer.json()["message"]
    assert pump.look()["phase"] == "idle"


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"amount": "1", "litres": "1"},
        {"amount": "-1"},
        {"amount": "1.005"},
        {"amount": "NaN"},
        {"amount": "1e99"},
        {"litres": "0"},
        {"litres": ["1"]},
        {"litres": "\u0661"},
    ],
)
def test_no_fuel_runs_for_an_amount_nobody_can_pay(pump: At, wish: dict[str, object]) -> None:
    pump.does("lift")
    assert pump.tries("fill", **wish).status_code == 400
    assert pump.look()["phase"] == "lifted"


def test_out_of_service_is_said_and_nothing_is_sold(pump: At) -> None:
    pump.sees("idle")
    assert pump.does("out_of_service", on=True)["display"]["key"] == "out_of_service"
    pump.until(lambda _: pump.caja.of("PUT", "/state")[-1] == {"state": "out_of_service"})
    assert pump.tries("lift").status_code == 409
    pump.does("out_of_service", on=False)
    pump.until(lambda _: pump.caja.of("PUT", "/state")[-1] == {"state": "idle"})


def test_a_merchant_away_for_long_is_told_of_a_fill_as_soon_as_there_is_one(pump: At) -> None:
    pump.sees("idle")
    pump.caja.spoil("PUT", "/state", 503, retry_after="60")
    pump.until(lambda m: m["display"]["facts"]["trouble"] == "no_answer")
    pump.fills()
    pump.sees("ready")
