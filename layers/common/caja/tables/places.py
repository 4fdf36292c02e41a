"""Branches and boxes in BoxesTable, as the operator's routes read and write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from caja.errors import StaleVersionError
from caja.places import PlaceView
from caja.tables.calls import from_dynamodb, storage_errors, to_dynamodb
from caja.tables.place_items import (
    box_item,
    branch_item,
    profile_item,
    read_box,
    read_branch,
    read_offer,
    read_seen,
    store_key,
)
from caja.usecases.provision_protocols import Listing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from caja.places import Branch, PlacedBox

PAGE = 100
_REFUSED = "ConditionalCheckFailedException"

_IS_NEW = "attribute_not_exists(box_id)"
_IS_VERSION_BEFORE = "version = :before"
_IS_OLDER = "attribute_not_exists(version) OR version < :version"


class PlacesTable:
    """`usecases.provision_protocols.Places` over the table `name`."""

    def __init__(self, dynamodb: DynamoDBClient, name: str) -> None:
        self._dynamodb = dynamodb
        self._name = name

    def box(self, box_id: str) -> PlaceView | None:
        """The box, retired ones too, strongly consistent."""
        with storage_errors():
            found = self._dynamodb.query(
                TableName=self._name,
                KeyConditionExpression="box_id = :box_id",
                ExpressionAttributeValues={":box_id": {"S": box_id}},
                ConsistentRead=True,
            )
        items = {item["item"]: item for item in map(from_dynamodb, found["Items"])}
        if "BOX" not in items:
            return None
        return PlaceView(
            box=read_box(items["BOX"], items.get("profile", {})),
            offer=read_offer(items["READY"]) if "READY" in items else None,
            seen=read_seen(items["SEEN"]) if "SEEN" in items else None,
        )

    def save_box(self, box: PlacedBox) -> None:
        """Write the box, then its profile; the same call heals what falls in between."""
        self._save(box_item(box))
        try:
            self._put(profile_item(box), _IS_OLDER, {":version": box.version})
        except StaleVersionError:
            # Somebody wrote a later version of the box, and its profile, in the meantime.
            return

    def list_boxes(self, after: str | None) -> Listing[PlacedBox]:
        """At most 100 boxes without name, category and QR links; eventually consistent."""
        items, last = self._list("BOX", after)
        return Listing(tuple(read_box(item, {}) for item in items), last)

    def branch(self, external_id: str) -> Branch | None:
        """The branch, strongly consistent."""
        key = {"box_id": {"S": store_key(external_id)}, "item": {"S": "STORE"}}
        with storage_errors():
            found = self._dynamodb.get_item(TableName=self._name, Key=key, ConsistentRead=True)
        return read_branch(from_dynamodb(found["Item"])) if "Item" in found else None

    def save_branch(self, branch: Branch) -> None:
        """Write the branch."""
        self._save(branch_item(branch))

    def list_branches(self, after: str | None) -> Listing[Branch]:
        """At most 100 branches; eventually consistent."""
        items, last = self._list("STORE", store_key(after) if after else None)
        return Listing(tuple(map(read_branch, items)), last.removeprefix(store_key("")) if last else None)

    def _list(self, kind: str, after: str | None) -> tuple[list[dict[str, Any]], str | None]:
        start = (
            {"ExclusiveStartKey": to_dynamodb({"kind": kind, "box_id": after, "item": kind})} if after else {}
        )
        with storage_errors():
            found = self._dynamodb.query(
                TableName=self._name,
                IndexName="ByKind",
                KeyConditionExpression="kind = :kind",
                ExpressionAttributeValues={":kind": {"S": kind}},
                Limit=PAGE,
                **start,  # type: ignore[arg-type]  # an empty one, or a key
            )
        last = found.get("LastEvaluatedKey")
        return list(map(from_dynamodb, found["Items"])), from_dynamodb(last)["box_id"] if last else None

    def _save(self, item: Mapping[str, Any]) -> None:
        """Write the next version of an item; StaleVersionError if it is not the next one."""
        if item["version"] == 1:
            self._put(item, _IS_NEW, {})
        else:
            self._put(item, _IS_VERSION_BEFORE, {":before": item["version"] - 1})

    def _put(self, item: Mapping[str, Any], condition: str, values: Mapping[str, Any]) -> None:
        written = to_dynamodb(item)
        given = {"ExpressionAttributeValues": to_dynamodb(values)} if values else {}
        with storage_errors():
            try:
                self._dynamodb.put_item(
                    TableName=self._name,
                    Item=written,
                    ConditionExpression=condition,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    **given,  # type: ignore[arg-type]  # an empty one, or values
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != _REFUSED:
                    raise
                # Ours already: the write was applied, its answer lost, and boto3 wrote again (F14).
                if error.response.get("Item") != written:
                    raise StaleVersionError("The place was changed meanwhile.") from None
