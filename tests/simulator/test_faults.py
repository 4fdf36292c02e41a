"""Faults by name: switched on, switched off, and what they do."""

from __future__ import annotations

import time
from itertools import combinations
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from simulator.client import SimulatorError
from simulator.faults import FAULTS
from simulator.server import Simulator
from tests.simulator.conftest import FAST, Api

if TYPE_CHECKING:
    from simulator.client import Phone
    from tests.simulator.merchant import Merchant

NAMES = (
    "notifications_lost",
    "notifications_late",
    "notifications_doubled",
    "notifications_reordered",
    "notifications_ipn_only",
    "notifications_webhook_only",
    "notifications_badly_signed",
    "api_slow",
    "api_429",
    "api_5xx",
    "api_html",
    "api_401",
    "reads_lag",
    "polls_time_out",
    "refunds_pending",
    "no_balance",
)


def turn_on(mp: Simulator, name: str, **parameters: Any) -> dict[str, Any]:
    fault: dict[str, Any] = mp.control("PUT", f"/faults/{name}", parameters or None)
    return fault


def on(mp: Simulator) -> list[str]:
    return [fault["name"] for fault in mp.control("GET", "/faults") if fault["on"]]


def sell(mp: Simulator, api: Api, merchant: Merchant) -> Phone:
    """Scan and pay."""
    api.box(url=merchant.poll_url)
    merchant.offer()
    phone = mp.scan("CAJA0001")
    phone.wait_for_amount()
    phone.pay()
    return phone


def hints(merchant: Merchant, count: int) -> list[str]:
    """The kinds of the first notifications, once there are as many: topic or type, and the status if it is told."""
    deadline = time.monotonic() + 5
    while len(merchant.notifications) < count:
        assert time.monotonic() < deadline, merchant.notifications
        time.sleep(0.01)
    queries = [dict(parse_qsl(urlsplit(one.path).query)) for one in merchant.notifications]
    return [query.get("topic") or query["type"] for query in queries]


def test_there_are_these_and_none_is_on(mp: Simulator) -> None:
    assert tuple(fault["name"] for fault in mp.control("GET", "/faults")) == NAMES
    assert on(mp) == []


@pytest.mark.parametrize("name", NAMES)
def test_each_can_be_switched_on_and_off_again(mp: Simulator, name: str) -> None:
    before = mp.settings()
    fault = turn_on(mp, name)
    assert (fault["name"], fault["on"], on(mp)) == (name, True, [name])
    assert {setting: mp.settings()[setting] for setting in fault["settings"]} == fault["settings"]
    assert mp.control("DELETE", f"/faults/{name}")["on"] is False
    assert (on(mp), mp.settings()) == ([], before)


def test_all_can_be_switched_off_at_once(mp: Simulator) -> None:
    before = mp.settings()
    for name in NAMES:
        turn_on(mp, name)
    assert not any(fault["on"] for fault in mp.control("DELETE", "/faults"))
    assert mp.settings() == before


def test_two_that_use_one_setting_exclude_each_other_and_no_others_do(mp: Simulator) -> None:
    dialects = {"notifications_lost", "notifications_ipn_only", "notifications_webhook_only"}
    answers = {"api_429", "api_5xx", "api_html", "api_401"}
    for first, second in combinations(NAMES, 2):
        mp.control("DELETE", "/faults")
        turn_on(mp, first)
        turn_on(mp, second)
        excluded = {first, second} <= dialects or {first, second} <= answers
        assert on(mp) == ([second] if excluded else [first, second]), (first, second)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("notifications_late", {"seconds": 20}),
        ("notifications_doubled", {"copies": 5}),
        ("api_slow", {"seconds": 1}),
        ("api_429", {"retry_after": 0}),
        ("api_5xx", {"status": 500}),
        ("api_html", {"status": 200}),
        ("reads_lag", {"seconds": 1}),
        ("refunds_pending", {"seconds": 60}),
        ("notifications_reordered", {"seconds": 5}),
    ],
)
def test_parameters_can_be_chosen(mp: Simulator, name: str, parameters: dict[str, int]) -> None:
    fault = turn_on(mp, name, **parameters)
    assert (fault["on"], fault["parameters"]) == (True, parameters)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("notifications_late", {"seconds": 0}),
        ("notifications_late", {"seconds": "5"}),
        ("notifications_doubled", {"copies": 1}),
        ("notifications_doubled", {"copies": 2.5}),
        ("notifications_doubled", {"copies": 51}),
        ("api_slow", {"seconds": -1}),
        ("api_slow", {"seconds": 10**12}),
        ("api_slow", {"minutes": 1}),
        ("api_5xx", {"status": 404}),
        ("api_html", {"status": 500}),
        ("no_balance", {"seconds": 1}),
    ],
)
def test_a_parameter_that_makes_no_sense_switches_nothing_on(
    mp: Simulator, name: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(SimulatorError, match=r"^400"):
        turn_on(mp, name, **parameters)
    assert on(mp) == []


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_name_that_is_none_is_a_404(mp: Simulator, method: str) -> None:
    with pytest.raises(SimulatorError, match=r"^404: .*no fault is called 'gremlins'"):
        mp.control(method, "/faults/gremlins")


def test_a_single_setting_can_make_a_fault_and_end_it(mp: Simulator) -> None:
    mp.settings(notification_copies=2)
    assert on(mp) == ["notifications_doubled"]
    mp.settings(notification_copies=1)
    assert on(mp) == []


def test_off_is_how_the_account_was_opened() -> None:
    with Simulator(notification_dialect="ipn", pending_refunds=True) as mp:
        assert on(mp) == []
        turn_on(mp, "notifications_webhook_only")
        mp.control("DELETE", "/faults")
        assert (mp.settings()["notification_dialect"], mp.settings()["pending_refunds"]) == ("ipn", True)


def test_a_setting_of_another_kind_stays_when_a_fault_ends(mp: Simulator) -> None:
    mp.settings(poll_interval=5)
    turn_on(mp, "api_slow")
    mp.control("DELETE", "/faults")
    assert mp.settings()["poll_interval"] == 5


def test_late_notifications_come_when_the_clock_says_so(mp: Simulator, api: Api, merchant: Merchant) -> None:
    turn_on(mp, "notifications_ipn_only")
    turn_on(mp, "notifications_late", seconds=600)
    sell(mp, api, merchant)
    time.sleep(0.05)
    assert merchant.notifications == []
    mp.control("POST", "/clock", {"advance": 600})
    assert sorted(hints(merchant, 3)) == ["merchant_order", "merchant_order", "payment"]


def test_doubled_notifications_come_three_times(mp: Simulator, api: Api, merchant: Merchant) -> None:
    turn_on(mp, "notifications_ipn_only")
    turn_on(mp, "notifications_doubled")
    sell(mp, api, merchant)
    assert len(hints(merchant, 9)) == 9


def test_reordered_the_closing_hints_come_before_the_opening_ones(
    mp: Simulator, api: Api, merchant: Merchant
) -> None:
    turn_on(mp, "notifications_webhook_only")
    turn_on(mp, "notifications_reordered")
    sell(mp, api, merchant)
    hints(merchant, 3)
    told = [one.body.get("status", "payment") for one in merchant.notifications]
    assert told.index("closed") < told.index("opened")
    assert sorted(told) == ["closed", "opened", "payment"]


def test_reordered_a_rejection_is_told_before_the_opening(
    mp: Simulator, api: Api, merchant: Merchant
) -> None:
    turn_on(mp, "notifications_ipn_only")
    turn_on(mp, "notifications_reordered")
    api.box(url=merchant.poll_url)
    merchant.offer()
    phone = mp.scan("CAJA0001")
    phone.wait_for_amount()
    phone.reject()
    assert hints(merchant, 2) == ["payment", "merchant_order"]


def test_reordered_an_opening_that_nothing_follows_comes_after_all(
    mp: Simulator, api: Api, merchant: Merchant
) -> None:
    turn_on(mp, "notifications_ipn_only")
    turn_on(mp, "notifications_reordered")
    api.box(url=merchant.poll_url)
    merchant.offer()
    mp.scan("CAJA0001").wait_for_amount()
    time.sleep(0.05)
    assert merchant.notifications == []
    mp.control("POST", "/clock", {"advance": 30})
    assert hints(merchant, 1) == ["merchant_order"]


def test_polls_that_time_out_reach_the_merchant_and_take_no_payment(
    mp: Simulator, api: Api, merchant: Merchant
) -> None:
    turn_on(mp, "polls_time_out")
    api.box(url=merchant.poll_url)
    merchant.offer()
    shown = mp.scan("CAJA0001").wait_for("cannot_take_payment")
    assert "no answer within 10 s" in shown.detail
    assert len(merchant.polls) == 1
    assert (mp.wire()[-1].kind, mp.wire()[-1].body) == ("failure", "no answer within 10 s")


def test_without_balance_nothing_is_given_back(mp: Simulator, api: Api) -> None:
    turn_on(mp, "no_balance")
    number = mp.forge_merchant_order()["payments"][0]["id"]
    assert api("POST", f"/v1/payments/{number}/refunds", X_Idempotency_Key="key-1").status == 400


def test_pending_refunds_end_by_themselves_when_they_are_told_to(mp: Simulator, api: Api) -> None:
    turn_on(mp, "refunds_pending", seconds=3600)
    number = mp.forge_merchant_order()["payments"][0]["id"]
    headers = {"X_Idempotency_Key": "key-1", "X_Render_In_Process_Refunds": "true"}
    given = api("POST", f"/v1/payments/{number}/refunds", **headers)
    assert (given.status, given.body["status"]) == (201, "in_process")
    mp.control("POST", "/clock", {"advance": 3600})
    assert api("GET", f"/v1/payments/{number}").body["status"] == "refunded"


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("api_429", 429, "too_many_requests"),
        ("api_5xx", 503, "internal_error"),
        ("api_401", 401, "invalid_token"),
    ],
)
def test_the_api_refuses_everything_in_its_own_shape_and_on_the_wire(
    mp: Simulator, api: Api, name: str, status: int, error: str
) -> None:
    turn_on(mp, name)
    for method, path in (("GET", "/merchant_orders/1"), ("POST", "/pos"), ("GET", "/nothing")):
        refused = api(method, path)
        assert (refused.status, refused.body["error"], refused.body["status"]) == (status, error, status)
    assert [message.status for message in mp.wire() if message.kind == "answer"] == [status] * 3
    mp.control("DELETE", "/faults")
    assert api("GET", "/pos").status == 200


def test_nothing_is_done_while_the_api_refuses(mp: Simulator, api: Api) -> None:
    turn_on(mp, "api_5xx")
    assert api.box().status == 503
    assert mp.control("GET", "/pos") == []


def test_too_many_requests_come_with_and_without_a_time_to_wait(mp: Simulator, api: Api) -> None:
    turn_on(mp, "api_429")
    assert api.session.get(f"{mp.url}/pos", timeout=5).headers["Retry-After"] == "2"
    turn_on(mp, "api_429", retry_after=0)
    assert "Retry-After" not in api.session.get(f"{mp.url}/pos", timeout=5).headers


@pytest.mark.parametrize("status", [200, 502])
def test_a_page_comes_instead_of_an_answer(mp: Simulator, api: Api, status: int) -> None:
    turn_on(mp, "api_html", status=status)
    answer = api.session.get(f"{mp.url}/merchant_orders/1", timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert "<html>" in answer.text


def test_a_slow_api_answers_in_the_end(mp: Simulator, api: Api) -> None:
    turn_on(mp, "api_slow", seconds=0.2)
    began = time.monotonic()
    assert api.box().status == 201
    assert time.monotonic() - began >= 0.2


def test_who_gives_up_on_a_slow_api_is_worked_off_all_the_same(mp: Simulator, api: Api) -> None:
    turn_on(mp, "api_slow", seconds=0.2)
    box = {"name": "Caja", "external_id": "CAJA0001", "external_store_id": "STORE001"}
    with pytest.raises(requests.ReadTimeout):
        api.session.post(f"{mp.url}/pos", json=box, timeout=0.05)
    mp.wait_for_messages(lambda message: message.kind != "request", timeout=2)
    assert [pos["external_id"] for pos in mp.control("GET", "/pos")] == ["CAJA0001"]


@pytest.mark.parametrize("name", ["api_429", "api_5xx", "api_html", "api_401", "api_slow"])
def test_the_switches_are_never_refused_nor_slow(mp: Simulator, name: str) -> None:
    turn_on(mp, name)
    began = time.monotonic()
    assert mp.settings()
    assert mp.control("GET", "/scans") == []
    assert time.monotonic() - began < 1


class TestReadsThatLag:
    """What was true a while ago, until the clock has passed it."""

    @pytest.fixture(autouse=True)
    def _lag(self, mp: Simulator) -> None:
        turn_on(mp, "reads_lag", seconds=600)

    def pass_by(self, mp: Simulator) -> None:
        mp.control("POST", "/clock", {"advance": 600})

    def test_a_new_merchant_order_is_not_there_yet(self, mp: Simulator, api: Api, phone: Phone) -> None:
        number = phone.screen().merchant_order_id
        searches = ["/merchant_orders/search?external_reference=REF1", "/merchant_orders"]
        assert api("GET", f"/merchant_orders/{number}").status == 404
        assert [api("GET", path).body["elements"] for path in searches] == [None, None]
        self.pass_by(mp)
        assert api("GET", f"/merchant_orders/{number}").body["status"] == "opened"
        assert [api("GET", path).body["total"] for path in searches] == [1, 1]

    def test_a_paid_one_is_still_opened(self, mp: Simulator, api: Api, phone: Phone) -> None:
        self.pass_by(mp)
        paid = phone.pay()
        path, number = f"/merchant_orders/{paid.merchant_order_id}", paid.payments[0]["id"]
        assert (api("GET", path).body["status"], api("GET", path).body["payments"]) == ("opened", [])
        found = api("GET", "/merchant_orders/search?external_reference=REF1").body["elements"]
        assert [order["status"] for order in found] == ["opened"]
        assert api("GET", f"/v1/payments/{number}").status == 404
        self.pass_by(mp)
        assert api("GET", path).body["status"] == "closed"
        assert api("GET", f"/v1/payments/{number}").body["status"] == "approved"

    def test_a_refund_is_given_at_once_and_seen_later(self, mp: Simulator, api: Api, phone: Phone) -> None:
        number = phone.pay().payments[0]["id"]
        self.pass_by(mp)
        path = f"/v1/payments/{number}/refunds"
        given = api("POST", path, X_Idempotency_Key="key-1")
        assert (given.status, given.body["status"]) == (201, "approved")
        assert api("GET", path).body == []
        assert api("GET", f"{path}/{given.body['id']}").status == 404
        assert api("GET", f"/v1/payments/{number}").body["status"] == "approved"
        again = api("POST", path, X_Idempotency_Key="key-2")
        assert again.cause == 4296
        self.pass_by(mp)
        assert [refund["id"] for refund in api("GET", path).body] == [given.body["id"]]
        assert api("GET", f"/v1/payments/{number}").body["status"] == "refunded"

    def test_the_phone_itself_does_not_lag(self, phone: Phone) -> None:
        assert phone.pay().state == "paid"

    def test_reads_that_no_longer_lag_show_what_is(self, mp: Simulator, api: Api, phone: Phone) -> None:
        number = phone.pay().merchant_order_id
        mp.control("DELETE", "/faults/reads_lag")
        assert api("GET", f"/merchant_orders/{number}").body["status"] == "closed"


def test_every_fault_names_settings_that_exist() -> None:
    with Simulator(**FAST) as mp:
        assert {name for fault in FAULTS.values() for name in fault.names()} <= set(mp.settings())
