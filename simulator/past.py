"""What was true a while ago, for reads that lag: merchant orders and their payments as they were before each change.

Nothing is remembered unless reads lag, and nothing for longer than they do.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from simulator.account import Account
    from simulator.merchant_orders import MerchantOrder
    from simulator.payments import Payment


class _Change(NamedTuple):
    at: float
    number: int
    before: MerchantOrder | None


class Past:
    """The changes of the last ``read_lag`` seconds, oldest first, each with what was true before it."""

    def __init__(self) -> None:
        self._changes: deque[_Change] = deque()

    def note(self, account: Account, number: int) -> None:
        """Remember how the merchant order of this number is before it is changed, or that it is not there yet."""
        self._forget_what_is_over(account)
        if account.settings.read_lag:
            order = account.merchant_orders.get(number)
            self._changes.append(_Change(account.clock.elapsed(), number, order and _copy(order)))

    def order(self, account: Account, number: int) -> MerchantOrder | None:
        """Return the merchant order of this number as a read sees it."""
        self._forget_what_is_over(account)
        for change in self._changes:
            if change.number == number:
                return change.before
        return account.merchant_orders.get(number)

    def payment(self, account: Account, number: int) -> Payment | None:
        """Return the payment of this number as a read sees it."""
        payment = account.payments.get(number)
        if payment is None or not account.settings.read_lag:
            return payment
        order = self.order(account, payment.merchant_order_id)
        return next((each for each in order.payments if each.id == number), None) if order else None

    def clear(self) -> None:
        """Forget what was."""
        self._changes.clear()

    def _forget_what_is_over(self, account: Account) -> None:
        if self._changes:
            seen = account.clock.elapsed() - account.settings.read_lag
            while self._changes and self._changes[0].at <= seen:
                self._changes.popleft()


def _copy(order: MerchantOrder) -> MerchantOrder:
    payments = [
        replace(payment, refunds=[replace(refund) for refund in payment.refunds])
        for payment in order.payments
    ]
    return replace(order, payments=payments)
