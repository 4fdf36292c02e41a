"""The clock that all of the simulator's own waits run on."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from simulator import instants
from simulator.client import SimulatorError
from simulator.clock import Clock
from simulator.errors import MisuseError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from simulator.server import Simulator
    from tests.simulator.conftest import Api
    from tests.simulator.merchant import Merchant

HOUR = 3600


async def within_a_second(work: Coroutine[None, None, None]) -> None:
    async with asyncio.timeout(1):
        await work


def test_a_turned_clock_is_ahead_of_the_others() -> None:
    clock = Clock()
    before, elapsed = clock.now(), clock.elapsed()
    clock.advance(HOUR)
    assert clock.now() - before >= timedelta(hours=1)
    assert clock.elapsed() - elapsed >= HOUR
    assert (clock.ahead, clock.now().utcoffset()) == (HOUR, timedelta(0))


def test_it_never_goes_back_when_the_machine_s_clock_does(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    before = clock.now()
    monkeypatch.setattr(instants, "now", lambda: before - timedelta(minutes=10))
    assert clock.now() == before


@pytest.mark.parametrize("seconds", [0, -1, 400 * 86400 + 1])
def test_it_is_turned_forward_only_and_at_most_400_days_at_once(seconds: int) -> None:
    clock = Clock()
    with pytest.raises(MisuseError):
        clock.advance(seconds)
    assert clock.ahead == 0


def test_it_cannot_be_turned_beyond_the_calendar() -> None:
    clock = Clock()
    while clock.now().year < 8998:
        clock.advance(400 * 86400)
    clock.advance(400 * 86400)
    with pytest.raises(MisuseError, match="too far ahead"):
        clock.advance(400 * 86400)


def test_a_reset_takes_it_back_to_real_time() -> None:
    clock = Clock()
    clock.advance(HOUR)
    clock.now()
    clock.reset()
    assert abs(clock.now() - instants.now()) < timedelta(seconds=5)


def test_whoever_is_due_is_woken_in_the_order_of_what_they_wait_for() -> None:
    async def play() -> None:
        clock, woken = Clock(), list[int]()

        async def sleep(seconds: int) -> None:
            await clock.sleep(seconds)
            woken.append(seconds)

        tasks = [asyncio.create_task(sleep(seconds)) for seconds in (3 * HOUR, HOUR, 2 * HOUR)]
        await asyncio.sleep(0)
        clock.advance(2 * HOUR)
        await asyncio.gather(tasks[1], tasks[2])
        assert woken == [HOUR, 2 * HOUR]
        assert not tasks[0].done()
        clock.advance(HOUR)
        await tasks[0]

    asyncio.run(within_a_second(play()))


def test_one_turn_passes_all_the_waits_that_it_covers() -> None:
    async def play() -> None:
        clock = Clock()
        began = clock.elapsed()

        async def wait_three_times() -> None:
            for hours in (1, 2, 3):
                await clock.sleep_until(began + hours * HOUR)

        task = asyncio.create_task(wait_three_times())
        await asyncio.sleep(0)
        clock.advance(3 * HOUR)
        await task

    asyncio.run(within_a_second(play()))


def test_time_that_passes_by_itself_counts_too() -> None:
    async def play() -> None:
        clock = Clock()
        task = asyncio.create_task(clock.sleep(10.05))
        await asyncio.sleep(0)
        clock.advance(10)
        assert not task.done()
        await task

    asyncio.run(within_a_second(play()))


def test_who_is_cut_off_leaves_nothing_behind() -> None:
    async def play() -> None:
        clock = Clock()
        task = asyncio.create_task(clock.sleep(HOUR))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert clock._sleepers == set()

    asyncio.run(within_a_second(play()))


def test_it_is_read_and_turned_by_a_call(mp: Simulator) -> None:
    before = mp.control("GET", "/clock")
    assert before["ahead"] == 0
    turned = mp.control("POST", "/clock", {"advance": HOUR})
    assert turned["ahead"] == HOUR
    gone = datetime.fromisoformat(turned["now"]) - datetime.fromisoformat(before["now"])
    assert gone >= timedelta(hours=1)
    mp.reset()
    assert mp.control("GET", "/clock")["ahead"] == 0


@pytest.mark.parametrize("body", [{}, {"advance": 0}, {"advance": "1"}, {"advance": True}])
def test_a_call_that_makes_no_sense_turns_nothing(mp: Simulator, body: dict[str, object]) -> None:
    with pytest.raises(SimulatorError, match=r"^400"):
        mp.control("POST", "/clock", body)
    assert mp.control("GET", "/clock")["ahead"] == 0


def test_a_merchant_order_is_as_old_as_the_clock_says(mp: Simulator) -> None:
    old = mp.forge_merchant_order()["date_created"]
    mp.control("POST", "/clock", {"advance": HOUR})
    new = mp.forge_merchant_order()["date_created"]
    assert datetime.fromisoformat(new) - datetime.fromisoformat(old) >= timedelta(hours=1)


def test_a_phone_that_polls_once_an_hour_polls_when_the_clock_is_turned(
    mp: Simulator, api: Api, merchant: Merchant
) -> None:
    mp.settings(poll_interval=HOUR, scan_patience=9 * HOUR)
    api.box(url=merchant.poll_url)
    phone = mp.scan("CAJA0001")
    mp.wait_for_messages(lambda message: message.kind == "answer" and message.method == "GET")
    merchant.offer()
    mp.control("POST", "/clock", {"advance": HOUR})
    assert phone.wait_for_amount(timeout=2).polls == 2


def test_patience_ends_when_the_clock_is_turned(mp: Simulator, api: Api, merchant: Merchant) -> None:
    mp.settings(poll_interval=HOUR)
    api.box(url=merchant.poll_url)
    phone = mp.scan("CAJA0001")
    mp.wait_for_messages(lambda message: message.kind == "answer" and message.method == "GET")
    mp.control("POST", "/clock", {"advance": HOUR})
    assert "patience" in phone.wait_for("abandoned", timeout=2).detail


def test_all_retries_of_a_notification_come_with_one_turn(mp: Simulator, merchant: Merchant) -> None:
    mp.settings(notification_dialect="ipn", notification_wait_scale=1)
    merchant.acknowledge = [500] * 3
    mp.notify(merchant_order_id=mp.forge_merchant_order()["id"], url=merchant.notification_url)
    is_answer = lambda message: message.kind == "answer" and message.method == "POST"  # noqa: E731 - one line says it
    mp.wait_for_messages(is_answer)
    mp.control("POST", "/clock", {"advance": 30 + 300 + 1800})
    mp.wait_for_messages(is_answer, count=4, timeout=2)
