"""A customer's phone (protocol §2)."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from simulator.client import Phone, SimulatorError
from tests.rude import RudeServer, drip, hang, say, say_and_close
from tests.simulator.merchant import order_v2

if TYPE_CHECKING:
    from simulator.server import Simulator
    from tests.rude import Act
    from tests.simulator.conftest import Api
    from tests.simulator.merchant import Merchant


def test_a_phone_waits_while_the_pump_runs_then_shows_the_amount(
    mp: Simulator, merchant: Merchant, api: Api
) -> None:
    api.box(url=merchant.poll_url)
    phone = mp.scan("CAJA0001")
    while phone.screen().polls < 3:
        time.sleep(0.01)
    waiting = phone.screen()
    assert (waiting.state, waiting.detail, waiting.merchant_order_id) == ("waiting", "in_process", None)
    merchant.offer()
    shown = phone.wait_for_amount()
    assert (shown.amount, shown.currency, shown.title) == (Decimal("1050.5"), "ARS", "Nafta 10 l")


def test_the_poll_asks_the_registered_url_as_it_is(mp: Simulator, merchant: Merchant, api: Api) -> None:
    api.box(url=merchant.poll_url)
    merchant.offer()
    mp.scan("CAJA0001").wait_for_amount()
    assert merchant.polls == ["/poll?locationId=STORE001&positionId=CAJA0001&key=fake-key"]


def test_polling_stops_once_the_amount_is_shown(phone: Phone, merchant: Merchant) -> None:
    polls = len(merchant.polls)
    time.sleep(0.1)
    assert len(merchant.polls) == polls
    assert phone.screen().polls == polls


def test_a_v2_order_is_shown_too(mp: Simulator, merchant: Merchant, api: Api) -> None:
    api.box(url=merchant.poll_url)
    merchant.answer(202, {"status": {"status_detail": "Waiting_for_order"}})
    phone = mp.scan("CAJA0001")
    while phone.screen().polls < 2:
        time.sleep(0.01)
    merchant.answer(200, order_v2(), order_version="2")
    assert phone.wait_for_amount().amount == Decimal("100.5")


def test_a_wrong_answer_means_that_this_place_cannot_take_the_payment(
    mp: Simulator, merchant: Merchant, api: Api
) -> None:
    api.box(url=merchant.poll_url)
    merchant.answer(200, {"items": []})
    with pytest.raises(SimulatorError, match="cannot_take_payment: collector_id is not this seller's"):
        mp.scan("CAJA0001").wait_for_amount()


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (hang, "no answer within 0.2 s"),
        (drip(b"HTTP/1.1 200 OK\r\n", every=0.1), "no answer within 0.2 s"),
        (say_and_close(), "ended before the answer began"),
        (say_and_close(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"), "peer closed connection"),
        (say("200 OK", b" " * 2_000_000), "longer than 1048576 bytes"),
        (say_and_close(b"not http\r\n\r\n"), "illegal status line"),
    ],
)
def test_a_merchant_that_does_not_answer_takes_no_payment(
    mp: Simulator, api: Api, act: Act, why: str
) -> None:
    mp.settings(poll_timeout=0.2)
    with RudeServer(act) as rude:
        api.box(url=f"{rude.url}/poll")
        shown = mp.scan("CAJA0001").wait_for("cannot_take_payment", timeout=2)
    assert why in shown.detail


def test_a_redirect_is_not_followed(mp: Simulator, merchant: Merchant, api: Api) -> None:
    with RudeServer(say("302 Found", b"{}", f"Location: {merchant.poll_url}")) as rude:
        api.box(url=f"{rude.url}/poll")
        mp.scan("CAJA0001").wait_for("cannot_take_payment", timeout=2)
    assert merchant.polls == []


def test_a_port_nobody_listens_on_takes_no_payment(mp: Simulator, api: Api) -> None:
    api.box(url="http://127.0.0.1:1/poll")
    assert "ConnectionRefused" in mp.scan("CAJA0001").wait_for("cannot_take_payment").detail


def test_a_box_is_found_by_what_its_qr_code_leads_to(mp: Simulator, merchant: Merchant, api: Api) -> None:
    box = api.box(url=merchant.poll_url).body
    merchant.offer()
    for resolved in (box["uuid"], str(box["id"]), box["qr"]["image"], box["qr"]["template_image"]):
        wanted = resolved.replace("template_", "")
        assert mp.scan_qr(wanted).wait_for_amount().external_reference == "REF1"


def test_letter_case_of_a_box_does_not_matter_to_a_phone(mp: Simulator, merchant: Merchant, api: Api) -> None:
    api.box(url=merchant.poll_url)
    merchant.offer()
    mp.scan("caja0001").wait_for_amount()


def test_an_unknown_box_cannot_be_scanned(mp: Simulator) -> None:
    with pytest.raises(SimulatorError, match=r"404: .*no such box"):
        mp.scan("CAJA9999")


def test_a_box_without_a_url_takes_no_payment(mp: Simulator, api: Api) -> None:
    api.box()
    assert mp.scan("CAJA0001").screen().state == "cannot_take_payment"


def test_paying_what_is_owed_ends_on_paid(phone: Phone) -> None:
    paid = phone.pay()
    assert (paid.state, paid.owed) == ("paid", Decimal(0))
    assert [payment["status"] for payment in paid.payments] == ["approved"]


def test_a_paid_phone_cannot_pay_again(phone: Phone) -> None:
    phone.pay()
    with pytest.raises(SimulatorError, match=r"409: .*shows paid"):
        phone.pay()


def test_a_rejection_leaves_the_amount_on_the_screen_and_can_be_followed_by_an_approval(
    phone: Phone,
) -> None:
    phone.reject()
    assert phone.reject().state == "amount"
    paid = phone.pay()
    assert [payment["status"] for payment in paid.payments] == ["rejected", "rejected", "approved"]


def test_a_part_can_be_paid_then_the_rest(phone: Phone) -> None:
    part = phone.pay(Decimal("50.50"))
    assert (part.state, part.owed) == ("amount", Decimal("1000.0"))
    rest = phone.pay()
    assert rest.state == "paid"
    assert [payment["transaction_amount"] for payment in rest.payments] == [Decimal("50.50"), 1000]


def test_too_much_can_be_paid(phone: Phone) -> None:
    paid = phone.pay(Decimal(2000))
    assert (paid.state, paid.owed) == ("paid", Decimal(0))


@pytest.mark.parametrize("amount", ["0", "-1", "0.001"])
def test_no_phone_pays_an_amount_that_does_not_exist(phone: Phone, amount: str) -> None:
    with pytest.raises(SimulatorError, match="nobody can pay"):
        phone.pay(Decimal(amount))


def test_a_second_phone_pays_the_same_order_once_more(
    mp: Simulator, merchant: Merchant, phone: Phone
) -> None:
    second = mp.scan("CAJA0001")
    second.wait_for_amount()
    first_order, second_order = phone.pay().merchant_order_id, second.pay().merchant_order_id
    assert first_order != second_order


def test_an_old_pay_screen_can_be_paid_after_the_merchant_cancelled(phone: Phone, merchant: Merchant) -> None:
    merchant.answer(400, {"error": {"type": "unavailable"}})
    assert phone.pay().state == "paid"


def test_a_customer_who_walks_away_while_waiting_asks_no_more(
    mp: Simulator, merchant: Merchant, api: Api
) -> None:
    api.box(url=merchant.poll_url)
    phone = mp.scan("CAJA0001")
    phone.abandon()
    time.sleep(0.05)  # a poll under way when the customer left still arrives
    polls = len(merchant.polls)
    time.sleep(0.1)
    assert phone.screen().state == "abandoned"
    assert len(merchant.polls) == polls


def test_an_amount_that_comes_after_the_customer_left_is_never_shown(mp: Simulator, api: Api) -> None:
    with RudeServer(hang) as slow:
        api.box(url=f"{slow.url}/poll")
        phone = mp.scan("CAJA0001")
        mp.wait_for_messages(lambda message: message.kind == "request" and message.method == "GET")
        phone.abandon()
        cut = mp.wait_for_messages(lambda message: message.kind == "failure", timeout=2)
    assert cut[0].body == "cut off"
    assert phone.screen().state == "abandoned"


def test_a_waiting_phone_is_put_away_in_the_end(mp: Simulator, merchant: Merchant, api: Api) -> None:
    mp.settings(scan_patience=0.1)
    api.box(url=merchant.poll_url)
    assert "patience" in mp.scan("CAJA0001").wait_for("abandoned", timeout=2).detail


def test_a_box_without_a_record_is_scanned_by_its_url(mp: Simulator, merchant: Merchant) -> None:
    merchant.offer()
    shown = mp.control("POST", "/scans", {"url": merchant.poll_url, "external_id": "CAJA0009"})
    assert (shown["pos_id"], shown["external_pos_id"]) == (None, "CAJA0009")
    paid = Phone(mp, shown["id"]).wait_for_amount()
    assert (paid.external_reference, merchant.polls) == (
        "REF1",
        ["/poll?locationId=STORE001&positionId=CAJA0001&key=fake-key"],
    )
    assert Phone(mp, shown["id"]).pay().state == "paid"


def test_a_box_s_name_can_be_left_out_and_its_key_is_not_told(mp: Simulator, merchant: Merchant) -> None:
    shown = mp.control("POST", "/scans", {"url": merchant.poll_url})
    assert shown["external_pos_id"] is None
    assert "key=***" in mp.wire()[0].body


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": "127.0.0.1:80/poll"},
        {"url": "ftp://127.0.0.1/poll"},
        {"url": 5},
        {"url": "http://127.0.0.1:1/poll", "external_id": 5},
        {"url": "http://127.0.0.1:1/poll", "external_id": "C" * 101},
    ],
)
def test_a_box_that_is_not_named_cannot_be_scanned(mp: Simulator, body: dict[str, object]) -> None:
    with pytest.raises(SimulatorError, match=r"^400"):
        mp.control("POST", "/scans", body)
