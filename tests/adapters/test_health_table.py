"""What is remembered of our calls to Mercado Pago, over moto: beside the boxes, and in nobody's way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from caja import wiring
from caja.errors import StorageError
from caja.health import Health
from tests.builders import NOON, after

if TYPE_CHECKING:
    from collections.abc import Callable

    from caja.tables.health import HealthTable
    from tests.tables import Tables


@pytest.fixture
def health(tables: Tables) -> HealthTable:
    return wiring.health()


def test_a_new_stack_remembers_nothing(health: HealthTable) -> None:
    assert health.read() == Health()


def test_the_last_of_each_outcome_is_remembered_to_the_millisecond(health: HealthTable) -> None:
    health.record("failed_at", NOON)
    health.record("failed_at", after(seconds=1.234))
    assert health.read() == Health(failed_at=after(seconds=1.234))
    health.record("succeeded_at", after(seconds=2))
    health.record("refused_at", after(seconds=3))
    assert health.read() == Health(
        succeeded_at=after(seconds=2), failed_at=after(seconds=1.234), refused_at=after(seconds=3)
    )


def test_it_is_read_strongly_consistent_by_one_call(
    health: HealthTable, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = wiring.dynamodb().get_item

    def strongly(**given: Any) -> Any:
        assert given["ConsistentRead"]
        return get(**given)

    monkeypatch.setattr(wiring.dynamodb(), "get_item", strongly)
    health.read()
    assert tables.calls == ["GetItem"]


def test_it_is_no_box_and_in_no_list(health: HealthTable, tables: Tables) -> None:
    tables.provision()
    health.record("failed_at", NOON)
    (item,) = (each for each in tables.items("BoxesTable") if each["item"] == "HEALTH")
    assert item == {
        "box_id": "STATUS#mercadopago",
        "item": "HEALTH",
        "failed_at": "2026-11-24T12:00:00.000Z",
    }
    assert tables.boxes.view(item["box_id"]) is None
    assert [box.box_id for box in wiring.places().list_boxes(None).items] == ["CAJA0001"]
    assert [branch.wish.external_id for branch in wiring.places().list_branches(None).items] == ["STORE001"]


def test_what_a_later_version_adds_is_left_alone(health: HealthTable, tables: Tables) -> None:
    health.record("failed_at", NOON)
    tables.put("BoxesTable", {**tables.items("BoxesTable")[0], "slow_at": "2026-11-24T12:00:00.000Z"})
    assert health.read() == Health(failed_at=NOON)


CALLS: list[Callable[[HealthTable], object]] = [
    lambda health: health.read(),
    lambda health: health.record("succeeded_at", NOON),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "failure",
    [
        EndpointConnectionError(endpoint_url="https://dynamodb.example"),
        ClientError({"Error": {"Code": "ThrottlingException"}}, "Any"),
    ],
    ids=["unreachable", "throttled"],
)
def test_dynamodb_not_answering_is_a_storage_failure(
    call: Callable[[HealthTable], object], failure: Exception, health: HealthTable, tables: Tables
) -> None:
    tables.failures = [failure]
    with pytest.raises(StorageError):
        call(health)
