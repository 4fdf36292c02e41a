"""The operator's branches, and the lists of what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caja.bodies import JsonNumber
from caja.errors import InvalidRequestError, MercadoPagoRefusedError
from caja.provision_schemas import PutStore
from caja.usecases.provision_views import list_boxes, list_stores
from tests.builders import LOCATION
from tests.operators import API_URL

if TYPE_CHECKING:
    from tests.operators import Operator

HOURS = {"monday": [{"open": "08:00", "close": "12:00"}, {"open": "13:00", "close": "20:00"}]}


def store(operator: Operator, external_id: str) -> Any:
    return next((s for s in operator.simulator.account.stores.values() if s.external_id == external_id), None)


def test_a_new_branch_is_a_store_at_mercado_pago(operator: Operator) -> None:
    status, branch = operator.put_store(external_id="Norte_2-b", business_hours=HOURS)
    made = store(operator, "Norte_2-b")
    assert (status, branch["store_id"], branch["name"]) == (201, str(made.id), "Sucursal Norte")
    assert (branch["location"], branch["business_hours"], branch["keys"]) == (LOCATION, HOURS, [])
    assert made.fields["business_hours"] == HOURS


def test_the_same_call_again_changes_nothing(operator: Operator) -> None:
    operator.put_store(external_id="STORE002", business_hours=HOURS)
    before = operator.item("STORE", "STORE#STORE002")
    operator.cutter.cut(None)
    operator.later(minutes=1)
    assert operator.put_store(external_id="STORE002", business_hours=HOURS)[0] == 200
    assert operator.item("STORE", "STORE#STORE002") == before
    assert operator.cutter.calls == ["places.branch", "stores.find"]


def test_a_change_is_applied_at_mercado_pago_too(operator: Operator) -> None:
    operator.put_store(external_id="STORE002")
    operator.create_store_key("STORE002")
    status, branch = operator.put_store(external_id="STORE002", name="Sur")
    assert (status, branch["name"], store(operator, "STORE002").fields["name"]) == (200, "Sur", "Sur")
    assert len(branch["keys"]) == 1


def test_a_store_that_mercado_pago_knows_already_is_adopted(operator: Operator) -> None:
    status, branch = operator.put_store(external_id="STORE001")
    assert (status, branch["store_id"]) == (201, str(store(operator, "STORE001").id))
    assert store(operator, "STORE001").fields["name"] == "Sucursal Norte"


def test_a_store_that_somebody_deleted_is_made_again(operator: Operator) -> None:
    operator.put_store()
    operator.simulator.account.stores.clear()
    status, branch = operator.put_store()
    assert (status, branch["store_id"]) == (200, str(store(operator, "STORE001").id))


def test_a_wrong_city_comes_back_with_the_cities_and_nothing_is_kept(operator: Operator) -> None:
    with pytest.raises(MercadoPagoRefusedError) as caught:
        operator.put_store(external_id="STORE002", location={**LOCATION, "city_name": "Belgrado"})
    assert "Belgrano" in caught.value.causes[0]["description"]
    assert list_stores(operator.places, cursor=None) == {"stores": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"external_id": "a b"}, "external_id"),
        ({"external_id": None}, "external_id"),
        ({"name": ""}, "name"),
        ({"location": None}, "location"),
        ({"location": {**LOCATION, "latitude": "-34.5"}}, "location.latitude"),
        ({"location": {**LOCATION, "latitude": -91}}, "location.latitude"),
        ({"location": {**LOCATION, "longitude": 181}}, "location.longitude"),
        ({"location": {**LOCATION, "street_number": 2000}}, "location.street_number"),
        ({"location": {**LOCATION, "zip": "1000"}}, "location.zip"),
        ({"business_hours": {"lunes": []}}, "business_hours.lunes.[key]"),
        ({"business_hours": {"monday": []}}, "business_hours.monday"),
        ({"business_hours": {"monday": HOURS["monday"] * 3}}, "business_hours.monday"),
        (
            {"business_hours": {"monday": [{"open": "24:00", "close": "25:00"}]}},
            "business_hours.monday.0.open",
        ),
    ],
    ids=str,
)
def test_a_flaw_is_named_and_mercado_pago_is_not_asked(
    changes: dict[str, Any], path: str, operator: Operator
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        operator.put_store(**changes)
    assert path in [flaw.path for flaw in caught.value.flaws]
    assert operator.cutter.calls == []


def test_degrees_too_large_for_any_number_are_refused(operator: Operator) -> None:
    body = {"external_id": "A", "name": "B", "location": {**LOCATION, "latitude": JsonNumber("1e400")}}
    with pytest.raises(InvalidRequestError):
        PutStore.read(body)


def test_branches_are_listed_page_by_page(operator: Operator) -> None:
    put_many(operator, [f"S{n:03}" for n in range(101)], kind="STORE")
    first = list_stores(operator.places, cursor=None)
    second = list_stores(operator.places, cursor=first["next_cursor"])
    assert [s["external_id"] for s in first["stores"] + second["stores"]] == [f"S{n:03}" for n in range(101)]
    assert (len(first["stores"]), second["next_cursor"]) == (100, None)


def test_boxes_are_listed_page_by_page_and_branches_are_not_among_them(operator: Operator) -> None:
    operator.put_store()
    put_many(operator, [f"CAJA{n:03}" for n in range(101)], kind="BOX")
    first = list_boxes(operator.places, cursor=None, api_url=API_URL)
    second = list_boxes(operator.places, cursor=first["next_cursor"], api_url=API_URL)
    names = [box["box_id"] for box in first["boxes"] + second["boxes"]]
    assert names == [f"CAJA{n:03}" for n in range(101)]
    assert (len(first["boxes"]), second["next_cursor"]) == (100, None)


@pytest.mark.parametrize(
    "cursor", ["", "x", "CAJA0001", "é", "U1RPUkUjQQ", "====", "Q0FKQTAwMDE,Q0FKQTAwMDE"]
)
def test_a_cursor_that_was_never_handed_out_is_refused(cursor: str, operator: Operator) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        list_boxes(operator.places, cursor=cursor, api_url=API_URL)
    assert [flaw.path for flaw in caught.value.flaws] == ["cursor"]


def put_many(operator: Operator, names: list[str], *, kind: str) -> None:
    """Copies of one place under many names."""
    if kind == "BOX":
        operator.put_box(box_id="MODEL")
        model, key = operator.item("BOX", "MODEL"), "{}"
    else:
        operator.put_store()
        model, key = operator.item("STORE", "STORE#STORE001"), "STORE#{}"
    assert model is not None
    for name in names:
        operator.put_item(**{**model, "box_id": key.format(name), "external_id": name})
    operator.dynamodb.delete_item(
        TableName="BoxesTable", Key={"box_id": {"S": model["box_id"]}, "item": {"S": kind}}
    )
