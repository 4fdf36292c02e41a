"""A customer's phone: scan, wait, pay, be rejected, walk away (protocol §2).

What the phone shows is one of ``waiting``, ``amount``, ``cannot_take_payment``, ``paid`` and ``abandoned``. It polls while
it waits and never again after: a pay screen, once shown, can be paid whatever the merchant answers by then.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator import merchant_orders, notifications, outbound, retention
from simulator.errors import NOT_FOUND, MisuseError
from simulator.exact_json import decimals_of
from simulator.poll_answers import BEYOND_MONEY, Judgement, judge

if TYPE_CHECKING:
    import asyncio
    from decimal import Decimal

    from simulator.account import Account
    from simulator.payments import Payment
    from simulator.pos import Pos

HEADERS = {"Accept": "application/json", "User-Agent": "MercadoPago Instore Unattended"}
METHODS = ("account_money", "pix", "credit_card", "debit_card")


@dataclass
class Scan:
    """One phone in front of one box; ``detail`` is the merchant's last word or what was wrong with it.

    Without a ``pos_id`` the box is one that Mercado Pago has no record of: only its ``url`` is known.
    """

    id: str
    pos_id: int | None
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
            "refunds": [refund.shown() for payment in order.payments for refund in payment.refunds]
            if order
            else [],
        }


def scan(account: Account, pos: Pos) -> Scan:
    """Point a phone at a box's QR code; it starts to poll at once."""
    return _start(account, Scan(_new_id(), pos.id, pos.external_id, pos.url), pos.external_id or str(pos.id))


def scan_url(account: Account, url: str, external_id: str | None = None) -> Scan:
    """Point a phone at a box without a record, by the address that says what there is to pay at it."""
    return _start(account, Scan(_new_id(), None, external_id, url), external_id or url)


def _new_id() -> str:
    return uuid.uuid4().hex[:12]


def _start(account: Account, scan: Scan, name: str) -> Scan:
    account.scans[scan.id] = scan
    account.wire.act(f"scan {name}")
    if scan.url is None:
        scan.state, scan.detail = "cannot_take_payment", "the box has no url"
    else:
        scan.polling = account.errands.start(_look(account, scan, scan.url))
    account.tell_scan(scan)
    retention.forget_oldest(account)
    return scan


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
    if not 0 < wanted < BEYOND_MONEY or decimals_of(wanted) > account.country.decimals:
        raise MisuseError(f"nobody can pay {wanted} {order.currency}")
    account.wire.act(f"{'pay' if status == 'approved' else status} {wanted} {order.currency}")
    payment = merchant_orders.attempt(account, order, wanted, status, method)
    notifications.announce_payment(account, order, payment)
    if order.status == "closed":
        scan.state = "paid"
        notifications.announce_merchant_order(account, order)
    account.tell_scan(scan)
    return payment


def abandon(account: Account, scan: Scan) -> None:
    """Put the phone away; its merchant order, if it saw an amount, stays open for ever."""
    if scan.polling:
        scan.polling.cancel()
    if scan.state in ("waiting", "amount"):
        account.wire.act("walk away")
        scan.state = "abandoned"
        account.tell_scan(scan)


async def ask(account: Account, url: str) -> Judgement:
    """Poll a box's URL once, as a phone does, and judge what it says; nothing is opened and nobody is told."""
    settings = account.settings
    call = outbound.Call("GET", url, HEADERS)
    try:
        reply = await outbound.send(
            account.wire, call, settings.poll_timeout, lost=settings.poll_answers_lost
        )
    except outbound.UnansweredError as error:
        return Judgement("no", str(error))
    return judge(
        reply.status,
        reply.headers,
        reply.body,
        country=account.country,
        collector_id=account.collector_id,
        dialect=settings.poll_dialect,
    )


async def _look(account: Account, scan: Scan, url: str) -> None:
    clock = account.clock
    patient_until = clock.elapsed() + account.settings.scan_patience
    while scan.state == "waiting":
        await _poll(account, scan, url)
        account.tell_scan(scan)
        if scan.state == "waiting":
            await clock.sleep_until(min(clock.elapsed() + account.settings.poll_interval, patient_until))
            if clock.elapsed() >= patient_until:
                scan.state, scan.detail = "abandoned", "the customer lost patience"
                account.tell_scan(scan)


async def _poll(account: Account, scan: Scan, url: str) -> None:
    scan.polls += 1
    judgement = await ask(account, url)
    scan.detail = judgement.detail
    if judgement.verdict == "no":
        scan.state = "cannot_take_payment"
    elif judgement.offer:
        order = merchant_orders.open_one(account, judgement.offer, scan.id)
        scan.state, scan.merchant_order_id = "amount", order.id
        notifications.announce_merchant_order(account, order)
