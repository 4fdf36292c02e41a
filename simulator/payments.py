"""Single payments inside merchant orders (protocol §4): what one is, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from simulator import instants
from simulator.api import answer, read_id
from simulator.errors import NOT_FOUND, RefusedError, not_found, refuse_refund

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from simulator.account import Account
    from simulator.merchant_orders import MerchantOrder
    from simulator.refunds import Refund

DETAILS = {
    "approved": "accredited",
    "rejected": "cc_rejected_insufficient_amount",
    "refunded": "refunded",
    "partially_refunded": "partially_refunded",
    "charged_back": "settled",
}


@dataclass
class Payment:
    """One attempt to pay; ``amount`` is the ``transaction_amount``, ``refunded`` what went back of it.

    ``refund_keys`` are the idempotency keys it was asked to be given back with.

    ``status`` is one of Mercado Pago's: pending, approved, authorized, in_process, in_mediation, rejected, cancelled,
    refunded, charged_back.
    """

    id: int
    merchant_order_id: int
    external_reference: str | None
    collector_id: int
    currency: str
    amount: Decimal
    status: str
    created_at: datetime
    updated_at: datetime
    status_detail: str = ""
    method: str = "account_money"
    refunded: Decimal = Decimal(0)
    refunds: list[Refund] = field(default_factory=list)
    refund_keys: list[str] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def ever_held_money(self) -> bool:
        """Whether the buyer's money was taken at some time."""
        return self.status in ("approved", "refunded", "charged_back", "in_mediation")

    @property
    def approved_at(self) -> datetime | None:
        """When the money was taken."""
        return self.created_at if self.ever_held_money else None

    @property
    def detail(self) -> str:
        """Say why the status is what it is, in Mercado Pago's code words."""
        if self.status == "approved" and self.refunded:
            return DETAILS["partially_refunded"]
        return self.status_detail or DETAILS.get(self.status, self.status)

    def in_merchant_order(self) -> dict[str, Any]:
        """Return the payment as one element of a merchant order's ``payments``."""
        return {
            "id": self.id,
            "transaction_amount": self.amount,
            "total_paid_amount": self.amount,
            "shipping_cost": 0,
            "currency_id": self.currency,
            "status": self.status,
            "status_detail": self.detail,
            "operation_type": "regular_payment",
            "date_approved": instants.show(self.approved_at),
            "date_created": instants.show(self.created_at),
            "last_modified": instants.show(self.updated_at),
            "amount_refunded": self.refunded,
            **self.raw,
        }

    def shown(self, order: MerchantOrder) -> dict[str, Any]:
        """Return the payment as ``GET /v1/payments/{id}`` answers it; ids, status and money, nothing of the payer."""
        return {
            "id": self.id,
            "date_created": instants.show(self.created_at),
            "date_approved": instants.show(self.approved_at),
            "date_last_updated": instants.show(self.updated_at),
            "operation_type": "regular_payment",
            "payment_method_id": self.method,
            "payment_type_id": "bank_transfer" if self.method == "pix" else "account_money",
            "status": self.status,
            "status_detail": self.detail,
            "currency_id": self.currency,
            "description": order.title,
            "live_mode": False,
            "collector_id": self.collector_id,
            "payer": {"id": None, "type": None},
            "metadata": {},
            "order": {"id": str(self.merchant_order_id), "type": "mercadopago"},
            "external_reference": self.external_reference,
            "transaction_amount": self.amount,
            "transaction_amount_refunded": self.refunded,
            "coupon_amount": 0,
            "transaction_details": {
                "net_received_amount": self.amount,
                "total_paid_amount": self.amount,
                "overpaid_amount": 0,
            },
            "installments": 1,
            "captured": True,
            "notification_url": order.notification_url,
            "refunds": [refund.shown() for refund in self.refunds if refund.status == "approved"],
            **self.raw,
        }


def find(account: Account, text: str) -> Payment:
    """Find the payment of a path as it is; ``RefusedError`` 2000 when there is none."""
    return _there(account.payments.get(read_id(text)))


def see(account: Account, text: str) -> Payment:
    """Find the payment of a path as a read sees it, which can lag; ``RefusedError`` 2000 when there is none."""
    return _there(account.past.payment(account, read_id(text)))


def _there(payment: Payment | None) -> Payment:
    if payment is None:
        raise refuse_refund(2000)
    return payment


def routes(account: Account) -> list[Route]:
    """Lay the payments' own route."""

    async def get(request: Request) -> Response:
        try:
            payment = see(account, request.path_params["id"])
        except RefusedError as error:
            if error.status != NOT_FOUND:
                raise
            raise not_found("Payment not found") from error
        return answer(payment.shown(account.merchant_orders[payment.merchant_order_id]))

    return [Route("/v1/payments/{id}", get, methods=["GET"])]
