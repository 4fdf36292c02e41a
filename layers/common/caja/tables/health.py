"""What is remembered of our calls to Mercado Pago, in BoxesTable beside the boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from caja.health import Health
from caja.instants import read_instant, write_instant
from caja.tables.calls import from_dynamodb, storage_errors, to_dynamodb

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"box_id": "STATUS#mercadopago", "item": "HEALTH"}
"""No box can be called so."""


class HealthTable:
    """`usecases.protocols.HealthRecord` over the table `name`."""

    def __init__(self, dynamodb: DynamoDBClient, name: str) -> None:
        self._dynamodb = dynamodb
        self._name = name

    def read(self) -> Health:
        """The last calls; strongly consistent."""
        with storage_errors():
            found = self._dynamodb.get_item(TableName=self._name, Key=to_dynamodb(KEY), ConsistentRead=True)
        item = from_dynamodb(found.get("Item", {}))
        return Health(
            **{
                name: read_instant(item[name])
                for name in ("succeeded_at", "failed_at", "refused_at")
                if name in item
            }
        )

    def record(self, outcome: Literal["succeeded_at", "failed_at", "refused_at"], now: datetime) -> None:
        """Remember what came of a call at `now`."""
        with storage_errors():
            self._dynamodb.update_item(
                TableName=self._name,
                Key=to_dynamodb(KEY),
                UpdateExpression="SET #outcome = :now",
                ExpressionAttributeNames={"#outcome": outcome},
                ExpressionAttributeValues=to_dynamodb({":now": write_instant(now)}),
            )
