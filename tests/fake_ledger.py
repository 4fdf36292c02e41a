"""The ledger as the operator looks into it, in memory, and an operator who does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from caja.instants import write_instant
from caja.orders import Listed
from caja.tables.order_items import doubt_of
from caja.usecases.manage_orders import Desk, get_managed_order, list_orders, refund_order, resolve_order
from caja.usecases.manage_protocols import Ledger
from caja.usecases.provision_protocols import Listing
from tests.fakes import OrdersInMemory
from tests.shop import ORDER, Shop

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from caja.boxes import Box
    from caja.orders import Event, Order

WHO = "arn:aws:iam::123456789012:user/ana"


@dataclass(kw_only=True)
class LedgerInMemory(OrdersInMemory, Ledger):
    """`manage_protocols.Ledger`, two orders to the page."""

    page: int = 2

    def events(self, order_id: str) -> tuple[Event, ...]:
        return tuple(self.events_of[order_id])

    def of_box(
        self,
        box_id: str,
        state: str | None,
        since: datetime | None,
        until: datetime | None,
        after: tuple[str, str] | None,
    ) -> Listing[Listed]:
        found = [
            each
            for each in self.stored.values()
            if each.box_id == box_id and state in (None, each.state, doubt_of(each))
        ]
        listed = self._list(found, lambda order: order.created_at, since, until)
        listed.reverse()
        return self._page([each for each in listed if after is None or each[:2] < after])

    def in_doubt(
        self, doubt: str, since: datetime | None, until: datetime | None, after: tuple[str, str] | None
    ) -> Listing[Listed]:
        found = [order for order in self.stored.values() if doubt_of(order) == doubt]
        listed = self._list(found, lambda order: order.updated_at, since, until)
        return self._page([each for each in listed if after is None or each[:2] > after])

    def _list(
        self,
        orders: list[Order],
        instant: Callable[[Order], datetime],
        since: datetime | None,
        until: datetime | None,
    ) -> list[tuple[str, str, Listed]]:
        """The orders of that time with the keys they are listed by, oldest first."""
        found = [
            (write_instant(instant(order)), order.order_id, _listed(order))
            for order in orders
            if (since is None or since <= instant(order)) and (until is None or instant(order) <= until)
        ]
        return sorted(found, key=lambda each: each[:2])

    def _page(self, found: list[tuple[str, str, Listed]]) -> Listing[Listed]:
        shown = found[: self.page]
        last = "|".join(shown[-1][:2]) if len(found) > self.page else None
        return Listing(tuple(listed for _, _, listed in shown), last)


def _listed(order: Order) -> Listed:
    return Listed(order=replace(order, payments=()), needs=doubt_of(order))


class Office(Shop):
    """A shop, and its operator."""

    def __init__(self, *boxes: Box) -> None:
        super().__init__(*boxes)
        self.ledger = LedgerInMemory(boxes=self.boxes)
        self.orders = self.ledger

    def list(self, **query: str) -> dict[str, Any]:
        return list_orders(self.ledger, query)

    def look(self, order_id: str = ORDER) -> dict[str, Any]:
        return get_managed_order(self.ledger, order_id)

    def refund(self, order_id: str = ORDER, **body: str) -> dict[str, Any]:
        return refund_order(self.desk, order_id, read_body=lambda: {"reason": "asked for it", **body})

    def resolve(self, state: str, order_id: str = ORDER, **body: str) -> dict[str, Any]:
        body = {"reason": "asked for it", "state": state, **body}
        return resolve_order(self.desk, order_id, read_body=lambda: body)

    @property
    def desk(self) -> Desk:
        """What the operator decides with, now."""
        return Desk(
            ledger=self.ledger,
            checks=self.checks,
            refund_requests=self.refund_requests,
            report=self.report,
            who=WHO,
            now=self.clock.now,
        )
