"""BoxesTable as a box's own routes read and write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caja.boxes import Box, BoxView
from caja.instants import write_instant
from caja.tables.calls import from_dynamodb, storage_errors, to_dynamodb
from caja.tables.place_items import read_box, read_offer, read_seen, store_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient


class BoxesTable:
    """`usecases.protocols.Boxes` over the table `name`."""

    def __init__(self, dynamodb: DynamoDBClient, name: str) -> None:
        self._dynamodb = dynamodb
        self._name = name

    def view(self, box_id: str) -> BoxView | None:
        """The box, its offer and its signs of life, strongly consistent; None if unknown or retired."""
        with storage_errors():
            found = self._dynamodb.query(
                TableName=self._name,
                KeyConditionExpression="box_id = :box_id AND #item <= :last",
                ExpressionAttributeNames={"#item": "item"},
                ExpressionAttributeValues={":box_id": {"S": box_id}, ":last": {"S": "SEEN"}},
                ConsistentRead=True,
            )
        items = {item["item"]: item for item in map(from_dynamodb, found["Items"])}
        if "BOX" not in items or "retired_at" in items["BOX"]:
            return None
        return BoxView(
            box=_read_seller(items["BOX"]),
            offer=read_offer(items["READY"]) if "READY" in items else None,
            seen=read_seen(items["SEEN"]) if "SEEN" in items else None,
        )

    def branch_key_hashes(self, external_store_id: str) -> Mapping[str, str]:
        """The branch's keys: key_id → SHA-256."""
        with storage_errors():
            found = self._dynamodb.get_item(
                TableName=self._name,
                Key={"box_id": {"S": store_key(external_store_id)}, "item": {"S": "STORE"}},
                ProjectionExpression="#keys",
                ExpressionAttributeNames={"#keys": "keys"},
                ConsistentRead=True,
            )
        return _hashes(from_dynamodb(found.get("Item", {})))

    def record_state(self, box_id: str, state: str, now: datetime) -> None:
        """Remember what the box said, and that it lives."""
        at = write_instant(now)
        self._see(
            box_id,
            "SET #state = :state, state_at = :at, seen_at = :at",
            {"#state": "state"},
            {":state": state, ":at": at},
        )

    def record_sign_of_life(self, box_id: str, now: datetime) -> None:
        """Remember that the box lives; one never heard of is idle."""
        at = write_instant(now)
        update = "SET seen_at = :at, #state = if_not_exists(#state, :idle), state_at = if_not_exists(state_at, :at)"
        self._see(box_id, update, {"#state": "state"}, {":at": at, ":idle": "idle"})

    def _see(self, box_id: str, update: str, names: Mapping[str, str], values: Mapping[str, Any]) -> None:
        with storage_errors():
            self._dynamodb.update_item(
                TableName=self._name,
                Key={"box_id": {"S": box_id}, "item": {"S": "SEEN"}},
                UpdateExpression=update,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=to_dynamodb(values),
            )


def _read_seller(item: Mapping[str, Any]) -> Box:
    placed = read_box(item, {})
    settings = placed.settings
    return Box(
        box_id=placed.box_id,
        box_uid=placed.box_uid,
        external_store_id=settings.external_store_id,
        mode=settings.mode,
        dialect=settings.dialect,
        currency=settings.currency,
        collector_id=settings.collector_id,
        liveness_seconds=settings.liveness_seconds,
        release_seconds=settings.release_seconds,
        report_seconds=settings.report_seconds,
        max_amount=settings.max_amount,
        key_hashes=_hashes(item),
    )


def _hashes(item: Mapping[str, Any]) -> dict[str, str]:
    return {key_id: key["sha256"] for key_id, key in item.get("keys", {}).items()}
