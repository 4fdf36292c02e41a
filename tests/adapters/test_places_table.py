"""BoxesTable as the operator's routes use it, over moto."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from caja.boxes import Offer, Seen
from caja.errors import StaleVersionError, StorageError
from caja.places import BoxSettings, Branch, KeyRecord, PlacedBox, Qr, StoreWish
from caja.tables.places import PlacesTable
from tests.aws import aws_client, create_table
from tests.builders import LOCATION, box_item, ready_item, seen_item

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BOX = PlacedBox(
    box_id="CAJA0001",
    box_uid=bytes(range(16)),
    settings=BoxSettings(
        name="Surtidor súper",
        category=473000,
        external_store_id="STORE001",
        mode="postpay",
        dialect="v1",
        currency="ARS",
        collector_id=123456789,
        liveness_seconds=0,
        release_seconds=120,
        report_seconds=180,
        max_amount=Decimal("1000.50"),
    ),
    poll_key="a",
    old_poll_key="b",
    old_poll_key_until=NOW,
    keys={"key00001": KeyRecord("ab", NOW)},
    pos_id="1",
    qr=Qr("i", "d", "t"),
    created_at=NOW,
    updated_at=NOW,
)
BRANCH = Branch(
    wish=StoreWish(
        external_id="STORE001",
        name="Norte",
        location=LOCATION,
        business_hours={"monday": [{"open": "08:00", "close": "20:00"}]},
    ),
    store_id="7",
    keys={"key00001": KeyRecord("ab", NOW)},
    created_at=NOW,
    updated_at=NOW,
)


@pytest.fixture
def dynamodb() -> Any:
    with mock_aws():
        client = aws_client("dynamodb")
        create_table(client, "BoxesTable")
        yield client


@pytest.fixture
def table(dynamodb: Any) -> PlacesTable:
    return PlacesTable(dynamodb, "BoxesTable")


def stored(table: PlacesTable) -> PlacedBox:
    view = table.box("CAJA0001")
    assert view is not None
    return view.box


@pytest.mark.parametrize(
    "box",
    [
        BOX,
        replace(BOX, old_poll_key=None, old_poll_key_until=None, pos_id=None, qr=None),
        replace(BOX, settings=replace(BOX.settings, category=None, max_amount=None), retired_at=NOW),
    ],
)
def test_a_box_is_read_as_it_was_written(box: PlacedBox, table: PlacesTable) -> None:
    table.save_box(box)
    assert stored(table) == box


@pytest.mark.parametrize("branch", [BRANCH, replace(BRANCH, wish=replace(BRANCH.wish, business_hours=None))])
def test_a_branch_is_read_as_it_was_written(branch: Branch, table: PlacesTable) -> None:
    assert table.branch("STORE001") is None
    table.save_branch(branch)
    assert table.branch("STORE001") == branch
    assert table.list_branches(None).items == (branch,)


def test_a_box_comes_with_its_order_and_its_signs_of_life(dynamodb: Any, table: PlacesTable) -> None:
    assert table.box("CAJA0001") is None
    table.save_box(BOX)
    for item in (ready_item(), seen_item()):
        dynamodb.put_item(TableName="BoxesTable", Item={name: {"S": value} for name, value in item.items()})
    view = table.box("CAJA0001")
    assert view is not None
    at = datetime(2026, 11, 24, 11, 59, 59, tzinfo=UTC)
    until = datetime(2026, 11, 24, 12, 10, tzinfo=UTC)
    assert view.offer == Offer(order_id="ORDER234567ORDER234567ORDE", state="ready", expires_at=until)
    assert view.seen == Seen(state="idle", state_at=at, seen_at=at)


def test_an_order_left_without_a_box_is_no_box(dynamodb: Any, table: PlacesTable) -> None:
    dynamodb.put_item(
        TableName="BoxesTable", Item={name: {"S": value} for name, value in ready_item().items()}
    )
    assert table.box("CAJA0001") is None


def test_a_written_box_has_all_that_a_poll_reads(dynamodb: Any, table: PlacesTable) -> None:
    table.save_box(BOX)
    item = dynamodb.get_item(TableName="BoxesTable", Key={"box_id": {"S": "CAJA0001"}, "item": {"S": "BOX"}})[
        "Item"
    ]
    assert set(box_item()) <= set(item)


def test_only_the_next_version_is_written(table: PlacesTable) -> None:
    table.save_box(BOX)
    with pytest.raises(StaleVersionError):
        table.save_box(replace(BOX, poll_key="x"))
    second = BOX.changed(NOW, poll_key="c")
    table.save_box(second)
    for stale in (second.changed(NOW).changed(NOW), replace(second, poll_key="x")):
        with pytest.raises(StaleVersionError):
            table.save_box(stale)
    assert stored(table) == second


def test_a_write_that_was_applied_before_its_answer_was_lost_is_a_success(table: PlacesTable) -> None:
    second = BOX.changed(NOW, poll_key="c")
    for box in (BOX, second):
        table.save_box(box)
        table.save_box(box)
    assert stored(table) == second
    table.save_branch(BRANCH)
    table.save_branch(BRANCH)


def test_a_slow_writer_does_not_put_back_an_older_profile(
    table: PlacesTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.save_box(BOX)
    second = BOX.changed(NOW, settings=replace(BOX.settings, name="Dos"))
    third = second.changed(NOW, settings=replace(BOX.settings, name="Tres"))
    put, waiting = table._put, []

    def hold(*args: Any) -> None:
        if args[0]["item"] == "profile" and args[0]["version"] == 2:
            waiting.append(args)
            table.save_box(third)
            with pytest.raises(StaleVersionError):
                put(*args)
        put(*args)

    monkeypatch.setattr(table, "_put", hold)
    table.save_box(second)
    assert waiting
    assert stored(table).settings.name == "Tres"


def test_a_list_shows_no_profile_and_both_kinds_apart(table: PlacesTable) -> None:
    table.save_box(BOX)
    table.save_branch(BRANCH)
    (listed,) = table.list_boxes(None).items
    assert (listed.box_id, listed.settings.name, listed.qr) == ("CAJA0001", "", None)
    assert len(table.list_branches(None).items) == 1


@pytest.mark.parametrize(
    "failure",
    [
        EndpointConnectionError(endpoint_url="https://dynamodb.example"),
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "PutItem"),
    ],
)
def test_a_table_that_does_not_answer_is_a_storage_failure(
    failure: Exception, table: PlacesTable, dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_kwargs: object) -> None:
        raise failure

    for operation in ("query", "get_item", "put_item"):
        monkeypatch.setattr(dynamodb, operation, fail)
    for call in (
        lambda: table.box("CAJA0001"),
        lambda: table.branch("STORE001"),
        lambda: table.list_boxes(None),
        lambda: table.list_branches("A"),
        lambda: table.save_box(BOX),
        lambda: table.save_branch(BRANCH),
    ):
        with pytest.raises(StorageError):
            call()
