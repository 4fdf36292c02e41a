"""What the use-cases need of the world: tables, queues, Mercado Pago, somebody to tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from caja.boxes import BoxView
    from caja.health import Health
    from caja.merchant_orders import MerchantOrder
    from caja.messages import CheckMessage, RefundMessage
    from caja.orders import Order, RefundAttempt
    from caja.refunds import SeenPayment, SeenRefund


class Boxes(Protocol):
    """The boxes' table as box routes use it. Every method raises StorageError."""

    def view(self, box_id: str) -> BoxView | None:
        """The box, its offer and its signs of life, strongly consistent; None if unknown or retired."""
        ...

    def branch_key_hashes(self, external_store_id: str) -> Mapping[str, str]:
        """The branch's keys: key_id → SHA-256."""
        ...

    def record_state(self, box_id: str, state: str, now: datetime) -> None:
        """Remember what the box said, and that it lives."""
        ...

    def record_sign_of_life(self, box_id: str, now: datetime) -> None:
        """Remember that the box lives."""
        ...


class Orders(Protocol):
    """The ledger. Every method raises StorageError; writes raise StaleVersionError when the order was written meanwhile."""

    def get(self, order_id: str) -> Order | None:
        """The order with its payments, strongly consistent."""
        ...

    def submit(
        self, order: Order, poll_body: str, *, replaced: tuple[Order, Order] | None
    ) -> Literal["done", "known", "occupied"]:
        """Write a new order and offer it at its box, all or nothing.

        `replaced`: the order it takes the place of, before and after. "known": the order exists already;
        "occupied": the box offers another order that is neither expired nor the replaced one.
        """
        ...

    def apply(self, before: Order, after: Order, *, by: str, facts: Mapping[str, Any]) -> None:
        """Write a change of state or payments with its event, and end the offer if it still names this order."""
        ...

    def save_watch(self, before: Order, after: Order) -> None:
        """Write how the order is looked at; nothing a box can see."""
        ...

    def due(self, now: datetime) -> Iterator[tuple[str, datetime]]:
        """Orders whose check is due, with the instant each was due at; eventually consistent."""
        ...

    def claim_due(self, order_id: str, due_at: datetime, until: datetime) -> bool:
        """Move a check still due at `due_at` to `until`; False if somebody else did."""
        ...


class Checks(Protocol):
    """The queue of checks; raises StorageError."""

    def send(self, message: CheckMessage, *, delay_seconds: int = 0) -> None:
        """Ask for a check after `delay_seconds` (0-900)."""
        ...


class RefundRequests(Protocol):
    """The queue of payments to give back; raises StorageError."""

    def send(self, message: RefundMessage) -> None:
        """Ask for a payment to be given back."""
        ...


class HealthRecord(Protocol):
    """What is remembered of our calls to Mercado Pago; raises StorageError."""

    def read(self) -> Health:
        """The last calls, whoever made them."""
        ...

    def record(self, outcome: Literal["succeeded_at", "failed_at", "refused_at"], now: datetime) -> None:
        """Remember what came of a call at `now`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a search; `next_offset` None on the last."""

    merchant_orders: tuple[MerchantOrder, ...]
    next_offset: int | None


class MerchantOrders(Protocol):
    """Mercado Pago's merchant orders; raises MercadoPagoError."""

    def get(self, merchant_order_id: str) -> MerchantOrder:
        """The merchant order, now."""
        ...

    def search(self, external_reference: str, offset: int) -> Page:
        """The merchant orders with this reference; the search lags behind `get`, and there is no reason to refuse one."""
        ...


class Payments(Protocol):
    """Mercado Pago's payments and their refunds; raises MercadoPagoError."""

    def look(self, payment_id: str) -> SeenPayment:
        """The payment with all its refunds, those on their way included."""
        ...

    def give_back(self, payment_id: str, attempt: RefundAttempt) -> SeenRefund:
        """Make the attempt under its key; MercadoPagoRefusedError says that it moved nothing."""
        ...


class Report(Protocol):
    """Where the use-cases tell what the operator should know."""

    def note(self, message: str, **facts: Any) -> None:
        """One line in the log."""
        ...

    def alarm(self, metric: str, message: str, **facts: Any) -> None:
        """One line in the log and one count of `metric`, for an alarm to watch."""
        ...
