"""Mercado Pago's refunds, the queue of them and the memory of its health, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

from caja.errors import MercadoPagoNotFoundError, MercadoPagoRefusedError
from caja.health import Health
from caja.refunds import SeenPayment, SeenRefund

if TYPE_CHECKING:
    from datetime import datetime

    from caja.messages import RefundMessage
    from caja.orders import RefundAttempt


@dataclass(kw_only=True)
class HealthInMemory:
    """`protocols.HealthRecord`."""

    known: Health = field(default_factory=Health)
    writes: list[str] = field(default_factory=list)

    def read(self) -> Health:
        return self.known

    def record(self, outcome: Literal["succeeded_at", "failed_at", "refused_at"], now: datetime) -> None:
        self.writes.append(outcome)
        instants: dict[str, Any] = {outcome: now}
        self.known = replace(self.known, **instants)


@dataclass(kw_only=True)
class RefundRequestsInMemory:
    """`protocols.RefundRequests`: the messages, oldest first."""

    waiting: list[RefundMessage] = field(default_factory=list)
    refuses: Exception | None = None

    def send(self, message: RefundMessage) -> None:
        if self.refuses:
            raise self.refuses
        self.waiting.append(message)

    def take(self) -> list[RefundMessage]:
        """Everything there is, gone from the queue."""
        taken, self.waiting = self.waiting, []
        return taken


@dataclass(kw_only=True)
class PaymentsInMemory:
    """`protocols.Payments`: answers by key for ever, as Mercado Pago does; `outcome` is what a new refund becomes.

    `failures` are what the next calls raise, before anything moves; `lost` are what they raise afterwards.
    """

    held: dict[str, SeenPayment] = field(default_factory=dict)
    outcome: str = "approved"
    causes: list[int] = field(default_factory=list)
    failures: list[Exception | None] = field(default_factory=list)
    lost: list[Exception | None] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    answers: dict[str, SeenRefund | MercadoPagoRefusedError] = field(default_factory=dict)
    _ids: count[int] = field(default_factory=lambda: count(5001))

    def have(self, payment_id: str, amount: Decimal, status: str = "approved") -> None:
        """Have a payment that nothing has been given back of."""
        self.held[payment_id] = SeenPayment(status=status, amount=amount, refunded=Decimal(0), refunds=())

    def look(self, payment_id: str) -> SeenPayment:
        self._count("look", payment_id)
        if payment_id not in self.held:
            raise MercadoPagoNotFoundError("There is no such payment.")
        return self.held[payment_id]

    def give_back(self, payment_id: str, attempt: RefundAttempt) -> SeenRefund:
        self._count("give back", attempt.key)
        if attempt.key not in self.answers:
            self.answers[attempt.key] = self._refund(payment_id, attempt)
        if self.lost and (lost := self.lost.pop(0)):
            raise lost
        answer = self.answers[attempt.key]
        if isinstance(answer, MercadoPagoRefusedError):
            raise answer
        return answer

    def settle(self, status: str) -> None:
        """End every refund that is on its way."""
        for payment_id, seen in self.held.items():
            refunds = tuple(
                replace(r, status=status) if r.status == "in_process" else r for r in seen.refunds
            )
            self._hold(payment_id, replace(seen, refunds=refunds))

    def _refund(self, payment_id: str, attempt: RefundAttempt) -> SeenRefund | MercadoPagoRefusedError:
        if self.causes:
            causes = [{"code": self.causes.pop(0), "description": "no"}]
            return MercadoPagoRefusedError(status=400, code="bad_request", message="no", causes=causes)
        seen = self.held[payment_id]
        left = seen.amount - seen.given_back - seen.on_its_way
        assert 0 < (attempt.amount or left) <= left, "more than the payment holds would go back"
        refund = SeenRefund(
            refund_id=str(next(self._ids)), amount=attempt.amount or left, status=self.outcome
        )
        self._hold(payment_id, replace(seen, refunds=(*seen.refunds, refund)))
        return refund

    def _hold(self, payment_id: str, seen: SeenPayment) -> None:
        back = sum((r.amount for r in seen.refunds if r.status == "approved"), Decimal(0))
        status = "refunded" if back >= seen.amount else seen.status
        self.held[payment_id] = replace(seen, refunded=back, status=status)

    def _count(self, kind: str, what: str) -> None:
        self.calls.append((kind, what))
        if self.failures and (failure := self.failures.pop(0)):
            raise failure
