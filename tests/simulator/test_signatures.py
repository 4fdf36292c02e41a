"""The signature of a notification, verified by code that nobody here wrote: Mercado Pago's own validator."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest
from mercadopago.webhook import InvalidWebhookSignatureError, WebhookSignatureValidator

from simulator.client import SimulatorError
from simulator.server import Simulator
from simulator.signatures import sign
from tests.simulator.conftest import FAST

if TYPE_CHECKING:
    from tests.simulator.merchant import Merchant, Notification

SECRET = "made-up-webhook-secret"


def notified(mp: Simulator, merchant: Merchant, dialect: str) -> Notification:
    order = mp.forge_merchant_order(notification_url=merchant.notification_url)
    mp.control("POST", "/notifications", {"payment_id": order["payments"][0]["id"], "dialect": dialect})
    deadline = time.monotonic() + 5
    while not merchant.notifications:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return merchant.notifications[0]


def verify(notification: Notification) -> None:
    data_id = dict(parse_qsl(urlsplit(notification.path).query)).get("data.id")
    headers = notification.headers
    WebhookSignatureValidator.validate(
        headers.get("x-signature"), headers["x-request-id"], data_id, SECRET, tolerance_seconds=60
    )


def test_none_comes_unless_it_is_asked_for(mp: Simulator, merchant: Merchant) -> None:
    headers = notified(mp, merchant, "webhook").headers
    assert "x-signature" not in headers
    assert headers["x-request-id"]


@pytest.mark.parametrize("dialect", ["webhook", "ipn"])
def test_a_good_one_verifies_whatever_the_dialect(mp: Simulator, merchant: Merchant, dialect: str) -> None:
    mp.settings(notification_signature="good", webhook_secret=SECRET)
    verify(notified(mp, merchant, dialect))


@pytest.mark.parametrize("dialect", ["webhook", "ipn"])
def test_a_bad_one_has_its_form_and_does_not_verify(mp: Simulator, merchant: Merchant, dialect: str) -> None:
    mp.settings(notification_signature="good", webhook_secret=SECRET)
    mp.control("PUT", "/faults/notifications_badly_signed")
    notification = notified(mp, merchant, dialect)
    assert notification.headers["x-signature"].startswith("ts=")
    with pytest.raises(InvalidWebhookSignatureError, match="SignatureMismatch"):
        verify(notification)


def test_it_is_the_hmac_of_the_published_manifest() -> None:
    manifest = b"id:123;request-id:abc;ts:1700000000;"
    expected = hmac.new(SECRET.encode(), manifest, hashlib.sha256).hexdigest()
    assert sign(SECRET, {"data.id": "123", "type": "payment"}, "abc", 1700000000) == (
        f"ts=1700000000,v1={expected}"
    )


def test_what_the_query_lacks_is_left_out_of_the_manifest() -> None:
    expected = hmac.new(SECRET.encode(), b"request-id:abc;ts:1700000000;", hashlib.sha256).hexdigest()
    assert sign(SECRET, {"id": "123", "topic": "payment"}, "abc", 1700000000).endswith(expected)


def test_a_good_one_needs_a_secret(mp: Simulator) -> None:
    with pytest.raises(SimulatorError, match="needs a webhook_secret"):
        mp.settings(notification_signature="good")


def test_a_fault_ends_with_the_signature_that_the_account_was_opened_with() -> None:
    with Simulator(notification_signature="good", webhook_secret=SECRET, **FAST) as mp:
        assert mp.control("PUT", "/faults/notifications_badly_signed")["on"]
        assert not mp.control("DELETE", "/faults/notifications_badly_signed")["on"]
        assert mp.settings()["notification_signature"] == "good"
