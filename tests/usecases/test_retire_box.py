"""A box polled under a new key, and a box taken out of service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from caja.errors import (
    BoxBusyError,
    MercadoPagoNotFoundError,
    MercadoPagoRefusedError,
    NotFoundError,
)

if TYPE_CHECKING:
    from tests.operators import Operator


def test_the_poll_url_is_renewed_and_the_old_one_is_good_for_ten_minutes(operator: Operator) -> None:
    _, box = operator.put_box()
    renewed = operator.renew()
    assert renewed == {"box_id": "CAJA0001", "poll_url": operator.pos_at_mercadopago().url}
    assert renewed["poll_url"] != box["poll_url"]
    assert operator.is_polled(renewed["poll_url"])
    operator.later(minutes=9, seconds=59)
    assert operator.is_polled(box["poll_url"])
    operator.later(seconds=1)
    assert not operator.is_polled(box["poll_url"])
    assert operator.is_polled(renewed["poll_url"])
    assert operator.get_box()["poll_url"] == renewed["poll_url"]


def test_a_renewal_that_mercado_pago_refuses_leaves_the_box_polled_for_ever(operator: Operator) -> None:
    operator.put_box()
    operator.simulator.settings(enabled_hosts=[])
    with pytest.raises(MercadoPagoRefusedError):
        operator.renew()
    operator.later(days=1000)
    assert operator.is_polled()
    operator.simulator.settings(enabled_hosts=["127.0.0.1"])
    assert operator.put_box()[0] == 200
    assert operator.is_polled()
    old = operator.get_box()["poll_url"]
    assert operator.renew()["poll_url"] != old
    assert operator.is_polled()


def test_a_renewal_makes_a_deleted_pos_again(operator: Operator) -> None:
    operator.put_box()
    operator.simulator.account.pos.clear()
    operator.renew()
    assert operator.get_box()["pos_id"] == str(operator.pos_at_mercadopago().id)


def test_a_retired_box_is_gone_at_mercado_pago_and_answers_no_poll(operator: Operator) -> None:
    _, box = operator.put_box()
    operator.offer("paid")
    shown = operator.retire()
    assert (shown["state"], shown["retired_at"]) == ("retired", "2026-11-24T12:00:00.000Z")
    assert (shown["pos_id"], shown["poll_url"]) == (None, None)
    assert operator.pos_at_mercadopago() is None
    assert not operator.is_polled(box["poll_url"])
    operator.later(hours=1)
    assert operator.retire() == operator.get_box() == shown


def test_a_box_with_an_order_to_pay_is_not_retired(operator: Operator) -> None:
    operator.put_box()
    operator.offer(seconds=600)
    with pytest.raises(BoxBusyError) as caught:
        operator.retire()
    assert caught.value.order is not None
    assert caught.value.order["order_id"] == "ORDER234567ORDER234567ORDE"
    assert operator.is_polled()
    operator.later(seconds=600)
    operator.retire()


@pytest.mark.parametrize("call", ["renew", "create_key"])
def test_a_box_that_is_not_in_service_has_no_keys_and_no_poll_url(call: str, operator: Operator) -> None:
    with pytest.raises(MercadoPagoRefusedError):
        operator.put_box(category=1)
    with pytest.raises(NotFoundError):
        getattr(operator, call)()
    operator.put_box()
    operator.retire()
    with pytest.raises(NotFoundError):
        getattr(operator, call)()


def test_a_box_provisioned_again_is_another_one(operator: Operator) -> None:
    _, first = operator.put_box()
    before = operator.item()
    operator.retire()
    operator.later(hours=1)
    status, second = operator.put_box()
    after = operator.item()
    assert before is not None
    assert after is not None
    assert (status, second["created_at"]) == (201, "2026-11-24T13:00:00.000Z")
    assert after["box_uid"] != before["box_uid"]
    assert not operator.is_key_good(first["key"]["box_key"])
    assert operator.is_key_good(second["key"]["box_key"])
    assert not operator.is_polled(first["poll_url"])
    assert operator.is_polled(second["poll_url"])
    assert after["version"] > before["version"]


def test_a_pos_of_a_retired_box_that_is_gone_already_is_no_fault(operator: Operator) -> None:
    operator.put_box()
    operator.simulator.account.pos.clear()
    assert operator.retire()["state"] == "retired"


def test_retiring_leaves_a_pos_of_somebody_else_alone(operator: Operator) -> None:
    operator.put_box()
    operator.retire()
    operator.simulator.settings(enabled_hosts=["other.example"])
    other = type(operator)(operator.dynamodb, operator.simulator)
    other.api_url = "https://other.example"
    other.put_box()
    operator.dynamodb.update_item(
        TableName="BoxesTable",
        Key={"box_id": {"S": "CAJA0001"}, "item": {"S": "BOX"}},
        UpdateExpression="SET retired_at = :now REMOVE pos_id",
        ExpressionAttributeValues={":now": {"S": "2026-11-24T12:00:00.000Z"}},
    )
    operator.retire()
    assert other.pos_at_mercadopago() is not None


def test_mercado_pago_losing_the_pos_between_two_calls_is_told(operator: Operator) -> None:
    operator.put_box()
    operator.retire()
    operator.simulator.be_rude(status=409, body="{}", method="POST", path="/pos")
    operator.simulator.be_rude(
        body=json.dumps({"results": [{"id": 1, "external_id": "CAJA0001", "url": ""}]}),
        method="GET",
        path="/pos",
    )
    with pytest.raises(MercadoPagoNotFoundError):
        operator.put_box()
    assert operator.put_box()[0] == 201
