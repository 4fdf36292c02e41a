"""Everything that was said, in order, without secrets; and the settings."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from simulator.client import SimulatorError

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
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_and_changes_nothing(
    mp: Simulator, changes: dict[str, Any]
) -> None:
    before = mp.settings()
    with pytest.raises(SimulatorError, match=r"^400"):
        mp.settings(**changes)
    assert mp.settings() == before


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
