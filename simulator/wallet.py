"""A customer's phone: scan, wait, pay, be rejected, walk away (protocol §2).

What the phone shows is one of ``waiting``, ``amount``, ``cannot_take_payment``, ``paid`` and ``abandoned``. It polls while
it waits and never again after: a pay screen, once shown, can be paid whatever the merchant answers by then.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator import merchant_orders, notifications, outbound
from simulator.errors import NOT_FOUND, MisuseError
from simulator.exact_json import decimals_of
from simulator.poll_answers import judge

if TYPE_CHECKING:
    from decimal import Decimal

    from simulator.account import Account
    from simulator.payments import Payment
    from simulator.pos import Pos

METHODS = ("account_money", "pix", "credit_card", "debit_card")


@dataclass
class Scan:
    """One phone in front of one box; ``detail`` is the merchant's last word or what was wrong with it."""

    id: str
    pos_id: int
    external_pos_id: str | None
    url: str | None
    state: str = "waiting"
    detail: str = ""
    polls: int = 0
    merchant_order_id: int | None = None
    polling: asyncio.Task[None] | None = field(default=None, repr=False)

    def shown(self, account: Account) -> dict[str, Any]:
        """Return what the phone shows."""
        order = account.merchant_orders.get(self.merchant_order_id or 0)
        return {
            "id": self.id,
            "pos_id": self.pos_id,
            "external_pos_id": self.external_pos_id,
            "state": self.state,
            "detail": self.detail,
            "polls": self.polls,
            "merchant_order_id": self.merchant_order_id,
            "external_reference": order.external_reference if order else None,
            "title": order.title if order else None,
            "amount": order.total if order else None,
            "owed": order.owed if order else None,
            "currency": order.currency if order else None,
            "payments": [payment.in_merchant_order() for payment in order.payments] if order else [],
        }


def scan(account: Account, pos: Pos) -> Scan:
    """Point a phone at a box's QR code; it starts to poll at once."""
    found = Scan(uuid.uuid4().hex[:12], pos.id, pos.external_id, pos.url)
    account.scans[found.id] = found
    account.wire.act(f"scan {pos.external_id or pos.id}")
    if pos.url is None:
        found.state, found.detail = "cannot_take_payment", "the box has no url"
    else:
        found.polling = account.errands.start(_look(account, found, pos.url))
    return found


def find(account: Account, scan_id: str) -> Scan:
    """Find a phone; ``MisuseError`` when there is none."""
    if scan_id not in account.scans:
        raise MisuseError(f"no scan is called {scan_id!r}", NOT_FOUND)
    return account.scans[scan_id]


def pay(
    account: Account, scan: Scan, amount: Decimal | None, status: str, method: str = "account_money"
) -> Payment:
    """Try to pay what is owed, or ``amount`` of it; ``MisuseError`` when the phone shows no amount to pay."""
    order = account.merchant_orders.get(scan.merchant_order_id or 0)
    if scan.state != "amount" or order is None:
        raise MisuseError(f"the phone shows {scan.state}, there is nothing to pay on it")
    if method not in METHODS:
        raise MisuseError(f"method is one of {METHODS}")
    wanted = order.owed if amount is None else amount
    if wanted <= 0 or decimals_of(wanted) > account.country.decimals:
        raise MisuseError(f"nobody can pay {wanted} {order.currency}")
    account.wire.act(f"{'pay' if status == 'approved' else status} {wanted} {order.currency}")
    payment = merchant_orders.attempt(account, order, wanted, status, method)
    notifications.announce_payment(account, order, payment)
    if order.status == "closed":
        scan.state = "paid"
        notifications.announce_merchant_order(account, order)
    return payment


def abandon(account: Account, scan: Scan) -> None:
    """Put the phone away; its merchant order, if it saw an amount, stays open for ever."""
    if scan.polling:
        scan.polling.cancel()
    if scan.state in ("waiting", "amount"):
        account.wire.act("walk away")
        scan.state = "abandoned"


async def _look(account: Account, scan: Scan, url: str) -> None:
    headers = {"Accept": "application/json", "User-Agent": "MercadoPago Instore Unattended"}
    try:
        async with asyncio.timeout(account.settings.scan_patience):
            while scan.state == "waiting":
                await _poll(account, scan, outbound.Call("GET", url, headers))
                if scan.state == "waiting":
                    await asyncio.sleep(account.settings.poll_interval)
    except TimeoutError:
        scan.state, scan.detail = "abandoned", "the customer lost patience"


async def _poll(account: Account, scan: Scan, call: outbound.Call) -> None:
    scan.polls += 1
    try:
        reply = await outbound.send(account.wire, call, account.settings.poll_timeout)
    except outbound.UnansweredError as error:
        scan.state, scan.detail = "cannot_take_payment", str(error)
        return
    judgement = judge(
        reply.status,
        reply.headers,
        reply.body,
        country=account.country,
        collector_id=account.collector_id,
        dialect=account.settings.poll_dialect,
    )
    scan.detail = judgement.detail
    if judgement.verdict == "no":
        scan.state = "cannot_take_payment"
    elif judgement.offer:
        order = merchant_orders.open_one(account, judgement.offer)
        scan.state, scan.merchant_order_id = "amount", order.id
        notifications.announce_merchant_order(account, order)
