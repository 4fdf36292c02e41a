"""Merchant orders: one aggregate per scan that saw an amount, and its money (protocol §4).

One stays ``opened`` for ever unless enough is paid, however the merchant's order went on: nobody tells Mercado Pago.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from simulator import instants, retention
from simulator.api import answer, page_of, read_id
from simulator.errors import not_found
from simulator.payments import Payment

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from simulator.account import Account
    from simulator.poll_answers import Offer

PAGE = 30


@dataclass
class MerchantOrder:
    """What one phone saw and what was paid on it.

    ``raw`` replaces top-level fields on the wire, ``scan_id`` names the phone; a forged one has no phone.
    """

    id: int
    external_reference: str | None
    collector_id: int
    sponsor_id: int | None
    currency: str
    total: Decimal
    title: str
    items: list[dict[str, Any]]
    notification_url: str | None
    created_at: datetime
    updated_at: datetime
    status: str = "opened"
    order_status: str | None = None
    payments: list[Payment] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)
    scan_id: str | None = None

    @property
    def paid(self) -> Decimal:
        """How much was taken, refunded or not."""
        return sum((payment.amount for payment in self.payments if payment.ever_held_money), Decimal(0))

    @property
    def refunded(self) -> Decimal:
        """How much went back."""
        return sum((payment.refunded for payment in self.payments), Decimal(0))

    @property
    def owed(self) -> Decimal:
        """How much is still to be paid."""
        return max(Decimal(0), self.total - self.paid)

    def says(self) -> str:
        """Sum up the payments as ``order_status`` does."""
        if self.order_status is not None:
            return self.order_status
        if self.refunded and self.refunded >= self.paid:
            return "reverted"
        if self.refunded:
            return "partially_reverted"
        if self.paid:
            return "paid" if self.owed == 0 else "partially_paid"
        pending = any(payment.status in ("pending", "in_process", "authorized") for payment in self.payments)
        return "payment_in_process" if pending else "payment_required"

    def shown(self, site: str) -> dict[str, Any]:
        """Return the merchant order as it is answered."""
        return {
            "id": self.id,
            "status": self.status,
            "external_reference": self.external_reference,
            "preference_id": None,
            "payments": [payment.in_merchant_order() for payment in self.payments],
            "shipments": [],
            "payouts": [],
            "collector": {"id": self.collector_id, "nickname": "TESTSELLER"},
            "marketplace": "NONE",
            "notification_url": self.notification_url,
            "date_created": instants.show(self.created_at),
            "last_updated": instants.show(self.updated_at),
            "sponsor_id": self.sponsor_id,
            "shipping_cost": 0,
            "total_amount": self.total,
            "site_id": site.upper(),
            "paid_amount": self.paid,
            "refunded_amount": self.refunded,
            "payer": None,
            "items": self.items,
            "cancelled": False,
            "additional_info": "",
            "application_id": None,
            "is_test": True,
            "order_status": self.says(),
            **self.raw,
        }


def open_one(account: Account, offer: Offer, scan_id: str) -> MerchantOrder:
    """Open a merchant order for a phone that now shows an amount."""
    now = account.now()
    order = MerchantOrder(
        id=account.next_id("merchant_order"),
        scan_id=scan_id,
        external_reference=offer.external_reference,
        collector_id=account.collector_id,
        sponsor_id=offer.sponsor_id,
        currency=account.country.currency,
        total=offer.total,
        title=offer.title,
        items=[
            {
                "id": "",
                "category_id": "",
                "currency_id": account.country.currency,
                "description": item.description,
                "picture_url": None,
                "title": item.title,
                "quantity": item.quantity,
                "unit_price": item.unit_price,
            }
            for item in offer.items
        ],
        notification_url=offer.notification_url,
        created_at=now,
        updated_at=now,
    )
    keep(account, order)
    return order


def keep(account: Account, order: MerchantOrder) -> None:
    """Keep a new merchant order and its payments, and forget the oldest beyond what is kept."""
    account.past.note(account, order.id)
    account.merchant_orders[order.id] = order
    account.payments.update({payment.id: payment for payment in order.payments})
    retention.forget_oldest(account)


def attempt(account: Account, order: MerchantOrder, amount: Decimal, status: str, method: str) -> Payment:
    """Add one attempt to pay; the merchant order closes once what was taken covers its total."""
    now = account.now()
    payment = Payment(
        id=account.next_id("payment"),
        merchant_order_id=order.id,
        external_reference=order.external_reference,
        collector_id=order.collector_id,
        currency=order.currency,
        amount=amount,
        status=status,
        created_at=now,
        updated_at=now,
        method=method,
    )
    account.past.note(account, order.id)
    order.payments.append(payment)
    order.updated_at = now
    account.payments[payment.id] = payment
    if order.status == "opened" and order.owed == 0:
        order.status = "closed"
    return payment


def routes(account: Account) -> list[Route]:
    """Lay the merchant orders' routes; both spellings of the search are in print."""

    async def get(request: Request) -> Response:
        order = account.past.order(account, read_id(request.path_params["id"]))
        if order is None:
            raise not_found("merchant order not found")
        return answer(order.shown(account.country.site))

    async def search(request: Request) -> Response:
        offset, limit = page_of(request, largest=PAGE)
        found = _found(account, request.query_params.get("external_reference"))
        page = [order.shown(account.country.site) for order in found[offset : offset + limit]]
        # As documented: an empty page is null, not a list, and next_offset points past the end.
        return answer({"elements": page or None, "next_offset": offset + len(page), "total": len(found)})

    return [
        Route("/merchant_orders/search", search, methods=["GET"]),
        Route("/merchant_orders", search, methods=["GET"]),
        Route("/merchant_orders/{id}", get, methods=["GET"]),
    ]


def _found(account: Account, reference: str | None) -> list[MerchantOrder]:
    kept = account.merchant_orders
    found = list(kept.values()) if reference is None else kept.named(reference)
    if not account.settings.read_lag:
        return found
    seen = (account.past.order(account, order.id) for order in found)
    return [order for order in seen if order]
