"""What the operator's view of orders needs of the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from caja.usecases.protocols import Orders

if TYPE_CHECKING:
    from datetime import datetime

    from caja.orders import Event, Listed
    from caja.usecases.provision_protocols import Listing


class Ledger(Orders, Protocol):
    """The ledger with its lists; listed orders come without their payments. Every method raises StorageError."""

    def events(self, order_id: str) -> tuple[Event, ...]:
        """What was recorded of the order, oldest first."""
        ...

    def of_box(
        self,
        box_id: str,
        state: str | None,
        since: datetime | None,
        until: datetime | None,
        after: tuple[str, str] | None,
    ) -> Listing[Listed]:
        """A page of the box's orders, newest first, submitted from `since` to `until`, both included.

        `state` may be `refund_refused` too.

        `after`: instant and order_id of the last one seen; `last` of the page is such a pair, joined by `|`.
        """
        ...

    def in_doubt(
        self, doubt: str, since: datetime | None, until: datetime | None, after: tuple[str, str] | None
    ) -> Listing[Listed]:
        """A page of what a person looks at, oldest change first: `review`, `refunding` or `refund_refused`."""
        ...
