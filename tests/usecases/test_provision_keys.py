"""The keys of boxes and branches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from caja.errors import InvalidRequestError, LastKeyError, NotFoundError
from caja.usecases.provision_views import list_box_keys

if TYPE_CHECKING:
    from tests.operators import Operator


def test_another_key_leaves_the_first_one_good(operator: Operator) -> None:
    _, box = operator.put_box()
    operator.later(minutes=1)
    key = operator.create_key("caja0001")
    assert operator.is_key_good(key["box_key"])
    assert operator.is_key_good(box["key"]["box_key"])
    assert list_box_keys(operator.places, box_id="CAJA0001") == {
        "keys": [
            {"key_id": box["key"]["key_id"], "created_at": "2026-11-24T12:00:00.000Z"},
            {"key_id": key["key_id"], "created_at": "2026-11-24T12:01:00.000Z"},
        ]
    }


def test_a_deleted_key_is_no_longer_good(operator: Operator) -> None:
    _, box = operator.put_box()
    key = operator.create_key()
    left = operator.delete_key(box["key"]["key_id"])
    assert [each["key_id"] for each in left["keys"]] == [key["key_id"]]
    assert not operator.is_key_good(box["key"]["box_key"])
    assert operator.is_key_good(key["box_key"])


def test_the_last_key_stays(operator: Operator) -> None:
    _, box = operator.put_box()
    with pytest.raises(LastKeyError):
        operator.delete_key(box["key"]["key_id"])
    assert operator.is_key_good(box["key"]["box_key"])


def test_an_unknown_key_is_not_found(operator: Operator) -> None:
    operator.put_box()
    with pytest.raises(NotFoundError) as caught:
        operator.delete_key("nosuchkey")
    assert caught.value.what == "key"


def test_a_box_has_at_most_eight_keys(operator: Operator) -> None:
    operator.put_box()
    for _ in range(7):
        operator.create_key()
    with pytest.raises(InvalidRequestError, match="8 keys"):
        operator.create_key()
    assert len(operator.get_box()["keys"]) == 8


def test_a_branch_gets_keys(operator: Operator) -> None:
    operator.put_store()
    key = operator.create_store_key()
    assert operator.is_key_good(key["box_key"], item="STORE", box_id="STORE#STORE001")
    assert key["box_key"] not in json.dumps(operator.item("STORE", "STORE#STORE001"))
    assert [shown["key_id"] for shown in operator.put_store()[1]["keys"]] == [key["key_id"]]


@pytest.mark.parametrize("external_id", ["NOWHERE", "a b", "", "x" * 61])
def test_a_branch_that_is_not_there_gets_none(external_id: str, operator: Operator) -> None:
    with pytest.raises(NotFoundError) as caught:
        operator.create_store_key(external_id)
    assert caught.value.what == "store"
