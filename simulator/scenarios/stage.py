"""What a scenario does with phones: point them at the box, see amounts, pay, wait for money to come back; told in steps.

All waiting is on the account's clock, and ends.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator import instants, wallet
from simulator.scenarios.runs import ScenarioFailedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from simulator.account import Account
    from simulator.merchant_orders import MerchantOrder
    from simulator.payments import Payment
    from simulator.refunds import Refund
    from simulator.scenarios.runs import Run
    from simulator.wallet import Scan

PATIENCE = 600.0
"""Seconds that a person, or a customer, waits for a box."""
NOTICE_PATIENCE = 120.0
"""Seconds until a merchant has noticed a payment without any notification: a minute, and some."""
REFUND_PATIENCE = 1200.0
"""Seconds until money is back: whoever looks only now and then at a sale that has ended does so within 15 minutes."""
GRACE = 60.0
"""Seconds after which a late payment that nobody gave back counts as kept."""
PAUSE = 0.05
SLOWER = 1.25


class Stage:
    """One run's phones and voice; ``point`` puts a new phone before the box, ``patience`` shortens every wait."""

    def __init__(
        self, account: Account, run: Run, point: Callable[[], Scan], patience: float | None = None
    ) -> None:
        self.account = account
        self._run = run
        self._point = point
        self._patience = patience
        self._phones: list[Scan] = []

    def say(self, text_key: str, **facts: Any) -> None:
        """Tell a step, and publish the run as it is now."""
        self._run.note(instants.show(self.account.now()) or "", text_key, facts)
        self.publish()

    def publish(self) -> None:
        """Publish the run as it is now."""
        self.account.events.publish("scenario", self._run.shown())

    def bound(self, seconds: float) -> float:
        """How long a wait of so many seconds lasts in this run."""
        return seconds if self._patience is None else min(seconds, self._patience)

    def minutes(self, seconds: float) -> float:
        """The same in minutes, as it is told."""
        minutes = round(self.bound(seconds) / 60, 2)
        return int(minutes) if minutes == int(minutes) else minutes

    def money(self, amount: Decimal) -> dict[str, Any]:
        """An amount of the country's money as facts of a step, with all its decimals."""
        country = self.account.country
        cent = Decimal(1).scaleb(-country.decimals)
        return {"amount": amount.quantize(cent), "currency": country.currency}

    async def until(
        self,
        holds: Callable[[], Awaitable[bool]],
        seconds: float,
        *,
        every: tuple[float, float] = (PAUSE, PAUSE),
    ) -> bool:
        """Look until it holds, ever less often; whether it did within the bound of so many seconds."""
        clock = self.account.clock
        deadline = clock.elapsed() + self.bound(seconds)
        pause, longest = every
        while not await holds():
            if clock.elapsed() >= deadline:
                return False
            await clock.sleep_until(min(clock.elapsed() + max(pause, PAUSE), deadline))
            pause = min(pause * SLOWER, longest)
        return True

    def scan(self, *, aloud: bool = True) -> Phone:
        """Point one more phone at the box."""
        phone = Phone(self, self._point(), len(self._phones) + 1)
        self._phones.append(phone.scan)
        if aloud:
            self.say("phone_scans", phone=phone.number, scan=phone.scan.id)
        return phone

    def put_away(self) -> None:
        """Put away the phones that still wait for an amount: nobody looks at them any more."""
        for scan in self._phones:
            if scan.state == "waiting":
                wallet.abandon(self.account, scan)

    async def see_refund(self, *orders: MerchantOrder, seconds: float = REFUND_PATIENCE) -> bool:
        """Wait until all that was paid on one of the orders went back, and tell it; whether it did."""

        async def is_back() -> bool:
            return _refunded(orders) is not None

        if not await self.until(is_back, seconds):
            return False
        payment = _refunded(orders)
        if payment is not None:
            self.say("refunded", payment_id=payment.id, **self.money(payment.refunded))
        return True

    async def need_refund(self, *orders: MerchantOrder, aloud: bool = True) -> None:
        """Wait until one of the orders is given back; the scenario fails if it is not."""
        money, minutes = self.money(orders[0].total), self.minutes(REFUND_PATIENCE)
        if aloud:
            self.say("waits_for_refund", **money, minutes=minutes)
        if not await self.see_refund(*orders):
            raise ScenarioFailedError("failed_no_refund", **money, minutes=minutes)

    async def see_pending_refund(self, *orders: MerchantOrder) -> Refund:
        """Wait until a refund of one of the orders is in process."""

        async def is_pending() -> bool:
            return bool(_pending(orders))

        if not await self.until(is_pending, REFUND_PATIENCE):
            raise ScenarioFailedError("failed_no_pending_refund", minutes=self.minutes(REFUND_PATIENCE))
        refund = _pending(orders)[0]
        self.say("refund_is_pending", **self.money(refund.amount))
        return refund


class Phone:
    """One phone of a scenario, ``number`` counting from 1."""

    def __init__(self, stage: Stage, scan: Scan, number: int) -> None:
        self._stage = stage
        self.scan = scan
        self.number = number

    async def see_amount(self, *, aloud: bool = True) -> MerchantOrder:
        """Wait until there is an amount, and return what the phone shows."""
        if not await self._stage.until(self._has_ended_waiting, PATIENCE):
            minutes = self._stage.minutes(PATIENCE)
            raise ScenarioFailedError(
                "failed_no_offer", minutes=minutes, detail=self.scan.detail or "nothing"
            )
        order = self._stage.account.merchant_orders.get(self.scan.merchant_order_id or 0)
        if self.scan.state == "cannot_take_payment":
            raise ScenarioFailedError("failed_cannot_take_payment", detail=self.scan.detail)
        if order is None:
            raise ScenarioFailedError("failed_phone_left", phone=self.number, detail=self.scan.detail)
        if aloud:
            money = self._stage.money(order.total)
            self._stage.say("phone_shows", phone=self.number, title=order.title, **money)
        return order

    async def see_no_amount(self) -> str:
        """Wait until the box's URL has answered once, and return its word; the scenario fails if it offers something."""

        async def was_answered() -> bool:
            return bool(self.scan.detail) or self.scan.state != "waiting"

        await self._stage.until(was_answered, PATIENCE)
        if self.scan.state != "waiting":
            await self.see_amount()
            raise ScenarioFailedError("failed_offered", phone=self.number)
        return self.scan.detail

    def pay(self, amount: Decimal | None = None, *, method: str = "account_money") -> Payment:
        """Pay what is owed, or ``amount`` of it."""
        payment = wallet.pay(self._stage.account, self.scan, amount, "approved", method)
        self._stage.say("phone_pays", phone=self.number, **self._stage.money(payment.amount))
        return payment

    def be_rejected(self) -> None:
        """Try to pay, in vain."""
        payment = wallet.pay(self._stage.account, self.scan, None, "rejected", "credit_card")
        self._stage.say("phone_is_rejected", phone=self.number, **self._stage.money(payment.amount))

    def walk_away(self, *, aloud: bool = True) -> None:
        """Put the phone away."""
        wallet.abandon(self._stage.account, self.scan)
        if aloud:
            self._stage.say("phone_walks_away", phone=self.number)

    async def _has_ended_waiting(self) -> bool:
        return self.scan.state != "waiting"


def _refunded(orders: tuple[MerchantOrder, ...]) -> Payment | None:
    """The last payment of an order of which nothing is left with the merchant."""
    for order in orders:
        if order.paid > 0 and order.refunded >= order.paid:
            return next(payment for payment in reversed(order.payments) if payment.refunded)
    return None


def _pending(orders: tuple[MerchantOrder, ...]) -> list[Refund]:
    return [
        refund
        for order in orders
        for payment in order.payments
        for refund in payment.refunds
        if refund.status == "in_process"
    ]
