"""How a call to DynamoDB is made: its values, its client, and its failures as ours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from caja.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

PATIENCE = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})
"""Time-outs and bounded retries of every call to AWS (design §4, Clients)."""


def make_dynamodb() -> DynamoDBClient:
    """A client with our time-outs."""
    return boto3.client("dynamodb", config=PATIENCE)


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn whatever keeps AWS from answering into StorageError."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise StorageError("Our storage did not answer; send the same request again.") from error


def to_dynamodb(item: Mapping[str, Any]) -> dict[str, Any]:
    """The item in DynamoDB's own JSON; what is None is left out."""
    return {name: TypeSerializer().serialize(value) for name, value in item.items() if value is not None}


def from_dynamodb(item: Mapping[str, Any]) -> dict[str, Any]:
    """The item out of DynamoDB's own JSON."""
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}


def refusals(error: ClientError) -> list[str]:
    """Why a transaction was cancelled, item by item ("None" for those not to blame); empty if it was not."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return []
    reasons: list[Any] = error.response.get("CancellationReasons", [])
    return [str(reason.get("Code", "None")) for reason in reasons]
