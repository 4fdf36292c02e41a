"""The stories: what phones and the box do, in which order, and what has to come of it.

Each is a coroutine over a ``Stage`` and a ``Box`` that returns at its good end, or raises ``ScenarioFailedError``.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from simulator import faults, refunds
from simulator.scenarios.runs import ScenarioFailedError
from simulator.scenarios.stage import GRACE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from simulator.account import Account
    from simulator.merchant_orders import MerchantOrder
    from simulator.scenarios.box import Box
    from simulator.scenarios.stage import Phone, Stage

ABANDONED = 40
AT_ONCE = 4
"""A merchant on a small machine answers so many within a poll's patience."""
PENDING_SECONDS = 3.0


@dataclass(frozen=True)
class Play:
    """One story, and what the box must be able to do in it: offer, cancel, replace, expire."""

    act: Callable[[Stage, Box], Awaitable[None]]
    needs: tuple[str, ...] = ("offer",)


async def sell(stage: Stage, box: Box) -> None:
    """A customer scans, sees the amount, pays; the merchant notices."""
    await box.offer()
    phone = stage.scan()
    await _pay_and_be_noticed(phone, box)


async def reject_then_approve(stage: Stage, box: Box) -> None:
    """The first card is rejected: the order has to stay, and the second one pays."""
    await box.offer()
    phone = stage.scan()
    order = await phone.see_amount()
    phone.be_rejected()
    stage.say("still_offered" if await box.offers(order) else "no_longer_offered")
    phone.pay()
    await box.notice(order)


async def pay_twice(stage: Stage, box: Box) -> None:
    """Two phones pay one sale: nobody can prevent it, and one of the payments has to go back."""
    await stage.need_refund(*await _pay_from_two_phones(stage, box))


async def abandon_scans(stage: Stage, box: Box) -> None:
    """Forty phones see the amount and leave, each with a merchant order that stays open; the next one pays."""
    await box.offer()
    for gone in range(0, ABANDONED, AT_ONCE):
        phones = [stage.scan(aloud=False) for _ in range(AT_ONCE)]
        for phone in phones:
            await phone.see_amount(aloud=False)
        for phone in phones:
            phone.walk_away(aloud=False)
        stage.say("phones_walked_away", count=gone + AT_ONCE, of=ABANDONED)
    phone = stage.scan()
    await _pay_and_be_noticed(phone, box)


async def pay_after_cancel(stage: Stage, box: Box) -> None:
    """The box cancels; the old pay screen is paid all the same, and the money has to go back."""
    await box.offer()
    phone = stage.scan()
    order = await phone.see_amount()
    await box.cancel(order)
    stage.say("offer_gone", phone=phone.number)
    phone.pay()
    await stage.need_refund(order)


async def pay_after_replace(stage: Stage, box: Box) -> None:
    """The amount is corrected; the old pay screen is paid, then the new amount, and the former has to go back."""
    await box.offer()
    old = stage.scan()
    order = await old.see_amount()
    await box.replace(order, old)
    old.pay()
    new = stage.scan()
    await new.see_amount()
    new.pay()
    await stage.need_refund(order)


async def pay_after_expiry(stage: Stage, box: Box) -> None:
    """The sale expires; the old pay screen is paid: the money goes back, or the merchant keeps it for the goods."""
    await box.offer_briefly()
    phone = stage.scan()
    order = await phone.see_amount()
    await box.let_expire(order)
    stage.say("offer_gone", phone=phone.number)
    phone.pay()
    if not await stage.see_refund(order, seconds=GRACE):
        seconds = int(stage.bound(GRACE))
        stage.say("kept", seconds=seconds, **stage.money(order.total))


async def refund_slowly(stage: Stage, box: Box) -> None:
    """Two phones pay one sale with Pix; the refund of one stays in process for a while, then ends well."""
    with _refunds_pending(stage.account):
        orders = await _pay_from_two_phones(stage, box, method="pix")
        refund = await stage.see_pending_refund(*orders)
        await stage.account.clock.sleep(stage.bound(PENDING_SECONDS))
        if refund.status == "in_process":
            refunds.settle(stage.account, refund, "approved")
        stage.say("refund_ends")
        await stage.need_refund(*orders, aloud=False)


async def walk_away(stage: Stage, box: Box) -> None:
    """The customer sees the amount, puts the phone away and pays in cash; the next scan finds nothing to pay."""
    await box.offer()
    phone = stage.scan()
    order = await phone.see_amount()
    phone.walk_away()
    await box.cancel(order)
    second = stage.scan()
    detail = await second.see_no_amount()
    stage.say("phone_finds_nothing", phone=second.number, detail=detail)


async def pay_in_parts(stage: Stage, box: Box) -> None:
    """Half is paid, then the rest."""
    await box.offer()
    phone = stage.scan()
    order = await phone.see_amount()
    cent = Decimal(1).scaleb(-stage.account.country.decimals)
    phone.pay((order.total / 2).quantize(cent, ROUND_DOWN))
    owed = stage.money(order.owed)
    stage.say("phone_owes", phone=phone.number, owed=owed["amount"], currency=owed["currency"])
    phone.pay()
    await box.notice(order)


async def scan_first(stage: Stage, box: Box) -> None:
    """The customer scans before the sale and waits; the amount comes by itself."""
    await box.free()
    phone = stage.scan()
    stage.say("phone_waits", phone=phone.number, detail=await phone.see_no_amount())
    await box.start()
    await _pay_and_be_noticed(phone, box)


PLAYS = {
    "sale": Play(sell),
    "rejected_then_approved": Play(reject_then_approve),
    "two_phones": Play(pay_twice),
    "abandoned_scans": Play(abandon_scans),
    "paid_after_cancel": Play(pay_after_cancel, ("offer", "cancel")),
    "paid_after_replace": Play(pay_after_replace, ("offer", "replace")),
    "paid_after_expiry": Play(pay_after_expiry, ("offer", "expire")),
    "pending_refund": Play(refund_slowly),
    "walk_away": Play(walk_away, ("offer", "cancel")),
    "partial_payments": Play(pay_in_parts),
    "scan_before_sale": Play(scan_first),
}


async def _pay_and_be_noticed(phone: Phone, box: Box) -> None:
    order = await phone.see_amount()
    phone.pay()
    await box.notice(order)


async def _pay_from_two_phones(
    stage: Stage, box: Box, *, method: str = "account_money"
) -> list[MerchantOrder]:
    await box.offer()
    phones = [stage.scan(), stage.scan()]
    orders = [await phone.see_amount() for phone in phones]
    if orders[0].external_reference != orders[1].external_reference:
        raise ScenarioFailedError("failed_two_orders")
    for phone in phones:
        phone.pay(method=method)
    return orders


@contextmanager
def _refunds_pending(account: Account) -> Iterator[None]:
    was_on = account.settings.pending_refunds
    if not was_on:
        faults.turn_on(account, "refunds_pending", {})
    try:
        yield
    finally:
        if not was_on:
            faults.turn_off(account, "refunds_pending")
