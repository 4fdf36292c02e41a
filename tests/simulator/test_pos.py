"""Boxes as Mercado Pago knows them (protocol §6)."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from simulator.server import Simulator
from tests.simulator.conftest import Api

# The request of the starting document, as printed there.
PRINTED = """{
  "name":"Caja Principal", 
  "fixed_amount": true,
  "category": 621102,
  "external_store_id": "STORE001",
  "external_id": "CAJA0001",
  "url": "https://www.miempresa.com/pay-mp?locationId=6232&positionId=1"
}
"""  # noqa: W291 - as printed
URL = "http://127.0.0.1:1/poll"


def test_the_request_of_the_starting_document_works_as_printed_there(mp: Simulator) -> None:
    # curl -d says that everything is a form; nothing in the document says otherwise.
    headers = {
        "Authorization": f"Bearer {mp.access_token}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer = requests.post(f"{mp.url}/pos", data=PRINTED, headers=headers, timeout=5)
    box = answer.json()
    assert answer.ok
    assert (box["external_id"], box["category"], box["fixed_amount"]) == ("CAJA0001", 621102, True)
    assert box["url"] == "https://www.miempresa.com/pay-mp?locationId=6232&positionId=1"


def test_the_answer_has_every_documented_field(api: Api) -> None:
    created = api.box(url=URL, category=473000)
    assert created.status == 201
    assert set(created.body["qr"]) == {"image", "template_document", "template_image"}
    assert created.body["user_id"] == 123456789
    assert created.body["status"] == "active"
    assert created.body["store_id"] == api("GET", "/users/123456789/stores/search").body["results"][0]["id"]
    fields = {"id", "qr", "status", "uuid", "user_id", "name", "fixed_amount", "category", "store_id"}
    fields |= {"external_store_id", "external_id", "url", "date_created", "date_last_updated"}
    assert set(created.body) == fields


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "n" * 45}, "NAME_TOO_LONG"),
        ({"name": 5}, "INVALID_NAME"),
        ({"fixed_amount": False}, "FIXED_AMOUNT_FALSE"),
        ({"fixed_amount": None}, "FIXED_AMOUNT_FALSE"),
        ({"fixed_amount": "true"}, "INVALID_FIXED_AMOUNT"),
        ({"category": "621102"}, "INVALID_CATEGORY"),
        ({"category": 4731300}, "UNKNOWN_MCC"),
        ({"external_id": "CAJA-1"}, "INVALID_EXTERNAL_ID"),
        ({"external_id": "CAJÁ1"}, "INVALID_EXTERNAL_ID"),
        ({"external_id": "C" * 40}, "EXTERNAL_ID_TOO_LONG"),
        ({"url": "www.miempresa.com/poll"}, "INVALID_URL"),
        ({"url": f"{URL}?{'x' * 300}"}, "URL_TOO_LONG"),
        ({"external_store_id": "STORE999"}, "INEXISTENT_EXTERNAL_STORE_ID"),
        ({"store_id": "abc"}, "INVALID_STORE_ID"),
        ({"colour": "red"}, "UNKNOWN_FIELD_EXCEPTION"),
    ],
)
def test_every_rule_has_its_own_code(api: Api, changes: dict[str, Any], code: str) -> None:
    refused = api.box(**{"url": URL, **changes})
    assert (refused.status, refused.body["error"], refused.cause) == (400, code, code)
    assert api("GET", "/pos").body["results"] == []


def test_the_longest_allowed_fields_pass(api: Api) -> None:
    url = URL + "?" + "x" * (299 - len(URL) - 1)
    assert api.box(name="n" * 44, external_id="C" * 39, url=url).status == 201


def test_an_empty_body_is_refused(api: Api) -> None:
    assert api("POST", "/pos").cause == "MISSING_BODY"


def test_a_host_that_mercado_pago_has_not_enabled_is_a_403(api: Api) -> None:
    refused = api.box(url="https://www.example.com/poll")
    assert (refused.status, refused.body["error"]) == (403, "forbidden")
    assert "must be enabled by Mercado Pago" in refused.body["message"]


def test_a_host_enabled_later_passes(api: Api) -> None:
    api.mp.settings(enabled_hosts=["WWW.Example.com"])
    assert api.box(url="https://www.example.com/poll").status == 201


def test_a_used_external_id_is_a_409_whatever_its_letter_case(api: Api) -> None:
    first = api.box(url=URL).body
    refused = api.box(url=URL, external_id="caja0001")
    assert (refused.status, refused.body["error"]) == (409, "point_of_sale_exists")
    assert api("GET", "/pos?external_id=caja0001").body["results"] == [first]


def test_a_box_can_name_its_branch_by_number_and_both_must_agree(api: Api) -> None:
    number = api.store().body["id"]
    assert api.box(external_store_id=None, store_id=number).body["external_store_id"] == "STORE002"
    assert api.box(external_id="CAJA0002", store_id=int(number), external_store_id="STORE002").status == 201
    refused = api.box(external_id="CAJA0003", store_id=number, external_store_id="STORE001")
    assert refused.cause == "EXTERNAL_STORE_ID_NOT_MATCH"


def test_a_box_without_a_category_is_generic(api: Api) -> None:
    assert api.box().body["category"] is None


def test_a_box_can_be_changed_all_but_its_external_id(api: Api) -> None:
    number = api.box().body["id"]
    changed = api("PUT", f"/pos/{number}", {"name": "Otra", "url": URL})
    assert (changed.body["name"], changed.body["url"]) == ("Otra", URL)
    assert api("PUT", f"/pos/{number}", {"external_id": "CAJA0002"}).status == 400
    assert api("GET", f"/pos/{number}").body == changed.body


def test_a_changed_box_obeys_the_same_rules(api: Api) -> None:
    number = api.box(url=URL).body["id"]
    assert api("PUT", f"/pos/{number}", {"fixed_amount": False}).cause == "FIXED_AMOUNT_FALSE"


def test_a_box_moves_to_another_branch(api: Api) -> None:
    number, store = api.box().body["id"], api.store().body
    moved = api("PUT", f"/pos/{number}", {"external_store_id": "STORE002"}).body
    assert (moved["store_id"], moved["external_store_id"]) == (store["id"], "STORE002")


def test_a_deleted_box_is_gone_and_its_external_id_free_again(api: Api) -> None:
    number = api.box().body["id"]
    assert api("DELETE", f"/pos/{number}").status == 204
    assert api("GET", f"/pos/{number}").status == 404
    assert api.box().status == 201


def test_a_wrong_number_is_refused(api: Api) -> None:
    assert api("GET", "/pos/CAJA0001").cause == "INVALID_POS_ID"


@pytest.mark.parametrize(
    ("site", "gas_station"),
    [("mlb", 4731300), ("mlm", 468419), ("mco", 4731), ("mpe", 5050), ("mlu", 47300), ("mlc", 473001)],
)
def test_every_country_has_its_own_categories(site: str, gas_station: int) -> None:
    with Simulator(site=site, stores=["STORE001"]) as mp:
        api = Api(mp)
        assert api.box(category=gas_station).status == 201
        assert api.box(category=621102, external_id="CAJA0002").cause == "UNKNOWN_MCC"
        api.session.close()
