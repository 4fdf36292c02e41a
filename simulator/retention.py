"""What is forgotten, so that memory stays flat however long the simulator runs: the oldest records beyond a number."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.account import Account
    from simulator.merchant_orders import MerchantOrder


def forget_oldest(account: Account) -> None:
    """Forget the oldest merchant orders, with all that hangs on them, and phones beyond ``kept_records``."""
    kept = account.settings.kept_records
    while len(account.merchant_orders) > kept:
        _forget_order(account, account.merchant_orders.pop(next(iter(account.merchant_orders))))
    if len(account.scans) > kept:
        _forget_scans(account, len(account.scans) - kept)


def _forget_order(account: Account, order: MerchantOrder) -> None:
    for payment in order.payments:
        account.payments.pop(payment.id, None)
        for key in payment.refund_keys:
            account.refund_keys.pop(key, None)
            account.refund_outcomes.pop(key, None)
    account.scans.pop(order.scan_id or "", None)


def _forget_scans(account: Account, too_many: int) -> None:
    # A phone that waits is still on its way to an amount; its patience ends.
    over = (scan.id for scan in account.scans.values() if scan.state != "waiting")
    for scan_id in list(islice(over, too_many)):
        del account.scans[scan_id]
