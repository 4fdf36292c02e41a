"""Hints to the merchant (protocol §3)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from simulator.client import SimulatorError
from simulator.notifications import with_query

if TYPE_CHECKING:
    from simulator.client import Phone
    from simulator.server import Simulator
    from tests.simulator.conftest import Api
    from tests.simulator.merchant import Merchant, Notification

Query = dict[str, list[str]]


def sale(mp: Simulator, api: Api, merchant: Merchant, dialect: str, *, expected: int) -> Phone:
    """One sale: shown, rejected, paid; wait until the merchant got as many notifications as are expected."""
    mp.settings(notification_dialect=dialect)
    api.box(url=merchant.poll_url)
    merchant.offer()
    phone = mp.scan("CAJA0001")
    phone.wait_for_amount()
    phone.reject()
    phone.pay()
    wait_for(merchant, expected)
    return phone


def wait_for(merchant: Merchant, count: int) -> None:
    deadline = time.monotonic() + 5
    while len(merchant.notifications) < count:
        assert time.monotonic() < deadline, merchant.notifications
        time.sleep(0.01)


def query(notification: Notification) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(notification.path).query))


def test_ipn_hints_when_the_amount_is_shown_at_each_attempt_and_at_the_end(
    mp: Simulator, api: Api, merchant: Merchant
) -> None:
    screen = sale(mp, api, merchant, "ipn", expected=4).screen()
    order, (rejected, approved) = str(screen.merchant_order_id), (str(one["id"]) for one in screen.payments)
    hints = sorted((query(one)["topic"], query(one)["id"]) for one in merchant.notifications)
    assert hints == sorted(
        [
            ("merchant_order", order),
            ("payment", rejected),
            ("payment", approved),
            ("merchant_order", order),
        ]
    )
    bodies = [one.body for one in merchant.notifications]
    resource = f"https://api.mercadolibre.com/merchant_orders/{order}"
    assert bodies.count({"resource": resource, "topic": "merchant_order"}) == 2
    assert {"resource": approved, "topic": "payment"} in bodies


def test_webhooks_hint_at_the_same_moments_in_their_own_way(
    mp: Simulator, api: Api, merchant: Merchant
) -> None:
    screen = sale(mp, api, merchant, "webhook", expected=4).screen()
    order = str(screen.merchant_order_id)
    of_orders = [one for one in merchant.notifications if query(one)["type"] == "topic_merchant_order_wh"]
    of_payments = [one for one in merchant.notifications if query(one)["type"] == "payment"]
    assert {query(one)["data.id"] for one in of_orders} == {order}
    assert sorted(one.body["status"] for one in of_orders) == ["closed", "opened"]
    for one in of_orders:
        assert one.body["id"] == order
        assert "id" not in one.body["data"]
    assert {one.body["data"]["id"] for one in of_payments} == {str(one["id"]) for one in screen.payments}
    for one in of_payments:
        assert (one.body["type"], one.body["action"], one.body["api_version"]) == (
            "payment",
            "payment.created",
            "v1",
        )
        assert query(one)["data.id"] == one.body["data"]["id"]


def test_both_dialects_can_come_for_one_event(mp: Simulator, api: Api, merchant: Merchant) -> None:
    sale(mp, api, merchant, "both", expected=8)
    assert sum("topic" in query(one) for one in merchant.notifications) == 4


def test_none_may_come_at_all(mp: Simulator, api: Api, merchant: Merchant) -> None:
    sale(mp, api, merchant, "none", expected=0)
    time.sleep(0.1)
    assert merchant.notifications == []


def test_each_can_come_several_times(mp: Simulator, api: Api, merchant: Merchant) -> None:
    mp.settings(notification_copies=3)
    sale(mp, api, merchant, "ipn", expected=12)
    paths = [one.path for one in merchant.notifications]
    assert all(paths.count(path) % 3 == 0 for path in paths)


def test_the_url_s_own_path_and_query_are_kept(mp: Simulator, api: Api, merchant: Merchant) -> None:
    sale(mp, api, merchant, "ipn", expected=4)
    for one in merchant.notifications:
        assert urlsplit(one.path).path == "/notify/REF1/fake-key"
        assert parse_qs(urlsplit(one.path).query)["from"] == ["mp"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/n", "https://a.example/n?id=1"),
        ("https://a.example/n?b=%20c&d", "https://a.example/n?b=%20c&d&id=1"),
        ("https://a.example", "https://a.example?id=1"),
        ("https://a.example/n?#part", "https://a.example/n?id=1"),
    ],
)
def test_parameters_are_appended_to_what_is_there(url: str, expected: str) -> None:
    assert with_query(url, {"id": "1"}) == expected


def test_a_hint_is_sent_again_in_the_dialect_that_is_asked_for(mp: Simulator, merchant: Merchant) -> None:
    mp.settings(notification_dialect="none")
    number = mp.forge_merchant_order(notification_url=merchant.notification_url)["id"]
    mp.control("POST", "/notifications", {"merchant_order_id": number, "dialect": "webhook"})
    wait_for(merchant, 1)
    assert query(merchant.notifications[0])["data.id"] == str(number)


@pytest.mark.parametrize("body", [{"dialect": "smoke"}, {"url": "ftp://a"}, {"merchant_order_id": "1"}])
def test_a_hint_that_makes_no_sense_is_refused(mp: Simulator, body: dict[str, str]) -> None:
    number = mp.forge_merchant_order()["id"]
    with pytest.raises(SimulatorError, match=r"^400"):
        mp.control("POST", "/notifications", {"merchant_order_id": number, **body})


@pytest.mark.parametrize("status", [201, 200])
def test_200_and_201_acknowledge(mp: Simulator, merchant: Merchant, status: int) -> None:
    mp.settings(notification_dialect="ipn")
    merchant.acknowledge = [status]
    mp.forge_merchant_order(notification_url=merchant.notification_url)
    mp.notify(merchant_order_id=mp.forge_merchant_order()["id"], url=merchant.notification_url)
    wait_for(merchant, 1)
    time.sleep(0.15)
    assert len(merchant.notifications) == 1


@pytest.mark.parametrize("status", [202, 204, 302, 400, 500])
def test_anything_else_is_tried_again_until_it_is_acknowledged(
    mp: Simulator, merchant: Merchant, status: int
) -> None:
    mp.settings(notification_dialect="ipn")
    merchant.acknowledge = [status, status]
    mp.notify(merchant_order_id=mp.forge_merchant_order()["id"], url=merchant.notification_url)
    wait_for(merchant, 3)
    time.sleep(0.1)
    assert len({one.path for one in merchant.notifications}) == 1
    assert len(merchant.notifications) == 3


def test_after_the_fourth_attempt_it_never_comes_again(mp: Simulator, merchant: Merchant) -> None:
    mp.settings(notification_dialect="ipn", notification_wait_scale=0.0001)
    merchant.acknowledge = [500] * 9
    mp.notify(merchant_order_id=mp.forge_merchant_order()["id"], url=merchant.notification_url)
    wait_for(merchant, 4)
    time.sleep(0.3)
    assert len(merchant.notifications) == 4


def test_the_waits_are_the_published_ones(mp: Simulator) -> None:
    settings = mp.settings()
    assert settings["notification_waits"] == [0, 30, 300, 1800]
    assert settings["notification_timeouts"] == [22, 5, 5, 5]


def test_an_order_without_a_url_is_told_to_nobody(mp: Simulator, merchant: Merchant) -> None:
    mp.notify(merchant_order_id=mp.forge_merchant_order()["id"])
    time.sleep(0.05)
    assert [message.kind for message in mp.wire()] == []


def test_a_payment_s_hint_can_be_sent_again(mp: Simulator, merchant: Merchant) -> None:
    mp.settings(notification_dialect="webhook")
    order = mp.forge_merchant_order(notification_url=merchant.notification_url)
    mp.notify(payment_id=order["payments"][0]["id"])
    wait_for(merchant, 1)
    assert query(merchant.notifications[0])["data.id"] == str(order["payments"][0]["id"])
