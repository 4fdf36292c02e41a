"""BoxesTable as a box's own routes use it, over moto with the template's table."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from caja.boxes import Box, BoxView, Offer, Seen
from caja.errors import StorageError
from caja.places import KeyRecord
from tests.builders import BOX_KEY, BRANCH_KEY, COLLECTOR_ID, NOON, OTHER_KEY, after

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tables import Tables


def view(tables: Tables) -> BoxView:
    found = tables.boxes.view("CAJA0001")
    assert found is not None
    return found


def test_a_box_is_read_as_the_operator_provisioned_it(tables: Tables) -> None:
    tables.provision(
        box_uid=bytes(range(16)),
        mode="prepay",
        dialect="v2",
        currency="CLP",
        external_store_id="STORE002",
        liveness_seconds=60,
        max_amount=Decimal("100000.00"),
        keys={key.key_id: KeyRecord(key.sha256, NOON) for key in (BOX_KEY, OTHER_KEY)},
    )
    assert view(tables).box == Box(
        box_id="CAJA0001",
        box_uid=bytes(range(16)),
        external_store_id="STORE002",
        mode="prepay",
        dialect="v2",
        currency="CLP",
        collector_id=COLLECTOR_ID,
        liveness_seconds=60,
        max_amount=Decimal(100000),
        key_hashes={BOX_KEY.key_id: BOX_KEY.sha256, OTHER_KEY.key_id: OTHER_KEY.sha256},
    )


def test_a_new_box_has_offered_and_said_nothing(tables: Tables) -> None:
    tables.provision()
    assert (view(tables).offer, view(tables).seen, view(tables).box.max_amount) == (None, None, None)


def test_a_box_comes_with_its_offer_and_what_it_said_by_one_strongly_consistent_read(
    tables: Tables,
) -> None:
    tables.provision()
    order = tables.with_order()
    tables.boxes.record_state("CAJA0001", "preparing", after(seconds=5))
    tables.calls.clear()
    found = view(tables)
    assert found.offer == Offer(order_id=order.order_id, state="ready", expires_at=order.expires_at)
    assert found.seen == Seen(state="preparing", state_at=after(seconds=5), seen_at=after(seconds=5))
    assert tables.calls == ["Query"]


@pytest.mark.parametrize("box_id", ["CAJA0002", "STORE#STORE001"])
def test_what_is_no_box_is_not_seen(box_id: str, tables: Tables) -> None:
    tables.provision()
    assert tables.boxes.view(box_id) is None


def test_a_retired_box_is_not_seen(tables: Tables) -> None:
    tables.provision(retired_at=NOON)
    assert tables.boxes.view("CAJA0001") is None


def test_an_offer_without_a_box_is_no_box(tables: Tables) -> None:
    tables.with_order()
    assert tables.boxes.view("CAJA0001") is None


def test_a_branchs_keys_are_read_and_a_branch_nobody_knows_has_none(tables: Tables) -> None:
    tables.provision()
    assert tables.boxes.branch_key_hashes("STORE001") == {BRANCH_KEY.key_id: BRANCH_KEY.sha256}
    assert tables.boxes.branch_key_hashes("STORE002") == {}


def test_what_the_box_says_is_remembered_with_its_instant(tables: Tables) -> None:
    tables.provision()
    tables.boxes.record_state("CAJA0001", "out_of_service", after(seconds=1))
    tables.boxes.record_state("CAJA0001", "idle", after(seconds=2))
    assert view(tables).seen == Seen(state="idle", state_at=after(seconds=2), seen_at=after(seconds=2))


def test_a_sign_of_life_leaves_what_the_box_said(tables: Tables) -> None:
    tables.provision()
    tables.boxes.record_state("CAJA0001", "preparing", after(seconds=1))
    tables.boxes.record_sign_of_life("CAJA0001", after(seconds=9))
    assert view(tables).seen == Seen(state="preparing", state_at=after(seconds=1), seen_at=after(seconds=9))


def test_a_box_that_was_never_heard_of_and_gives_a_sign_of_life_is_idle(tables: Tables) -> None:
    tables.provision()
    tables.boxes.record_sign_of_life("CAJA0001", after(seconds=9))
    assert view(tables).seen == Seen(state="idle", state_at=after(seconds=9), seen_at=after(seconds=9))


CALLS: dict[str, Callable[[Tables], object]] = {
    "view": lambda tables: tables.boxes.view("CAJA0001"),
    "branch_key_hashes": lambda tables: tables.boxes.branch_key_hashes("STORE001"),
    "record_state": lambda tables: tables.boxes.record_state("CAJA0001", "idle", NOON),
    "record_sign_of_life": lambda tables: tables.boxes.record_sign_of_life("CAJA0001", NOON),
}


@pytest.mark.parametrize(
    "failure",
    [
        EndpointConnectionError(endpoint_url="https://dynamodb.example"),
        ClientError({"Error": {"Code": "ProvisionedThroughputExceededException"}}, "Any"),
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "Any"),
    ],
    ids=["unreachable", "throttled", "denied"],
)
@pytest.mark.parametrize("call", CALLS)
def test_dynamodb_not_answering_is_a_storage_failure(call: str, failure: Exception, tables: Tables) -> None:
    tables.provision()
    tables.failures = [failure]
    with pytest.raises(StorageError) as raised:
        CALLS[call](tables)
    assert raised.value.__cause__ is failure
