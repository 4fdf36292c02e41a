"""``curl`` as people type it after reading Mercado Pago's reference: the same commands, with our address in them."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import Phone
    from simulator.server import Simulator

STORE = """curl -X POST \\
    -H 'Authorization: Bearer ACCESS_TOKEN' \\
    'https://api.mercadopago.com/users/USER_ID/stores' \\
    -d '{
        "name": "Estación Centro",
        "business_hours": {"monday": [{"open": "06:00", "close": "23:00"}]},
        "external_id": "CENTRO1",
        "location": {
            "street_number": "1",
            "street_name": "Avenida Cabildo",
            "city_name": "Belgrano",
            "state_name": "Capital Federal",
            "latitude": -34.5627,
            "longitude": -58.4565,
            "reference": "Frente a la plaza"
        }
    }'
"""
POS = """curl -X POST \\
    -H 'Authorization: Bearer ACCESS_TOKEN' \\
    'https://api.mercadopago.com/pos' \\
    -d '{
        "name": "Surtidor 1",
        "fixed_amount": true,
        "category": 473000,
        "external_store_id": "CENTRO1",
        "external_id": "SURTIDOR1",
        "url": "http://127.0.0.1:1/pay?box=1"
    }'
"""


@pytest.fixture
def curl(mp: Simulator) -> Callable[..., tuple[int, Any]]:
    """Run a command as it is printed, its names replaced by values; the status and the body that came."""

    def run(command: str, **names: object) -> tuple[int, Any]:
        values = {"ACCESS_TOKEN": mp.access_token, "USER_ID": mp.collector_id, **names}
        command = command.replace("https://api.mercadopago.com", mp.url)
        for name, value in values.items():
            command = command.replace(name, str(value))
        line = f"{command.strip()} --silent --noproxy '*' --max-time 5 --write-out '\\n%{{http_code}}'"
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True, text=True, timeout=10)  # noqa: S603 - our own words
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body) if body else None

    return run


def test_a_store_and_its_box_are_created_found_changed_and_deleted(
    curl: Callable[..., tuple[int, Any]],
) -> None:
    status, store = curl(STORE)
    assert (status, store["external_id"]) == (201, "CENTRO1")
    status, box = curl(POS)
    assert (status, box["store_id"], box["external_id"]) == (201, store["id"], "SURTIDOR1")
    get = "curl -X GET 'https://api.mercadopago.com{}' -H 'Authorization: Bearer ACCESS_TOKEN'"
    assert curl(get.format("/pos?external_id=SURTIDOR1"))[1]["results"] == [box]
    assert curl(get.format("/pos/POS_ID"), POS_ID=box["id"]) == (200, box)
    assert curl(get.format("/stores/STORE_ID"), STORE_ID=store["id"]) == (200, store)
    assert curl(get.format("/users/USER_ID/stores/search?external_id=CENTRO1"))[1]["results"] == [store]
    changed = curl(
        "curl -X PUT 'https://api.mercadopago.com/pos/POS_ID' -H 'Authorization: Bearer ACCESS_TOKEN'"
        """ -d '{"name": "Surtidor uno"}'""",
        POS_ID=box["id"],
    )
    assert (changed[0], changed[1]["name"]) == (200, "Surtidor uno")
    delete = "curl -X DELETE 'https://api.mercadopago.com{}' -H 'Authorization: Bearer ACCESS_TOKEN'"
    assert curl(delete.format("/pos/POS_ID"), POS_ID=box["id"]) == (204, None)
    assert curl(delete.format("/users/USER_ID/stores/STORE_ID"), STORE_ID=store["id"])[0] == 200


def test_a_merchant_order_is_read_and_found(curl: Callable[..., tuple[int, Any]], phone: Phone) -> None:
    number = phone.pay().merchant_order_id
    status, order = curl(
        "curl -X GET -H 'Authorization: Bearer ACCESS_TOKEN' 'https://api.mercadopago.com/merchant_orders/ID'",
        ID=number,
    )
    assert (status, order["id"], order["status"]) == (200, number, "closed")
    status, found = curl(
        "curl -G -X GET 'https://api.mercadopago.com/merchant_orders/search' -d 'external_reference=REF1'"
        " -H 'accept: application/json' -H 'content-type: application/json'"
        " -H 'Authorization: Bearer ACCESS_TOKEN'"
    )
    assert (status, found["elements"]) == (200, [order])


def test_a_payment_is_read_and_given_back(curl: Callable[..., tuple[int, Any]], phone: Phone) -> None:
    number = phone.pay().payments[0]["id"]
    get = "curl -X GET 'https://api.mercadopago.com/v1/payments/ID{}' -H 'Authorization: Bearer ACCESS_TOKEN'"
    assert curl(get.format(""), ID=number)[1]["status"] == "approved"
    part = (
        "curl -X POST 'https://api.mercadopago.com/v1/payments/ID/refunds'"
        " -H 'Content-Type: application/json' -H 'X-Idempotency-Key: made-up-key-1'"
        " -H 'X-Render-In-Process-Refunds: true' -H 'Authorization: Bearer ACCESS_TOKEN'"
        """ -d '{"amount": 50.5}'"""
    )
    status, refund = curl(part, ID=number)
    assert (status, refund["amount"], refund["status"]) == (201, 50.5, "approved")
    assert curl(part, ID=number) == (201, refund)
    rest = (
        "curl -X POST 'https://api.mercadopago.com/v1/payments/ID/refunds'"
        " -H 'X-Idempotency-Key: made-up-key-2' -H 'Authorization: Bearer ACCESS_TOKEN'"
    )
    assert curl(rest, ID=number)[1]["amount"] == 1000
    assert [one["amount"] for one in curl(get.format("/refunds"), ID=number)[1]] == [50.5, 1000]
    assert curl(get.format("/refunds/REFUND"), ID=number, REFUND=refund["id"])[1] == refund


def test_a_refund_without_its_key_is_refused(curl: Callable[..., tuple[int, Any]], phone: Phone) -> None:
    number = phone.pay().payments[0]["id"]
    status, refused = curl(
        "curl -X POST 'https://api.mercadopago.com/v1/payments/ID/refunds' -H 'Authorization: Bearer ACCESS_TOKEN'",
        ID=number,
    )
    assert (status, refused["cause"][0]["code"]) == (400, 4292)


def test_a_command_whose_token_was_not_filled_in_is_a_401(curl: Callable[..., tuple[int, Any]]) -> None:
    status, refused = curl(
        "curl -X GET 'https://api.mercadopago.com/pos' -H 'Authorization: Bearer YOUR_TOKEN'"
    )
    assert (status, refused["error"]) == (401, "invalid_token")
