"""The hands at a desk's machine, for scenarios: they do what a customer or a clerk would, and wait until it is done."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from desk.goods import round_amount, show_amount
from simulator.errors import MisuseError
from simulator.scenarios import HandsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from desk.machine import Machine
    from desk.outlet import Outlet

PATIENCE = 30.0
LOOK_EVERY = 0.05
LITRES = "12.5"


class Hands:
    """The hands at one machine; each method raises ``HandsError`` when the machine cannot do its part."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    async def offer(self, amount: Decimal | None, ttl_seconds: int | None) -> None:
        """Sell something for ``amount``, or the usual, and wait until it is offered."""
        self._outlet.power_on()
        if self._machine.sales.open:
            await self.cancel()
        ttl = {"ttl_seconds": ttl_seconds} if ttl_seconds else {}
        if self._outlet.cabinet.kind == "vending":
            await self._act("choose", {"product": self._product(amount)} | ttl)
        else:
            await self._fill(amount, ttl)
        await self._until(self._is_offered, "the order to be offered")

    async def cancel(self) -> None:
        """Say that it was paid in cash, or give it up, and wait until the order is cancelled."""
        if not self._machine.sales.open:
            raise HandsError(f"{self._outlet.cabinet.box_id} offers nothing")
        await self._act("cancel" if self._outlet.cabinet.kind == "vending" else "cash", {})
        await self._until(lambda machine: machine.sales.open is None, "the order to be cancelled")

    async def replace(self, amount: Decimal) -> None:
        """Offer ``amount`` in place of the order, or another product; wait until it is offered."""
        before = self._machine.sales.open
        if self._outlet.cabinet.kind == "vending":
            await self._act("choose", {"product": self._product(amount, other=True)})
        else:
            await self._act("correct", {"amount": show_amount(amount, self._outlet.cabinet.country)})
        await self._until(lambda machine: machine.sales.open is not before, "the order to be replaced")
        await self._until(self._is_offered, "the order to be offered")

    @property
    def _machine(self) -> Machine:
        if self._outlet.machine is None:
            raise HandsError(f"{self._outlet.cabinet.box_id} has no power")
        return self._outlet.machine

    async def _fill(self, amount: Decimal | None, ttl: dict[str, Any]) -> None:
        country = self._outlet.cabinet.country
        if self._machine.phase() not in ("lifted", "filling"):
            await self._act("lift", {})
        await self._until(lambda machine: machine.phase() == "lifted", "the nozzle")
        wish = (
            {"litres": LITRES}
            if amount is None
            else {"amount": show_amount(round_amount(amount, country), country)}
        )
        await self._act("fill", wish)
        await self._until(lambda machine: machine.phase() == "lifted", "the fuel")
        await self._act("hang_up", ttl)

    def _product(self, amount: Decimal | None, *, other: bool = False) -> str:
        """The product of that price, else the first; ``other`` than the one that is offered."""
        cabinet, sale = self._outlet.cabinet, self._machine.sales.open
        taken = sale.facts["product"] if sale and other else None
        there = [
            each for each in cabinet.goods.products.values() if cabinet.left[each.id] and each.id != taken
        ]
        if not there:
            raise HandsError(f"{cabinet.box_id} has nothing left to sell")
        return next((each for each in there if each.price == amount), there[0]).id

    async def _act(self, action: str, body: dict[str, Any]) -> None:
        try:
            await self._outlet.act(action, body)
        except MisuseError as error:
            raise HandsError(str(error)) from error

    async def _until(self, holds: Callable[[Machine], bool], what: str) -> None:
        until = time.monotonic() + PATIENCE
        while not holds(self._machine):
            if time.monotonic() > until:
                raise HandsError(f"{self._outlet.cabinet.box_id} waits for {what}: {self._machine.error}")
            await asyncio.sleep(LOOK_EVERY)

    @staticmethod
    def _is_offered(machine: Machine) -> bool:
        sale = machine.sales.open
        return bool(sale and sale.order_id and machine.phase() in ("ready", "offered"))
