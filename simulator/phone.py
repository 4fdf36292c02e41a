"""A customer's phone, as the client of the control API holds it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import SimulatorClient

Seen = TypeVar("Seen")
PAUSE = 0.05
WAITING, AMOUNT, CANNOT_TAKE_PAYMENT, PAID, ABANDONED = (
    "waiting",
    "amount",
    "cannot_take_payment",
    "paid",
    "abandoned",
)


class SimulatorError(Exception):
    """The simulator refused a control call; the message is its own."""


@dataclass(frozen=True)
class Screen:
    """What a phone shows; money is in the country's currency, ``owed`` what is left of ``amount``."""

    state: str
    detail: str
    polls: int
    merchant_order_id: int | None
    external_reference: str | None
    title: str | None
    amount: Decimal | None
    owed: Decimal | None
    currency: str | None
    payments: tuple[dict[str, Any], ...]


class Phone:
    """A customer's phone in front of one box."""

    def __init__(self, mp: SimulatorClient, scan_id: str) -> None:
        self._mp = mp
        self.id = scan_id

    def screen(self) -> Screen:
        """Look at the phone."""
        return _screen(self._mp.control("GET", f"/scans/{self.id}"))

    def wait_for(self, *states: str, timeout: float = 15.0) -> Screen:
        """Look until the phone shows one of the states; ``TimeoutError`` after ``timeout`` seconds."""
        return look_until(
            self.screen, lambda screen: screen.state in states, timeout, f"the phone to show {states}"
        )

    def wait_for_amount(self, timeout: float = 15.0) -> Screen:
        """Look until there is something to pay; ``SimulatorError`` if this place cannot take the payment."""
        screen = self.wait_for(AMOUNT, CANNOT_TAKE_PAYMENT, timeout=timeout)
        if screen.state != AMOUNT:
            raise SimulatorError(f"the phone shows {screen.state}: {screen.detail}")
        return screen

    def pay(self, amount: Decimal | None = None, *, method: str = "account_money") -> Screen:
        """Pay what is owed, or part of it, or too much."""
        return _screen(self._mp.control("POST", f"/scans/{self.id}/pay", _attempt(amount, method)))

    def reject(self, amount: Decimal | None = None, *, method: str = "account_money") -> Screen:
        """Try to pay and be rejected; the amount stays on the screen."""
        return _screen(self._mp.control("POST", f"/scans/{self.id}/reject", _attempt(amount, method)))

    def abandon(self) -> Screen:
        """Walk away."""
        return _screen(self._mp.control("POST", f"/scans/{self.id}/abandon"))


def _screen(shown: dict[str, Any]) -> Screen:
    return Screen(
        state=shown["state"],
        detail=shown["detail"],
        polls=shown["polls"],
        merchant_order_id=shown["merchant_order_id"],
        external_reference=shown["external_reference"],
        title=shown["title"],
        amount=_money(shown["amount"]),
        owed=_money(shown["owed"]),
        currency=shown["currency"],
        payments=tuple(shown["payments"]),
    )


def _money(value: int | Decimal | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _attempt(amount: Decimal | None, method: str) -> dict[str, Any]:
    return {"method": method} if amount is None else {"method": method, "amount": Decimal(amount)}


def look_until(look: Callable[[], Seen], enough: Callable[[Seen], bool], timeout: float, what: str) -> Seen:
    """Look until it is enough; ``TimeoutError`` after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        seen = look()
        if enough(seen):
            return seen
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:g} s for {what}; last seen: {seen}")
        time.sleep(PAUSE)
