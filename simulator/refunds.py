"""Giving a payment back, once per idempotency key (protocol §5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from simulator import instants, payments
from simulator.api import answer, read_id, read_object
from simulator.errors import RefusedError, refuse_refund, refuse_without_balance
from simulator.exact_json import decimals_of, is_number

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from simulator.account import Account
    from simulator.payments import Payment

LONGEST_KEY = 64
OLDEST = timedelta(days=180)
KEY = "X-Idempotency-Key"
SHOW_PENDING = "X-Render-In-Process-Refunds"


@dataclass
class Refund:
    """Money on its way back, or back; ``status`` is approved, in_process, rejected or cancelled."""

    id: int
    payment_id: int
    collector_id: int
    amount: Decimal
    status: str
    created_at: datetime

    def shown(self) -> dict[str, Any]:
        """Return the refund as it is answered."""
        return {
            "id": self.id,
            "payment_id": self.payment_id,
            "amount": self.amount,
            "metadata": {},
            "source": {"id": str(self.collector_id), "name": "TESTSELLER", "type": "collector"},
            "date_created": instants.show(self.created_at),
            "unique_sequence_number": None,
            "refund_mode": "standard",
            "adjustment_amount": 0,
            "status": self.status,
            "reason": None,
        }


def create(account: Account, payment: Payment, body: dict[str, Any]) -> Refund:
    """Give back what the body asks, all that is left if it names no amount; ``RefusedError`` moves nothing."""
    pending = sum((refund.amount for refund in payment.refunds if refund.status == "in_process"), Decimal(0))
    left = payment.amount - payment.refunded - pending
    if payment.status == "refunded":
        raise refuse_refund(4296)
    if payment.status != "approved" or left <= 0:
        raise refuse_refund(2063)
    if account.now() - payment.created_at > OLDEST:
        raise refuse_refund(2024)
    amount = body.get("amount")
    if amount is None:
        amount = left
    if not is_number(amount):
        raise refuse_refund(4041)
    if not 0 < amount <= left or decimals_of(amount) > account.country.decimals:
        raise refuse_refund(4040)
    if not account.settings.seller_has_balance:
        raise refuse_without_balance()
    waits = account.settings.pending_refunds
    now = account.now()
    refund = Refund(
        account.next_id("refund"), payment.id, payment.collector_id, Decimal(amount), "in_process", now
    )
    account.past.note(account, payment.merchant_order_id)
    payment.refunds.append(refund)
    if not waits:
        settle(account, refund, "approved")
        return refund
    account.tell_order(account.merchant_orders[payment.merchant_order_id])
    if account.settings.pending_refund_seconds:
        account.errands.start(_settle_later(account, refund, account.settings.pending_refund_seconds))
    return refund


def settle(account: Account, refund: Refund, status: str) -> None:
    """End a refund: ``approved`` moves the money, ``rejected`` and ``cancelled`` move none."""
    payment = account.payments[refund.payment_id]
    order = account.merchant_orders[payment.merchant_order_id]
    account.past.note(account, order.id)
    refund.status = status
    if status == "approved":
        payment.refunded += refund.amount
        payment.updated_at = order.updated_at = account.now()
        if payment.refunded >= payment.amount:
            payment.status = "refunded"
    account.tell_order(order)


async def _settle_later(account: Account, refund: Refund, seconds: float) -> None:
    await account.clock.sleep(seconds)
    # By then somebody may have ended it, or its merchant order may be among the forgotten.
    if refund.status == "in_process" and refund.payment_id in account.payments:
        settle(account, refund, "approved")


def routes(account: Account) -> list[Route]:
    """Lay the refunds' routes."""

    async def post(request: Request) -> Response:
        payment = payments.find(account, request.path_params["id"])
        key = _key_of(request)
        body = await read_object(request)
        outcome = _once(account, key, payment, body)
        if outcome.status == "in_process" and not _asks_for_pending(request):
            raise RefusedError(400, "bad_request", "The refund could not be processed")
        return answer(outcome.shown(), 201)

    async def list_all(request: Request) -> Response:
        payment = payments.see(account, request.path_params["id"])
        shown = [
            refund.shown()
            for refund in payment.refunds
            if refund.status != "in_process" or _asks_for_pending(request)
        ]
        return answer(shown)

    async def get(request: Request) -> Response:
        payment = payments.see(account, request.path_params["id"])
        wanted = read_id(request.path_params["refund_id"])
        for refund in payment.refunds:
            if refund.id == wanted:
                return answer(refund.shown())
        raise RefusedError(404, "not_found", "Refund not found")

    return [
        Route("/v1/payments/{id}/refunds", post, methods=["POST"]),
        Route("/v1/payments/{id}/refunds", list_all, methods=["GET"]),
        Route("/v1/payments/{id}/refunds/{refund_id}", get, methods=["GET"]),
    ]


def _once(account: Account, key: str, payment: Payment, body: dict[str, Any]) -> Refund:
    # A key belongs to one payment; what it was answered first, refusals included, it is answered for ever.
    if account.refund_keys.setdefault(key, payment.id) != payment.id:
        raise refuse_refund(2032)
    if key not in account.refund_outcomes:
        payment.refund_keys.append(key)
        try:
            account.refund_outcomes[key] = create(account, payment, body)
        except RefusedError as error:
            account.refund_outcomes[key] = error
    outcome = account.refund_outcomes[key]
    if isinstance(outcome, RefusedError):
        raise outcome.with_traceback(None)
    return outcome


def _key_of(request: Request) -> str:
    key = request.headers.get(KEY, "")
    if not key:
        raise refuse_refund(4292)
    if len(key) > LONGEST_KEY:
        raise refuse_refund(4292, f"Header {KEY} is longer than {LONGEST_KEY} characters")
    return key


def _asks_for_pending(request: Request) -> bool:
    return request.headers.get(SHOW_PENDING, "").lower() == "true"
