"""The hands at a machine do their part in a scenario."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from desk.machines import Machines
from simulator.scenarios import BoxHands, HandsError
from simulator.server import open_account
from tests.desk.caja import KEY, Caja
from tests.desk.conftest import QUICK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from pathlib import Path

    from desk.outlet import Outlet


@asynccontextmanager
async def machine_at(caja: Caja, kind: str, folder: Path) -> AsyncIterator[tuple[Outlet, BoxHands]]:
    account = open_account()
    machines = Machines(account, folder, QUICK)
    wish = {"kind": kind, "api_url": caja.url, "box_id": "box1", "box_key": KEY, "name": "B", "qr": "q"}
    outlet, _ = await machines.attach(wish)
    try:
        yield outlet, account.boxes["BOX1"]
    finally:
        await outlet.power_off()


def play(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


@pytest.mark.parametrize(("wish", "total"), [(None, "15000.50"), (Decimal(900), "900.00")])
def test_a_pump_offers_cancels_and_replaces(tmp_path: Path, wish: Decimal | None, total: str) -> None:
    async def scene(caja: Caja) -> None:
        async with machine_at(caja, "pump", tmp_path) as (_, hands):
            await hands.offer(wish, 60)
            first = caja.only()
            assert (first["state"], first["total"], first["body"]["ttl_seconds"]) == ("ready", total, 60)
            await hands.replace(Decimal(1000))
            second = caja.current
            assert second
            assert (first["state"], second["state"], second["total"]) == ("replaced", "ready", "1000.00")
            await hands.offer(None, None)
            assert second["state"] == "cancelled"
            await hands.cancel()
            assert {order["state"] for order in caja.orders.values()} == {"replaced", "cancelled"}
            with pytest.raises(HandsError):
                await hands.cancel()

    with Caja("postpay") as caja:
        play(scene(caja))


def test_a_vending_machine_offers_the_product_of_that_price_and_another_in_its_place(tmp_path: Path) -> None:
    async def scene(caja: Caja) -> None:
        async with machine_at(caja, "vending", tmp_path) as (_, hands):
            await hands.offer(Decimal(1800), None)
            first = caja.only()
            assert first["items"][0]["title"] == "Papas fritas 60 g"
            await hands.replace(first["total"])
            assert first["state"] == "replaced"
            await hands.cancel()

    with Caja("prepay") as caja:
        play(scene(caja))


def test_hands_switch_the_power_on(tmp_path: Path) -> None:
    async def scene(caja: Caja) -> None:
        async with machine_at(caja, "vending", tmp_path) as (outlet, hands):
            await outlet.power_off()
            with pytest.raises(HandsError, match="no power"):
                await hands.cancel()
            await hands.offer(None, None)
            assert caja.only()["state"] == "ready"

    with Caja("prepay") as caja:
        play(scene(caja))


def test_a_machine_that_cannot_says_why(tmp_path: Path) -> None:
    async def scene(caja: Caja) -> None:
        async with machine_at(caja, "vending", tmp_path) as (outlet, hands):
            await outlet.act("out_of_service", {"on": True})
            with pytest.raises(HandsError, match="not the moment"):
                await hands.offer(None, None)

    with Caja("prepay") as caja:
        play(scene(caja))
