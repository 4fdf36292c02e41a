"""A vending machine keeps the rules for a box: money first, one claim, and a motor that turns once or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.desk.caja import problem
from tests.desk.conftest import QUICK

if TYPE_CHECKING:
    from tests.desk.conftest import At


def words(shown: dict[str, Any]) -> list[str]:
    """What the journal says, oldest first."""
    return [entry["what"] for entry in reversed(shown["journal"])]


def left(shown: dict[str, Any], product: str = "agua") -> int:
    found: int = next(each["left"] for each in shown["products"] if each["id"] == product)
    return found


def test_what_is_paid_is_claimed_released_once_and_reported(vending: At) -> None:
    before = left(vending.sees("idle"))
    vending.does("choose", product="agua")
    shown = vending.sees("offered")
    assert shown["display"]["facts"]["product"] == "Agua mineral 500 ml"
    vending.caja.pay()
    shown = vending.until(lambda m: m["phase"] == "delivered" and m["order"]["state"] == "delivered")
    assert left(shown) == before - 1
    assert words(shown) == ["sale", "accepted", "claim", "granted", "motor", "result", "reported", "end"]
    claims = vending.caja.of("POST", "/release")
    assert len(claims) == 1
    assert vending.caja.of("POST", "/delivery") == [claims[0] | {"result": "delivered"}]
    assert shown["receipt"]["payment_id"] == "101"


def test_every_sale_has_a_ticket_and_a_claim_of_its_own(vending: At) -> None:
    for _ in range(2):
        vending.does("choose", product="agua")
        vending.sees("offered")
        vending.caja.pay()
        vending.until(lambda m: m["phase"] == "delivered" and m["order"]["state"] == "delivered")
    tickets = {sent["ticket"] for sent in vending.caja.of("POST", "/orders")}
    claims = {sent["claim"] for sent in vending.caja.of("POST", "/release")}
    assert (len(tickets), len(claims)) == (2, 2)


def test_a_jam_gives_the_money_back(vending: At) -> None:
    before = left(vending.sees("idle"))
    vending.does("jam", on=True)
    vending.does("choose", product="agua")
    vending.sees("offered")
    vending.caja.pay()
    shown = vending.sees("refunding", "vending.refunding")
    assert vending.caja.of("POST", "/delivery")[0]["result"] == "failed"
    assert (left(shown), shown["jam"], shown["receipt"]) == (before, False, None)
    vending.caja.turn("refunded")
    vending.sees("refunded")


def test_a_claim_that_is_too_late_releases_nothing_and_tells_the_customer(vending: At) -> None:
    before = left(vending.sees("idle"))
    vending.caja.spoil("POST", "/release", 409, problem(409, "too_late")[1])
    vending.does("choose", product="agua")
    vending.sees("offered")
    vending.caja.pay()
    vending.sees("refunding", "vending.too_late")
    vending.caja.turn("refunding")
    shown = vending.sees("refunding", "vending.too_late")
    assert (left(shown), vending.caja.of("POST", "/delivery")) == (before, [])
    vending.caja.turn("refunded")
    vending.sees("refunded")


@pytest.mark.parametrize("code", ["already_claimed", "not_paid", "in_review"])
def test_a_claim_that_is_refused_releases_nothing(vending: At, code: str) -> None:
    before = left(vending.sees("idle"))
    vending.caja.spoil("POST", "/release", 409, problem(409, code)[1])
    vending.does("choose", product="agua")
    vending.sees("offered")
    vending.caja.pay()
    shown = vending.until(lambda m: "end" in words(m))
    assert left(shown) == before
    assert "motor" not in words(shown)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"status": 0},
        {"status": 502, "body": b"<html>Bad gateway</html>"},
        {"status": 403, "body": {"message": "Forbidden"}},
        {"status": 429, "body": {"message": "Too Many Requests"}},
        {"status": 200, "body": b"<html>captive portal</html>"},
        {"status": 503, "body": problem(503, "storage_failed")[1], "retry_after": "0"},
        {"status": 500, "body": problem(500, "internal_error")[1]},
    ],
)
@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize("end", ["/orders", "/release", "/delivery"])
def test_the_same_request_is_repeated_until_it_is_decided(
    vending: At, spoilt: dict[str, Any], *, is_done: bool, end: str
) -> None:
    before = left(vending.sees("idle"))
    for _ in range(2):
        vending.caja.spoil("POST", end, is_done=is_done, **spoilt)
    vending.does("choose", product="agua")
    vending.sees("offered")
    vending.caja.pay()
    shown = vending.until(lambda m: m["phase"] == "delivered" and m["order"]["state"] == "delivered")
    sent = vending.caja.of("POST", end)
    assert sent == [sent[0]] * 3
    assert (left(shown), len(vending.caja.orders)) == (before - 1, 1)


def test_silence_is_shown_until_it_is_over(vending: At) -> None:
    vending.sees("idle")
    for _ in range(5):
        vending.caja.spoil("POST", "/orders")
    vending.does("choose", product="agua")
    shown = vending.until(lambda m: m["display"]["facts"]["trouble"] == "no_answer")
    assert "/orders" in shown["error"]
    assert vending.sees("offered")["error"] is None


def test_a_customer_gives_up(vending: At) -> None:
    vending.does("choose", product="agua")
    vending.sees("offered")
    vending.does("cancel")
    vending.sees("cancelled")
    assert vending.caja.only()["state"] == "cancelled"


def test_who_gives_up_after_paying_gets_the_goods(vending: At) -> None:
    vending.does("choose", product="agua")
    vending.sees("offered")
    vending.caja.spoil("GET", "", 500)
    vending.caja.pay()
    vending.does("cancel")
    vending.sees("delivered")


def test_another_product_takes_the_place_of_the_first(vending: At) -> None:
    vending.does("choose", product="agua")
    first = vending.sees("offered")["order"]
    vending.does("choose", product="papas")
    shown = vending.until(lambda m: m["phase"] == "offered" and m["order"]["total"] == "1800.00")
    assert vending.caja.orders[first["order_id"]]["state"] == "replaced"
    assert shown["product"] == "papas"


@pytest.mark.parametrize("state", ["expired", "cancelled", "refunding", "refunded", "review"])
def test_only_paid_lets_it_claim(vending: At, state: str) -> None:
    vending.does("choose", product="agua")
    vending.sees("offered")
    vending.caja.turn(state)
    vending.sees(state)
    assert vending.caja.of("POST", "/release") == []


def test_a_state_nobody_knows_means_not_paid(vending: At) -> None:
    vending.does("choose", product="agua")
    vending.sees("offered")
    vending.caja.turn("on_the_moon")
    vending.sees("on_the_moon")
    assert vending.caja.of("POST", "/release") == []
    vending.caja.pay()
    vending.sees("delivered")


def test_nothing_is_sold_by_code_while_mercadopago_is_away(vending: At) -> None:
    vending.caja.payments = "down"
    vending.until(lambda m: m["display"]["facts"].get("payments_down") is True)
    vending.does("choose", product="agua")
    vending.until(lambda m: m["display"]["facts"]["trouble"] == "payments_down")
    vending.caja.payments = "up"
    vending.sees("offered")
    sent = vending.caja.of("POST", "/orders")
    assert sent == [sent[0]] * len(sent)


def test_who_gives_up_while_mercadopago_is_away_leaves_no_order(vending: At) -> None:
    vending.caja.payments = "down"
    vending.does("choose", product="agua")
    vending.until(lambda m: m["display"]["facts"]["trouble"] == "payments_down")
    vending.does("cancel")
    vending.sees("cancelled")
    vending.caja.payments = "up"
    vending.does("choose", product="papas")
    vending.sees("offered")
    assert vending.caja.only()["total"] == "1800.00"


def test_who_gives_up_in_silence_has_the_order_cancelled_that_was_made_unseen(vending: At) -> None:
    vending.sees("idle")
    vending.caja.spoil("POST", "/orders", is_done=True)
    vending.caja.spoil("POST", "/orders")
    vending.does("choose", product="agua")
    vending.until(lambda m: m["display"]["facts"]["trouble"] == "no_answer" or m["phase"] == "offered")
    vending.does("cancel")
    vending.sees("cancelled")
    assert vending.caja.only()["state"] == "cancelled"


def test_a_key_that_is_refused_calls_the_operator_and_a_new_one_mends_it(vending: At) -> None:
    vending.sees("idle")
    vending.caja.key = "caja_box_another"
    vending.until(lambda m: m["display"]["facts"].get("trouble") == "call_operator")
    again = vending.desk.attach(vending.caja, "vending", box_key="caja_box_another")
    again.until(lambda m: m["display"]["facts"]["trouble"] is None)


@pytest.mark.parametrize("pace", [replace(QUICK, lingers=0.1)])
def test_the_end_of_a_sale_leaves_the_display_by_itself(vending: At) -> None:
    vending.does("choose", product="agua")
    vending.sees("offered")
    vending.caja.pay()
    shown = vending.until(lambda m: bool(m["past"]))
    assert (shown["phase"], shown["order"], shown["past"][0]["state"]) == ("idle", None, "delivered")


@pytest.mark.parametrize("wish", [{}, {"product": "gold"}, {"product": "agua", "ttl_seconds": 5}])
def test_what_is_not_there_or_not_for_so_long_cannot_be_chosen(vending: At, wish: dict[str, Any]) -> None:
    vending.sees("idle")
    assert vending.tries("choose", **wish).status_code == 400


def test_how_long_it_is_offered_can_be_said(vending: At) -> None:
    vending.does("choose", product="agua", ttl_seconds=60)
    vending.sees("offered")
    assert vending.caja.only()["body"]["ttl_seconds"] == 60
