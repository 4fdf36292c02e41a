"""Every dialect of protocol §3, and everything that only looks like one."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from caja.instants import read_instant
from caja.notifications import MAX_BODY, Notification, read_notification
from tests.builders import NOW

AT = read_instant(NOW)
ORDER = "ORDER234567ORDER234567ORDE"
KEY = "fake-Key_22-characters"
MO = "12345678901234567890"
PAY = "98765432109"


def read(
    query: str = "",
    body: Any = None,
    *,
    order_id: str | None = ORDER,
    key: str | None = KEY,
    is_base64: bool = False,
) -> dict[str, str | None] | None:
    text = body if isinstance(body, str | None) else json.dumps(body)
    return read_notification(Notification(order_id, key, query, text, is_base64), AT)


def hint(query: str = "", body: Any = None, *, is_base64: bool = False) -> str | None:
    """The merchant order that a notification to an order's own URL adds."""
    message = read(query, body, is_base64=is_base64)
    assert message is not None
    assert message | {"merchant_order_id": None} == {
        "order_id": ORDER,
        "key": KEY,
        "merchant_order_id": None,
        "received_at": NOW,
    }
    return message["merchant_order_id"]


IPN_MERCHANT_ORDER = {
    "resource": f"https://api.mercadolibre.com/merchant_orders/{MO}",
    "topic": "merchant_order",
}
WEBHOOK_PAYMENT = {
    "id": 1234567890,
    "type": "payment",
    "action": "payment.created",
    "data": {"id": PAY},
    "live_mode": True,
    "user_id": 446566691,
}
WEBHOOK_MERCHANT_ORDER = {
    "id": MO,
    "type": "topic_merchant_order_wh",
    "status": "closed",
    "data": {"currency_id": "ARS"},
    "application_id": 1,
    "live_mode": True,
}


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (f"topic=merchant_order&id={MO}", None),
        (f"topic=merchant_order&id={MO}", IPN_MERCHANT_ORDER),
        ("", IPN_MERCHANT_ORDER),
        ("", {"resource": IPN_MERCHANT_ORDER["resource"]}),
        ("", {"resource": MO, "topic": "merchant_order"}),
        ("topic=merchant_order", {"resource": MO}),
        (f"data.id={MO}&type=topic_merchant_order_wh", None),
        (f"data.id={MO}&type=topic_merchant_order_wh", WEBHOOK_MERCHANT_ORDER),
        ("", WEBHOOK_MERCHANT_ORDER),
        ("", WEBHOOK_MERCHANT_ORDER | {"id": int(MO)}),
        ("", {"type": "topic_merchant_order_wh", "data": {"id": MO}}),
        (f"id={MO}&topic=merchant_order&id={MO}", None),
        (f"topic=merchant_order&id=1&id=2&data.id={MO}", None),
        ("topic=merchant_order&id=1&id=2", IPN_MERCHANT_ORDER),
        (f"topic=payment&id={PAY}", IPN_MERCHANT_ORDER),
        ("topic=merchant_order&id=abc", IPN_MERCHANT_ORDER),
    ],
)
def test_a_notification_about_a_merchant_order_adds_its_id(query: str, body: Any) -> None:
    assert hint(query, body) == MO


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (f"topic=payment&id={PAY}", None),
        (f"topic=payment&id={PAY}", {"resource": PAY, "topic": "payment"}),
        ("", {"resource": f"https://api.mercadopago.com/v1/payments/{PAY}", "topic": "payment"}),
        ("", {"resource": f"https://api.mercadopago.com/v1/payments/{PAY}", "topic": "merchant_order"}),
        ("", {"resource": f"https://x.example/merchant_orders/{MO}/payments/{PAY}"}),
        (f"data.id={PAY}&type=payment", WEBHOOK_PAYMENT),
        ("", WEBHOOK_PAYMENT),
        (f"data.id={PAY}&type=payment", {"data": {"id": PAY}}),
    ],
)
def test_the_id_of_a_payment_is_never_taken_for_a_merchant_orders(query: str, body: Any) -> None:
    assert hint(query, body) is None


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", None),
        ("", ""),
        ("%ff&&=&;", "<html>"),
        (f"id={MO}", {"id": MO}),
        (f"topic=merchant_order&type=payment&id={MO}", None),
        (f"topic=merchant_order&type=test&id={MO}", None),
        (f"topic=merchant_order&topic=payment&id={MO}", None),
        (f"topic=stop_delivery_op_wh&id={MO}", {"topic": 7}),
        ("topic=merchant_order&id=1&id=2", None),
        (f"topic=merchant_order&id={MO}1", None),
        ("topic=merchant_order&id=-1", None),
        ("topic=merchant_order&id=1.0", None),
        ("topic=merchant_order&id=%EF%BC%91%EF%BC%92", None),
        ("topic=merchant_order&id=%D9%A1", None),
        ("", {"topic": "merchant_order", "resource": f"https://evil.example/{MO}"}),
        ("", {"topic": "merchant_order", "resource": f"https://evil.example/merchant_orders/{MO}1"}),
        ("", {"topic": "merchant_order", "resource": f"https://evil.example/merchant_orders/1{MO}?x=1"}),
        ("", {"topic": "merchant_order", "resource": ["1"]}),
        ("", {"topic": "merchant_order", "id": True}),
        ("", {"topic": "merchant_order", "id": 1.5}),
        ("", {"topic": "merchant_order", "data": ["1"]}),
        ("", {"topic": "merchant_order", "data": {"id": {"id": "1"}}}),
        ("", [IPN_MERCHANT_ORDER]),
        ("", '"merchant_order"'),
        ("", "null"),
        ("", "[" * 10_000),
        ("", '{"topic":"merchant_order","id":' + "9" * 5_000 + "}"),
        ("", '{"topic":"merchant_order","id":NaN}'),
        ("", '{"topic":"merchant_order","id":1e400}'),
    ],
)
def test_junk_adds_nothing_and_the_path_remains_the_hint(query: str, body: Any) -> None:
    assert hint(query, body) is None


def test_a_body_in_base64_is_read_as_api_gateway_gives_it() -> None:
    body = b64encode(json.dumps(IPN_MERCHANT_ORDER).encode()).decode()
    assert hint("", body, is_base64=True) == MO


@pytest.mark.parametrize(
    "body", ["not base64!", b64encode(b"\xff\xfe{").decode(), b64encode(b"\x80").decode()]
)
def test_a_body_in_broken_base64_or_broken_utf8_adds_nothing(body: str) -> None:
    assert hint("", body, is_base64=True) is None


def test_a_body_over_16_kb_is_not_looked_at() -> None:
    whole = json.dumps(IPN_MERCHANT_ORDER)
    fitting, too_long = whole.ljust(MAX_BODY), whole.ljust(MAX_BODY + 1)
    assert hint("", fitting) == MO
    assert hint("", too_long) is None
    assert hint("", b64encode(fitting.encode()).decode(), is_base64=True) == MO
    assert hint("", b64encode(too_long.encode()).decode(), is_base64=True) is None
    assert hint("", whole.ljust(9_000_000)) is None
    assert hint(f"topic=merchant_order&id={MO}", too_long) == MO


@pytest.mark.parametrize(
    ("order_id", "key"),
    [
        (ORDER, None),
        (None, KEY),
        (ORDER, ""),
        ("", KEY),
        (ORDER.lower(), KEY),
        (ORDER + "\n", KEY),
        ("A" * 65, KEY),
        (ORDER, "k" * 65),
        (ORDER, "../x"),
        ("\uff21BC", KEY),
    ],
)
def test_a_path_that_we_never_gave_out_is_about_nothing(order_id: str | None, key: str | None) -> None:
    assert read(f"topic=merchant_order&id={MO}", order_id=order_id, key=key) is None


@pytest.mark.parametrize(
    ("query", "body", "topic", "resource_id"),
    [
        (f"topic=merchant_order&id={MO}", None, "merchant_order", MO),
        (f"data.id={MO}&type=topic_merchant_order_wh", WEBHOOK_MERCHANT_ORDER, "merchant_order", MO),
        (f"topic=payment&id={PAY}", None, "payment", PAY),
        (f"data.id={PAY}&type=payment", WEBHOOK_PAYMENT, "payment", PAY),
        ("", WEBHOOK_PAYMENT, "payment", PAY),
        ("", {"resource": f"https://api.mercadopago.com/v1/payments/{PAY}"}, "payment", PAY),
        ("", {"resource": PAY, "topic": "payment"}, "payment", PAY),
    ],
)
def test_the_panels_webhook_names_topic_and_resource(
    query: str, body: Any, topic: str, resource_id: str
) -> None:
    message = read(query, body, order_id=None, key=None)
    assert message == {"topic": topic, "resource_id": resource_id, "received_at": NOW}


@pytest.mark.parametrize(
    ("query", "body"), [("", None), (f"id={PAY}", None), ("", WEBHOOK_PAYMENT | {"data": {}})]
)
def test_a_panels_webhook_that_names_nothing_is_about_nothing(query: str, body: Any) -> None:
    assert read(query, body, order_id=None, key=None) is None
