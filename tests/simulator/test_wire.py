"""Everything that was said, in order, without secrets; and the settings."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from simulator import instants, outbound
from simulator.client import SimulatorError
from simulator.wire import BOX, KEPT_BODY, KEPT_BYTES, KEPT_MESSAGES, MERCHANT, Wire

if TYPE_CHECKING:
    from simulator.client import Phone
    from simulator.server import Simulator
    from tests.simulator.conftest import Api
    from tests.simulator.merchant import Merchant


def test_a_sale_reads_from_the_wire_in_order(mp: Simulator, api: Api, merchant: Merchant) -> None:
    mp.settings(notification_dialect="ipn")
    api.box(url=merchant.poll_url)
    merchant.offer()
    phone = mp.scan("CAJA0001")
    number = phone.wait_for_amount().merchant_order_id
    mp.wait_for_messages(lambda message: message.method == "POST" and "/notify/" in message.url, count=2)
    api("GET", f"/merchant_orders/{number}")
    story = [
        (message.kind, message.sender, message.receiver, message.method, message.status)
        for message in mp.wire()
    ]
    assert story == [
        ("request", "merchant", "mercadopago", "POST", None),
        ("answer", "mercadopago", "merchant", "POST", 201),
        ("act", "phone", "mercadopago", "", None),
        ("request", "mercadopago", "merchant", "GET", None),
        ("answer", "merchant", "mercadopago", "GET", 200),
        ("request", "mercadopago", "merchant", "POST", None),
        ("answer", "merchant", "mercadopago", "POST", 200),
        ("request", "merchant", "mercadopago", "GET", None),
        ("answer", "mercadopago", "merchant", "GET", 200),
    ]


def test_a_request_and_its_answer_share_an_exchange_and_the_time_it_took(api: Api) -> None:
    api("GET", "/pos?external_id=X")
    request, answer = api.mp.wire()
    assert request.exchange == answer.exchange
    assert request.url == answer.url == "/pos?external_id=X"
    assert answer.took_ms is not None
    assert json.loads(answer.body)["results"] == []


def test_what_was_seen_before_is_not_told_again(mp: Simulator, phone: Phone, api: Api) -> None:
    last = mp.wire()[-1].seq
    api("GET", "/pos")
    assert [message.url for message in mp.wire(last)][-1] == "/pos"
    assert all(message.seq > last for message in mp.wire(last))


def test_more_messages_than_fit_one_page_are_all_told(mp: Simulator, api: Api) -> None:
    for _ in range(505):
        mp.account.wire.act("look")
    seen = [message.seq for message in mp.wire()]
    assert seen == list(range(seen[0], seen[0] + 505))
    assert len(mp.control("GET", "/wire?limit=5")) == 5


def test_no_secret_is_told(mp: Simulator, phone: Phone, api: Api) -> None:
    api("POST", "/pos", {"name": mp.access_token})
    api("GET", f"/pos?external_id={mp.access_token}")
    told = json.dumps([vars(message) for message in mp.wire()])
    assert mp.access_token not in told
    assert "key=fake-key" not in told
    assert "Bearer ***" in told
    assert "key=***" in told


def test_a_poll_that_fails_is_told_with_its_reason(mp: Simulator, api: Api) -> None:
    api.box(url="http://127.0.0.1:1/poll")
    mp.scan("CAJA0001").wait_for("cannot_take_payment")
    assert "ConnectionRefused" in mp.wire()[-1].body
    assert mp.wire()[-1].kind == "failure"


def test_headers_of_interest_are_told(mp: Simulator, api: Api) -> None:
    api("POST", "/v1/payments/1/refunds", X_Idempotency_Key="key-1")
    assert mp.wire()[0].headers["x-idempotency-key"] == "key-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"notification_dialect": "smoke"},
        {"notification_copies": 0},
        {"notification_waits": [0]},
        {"poll_interval": -1},
        {"poll_interval": "1"},
        {"pending_refunds": 1},
        {"colour": "red"},
        {"enabled_hosts": [5]},
        {"notification_waits": ["0", 1, 2, 3]},
        {"poll_interval": Decimal("1e300")},
        {"kept_records": 0},
        {"api_answer": "sulk"},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_and_changes_nothing(
    mp: Simulator, changes: dict[str, Any]
) -> None:
    before = mp.settings()
    with pytest.raises(SimulatorError, match=r"^400"):
        mp.settings(**changes)
    assert mp.settings() == before


SEEN = {
    "sender": "box",
    "receiver": "merchant",
    "method": "POST",
    "url": "https://shop.example/orders?key=fake-key",
    "headers": {"Content-Type": "application/json", "Authorization": "Bearer made-up"},
    "body": '{"total": 5}',
}


def test_what_somebody_else_saw_is_noted_too(mp: Simulator) -> None:
    noted = mp.control("POST", "/wire", {**SEEN, "status": 201, "answer": "{}", "took_ms": 12})
    request, answer = mp.wire()
    assert noted == {"exchange": answer.exchange, "seq": answer.seq}
    assert (request.kind, request.sender, request.receiver) == ("request", "box", "merchant")
    assert (request.url, request.headers["authorization"]) == (
        "https://shop.example/orders?key=***",
        "Bearer ***",
    )
    assert (answer.kind, answer.sender, answer.status, answer.body, answer.took_ms) == (
        "answer",
        "merchant",
        201,
        "{}",
        12,
    )


def test_what_nobody_answered_is_noted_as_a_failure(mp: Simulator) -> None:
    mp.control("POST", "/wire", {**SEEN, "answer": "connection refused"})
    assert [(message.kind, message.body) for message in mp.wire()][1] == ("failure", "connection refused")


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": "cat"},
        {"receiver": None},
        {"method": ""},
        {"url": 5},
        {"body": {}},
        {"headers": ["a"]},
        {"headers": {"a": 5}},
        {"status": "200"},
        {"status": 5},
        {"took_ms": -1},
    ],
)
def test_what_cannot_have_been_seen_is_refused(mp: Simulator, changes: dict[str, Any]) -> None:
    with pytest.raises(SimulatorError, match=r"^400"):
        mp.control("POST", "/wire", {**SEEN, **changes})
    assert mp.wire() == []


def test_a_call_between_others_is_noted_as_theirs(mp: Simulator, merchant: Merchant) -> None:
    call = outbound.Call("GET", merchant.poll_url, {})
    reply = asyncio.run(outbound.send(mp.account.wire, call, 2, who=(BOX, MERCHANT)))
    assert reply.status == 400
    assert [(message.sender, message.receiver) for message in mp.wire()] == [
        ("box", "merchant"),
        ("merchant", "box"),
    ]


def test_only_the_newest_messages_are_kept() -> None:
    wire = Wire(instants.now, [], lambda _: None)
    for _ in range(KEPT_MESSAGES + 10):
        wire.act("look")
    kept = wire.since(0)
    assert (len(kept), kept[0].seq, kept[-1].seq) == (KEPT_MESSAGES, 11, KEPT_MESSAGES + 10)
    assert [message.seq for message in wire.since(KEPT_MESSAGES + 8, 1)] == [KEPT_MESSAGES + 9]


def test_long_messages_are_cut_and_few_of_them_are_kept() -> None:
    wire = Wire(instants.now, [], lambda _: None)
    for _ in range(1000):
        wire.act("x" * 2 * KEPT_BODY)
    lengths = [len(message.body) for message in wire.since(0)]
    assert set(lengths) == {KEPT_BODY}
    assert sum(lengths) == KEPT_BYTES


def test_a_request_body_beyond_a_million_bytes_is_refused(api: Api) -> None:
    assert api("POST", "/pos", {"name": "n" * 2_000_000}).status == 413


def test_a_body_that_is_not_an_object_is_refused(mp: Simulator, api: Api) -> None:
    assert api("POST", "/pos", [1]).body["error"] == "invalid_format"
    answer = api.session.post(f"{mp.url}/pos", data="{", timeout=5)
    assert answer.json()["error"] == "invalid_format"


def test_a_reset_forgets_everything_but_how_it_was_started(mp: Simulator, phone: Phone, api: Api) -> None:
    number = phone.screen().merchant_order_id
    mp.settings(poll_interval=5)
    mp.be_rude(status=500)
    mp.reset()
    assert mp.wire() == []
    assert api("GET", f"/merchant_orders/{number}").status == 404
    assert mp.settings()["poll_interval"] == Decimal("0.02")
    stores = api("GET", f"/users/{mp.collector_id}/stores/search").body["results"]
    assert [store["external_id"] for store in stores] == ["STORE001"]
    assert mp.forge_merchant_order()["id"] > number
