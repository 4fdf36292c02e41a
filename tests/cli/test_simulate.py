"""`caja simulate`: phones, notifications, scenarios, faults and the clock of a simulator that runs, and finding it."""

from __future__ import annotations

import time
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

import cli.simulate
import cli.simulate.simulators
from cli.simulate import simulate
from local import stack
from local.errors import NotUpError
from simulator import exact_json
from simulator.server import Simulator
from tests.simulator.till import Till, TillHands

if TYPE_CHECKING:
    from collections.abc import Iterator

BOX = "SURTIDOR1"
SETTINGS: dict[str, Any] = {"poll_interval": 0.02, "notification_wait_scale": 0.001}


@pytest.fixture(scope="module")
def server() -> Iterator[Simulator]:
    with Simulator(enabled_hosts=["127.0.0.1"], stores=["STORE001"], **SETTINGS) as running:
        yield running


@pytest.fixture
def mp(server: Simulator) -> Simulator:
    server.reset()
    server.account.boxes.clear()
    return server


@pytest.fixture
def till(mp: Simulator) -> Iterator[Till]:
    """A merchant with one box that Mercado Pago knows."""
    with Till(mp) as one:
        body = {"name": BOX, "external_id": BOX, "external_store_id": "STORE001", "url": one.poll_url}
        answer = mp._session.post(
            f"{mp.url}/pos",
            json=body | {"fixed_amount": True},
            headers={"Authorization": f"Bearer {mp.access_token}"},
            timeout=5,
        )
        assert answer.status_code == 201
        yield one


def run(mp: Simulator, *words: str) -> tuple[int, str]:
    """The exit code, and what was said, however it was folded."""
    ended = CliRunner().invoke(simulate, [*words, "--url", mp.url], prog_name="caja simulate")
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended.exit_code, " ".join(ended.output.split())


def offered(mp: Simulator, till: Till) -> str:
    """A phone that shows an amount."""
    till.start()
    phone = mp.scan(BOX)
    phone.wait_for_amount()
    return phone.id


def test_a_scan_shows_the_phone_until_there_is_an_amount(mp: Simulator, till: Till) -> None:
    def sell() -> None:
        while not any(phone.screen().detail for phone in mp.phones()):
            time.sleep(0.01)
        time.sleep(0.2)
        till.start()

    seller = Thread(target=sell)
    seller.start()
    status, said = run(mp, "scan", BOX)
    seller.join(5)
    phone = mp.phones()[0].id
    assert status == 0
    assert said == (
        f"Phone {phone} scans {BOX}. please wait unavailable to pay 1050.50 ARS Nafta external_reference REF1 "
        f"Pay with: caja simulate pay {phone} --url {mp.url}"
    )


def test_a_scan_takes_a_poll_url_and_what_a_qr_code_leads_to(mp: Simulator, till: Till) -> None:
    till.start()
    image = mp.control("GET", "/pos")[0]["qr"]["image"]
    for place in (till.poll_url, image, BOX.lower()):
        assert run(mp, "scan", place)[0] == 0


def test_a_scan_for_a_script_is_one_line_of_json(mp: Simulator, till: Till) -> None:
    till.start()
    status, said = run(mp, "scan", BOX, "--json")
    shown = exact_json.parse(said)
    assert (status, shown["state"], str(shown["amount"])) == (0, "amount", "1050.5")


def test_a_place_that_cannot_take_the_payment_is_said_with_the_reason(mp: Simulator, till: Till) -> None:
    till.answer(200, {"items": []})
    status, said = run(mp, "scan", BOX)
    assert status == 1
    assert "cannot pay here collector_id is not this seller's" in said
    assert "There is nothing to pay on phone" in said


def test_a_scan_that_sees_no_amount_in_time_says_that_the_phone_goes_on(mp: Simulator, till: Till) -> None:
    status, said = run(mp, "scan", BOX, "--wait", "0.1")
    assert (status, "Nothing to pay within 0.1 s. Phone" in said) == (1, True)


def test_an_unknown_box_is_answered_with_those_that_there_are(mp: Simulator, till: Till) -> None:
    assert run(mp, "scan", "PUMP9") == (1, f"Mercado Pago knows no box PUMP9. It knows {BOX}.")
    mp.reset()
    assert "It knows none" in run(mp, "scan", "PUMP9")[1]


def test_the_newest_phone_with_an_amount_pays(mp: Simulator, till: Till) -> None:
    first, second = offered(mp, till), mp.scan(BOX)
    second.wait_for_amount()
    status, said = run(mp, "pay")
    assert status == 0
    assert said.startswith(f"Phone {second.id}: 1050.50 ARS approved, payment 1")
    assert "paid 1050.50 ARS Nafta" in said
    assert run(mp, "pay", first)[1].startswith(f"Phone {first}: 1050.50 ARS approved")


def test_part_of_it_is_paid_and_the_rest_is_told(mp: Simulator, till: Till) -> None:
    offered(mp, till)
    _, said = run(mp, "pay", "--amount", "50.50", "--method", "pix")
    assert "50.50 ARS approved" in said
    assert "to pay 1050.50 ARS, 1000.00 ARS owed" in said
    assert "Pay with: caja simulate pay" in said
    shown = exact_json.parse(run(mp, "pay", "--json")[1])
    assert (shown["state"], len(shown["payments"])) == ("paid", 2)


def test_a_rejection_leaves_the_amount(mp: Simulator, till: Till) -> None:
    offered(mp, till)
    _, said = run(mp, "reject")
    assert "1050.50 ARS rejected" in said
    assert "to pay 1050.50 ARS" in said


def test_a_phone_walks_away(mp: Simulator, till: Till) -> None:
    offered(mp, till)
    assert run(mp, "walk-away")[1].startswith("put away 1050.50 ARS")
    mp.scan(BOX)
    assert exact_json.parse(run(mp, "walk-away", "--json")[1])["state"] == "abandoned"


@pytest.mark.parametrize(("verb", "doing"), [("pay", "shows an amount"), ("walk-away", "waits or shows")])
def test_without_a_phone_it_is_said_how_to_get_one(mp: Simulator, verb: str, doing: str) -> None:
    status, said = run(mp, verb)
    assert status == 1
    assert f"No phone {doing}" in said
    assert "caja simulate scan BOX" in said


def test_what_the_simulator_refuses_is_said_as_a_sentence(mp: Simulator, till: Till) -> None:
    phone = offered(mp, till)
    assert run(mp, "pay", phone, "--amount", "0.001") == (1, "Nobody can pay 0.001 ARS.")
    assert run(mp, "pay", "nobody") == (1, "No scan is called 'nobody'.")


@pytest.mark.parametrize("amount", ["much", "NaN", "Infinity"])
def test_an_amount_that_is_none_is_refused_before_anything_is_sent(mp: Simulator, amount: str) -> None:
    status, said = run(mp, "pay", "--amount", amount)
    assert (status, "Say an amount such as 1500.50." in said) == (2, True)


def test_notifications_are_sent_again_and_their_answers_told(mp: Simulator, till: Till) -> None:
    till.offer()
    phone = mp.scan(BOX)
    shown = phone.wait_for_amount()
    mp.wait_for_messages(lambda message: message.kind == "answer" and message.method == "POST", count=2)
    till.notifications.clear()
    status, said = run(mp, "notify")
    assert status == 0
    assert said.startswith(
        f"Notifications of merchant order {shown.merchant_order_id}: POST /notify/REF1/***?"
    )
    assert said.count("200,") == len(till.notifications) == 2


def test_a_notification_goes_in_one_dialect_to_another_address(mp: Simulator, till: Till) -> None:
    offered(mp, till)
    payment = mp.phones()[0].pay().payments[0]["id"]
    to = f"{till.base}/elsewhere"
    _, said = run(mp, "notify", "--payment", str(payment), "--dialect", "ipn", "--to", to)
    assert said.count("POST /elsewhere?topic=payment") == 1
    assert [each.path for each in till.notifications] == [f"/elsewhere?topic=payment&id={payment}"]


def test_a_notification_that_cannot_be_sent_is_said(
    mp: Simulator, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.simulate, "FIRST_SECONDS", 0.2)
    assert "No phone has seen an amount yet" in run(mp, "notify")[1]
    offered(mp, till)
    assert "None was sent yet." in run(mp, "notify")[1]
    assert run(mp, "notify", "--payment", "1", "--merchant-order", "1")[0] == 2
    assert run(mp, "notify", "--payment", "1")[0] == 1


def test_a_scenario_is_told_step_by_step(mp: Simulator, till: Till) -> None:
    mp.account.boxes[BOX] = TillHands(till)
    status, said = run(mp, "trigger", "sale", BOX)
    assert status == 0
    assert said == (
        "· The box starts a sale. · Phone 1 scans the QR code. · Phone 1 shows 1050.50 ARS: Nafta. · Phone 1 pays "
        "1050.50 ARS. ✓ The merchant has seen the payment: the box's URL no longer offers the sale. ✓ Done."
    )


def test_a_scenario_that_fails_says_why_and_exits_1(mp: Simulator) -> None:
    status, said = run(mp, "trigger", "sale", "http://127.0.0.1:1/poll")
    assert status == 1
    assert said.startswith("✗ The phone says that this place cannot take the payment: ConnectionRefusedError")
    status, said = run(mp, "trigger", "sale", "http://127.0.0.1:1/poll", "--json")
    assert (status, exact_json.parse(said)["state"]) == (1, "failed")


def test_a_scenario_that_is_interrupted_is_stopped(
    mp: Simulator, till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.simulate.time.sleep", interrupt)
    assert run(mp, "trigger", "sale", BOX)[0] == 130
    monkeypatch.undo()
    mp.stop_scenario(mp.start_scenario("sale", BOX)["id"])  # the box is free again


def test_an_unknown_scenario_is_answered_with_those_that_there_are(mp: Simulator) -> None:
    status, said = run(mp, "trigger", "opera", BOX)
    assert (status, "paid_after_cancel" in said) == (2, True)
    said = " ".join(CliRunner().invoke(simulate, ["trigger", "--help"]).output.split())
    assert "two_phones: Two phones pay one sale" in said


def test_faults_are_switched_and_listed(mp: Simulator) -> None:
    assert "notifications_late off seconds 10" in run(mp, "faults")[1]
    status, said = run(mp, "fault", "on", "notifications_late", "--seconds", "5")
    assert (status, said.startswith("On: notifications_late (seconds 5")) == (0, True)
    assert f"caja simulate fault off notifications_late --url {mp.url}" in said
    assert "notifications_late on seconds 5" in run(mp, "faults")[1]
    run(mp, "fault", "on", "api_401")
    assert run(mp, "fault", "off", "notifications_late")[1] == "Off: notifications_late. Still on: api_401."
    listed = exact_json.parse(run(mp, "faults", "--json")[1])
    assert [each["name"] for each in listed if each["on"]] == ["api_401"]
    assert run(mp, "fault", "off")[1] == "Off: every fault."


def test_a_fault_or_a_parameter_that_there_is_not_is_refused(mp: Simulator) -> None:
    assert run(mp, "fault", "on", "meteor")[1].startswith("No fault is called 'meteor'; there are")
    assert run(mp, "fault", "on", "api_401", "--seconds", "3")[0] == 1


def test_the_clock_is_told_and_turned(mp: Simulator) -> None:
    assert run(mp, "clock")[1].endswith(" UTC.")
    assert run(mp, "clock", "advance", "1h30m")[1].endswith(" UTC, 1h 30m ahead.")
    assert exact_json.parse(run(mp, "clock", "--json")[1])["ahead"] == 5400
    assert exact_json.parse(run(mp, "clock", "advance", "2d", "--json")[1])["ahead"] == 5400 + 172800
    status, said = run(mp, "clock", "advance", "soon")
    assert (status, "Say 90s, 30m, 36h, 2d or 1h30m." in said) == (2, True)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No stack, no variable, and nothing on the usual port."""

    def read(_: object) -> None:
        raise NotUpError("Nothing is up.")

    monkeypatch.setattr(stack, "read", read)
    monkeypatch.delenv("CAJA_SIMULATOR_URL", raising=False)
    monkeypatch.setattr(cli.simulate.simulators, "ADDRESS", "http://127.0.0.1:1")


@pytest.mark.usefixtures("nowhere")
def test_the_simulator_is_found_by_the_variable_the_stack_or_its_usual_port(
    mp: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def finds() -> bool:
        return CliRunner().invoke(simulate, ["clock"]).exit_code == 0

    assert not finds()
    with monkeypatch.context() as patched:
        patched.setenv("CAJA_SIMULATOR_URL", mp.url)
        assert finds()
    with monkeypatch.context() as patched:
        patched.setattr(stack, "read", lambda _: SimpleNamespace(mercadopago_url=mp.url))
        assert finds()
    with monkeypatch.context() as patched:
        patched.setattr(cli.simulate.simulators, "ADDRESS", mp.url)
        assert finds()
        gone = SimpleNamespace(mercadopago_url="http://127.0.0.1:1")
        patched.setattr(stack, "read", lambda _: gone)
        assert finds()


@pytest.mark.usefixtures("nowhere")
def test_without_a_simulator_it_is_said_how_to_start_one() -> None:
    ended = CliRunner().invoke(simulate, ["pay"])
    assert ended.exit_code == 1
    assert "No simulator is up. Start one with `caja simulate serve`" in " ".join(ended.output.split())
    ended = CliRunner().invoke(simulate, ["pay", "--url", "http://127.0.0.1:1"])
    assert "No simulator answers at http://127.0.0.1:1." in " ".join(ended.output.split())
