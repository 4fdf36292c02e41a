"""OrdersTable as the operator looks at it: a box's orders, those in doubt, what was recorded of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caja.instants import read_instant, write_instant
from caja.orders import Event, Listed
from caja.tables.calls import from_dynamodb, storage_errors, to_dynamodb
from caja.tables.order_items import REFUND_REFUSED, read_order
from caja.tables.orders import OrdersTable
from caja.usecases.provision_protocols import Listing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


PAGE = 50

_FIRST, _LAST = "0000", "9999"
"""Before and after any instant as we write it."""


class LedgerTable(OrdersTable):
    """`usecases.manage_protocols.Ledger` over the tables `orders` and `boxes`."""

    def events(self, order_id: str) -> tuple[Event, ...]:
        """What was recorded of the order, oldest first."""
        return tuple(map(_read_event, self._items_of(order_id, "begins_with(#item, :name)", "EVENT#")))

    def of_box(
        self,
        box_id: str,
        state: str | None,
        since: datetime | None,
        until: datetime | None,
        after: tuple[str, str] | None,
    ) -> Listing[Listed]:
        """A page of the box's orders, newest first; a page may be short where others were left out."""
        query: dict[str, Any] = {"IndexName": "ByBox", "ScanIndexForward": False}
        if state:
            query |= {
                "FilterExpression": "#state = :state",
                "ExpressionAttributeNames": {"#state": "doubt" if state == REFUND_REFUSED else "state"},
            }
        values = {**_span(since, until), ":state": state}
        return self._list({"box_id": box_id}, "created_at", values, after, query)

    def in_doubt(
        self, doubt: str, since: datetime | None, until: datetime | None, after: tuple[str, str] | None
    ) -> Listing[Listed]:
        """A page of what a person looks at, oldest change first."""
        return self._list(
            {"doubt": doubt}, "updated_at", _span(since, until), after, {"IndexName": "InDoubt"}
        )

    def _list(
        self,
        partition: Mapping[str, str],
        instant: str,
        values: Mapping[str, Any],
        after: tuple[str, str] | None,
        query: dict[str, Any],
    ) -> Listing[Listed]:
        ((name, value),) = partition.items()
        if after:
            last = {name: value, instant: after[0], "order_id": after[1], "item": "ORDER"}
            query["ExclusiveStartKey"] = to_dynamodb(last)
        with storage_errors():
            found = self._dynamodb.query(
                TableName=self._orders,
                KeyConditionExpression=f"{name} = :key AND {instant} BETWEEN :since AND :until",
                ExpressionAttributeValues=to_dynamodb({":key": value, **values}),
                Limit=PAGE,
                **query,
            )
        listed = map(_read_listed, map(from_dynamodb, found["Items"]))
        end = from_dynamodb(found.get("LastEvaluatedKey", {}))
        return Listing(
            tuple(each for each in listed if each), f"{end[instant]}|{end['order_id']}" if end else None
        )


def _span(since: datetime | None, until: datetime | None) -> dict[str, Any]:
    return {
        ":since": write_instant(since) if since else _FIRST,
        ":until": write_instant(until) if until else _LAST,
    }


def _read_listed(item: dict[str, Any]) -> Listed | None:
    order = read_order([item])
    return Listed(order=order, needs=item.get("doubt")) if order else None


def _read_event(item: Mapping[str, Any]) -> Event:
    return Event(
        version=int(item["item"].removeprefix("EVENT#")),
        at=read_instant(item["at"]),
        by=item["by"],
        from_state=item.get("from_state"),
        to_state=item["to_state"],
        facts=item["facts"],
    )
