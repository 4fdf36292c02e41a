"""Stores and POS, against the simulator over HTTP."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from caja.errors import MercadoPagoNotFoundError, MercadoPagoRefusedError, MercadoPagoUnavailableError
from caja.mercadopago.places import MercadoPagoPos, MercadoPagoStores
from caja.places import PosWish, StoreWish
from tests.builders import LOCATION
from tests.tokens import client

if TYPE_CHECKING:
    from simulator.server import Simulator

WISH = PosWish(
    external_id="CAJA0001",
    name="Surtidor 1",
    category=None,
    external_store_id="STORE001",
    url="http://127.0.0.1/poll?locationId=STORE001&positionId=CAJA0001&key=fake",
)
STORE = StoreWish(external_id="STORE002", name="Sucursal", location=LOCATION, business_hours=None)


@pytest.fixture
def pos(simulator: Simulator) -> MercadoPagoPos:
    return MercadoPagoPos(client(simulator.url))


@pytest.fixture
def stores(simulator: Simulator) -> MercadoPagoStores:
    mercadopago = client(simulator.url)
    return MercadoPagoStores(mercadopago, simulator.collector_id)


def test_a_pos_is_made_found_changed_and_deleted(pos: MercadoPagoPos) -> None:
    made = pos.create(WISH)
    assert made.pos_id.isdigit()
    assert made.url == WISH.url
    assert made.qr.image.startswith("https://")
    assert pos.find("caja0001") == made
    changed = pos.update(made.pos_id, replace(WISH, url=f"{WISH.url}2", category=473000))
    assert (changed.pos_id, changed.url) == (made.pos_id, f"{WISH.url}2")
    pos.delete(made.pos_id)
    assert pos.find("CAJA0001") is None
    pos.delete(made.pos_id)


def test_a_pos_that_is_not_there_cannot_be_changed(pos: MercadoPagoPos) -> None:
    with pytest.raises(MercadoPagoNotFoundError):
        pos.update("999", WISH)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "x" * 45}, "NAME_TOO_LONG"),
        ({"category": 1}, "UNKNOWN_MCC"),
        ({"external_store_id": "NOWHERE"}, "INEXISTENT_EXTERNAL_STORE_ID"),
        ({"external_id": "A_B"}, "INVALID_EXTERNAL_ID"),
        ({"external_id": "A" * 40}, "EXTERNAL_ID_TOO_LONG"),
        ({"url": "nowhere"}, "INVALID_URL"),
        ({"url": f"http://127.0.0.1/{'x' * 300}"}, "URL_TOO_LONG"),
        ({"url": "https://pay.example.com/poll?"}, "host_not_enabled"),
    ],
)
def test_what_mercado_pago_refuses_about_a_pos_comes_through(
    change: dict[str, Any], code: str, pos: MercadoPagoPos
) -> None:
    with pytest.raises(MercadoPagoRefusedError) as caught:
        pos.create(replace(WISH, **change))
    assert (caught.value.code, caught.value.status) == (code, 403 if code == "host_not_enabled" else 400)
    assert caught.value.causes
    assert caught.value.advice


def test_a_taken_external_id_is_a_409(pos: MercadoPagoPos) -> None:
    pos.create(WISH)
    with pytest.raises(MercadoPagoRefusedError) as caught:
        pos.create(replace(WISH, external_id="caja0001"))
    assert caught.value.status == 409


def test_a_search_that_ignores_the_filter_does_not_find_another_box(
    simulator: Simulator, pos: MercadoPagoPos
) -> None:
    simulator.be_rude(
        body=json.dumps({"results": [{"id": 1, "external_id": "CAJA0002"}, {"external_id": 5}]})
    )
    assert pos.find("CAJA0001") is None


def test_a_search_that_answers_404_finds_nothing(
    simulator: Simulator, pos: MercadoPagoPos, stores: MercadoPagoStores
) -> None:
    simulator.be_rude(status=404, body="{}", times=2)
    assert pos.find("CAJA0001") is None
    assert stores.find("STORE001") is None


@pytest.mark.parametrize("body", [{}, [], {"results": None}, {"results": ["x"]}])
def test_a_search_that_answers_no_page_proves_nothing(
    body: Any, simulator: Simulator, pos: MercadoPagoPos, stores: MercadoPagoStores
) -> None:
    simulator.be_rude(body=json.dumps(body), times=2)
    with pytest.raises(MercadoPagoUnavailableError):
        pos.find("CAJA0001")
    with pytest.raises(MercadoPagoUnavailableError):
        stores.find("STORE001")


@pytest.mark.parametrize("body", [{}, [], {"id": None}, {"id": "x/y"}, {"id": True}, {"id": 1.5}])
def test_something_made_without_an_id_is_no_answer(
    body: Any, simulator: Simulator, pos: MercadoPagoPos, stores: MercadoPagoStores
) -> None:
    simulator.be_rude(body=json.dumps(body), times=2)
    with pytest.raises(MercadoPagoUnavailableError):
        pos.create(WISH)
    with pytest.raises(MercadoPagoUnavailableError):
        stores.create(STORE)


def test_a_pos_without_links_and_url_is_still_a_pos(simulator: Simulator, pos: MercadoPagoPos) -> None:
    simulator.be_rude(body=json.dumps({"id": 7, "qr": None, "url": None}))
    made = pos.create(WISH)
    assert (made.pos_id, made.url, made.qr.image) == ("7", "", "")


def test_a_store_is_made_found_and_changed(stores: MercadoPagoStores) -> None:
    assert stores.find("STORE002") is None
    hours = {"monday": [{"open": "08:00", "close": "20:00"}]}
    store_id = stores.create(replace(STORE, business_hours=hours))
    assert stores.find("STORE002") == store_id
    stores.update(store_id, replace(STORE, name="Otra"))
    assert stores.find("STORE002") == store_id


def test_a_wrong_city_comes_back_with_the_cities_there_are(stores: MercadoPagoStores) -> None:
    with pytest.raises(MercadoPagoRefusedError) as caught:
        stores.create(replace(STORE, location={**LOCATION, "city_name": "belgrano"}))
    assert caught.value.code == "VALIDATION_ERROR"
    assert "Belgrano" in caught.value.causes[0]["description"]


def test_another_sellers_stores_are_refused(simulator: Simulator) -> None:
    mercadopago = client(simulator.url)
    with pytest.raises(MercadoPagoRefusedError) as caught:
        MercadoPagoStores(mercadopago, 1).create(STORE)
    assert caught.value.code == "forbidden"
