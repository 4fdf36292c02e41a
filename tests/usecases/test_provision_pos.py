"""The operator's boxes: over BoxesTable as DynamoDB keeps it and Mercado Pago as the simulator plays it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from caja.errors import (
    MercadoPagoRefusedError,
    MercadoPagoUnavailableError,
    NotFoundError,
)
from caja.keys import hash_key
from tests.operators import API_URL

if TYPE_CHECKING:
    from tests.operators import Operator


def test_a_new_box_comes_with_its_pos_its_qr_its_poll_url_and_its_key(operator: Operator) -> None:
    status, box = operator.put_box(category=473000, max_amount="20000.50", dialect="v2")
    pos = operator.pos_at_mercadopago()
    assert status == 201
    assert box["pos_id"] == str(pos.id)
    assert box["qr"] == pos.shown()["qr"]
    assert box["poll_url"] == pos.url
    assert pos.url.startswith(f"{API_URL}/poll?locationId=STORE001&positionId=CAJA0001&key=")
    assert (pos.fields["fixed_amount"], pos.fields["category"]) == (True, 473000)
    assert operator.is_key_good(box["key"]["box_key"])
    assert box["keys"] == [{"key_id": box["key"]["key_id"], "created_at": "2026-11-24T12:00:00.000Z"}]
    assert (box["max_amount"], box["dialect"], box["currency"]) == ("20000.50", "v2", "ARS")
    assert (box["liveness_seconds"], box["release_seconds"], box["report_seconds"]) == (0, 120, 180)
    assert operator.is_polled()


def test_the_stored_box_is_what_polls_and_submits_read(operator: Operator) -> None:
    operator.put_box(max_amount="5", liveness_seconds=60)
    item = operator.item()
    assert item is not None
    assert set(item) == {
        *(
            "box_id",
            "item",
            "kind",
            "box_uid",
            "external_store_id",
            "mode",
            "dialect",
            "currency",
            "collector_id",
        ),
        *(
            "liveness_seconds",
            "release_seconds",
            "report_seconds",
            "max_amount",
            "poll_key",
            "keys",
            "pos_id",
        ),
        *("created_at", "updated_at", "version"),
    }
    assert (item["kind"], item["max_amount"], item["liveness_seconds"], item["version"]) == (
        "BOX",
        "5",
        60,
        2,
    )
    assert item["collector_id"] == operator.simulator.collector_id
    assert (len(item["box_uid"]), len(item["poll_key"])) == (32, 32)
    profile = operator.item("profile")
    assert profile is not None
    assert (profile["name"], set(profile["qr"])) == (
        "Surtidor 1",
        {"image", "template_document", "template_image"},
    )


def test_no_key_is_stored(operator: Operator) -> None:
    _, box = operator.put_box()
    secret = box["key"]["box_key"]
    assert secret not in json.dumps([operator.item(), operator.item("profile")])
    assert hash_key(secret) in json.dumps(operator.item())


def test_the_same_call_again_changes_nothing_and_shows_no_key(operator: Operator) -> None:
    operator.put_box()
    before = operator.item()
    operator.later(minutes=1)
    status, box = operator.put_box(box_id="caja0001")
    assert (status, "key" in box) == (200, False)
    assert operator.item() == before


def test_changes_are_applied_at_mercado_pago_too(operator: Operator) -> None:
    operator.put_box()
    operator.later(minutes=1)
    status, box = operator.put_box(name="Surtidor 2", category=621102, dialect="v2", liveness_seconds=90)
    assert (status, box["name"], box["category"], box["dialect"]) == (200, "Surtidor 2", 621102, "v2")
    pos = operator.pos_at_mercadopago()
    assert (pos.fields["name"], pos.fields["category"]) == ("Surtidor 2", 621102)
    shown = operator.get_box()
    assert (shown["name"], shown["liveness_seconds"]) == ("Surtidor 2", 90)
    assert (shown["created_at"], shown["updated_at"]) == (
        "2026-11-24T12:00:00.000Z",
        "2026-11-24T12:01:00.000Z",
    )


def test_what_is_left_out_goes_back_to_its_default(operator: Operator) -> None:
    operator.put_box(max_amount="5", liveness_seconds=90)
    _, box = operator.put_box()
    assert (box["max_amount"], box["liveness_seconds"]) == (None, 0)


def test_a_box_moves_to_another_branch_with_its_poll_url(operator: Operator) -> None:
    operator.simulator.seed_store("STORE002")
    operator.put_box()
    _, box = operator.put_box(external_store_id="STORE002")
    assert "locationId=STORE002" in box["poll_url"]
    assert operator.pos_at_mercadopago().url == box["poll_url"]
    assert operator.is_polled()


def test_a_change_that_mercado_pago_refuses_changes_nothing(operator: Operator) -> None:
    operator.put_box()
    before = operator.item(), operator.item("profile")
    with pytest.raises(MercadoPagoRefusedError) as caught:
        operator.put_box(external_store_id="NOWHERE", name="Otro", dialect="v2")
    assert caught.value.code == "INEXISTENT_EXTERNAL_STORE_ID"
    assert (operator.item(), operator.item("profile")) == before
    assert operator.is_polled()


def test_a_pos_that_somebody_deleted_is_made_again(operator: Operator) -> None:
    operator.put_box()
    operator.simulator.account.pos.clear()
    status, box = operator.put_box()
    assert (status, box["pos_id"]) == (200, str(operator.pos_at_mercadopago().id))
    assert operator.get_box()["pos_id"] == box["pos_id"]
    assert operator.is_polled()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"external_store_id": "NOWHERE"}, "INEXISTENT_EXTERNAL_STORE_ID"),
        ({"category": 1}, "UNKNOWN_MCC"),
    ],
)
def test_what_mercado_pago_refuses_about_a_new_box_comes_through_and_can_be_corrected(
    changes: dict[str, Any], code: str, operator: Operator
) -> None:
    with pytest.raises(MercadoPagoRefusedError) as caught:
        operator.put_box(**changes)
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert operator.get_box()["pos_id"] is None
    status, box = operator.put_box()
    assert (status, list(operator.key_hashes())) == (201, [box["key"]["key_id"]])


def test_a_host_that_is_not_enabled_is_named(operator: Operator) -> None:
    operator.api_url = "https://pay.example.com"
    with pytest.raises(MercadoPagoRefusedError) as caught:
        operator.put_box()
    assert (caught.value.code, caught.value.status) == ("host_not_enabled", 403)
    assert "pay.example.com" in caught.value.advice


def test_mercado_pago_not_answering_leaves_a_box_that_the_same_call_finishes(operator: Operator) -> None:
    operator.simulator.be_rude(status=503, body="", method="POST", path="/pos")
    with pytest.raises(MercadoPagoUnavailableError):
        operator.put_box()
    assert operator.put_box()[0] == 201
    assert operator.is_polled()


def test_a_box_is_shown_with_what_it_last_said(operator: Operator) -> None:
    operator.put_box()
    assert (operator.get_box()["state"], operator.get_box()["seen_at"]) == (None, None)
    at = "2026-11-24T12:00:00.000Z"
    operator.put_item(box_id="CAJA0001", item="SEEN", state="preparing", state_at=at, seen_at=at)
    shown = operator.get_box("caja0001")
    assert (shown["state"], shown["seen_at"]) == ("preparing", at)


def test_nothing_shown_is_a_secret_but_the_poll_url(operator: Operator) -> None:
    operator.put_box()
    shown = json.dumps(operator.get_box())
    assert not any(sha256 in shown for sha256 in operator.key_hashes().values())
    item = operator.item()
    assert item is not None
    assert shown.count(item["poll_key"]) == 1
    assert item["box_uid"] not in shown


@pytest.mark.parametrize("box_id", ["CAJA0002", "CAJA-1", "", "CAJA0001 ", "ß", "STORE#STORE001"])
def test_an_unknown_box_is_not_found(box_id: str, operator: Operator) -> None:
    operator.put_store()
    for call in (operator.get_box, operator.retire, operator.renew, operator.create_key):
        with pytest.raises(NotFoundError, match="box"):
            call(box_id)
