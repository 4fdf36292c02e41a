"""Mercado Pago's payments and their refunds (protocol §5)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from caja.errors import MercadoPagoRefusedError, MercadoPagoUnavailableError
from caja.mercadopago.answers import REFUND_CAUSES
from caja.merchant_orders import read_amount, read_id
from caja.refunds import SeenPayment, SeenRefund

if TYPE_CHECKING:
    from caja.mercadopago.calls import MercadoPago
    from caja.orders import RefundAttempt

# Without it a pending Pix refund is not listed, and making one is answered by what reads like a refusal.
_SHOW_PENDING = {"X-Render-In-Process-Refunds": "true"}
_KEY = "X-Idempotency-Key"

_AT_WORK = (409, 423, 425)
"""How it may be said that this very key is being worked on; a refusal names one of its causes."""


class MercadoPagoPayments:
    """`usecases.protocols.Payments` over HTTP."""

    def __init__(self, mercadopago: MercadoPago) -> None:
        self._mercadopago = mercadopago

    def look(self, payment_id: str) -> SeenPayment:
        """The payment, and then its refunds: one that ends in between counts as not yet back."""
        payment = self._mercadopago.get("v1", "payments", payment_id)
        refunds = self._mercadopago.get("v1", "payments", payment_id, "refunds", headers=_SHOW_PENDING)
        amount = read_amount(payment.get("transaction_amount")) if isinstance(payment, dict) else None
        status = payment.get("status") if isinstance(payment, dict) else None
        if amount is None or not isinstance(status, str) or not isinstance(refunds, list):
            raise MercadoPagoUnavailableError(f"Mercado Pago's payment {payment_id} cannot be read.")
        return SeenPayment(
            status=status,
            amount=amount,
            refunded=read_amount(payment.get("transaction_amount_refunded")) or Decimal(0),
            refunds=tuple(map(_read, refunds)),
        )

    def give_back(self, payment_id: str, attempt: RefundAttempt) -> SeenRefund:
        """Make the attempt under its key; MercadoPagoRefusedError says that it moved nothing."""
        body = {} if attempt.amount is None else {"amount": attempt.amount}
        headers = {**_SHOW_PENDING, _KEY: attempt.key}
        try:
            answer = self._mercadopago.post(
                "v1", "payments", payment_id, "refunds", body=body, headers=headers
            )
        except MercadoPagoRefusedError as refusal:
            if _says_that_nothing_moved(refusal):
                raise
            raise MercadoPagoUnavailableError(str(refusal)) from None
        return _read(answer)


def _says_that_nothing_moved(refusal: MercadoPagoRefusedError) -> bool:
    is_known = bool({str(cause["code"]) for cause in refusal.causes} & REFUND_CAUSES)
    return refusal.is_its_word and (is_known or refusal.status not in _AT_WORK)


def _read(raw: Any) -> SeenRefund:
    refund_id = read_id(raw.get("id")) if isinstance(raw, dict) else None
    amount = read_amount(raw.get("amount")) if isinstance(raw, dict) else None
    status = raw.get("status") if isinstance(raw, dict) else None
    if refund_id is None or amount is None or not isinstance(status, str):
        # One refund that cannot be read may be the one that gives it all back: nothing follows from such an answer.
        raise MercadoPagoUnavailableError("Mercado Pago answered a refund that cannot be read.")
    return SeenRefund(refund_id=refund_id, amount=amount, status=status)
