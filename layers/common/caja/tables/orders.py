"""OrdersTable, and the READY item that goes with it: every change of an order is one conditional transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from caja.errors import StaleVersionError, StorageError
from caja.instants import read_instant, write_instant
from caja.tables.calls import from_dynamodb, refusals, storage_errors, to_dynamodb
from caja.tables.order_items import (
    SHARDS,
    event_item,
    order_item,
    payment_item,
    read_order,
    ready_item,
    shard_of,
    watch_attributes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from caja.orders import Order, RecordedPayment

TRIES = 4
"""How often a transaction that met another one is repeated."""

_REFUSED = "ConditionalCheckFailed"
_CONFLICT = "TransactionConflict"

_NEW = "attribute_not_exists(order_id)"
_UNCHANGED = "revision = :before"
_NO_ATTEMPTS = "attribute_not_exists(attempts)"

_OFFER_IS_THIS = "order_id = :order_id"
_OFFER_IS_ANOTHER = "attribute_not_exists(order_id) OR order_id <> :order_id"
# A box offers one order at a time; a prepay one keeps it until the goods are out, or the money goes back.
_OFFER_IS_OVER = (
    "attribute_not_exists(order_id) OR (#state = :ready AND expires_at <= :now) OR "
    "(#state <> :ready AND NOT (#mode = :prepay AND #state IN (:paid, :releasing)))"
)


class OrdersTable:
    """`usecases.protocols.Orders` over the tables `orders` and `boxes`."""

    def __init__(self, dynamodb: DynamoDBClient, *, orders: str, boxes: str) -> None:
        self._dynamodb = dynamodb
        self._orders = orders
        self._boxes = boxes

    def get(self, order_id: str) -> Order | None:
        """The order with its payments, strongly consistent. Events sort before ORDER and are not read."""
        return read_order(self._items_of(order_id, "#item >= :name", "ORDER"))

    def _items_of(self, order_id: str, which: str, name: str) -> list[dict[str, Any]]:
        """The order's items whose name fits `which` of `:name`, all pages of them, strongly consistent."""
        items: list[dict[str, Any]] = []
        start: dict[str, Any] = {}
        while True:
            with storage_errors():
                found = self._dynamodb.query(
                    TableName=self._orders,
                    KeyConditionExpression=f"order_id = :order_id AND {which}",
                    ExpressionAttributeNames={"#item": "item"},
                    ExpressionAttributeValues=to_dynamodb({":order_id": order_id, ":name": name}),
                    ConsistentRead=True,
                    **start,
                )
            items += map(from_dynamodb, found["Items"])
            if "LastEvaluatedKey" not in found:
                return items
            start = {"ExclusiveStartKey": found["LastEvaluatedKey"]}

    def submit(
        self, order: Order, poll_body: str, *, replaced: tuple[Order, Order] | None
    ) -> Literal["done", "known", "occupied"]:
        """Write a new order and offer it at its box, all or nothing."""
        if replaced:
            offer_is_free = self._put(
                self._boxes, ready_item(order, poll_body), _OFFER_IS_THIS, {":order_id": replaced[0].order_id}
            )
        else:
            values = {":now": write_instant(order.created_at), ":prepay": "prepay"}
            states = {f":{state}": state for state in ("ready", "paid", "releasing")}
            offer_is_free = self._put(
                self._boxes, ready_item(order, poll_body), _OFFER_IS_OVER, {**values, **states}
            )
        writes = [
            self._put(self._orders, order_item(order), _NEW, {}),
            offer_is_free,
            self._put(self._orders, event_item(None, order, by="box", facts={}), None, {}),
        ]
        if replaced:
            facts = {"replaced_by": order.order_id}
            writes += self._change(*replaced, by="box", facts=facts)
        refused = self._write(writes)
        if not refused:
            return "done"
        if 0 in refused:
            return "known"
        if 1 in refused:
            return "occupied"
        raise StaleVersionError("The replaced order was written meanwhile.")

    def apply(self, before: Order, after: Order, *, by: str, facts: Mapping[str, Any]) -> None:
        """Write a change of state or payments with its event, and end the offer if it still names this order."""
        writes = self._change(before, after, by=by, facts=facts)
        for _ in range(TRIES):
            refused = self._write([*writes, self._offer_write(after)] if after.ended_at else writes)
            if not refused:
                return
            if refused != {len(writes)}:
                raise StaleVersionError("The order was written meanwhile.")
        raise StorageError("The box's offer kept changing; send the same request again.")

    def save_watch(self, before: Order, after: Order) -> None:
        """Write how the order is looked at; nothing a box can see."""
        attributes = watch_attributes(after.order_id, after.watch)
        self._update_watch(
            after.order_id,
            attributes,
            _UNCHANGED,
            {":before": before.revision},
        )

    def due(self, now: datetime) -> Iterator[tuple[str, datetime]]:
        """Orders whose check is due, the longest due of each shard first; eventually consistent."""
        # Another shard first each minute: no shard is always the one that a run has no time left for.
        for shard in ((now.minute + n) % SHARDS for n in range(SHARDS)):
            start: dict[str, Any] = {}
            while True:
                with storage_errors():
                    found = self._dynamodb.query(
                        TableName=self._orders,
                        IndexName="Due",
                        KeyConditionExpression="due_shard = :shard AND check_at <= :now",
                        ExpressionAttributeValues=to_dynamodb(
                            {":shard": f"{shard:02d}", ":now": write_instant(now)}
                        ),
                        **start,
                    )
                for item in map(from_dynamodb, found["Items"]):
                    yield item["order_id"], read_instant(item["check_at"])
                if "LastEvaluatedKey" not in found:
                    break
                start = {"ExclusiveStartKey": found["LastEvaluatedKey"]}

    def claim_due(self, order_id: str, due_at: datetime, until: datetime) -> bool:
        """Move a check still due at `due_at` to `until`; False if somebody else did."""
        attributes = {"check_at": write_instant(until), "due_shard": shard_of(order_id)}
        try:
            self._update_watch(order_id, attributes, "check_at = :due_at", {":due_at": write_instant(due_at)})
        except StaleVersionError:
            return False
        return True

    def _update_watch(
        self, order_id: str, attributes: Mapping[str, Any], condition: str, values: Mapping[str, Any]
    ) -> None:
        kept = {name: value for name, value in attributes.items() if value is not None}
        sets = ", ".join(f"{name} = :{name}" for name in kept)
        gone = ", ".join(name for name in attributes if name not in kept)
        try:
            with storage_errors():
                self._dynamodb.update_item(
                    TableName=self._orders,
                    Key=to_dynamodb({"order_id": order_id, "item": "ORDER"}),
                    UpdateExpression=f"SET {sets} ADD revision :one" + (f" REMOVE {gone}" if gone else ""),
                    ConditionExpression=condition,
                    ExpressionAttributeValues=to_dynamodb(
                        {":one": 1, **values, **{f":{name}": value for name, value in kept.items()}}
                    ),
                )
        except StorageError as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and cause.response["Error"]["Code"].startswith(
                (_REFUSED, _CONFLICT)
            ):
                raise StaleVersionError("The order was written meanwhile.") from None
            raise

    def _change(
        self, before: Order, after: Order, *, by: str, facts: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """The writes of one change, ORDER first."""
        item = {**order_item(after), "revision": before.revision + 1}
        return [
            self._put(self._orders, item, _UNCHANGED, {":before": before.revision}),
            self._put(self._orders, event_item(before, after, by=by, facts=facts), None, {}),
            *(
                self._put(
                    self._orders, payment_item(after.order_id, payment), *_attempts_as_read(before, payment)
                )
                for payment in after.payments
                if payment not in before.payments
            ),
        ]

    def _offer_write(self, after: Order) -> dict[str, Any]:
        """End the offer if it names this order; else make sure that it names another when the change is written."""
        key = to_dynamodb({"box_id": after.box_id, "item": "READY"})
        with storage_errors():
            found = self._dynamodb.get_item(TableName=self._boxes, Key=key, ConsistentRead=True)
        if from_dynamodb(found.get("Item", {})).get("order_id") != after.order_id:
            return {
                "ConditionCheck": {
                    "TableName": self._boxes,
                    "Key": key,
                    "ConditionExpression": _OFFER_IS_ANOTHER,
                    "ExpressionAttributeValues": to_dynamodb({":order_id": after.order_id}),
                }
            }
        values = {":order_id": after.order_id, ":state": after.state.value}
        return {
            "Update": {
                "TableName": self._boxes,
                "Key": key,
                "UpdateExpression": "SET #state = :state, ended_at = :ended_at",
                "ConditionExpression": _OFFER_IS_THIS,
                "ExpressionAttributeNames": {"#state": "state"},
                "ExpressionAttributeValues": to_dynamodb(
                    {**values, ":ended_at": write_instant(after.ended_at) if after.ended_at else None}
                ),
            }
        }

    def _put(
        self, table: str, item: Mapping[str, Any], condition: str | None, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": table, "Item": to_dynamodb(item)}
        if condition:
            put["ConditionExpression"] = condition
            names = {f"#{name}": name for name in ("state", "mode") if f"#{name}" in condition}
            if names:
                put["ExpressionAttributeNames"] = names
            if values:
                put["ExpressionAttributeValues"] = to_dynamodb(values)
        return {"Put": put}

    def _write(self, writes: Sequence[dict[str, Any]]) -> set[int]:
        """Write all or nothing; the positions whose condition refused, empty when written."""
        for _ in range(TRIES):
            try:
                with storage_errors():
                    # boto3 sends one ClientRequestToken with all its repetitions: a lost answer is not a refusal.
                    self._dynamodb.transact_write_items(TransactItems=writes)  # type: ignore[arg-type]  # plain dicts
            except StorageError as error:
                reasons = refusals(error.__cause__) if isinstance(error.__cause__, ClientError) else []
                if refused := {n for n, reason in enumerate(reasons) if reason == _REFUSED}:
                    return refused
                if _CONFLICT not in reasons:
                    raise
            else:
                return set()
        raise StorageError("The order is being written by others; send the same request again.")


def _attempts_as_read(before: Order, payment: RecordedPayment) -> tuple[str, dict[str, Any]]:
    """The condition that the payment has the attempts it was read with.

    A query is no snapshot: it may have shown ORDER as a change left it, and PAYMENT as it was before, without its last key.
    """
    attempts = next((p.attempts for p in before.payments if p.payment_id == payment.payment_id), ())
    return ("size(attempts) = :attempts", {":attempts": len(attempts)}) if attempts else (_NO_ATTEMPTS, {})
