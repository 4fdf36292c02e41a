"""The stores under contract, each with what only the operator, time or a raw client does to it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from caja.tables.boxes import BoxesTable
from caja.tables.health import HealthTable
from caja.tables.ledger import LedgerTable
from caja.tables.places import PlacesTable
from tests.builders import BRANCH_KEY, NOON, an_order
from tests.fake_ledger import LedgerInMemory
from tests.fake_refunds import HealthInMemory
from tests.fakes import BoxesInMemory
from tests.tables import a_branch, a_placed_box

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from caja.boxes import Box, Offer
    from caja.orders import Order
    from caja.usecases.manage_protocols import Ledger
    from caja.usecases.protocols import Boxes, HealthRecord

ORDER = "ORDER234567ORDER234567ORDE"
OTHER = "B" * 26
BOX = "CAJA0001"
PAGE = 2
"""Orders on a page of a list, so that few make many pages."""


class Store(Protocol):
    """One box's world: what is under contract, and a way to set the stage."""

    name: str
    boxes: Boxes
    orders: Ledger
    health: HealthRecord

    def provision(self, box: Box) -> None:
        """Have the box, and the branch STORE001."""

    def retire(self, box: Box) -> None:
        """The box, provisioned before, sells no more."""

    def forget_offer(self) -> None:
        """What time-to-live does to the box's offer."""

    def everything(self) -> Any:
        """All that is stored, to be compared."""


class MemoryStore:
    """The fakes."""

    name = "memory"

    def __init__(self, page: int = PAGE) -> None:
        self._boxes = BoxesInMemory()
        self._ledger = LedgerInMemory(boxes=self._boxes, page=page)
        self._health = HealthInMemory()
        self.boxes: Boxes = self._boxes
        self.orders: Ledger = self._ledger
        self.health: HealthRecord = self._health

    def provision(self, box: Box) -> None:
        self._boxes.boxes[box.box_id] = box
        self._boxes.branch_keys["STORE001"] = {BRANCH_KEY.key_id: BRANCH_KEY.sha256}

    def retire(self, box: Box) -> None:
        self._boxes.boxes[box.box_id] = replace(box, is_retired=True)

    def forget_offer(self) -> None:
        self._boxes.offers.pop(BOX, None)

    def everything(self) -> Any:
        events = {order_id: tuple(events) for order_id, events in self._ledger.events_of.items() if events}
        boxes, ledger = self._boxes, self._ledger
        seen = (dict(boxes.boxes), dict(boxes.offers), dict(boxes.seen))
        return *seen, dict(ledger.stored), events, self._health.known


class TableStore:
    """The adapters, over the two tables behind a client of DynamoDB."""

    def __init__(self, name: str, dynamodb: Any) -> None:
        self.name = name
        self.dynamodb = dynamodb
        self._places = PlacesTable(dynamodb, "BoxesTable")
        self.boxes: Boxes = BoxesTable(dynamodb, "BoxesTable")
        self.orders: Ledger = LedgerTable(dynamodb, orders="OrdersTable", boxes="BoxesTable")
        self.health: HealthRecord = HealthTable(dynamodb, "BoxesTable")

    def provision(self, box: Box) -> None:
        self._places.save_box(a_placed_box(**_settings(box)))
        self._places.save_branch(a_branch())

    def retire(self, box: Box) -> None:
        self._places.save_box(a_placed_box(**_settings(box), version=2, retired_at=NOON))

    def forget_offer(self) -> None:
        key = {"box_id": {"S": BOX}, "item": {"S": "READY"}}
        self.dynamodb.delete_item(TableName="BoxesTable", Key=key)

    def everything(self) -> Any:
        return [
            sorted(self.dynamodb.scan(TableName=table)["Items"], key=str)
            for table in ("BoxesTable", "OrdersTable")
        ]


class OneAtATime:
    """A client whose calls wait for each other."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = Lock()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if not callable(method):
            return method

        def call(**given: Any) -> Any:
            with self._lock:
                return method(**given)

        return call


@contextmanager
def listening(store: TableStore, event: str, heard: Callable[..., object]) -> Iterator[None]:
    """Have boto3 tell of an event of the store's client, and heed what it is answered."""
    events = store.dynamodb.meta.events
    events.register(event, heard)
    try:
        yield
    finally:
        events.unregister(event, heard)


def with_order(store: Store, **changes: Any) -> Order:
    """Have an order of that store's box, offered there."""
    order = an_order(**changes)
    assert store.orders.submit(order, '{"offered":true}', replaced=None) == "done"
    return order


def stored(store: Store, order_id: str = ORDER) -> Order:
    """The order as it is recorded now."""
    order = store.orders.get(order_id)
    assert order is not None
    return order


def offer(store: Store) -> Offer | None:
    """What the box offers now."""
    view = store.boxes.view(BOX)
    assert view is not None
    return view.offer


def _settings(box: Box) -> dict[str, Any]:
    """What an operator provisions to have this box, with the builders' own key."""
    names = ("box_id", "box_uid", "external_store_id", "mode", "dialect", "currency", "collector_id")
    limits = ("liveness_seconds", "release_seconds", "report_seconds", "max_amount")
    return {name: getattr(box, name) for name in (*names, *limits)}
