"""The box of a scenario: it does its part by its own hands, or the person beside it is asked to and its URL is watched."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from simulator import wallet
from simulator.scenarios.runs import ScenarioFailedError
from simulator.scenarios.stage import NOTICE_PATIENCE, PATIENCE

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from simulator.merchant_orders import MerchantOrder
    from simulator.poll_answers import Judgement, Offer
    from simulator.scenarios.stage import Phone, Stage

BRIEF = 30
"""Seconds for which a sale is offered that is to expire: the shortest that our box API takes."""
MORE = Decimal(100)
SLOWEST = 10


class HandsError(Exception):
    """The box cannot do its part now; the message says why."""


class BoxHands(Protocol):
    """A box that does as a scenario asks; ``HandsError`` when it cannot."""

    async def offer(self, amount: Decimal | None, ttl_seconds: int | None) -> None:
        """Start a sale and offer it: the box's own default amount, and as long as usual, where there is ``None``."""

    async def cancel(self) -> None:
        """Cancel the sale that is offered: it was paid in cash."""

    async def replace(self, amount: Decimal) -> None:
        """Replace the sale that is offered by one of another amount."""


class Box:
    """What a scenario wants of the box at ``url``; ``hands`` is ``None`` for a box that only a person can serve."""

    def __init__(self, stage: Stage, url: str, hands: BoxHands | None) -> None:
        self._stage = stage
        self._url = url
        self._hands = hands

    async def look(self) -> Judgement:
        """Ask the box's URL once, as a phone would, without one."""
        return await wallet.ask(self._stage.account, self._url)

    async def offer(self) -> None:
        """Have a sale offered: the one that is there already, or a new one."""
        seen = await self.look()
        if seen.offer:
            self._stage.say("offered_already", **self._stage.money(seen.offer.total))
            return
        if self._hands is None and seen.verdict == "no":
            raise ScenarioFailedError("failed_cannot_take_payment", detail=seen.detail)
        await self.start()

    async def offer_briefly(self) -> None:
        """Have a new sale offered that expires soon."""
        if self._hands is None:
            self._stage.say("please_offer_briefly", minutes=self._stage.minutes(PATIENCE))
            return
        await self.free()
        self._stage.say("box_offers_briefly", seconds=BRIEF)
        await _by_hand(self._hands.offer(None, BRIEF))

    async def start(self) -> None:
        """Have a sale started where none is offered."""
        if self._hands is None:
            self._stage.say("please_offer", minutes=self._stage.minutes(PATIENCE))
            return
        self._stage.say("box_offers")
        await _by_hand(self._hands.offer(None, None))

    async def free(self) -> None:
        """Have a sale ended that is offered, if one is, and wait until it is."""
        seen = await self.look()
        if seen.offer:
            await self._cancel("please_end")
            await self._until_gone(seen.offer.external_reference, PATIENCE, "failed_still_offered")

    async def cancel(self, order: MerchantOrder) -> None:
        """Have the sale cancelled, and wait until its URL no longer offers it."""
        await self._cancel("please_cancel")
        await self._until_gone(order.external_reference, PATIENCE, "failed_still_offered")

    async def let_expire(self, order: MerchantOrder) -> None:
        """Wait until the sale has expired and its URL no longer offers it."""
        if self._hands is None:
            self._stage.say("please_let_expire", minutes=self._stage.minutes(PATIENCE))
        else:
            self._stage.say("waits_for_expiry", seconds=BRIEF)
        await self._until_gone(order.external_reference, PATIENCE, "failed_still_offered")

    async def replace(self, order: MerchantOrder, phone: Phone) -> None:
        """Have the sale replaced by another amount, and wait until its URL offers that."""
        minutes = self._stage.minutes(PATIENCE)
        if self._hands is None:
            self._stage.say("please_replace", minutes=minutes)
        else:
            self._stage.say("box_replaces")
            await _by_hand(self._hands.replace(order.total + MORE))
        others: list[Offer] = []

        async def is_another() -> bool:
            offer = (await self.look()).offer
            others.extend([offer] if offer and offer.external_reference != order.external_reference else [])
            return bool(others)

        if not await self._stage.until(is_another, PATIENCE, every=self._interval):
            raise ScenarioFailedError("failed_not_replaced", minutes=minutes)
        self._stage.say("offer_replaced", phone=phone.number, **self._stage.money(others[0].total))

    async def offers(self, order: MerchantOrder) -> bool:
        """Whether the URL offers the sale now."""
        offer = (await self.look()).offer
        return offer is not None and offer.external_reference == order.external_reference

    async def notice(self, order: MerchantOrder) -> None:
        """Wait until the merchant has noticed that the sale is paid: its URL no longer offers it."""
        await self._until_gone(order.external_reference, NOTICE_PATIENCE, "failed_unnoticed")
        self._stage.say("noticed")

    @property
    def _interval(self) -> tuple[float, float]:
        first = self._stage.account.settings.poll_interval
        return first, first * SLOWEST

    async def _cancel(self, asked: str) -> None:
        if self._hands is None:
            self._stage.say(asked, minutes=self._stage.minutes(PATIENCE))
            return
        self._stage.say("box_cancels")
        await _by_hand(self._hands.cancel())

    async def _until_gone(self, reference: str | None, seconds: float, failure: str) -> None:
        async def is_gone() -> bool:
            offer = (await self.look()).offer
            return offer is None or offer.external_reference != reference

        if not await self._stage.until(is_gone, seconds, every=self._interval):
            raise ScenarioFailedError(failure, minutes=self._stage.minutes(seconds))


async def _by_hand(work: Coroutine[None, None, None]) -> None:
    try:
        await work
    except HandsError as error:
        raise ScenarioFailedError("failed_box", detail=str(error)) from error
