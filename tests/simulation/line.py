"""The line to Mercado Pago: what its API answers, as JSON, and every way in which it does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

from caja.errors import (
    MercadoPagoNotFoundError,
    MercadoPagoRefusedError,
    MercadoPagoUnavailableError,
    TokenRefusedError,
)
from caja.instants import write_instant
from tests.simulation.weather import CrashError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.simulation.clockwork import Clockwork
    from tests.simulation.weather import Weather

PAGE = 30
BAD = ("approved", "in_mediation", "charged_back", "refunded")


@dataclass
class Payment:
    """One payment at Mercado Pago, with the refunds made of it by key."""

    payment_id: int
    amount: Decimal
    status: str
    approved_at: datetime | None
    is_pix: bool = False
    by_hand: bool = False
    no_balance_until: datetime | None = None
    refunds: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, dict[str, Any] | MercadoPagoRefusedError] = field(default_factory=dict)

    @property
    def refunded(self) -> Decimal:
        return sum((r["amount"] for r in self.refunds if r["status"] == "approved"), Decimal(0))

    @property
    def moving(self) -> Decimal:
        return sum((r["amount"] for r in self.refunds if r["status"] == "in_process"), Decimal(0))

    @property
    def net(self) -> Decimal:
        return self.amount - self.refunded if self.status == "approved" else Decimal(0)


@dataclass
class MerchantOrder:
    """One scan that saw an amount. `versions`: how it looked from when on, for reads that lag."""

    merchant_order_id: int
    reference: str
    total: Decimal
    collector_id: int
    currency: str
    created_at: datetime
    notification_url: str
    status: str = "opened"
    payments: list[Payment] = field(default_factory=list)
    versions: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)

    @property
    def net(self) -> Decimal:
        return sum((p.net for p in self.payments), Decimal(0))

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.merchant_order_id,
            "status": self.status,
            "external_reference": self.reference,
            "collector": {"id": self.collector_id},
            "total_amount": self.total,
            "date_created": write_instant(self.created_at),
            "payments": [
                {
                    "id": p.payment_id,
                    "transaction_amount": p.amount,
                    "amount_refunded": p.refunded,
                    "currency_id": self.currency,
                    "status": p.status,
                    "date_approved": write_instant(p.approved_at) if p.approved_at else None,
                }
                for p in self.payments
            ],
        }


class Line:
    """Everything at Mercado Pago; `get` and `post` stand where `caja.mercadopago.calls.MercadoPago` stands."""

    def __init__(self, clockwork: Clockwork, weather: Weather) -> None:
        self._clockwork = clockwork
        self._weather = weather
        self._ids = count(7_000_001)
        self.merchant_orders: dict[int, MerchantOrder] = {}
        self.by_reference: dict[str, list[MerchantOrder]] = {}
        self.payments: dict[int, tuple[MerchantOrder, Payment]] = {}
        self.calls: list[tuple[datetime, str]] = []

    def next_id(self) -> int:
        return next(self._ids)

    def have(self, mo: MerchantOrder) -> None:
        """Have a merchant order from now on."""
        self.merchant_orders[mo.merchant_order_id] = mo
        self.by_reference.setdefault(mo.reference, []).append(mo)
        self.touch(mo)

    def touch(self, mo: MerchantOrder) -> None:
        """Something of it changed."""
        mo.versions.append((self._clockwork.now, mo.shown()))

    def add(self, mo: MerchantOrder, payment: Payment) -> None:
        mo.payments.append(payment)
        self.payments[payment.payment_id] = (mo, payment)

    # ─── As our code calls it ───────────────────────────────────────────────────────────────────────────────────

    def get(self, *path: str, query: Mapping[str, str] | None = None, headers: Any = None) -> Any:
        self.calls.append((self._clockwork.now, "/".join(path)))
        self._fail()
        answer = self._read(path, query or {})
        self._fail_after()
        return self._garble(answer)

    def post(self, *path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
        self.calls.append((self._clockwork.now, "POST " + "/".join(path)))
        assert headers["X-Render-In-Process-Refunds"] == "true"
        self._fail()
        _, payment = self.payments[int(path[2])]
        key = headers["X-Idempotency-Key"]
        if key not in payment.keys:
            payment.keys[key] = self._refund(payment, body.get("amount"))
        self._fail_after()
        if self._weather.strikes("refund answers lost", 0.5):
            raise MercadoPagoUnavailableError("time-out after success")
        answer = payment.keys[key]
        if isinstance(answer, MercadoPagoRefusedError):
            raise answer
        return dict(answer)

    # ─── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _read(self, path: tuple[str, ...], query: Mapping[str, str]) -> Any:
        lag = timedelta(seconds=40) if self._weather.strikes("reads lag", 0.7) else timedelta(0)
        if path[:2] == ("merchant_orders", "search"):
            shown = [self._seen(mo, lag) for mo in self.by_reference.get(query["external_reference"], ())]
            found = [each for each in shown if each]
            offset = int(query["offset"])
            return {"elements": found[offset : offset + PAGE] or None, "total": len(found)}
        if path[0] == "merchant_orders":
            mo = self.merchant_orders.get(int(path[1]))
            shown_one = self._seen(mo, lag) if mo else None
            if shown_one is None:
                raise MercadoPagoNotFoundError("no such merchant order")
            return shown_one
        if int(path[2]) not in self.payments:
            raise MercadoPagoNotFoundError("no such payment")
        _, payment = self.payments[int(path[2])]
        if len(path) == 4:
            return [dict(refund) for refund in payment.refunds]
        return {
            "status": payment.status,
            "transaction_amount": payment.amount,
            "transaction_amount_refunded": payment.refunded,
        }

    def _seen(self, mo: MerchantOrder, lag: timedelta) -> dict[str, Any] | None:
        return next((shown for at, shown in reversed(mo.versions) if at <= self._clockwork.now - lag), None)

    def _refund(self, payment: Payment, wanted: Decimal | None) -> dict[str, Any] | MercadoPagoRefusedError:
        left = payment.amount - payment.refunded - payment.moving
        if payment.status == "refunded" or left <= 0:
            return _refusal(4296)
        if payment.status != "approved":
            return _refusal(2063)
        if wanted is not None and wanted > left:
            return _refusal(4040)
        is_broke = payment.no_balance_until is not None and self._clockwork.now < payment.no_balance_until
        if is_broke or self._weather.strikes("no balance", 0.8):
            self._weather.meet("F34")
            return _refusal(2000)
        pends = payment.is_pix or self._weather.strikes("refunds pend", 0.7)
        refund = {"id": self.next_id(), "amount": wanted or left, "status": "in_process"}
        payment.refunds.append(refund)
        if pends:
            self._weather.meet("F34")
            falls_through = not self._weather.is_over and self._clockwork.happens(0.2)
            outcome = "rejected" if falls_through else "approved"
            self._clockwork.later(
                self._clockwork.chance.uniform(20, 4_000), lambda: self.settle(payment, refund, outcome)
            )
        else:
            self.settle(payment, refund, "approved")
        return dict(refund)

    def settle(self, payment: Payment, refund: dict[str, Any], outcome: str) -> None:
        """End a refund."""
        refund["status"] = outcome
        assert payment.refunded <= payment.amount, "M3: more went back than was paid"
        if payment.refunded >= payment.amount:
            payment.status = "refunded"
        self.touch(self.payments[payment.payment_id][0])

    def _fail(self) -> None:
        weather = self._weather
        if weather.strikes("functions die", 0.02):
            raise CrashError
        if weather.strikes("token refused"):
            raise TokenRefusedError("401")
        away = ("Mercado Pago away", "no route", "hangs")
        if any(weather.strikes(spell) for spell in away) or weather.strikes("5xx", 0.3):
            raise MercadoPagoUnavailableError("no answer")
        if weather.strikes("429", 0.6):
            raise MercadoPagoUnavailableError("429", self._clockwork.chance.choice([None, 7.0, 90.0]))

    def _fail_after(self) -> None:
        if self._weather.strikes("functions die", 0.02):
            raise CrashError
        if self._weather.strikes("resets", 0.3):
            raise MercadoPagoUnavailableError("reset after the body")

    def _garble(self, answer: Any) -> Any:
        if not self._weather.strikes("garbage", 0.4):
            return answer
        kind = self._clockwork.chance.randrange(4)
        if kind == 0 or not isinstance(answer, dict):
            raise MercadoPagoUnavailableError("HTML")
        if kind == 1:
            return {}
        if kind == 2:
            return {**answer, "status": 7, "payments": "none", "collector": None, "elements": "x"}
        return {**answer, "unknown": {"deep": [1]}, "payer": None}


def _refusal(cause: int) -> MercadoPagoRefusedError:
    return MercadoPagoRefusedError(
        status=400, code="bad_request", message="refused", causes=[{"code": cause, "description": "no"}]
    )
