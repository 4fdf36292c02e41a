"""Branches (protocol §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simulator.server import Simulator
from tests.simulator.conftest import Api

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = {
    "street_number": "2000",
    "street_name": "Avenida Cabildo",
    "city_name": "Belgrano",
    "state_name": "Capital Federal",
    "latitude": -34.5627,
    "longitude": -58.4565,
}


def test_a_branch_is_created_and_found_by_number_and_by_external_id(api: Api) -> None:
    created = api.store()
    assert created.status == 201
    assert api("GET", f"/stores/{created.body['id']}").body == created.body
    found = api("GET", f"/users/{api.mp.collector_id}/stores/search?external_id=STORE002").body
    assert found["results"] == [created.body]


def test_a_search_without_an_external_id_lists_all_branches(api: Api) -> None:
    api.store()
    found = api("GET", f"/users/{api.mp.collector_id}/stores/search").body
    assert [store["external_id"] for store in found["results"]] == ["STORE001", "STORE002"]
    assert found["paging"]["total"] == 2


def test_the_answer_shows_the_address_as_one_line(api: Api) -> None:
    location = api.store().body["location"]
    assert location["address_line"] == "Avenida Cabildo 2000, Belgrano, Capital Federal"
    assert set(location) == {"address_line", "reference", "latitude", "longitude"}


def test_a_branch_can_be_renamed(api: Api) -> None:
    number = api.store().body["id"]
    changed = api("PUT", f"/users/{api.mp.collector_id}/stores/{number}", {"name": "Otra"})
    assert (changed.status, changed.body["name"]) == (200, "Otra")
    assert api("GET", f"/stores/{number}").body["name"] == "Otra"


def test_a_deleted_branch_is_gone(api: Api) -> None:
    number = api.store().body["id"]
    assert api("DELETE", f"/users/{api.mp.collector_id}/stores/{number}").status == 200
    assert api("GET", f"/stores/{number}").status == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"external_id": "STORE001"}, "external id 'STORE001' is already assigned to this user 123456789"),
        ({"external_id": "S" * 61}, "external_id is too long: at most 60 characters"),
        ({"name": 5}, "name must be a string"),
        ({"colour": "red"}, "unknown field: colour"),
        ({"location": None}, "location must be a json_object"),
        (
            {"location": PLACE | {"city_name": "Springfield"}},
            "location.city_name was invalid. Valid values are: Almagro, Belgrano, Palermo, Recoleta, San Nicolás",
        ),
        (
            {"location": PLACE | {"city_name": "san nicolas"}},
            "location.city_name was invalid. Valid values are: Almagro, Belgrano, Palermo, Recoleta, San Nicolás",
        ),
        (
            {"location": PLACE | {"state_name": "CABA"}},
            "location.state_name was invalid. Valid values are: Capital Federal, Buenos Aires, Córdoba, Santa Fe",
        ),
        ({"location": PLACE | {"street_number": 2000}}, "location.street_number must be a string"),
        (
            {"location": PLACE | {"latitude": 40.4}},
            "Store coordinates (latitude 40.4 and longitude -58.4565) are invalid",
        ),
        ({"business_hours": {"lunes": []}}, "business_hours: lunes is not a day"),
        (
            {"business_hours": {"monday": [{"open": "13:00", "close": "08:00"}]}},
            "monday must be a list of open and close, each as 08:00, close after open",
        ),
        (
            {"business_hours": {"monday": [{"open": f"0{n}:00", "close": f"0{n}:30"} for n in range(5)]}},
            "monday exceeds the maximum length of 4 for opening hours",
        ),
        (
            {
                "business_hours": {
                    "monday": [{"open": "08:00", "close": "12:00"}, {"open": "11:00", "close": "13:00"}]
                }
            },
            "monday has overlapping hours",
        ),
    ],
)
def test_every_broken_rule_is_the_same_400_with_its_own_cause(
    api: Api, changes: dict[str, Any], said: str
) -> None:
    refused = api.store(**changes)
    assert (refused.status, refused.body["error"]) == (400, "VALIDATION_ERROR")
    assert [cause["description"] for cause in refused.body["causes"]] == [said]


def test_all_that_is_wrong_is_said_at_once(api: Api) -> None:
    refused = api.store(external_id="STORE001", location=PLACE | {"city_name": "Springfield"})
    assert len(refused.body["causes"]) == 2


def test_a_change_may_keep_the_branch_s_own_external_id(api: Api) -> None:
    number = api.store().body["id"]
    path = f"/users/{api.mp.collector_id}/stores/{number}"
    assert api("PUT", path, {"external_id": "STORE002"}).status == 200
    assert api("PUT", path, {"external_id": "STORE001"}).body["error"] == "VALIDATION_ERROR"


def test_another_user_s_branches_are_forbidden(api: Api) -> None:
    assert api("GET", "/users/987654321/stores/search").status == 403


@pytest.fixture(params=["mlb", "mlm", "mlc", "mlu", "mco", "mpe"])
def abroad(request: pytest.FixtureRequest) -> Iterator[Api]:
    with Simulator(site=request.param) as mp:
        api = Api(mp)
        yield api
        api.session.close()


def test_every_country_has_an_address_that_passes(abroad: Api) -> None:
    assert abroad.store().status == 201


def test_an_address_in_argentina_is_refused_abroad(abroad: Api) -> None:
    refused = abroad.store(location=PLACE)
    assert "location.state_name was invalid" in refused.body["causes"][0]["description"]
