"""What changes, as it changes: server-sent events for whoever listens."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import pytest
import requests

from simulator import exact_json, listening
from simulator.events import MOST_WAITING, Events
from simulator.server import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from simulator.client import Phone, SimulatorClient
    from tests.simulator.conftest import Api
    from tests.simulator.merchant import Merchant


class Told(NamedTuple):
    """One event as it came in."""

    kind: str
    seq: int | None
    data: Any


class Listening:
    """A client of the stream; ``until`` reads on to the first event that is wanted."""

    def __init__(self, mp: SimulatorClient, query: str = "", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = requests.get(f"{mp.url}/sim/events{query}", headers=named, timeout=5, stream=True)
        self._events = self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.answer.close()

    def next(self) -> Told:
        return next(self._events)

    def until(self, wanted: Callable[[Told], bool]) -> Told:
        return next(told for told in self._events if wanted(told))

    def of(self, kind: str) -> Told:
        return self.until(lambda told: told.kind == kind)

    def rest(self) -> list[Told]:
        return list(self._events)

    def _read(self) -> Iterator[Told]:
        fields: dict[str, str] = {}
        for line in self.answer.iter_lines(chunk_size=1, decode_unicode=True):
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "event" in fields:
                seq = int(fields["id"]) if "id" in fields else None
                yield Told(fields["event"], seq, exact_json.parse(fields["data"]))
                fields = {}


def test_a_stream_begins_with_where_the_wire_stands(mp: Simulator, api: Api) -> None:
    api("GET", "/pos")
    with Listening(mp) as stream:
        assert stream.answer.headers["Content-Type"].startswith("text/event-stream")
        assert stream.next() == Told("hello", None, {"seq": mp.wire()[-1].seq})


def test_what_goes_over_the_wire_is_told_at_once_with_its_number(mp: Simulator, api: Api) -> None:
    with Listening(mp) as stream:
        stream.of("hello")
        api("GET", "/pos")
        request, answer = stream.next(), stream.next()
    assert [request.data, answer.data] == [vars(message) for message in mp.wire()]
    assert (request.seq, answer.seq) == (request.data["seq"], request.data["seq"] + 1)


@pytest.mark.parametrize("by", ["query", "header"])
def test_what_was_missed_comes_first(mp: Simulator, api: Api, by: str) -> None:
    api("GET", "/pos")
    first, second = mp.wire()
    query = f"?since={first.seq}" if by == "query" else ""
    headers = {"Last_Event_ID": str(first.seq)} if by == "header" else {}
    with Listening(mp, query, **headers) as stream:
        assert stream.of("hello").data == {"seq": second.seq}
        assert stream.next().seq == second.seq
        api("GET", "/pos")
        assert stream.next().seq == second.seq + 1


def test_every_change_of_a_phone_is_told(mp: Simulator, api: Api, merchant: Merchant) -> None:
    api.box(url=merchant.poll_url)
    with Listening(mp) as stream:
        phone = mp.scan("CAJA0001")
        began = stream.of("scan").data
        assert (began["id"], began["state"], began["polls"]) == (phone.id, "waiting", 0)
        assert stream.until(lambda told: told.kind == "scan" and told.data["polls"] == 2)
        merchant.offer()
        shown = stream.until(lambda told: told.kind == "scan" and told.data["state"] == "amount").data
        assert (shown["title"], shown["payments"]) == ("Nafta 10 l", [])
        phone.reject()
        assert stream.of("scan").data["payments"][0]["status"] == "rejected"
        phone.pay()
        assert stream.of("scan").data["state"] == "paid"


def test_a_refund_is_told_of_the_phone_that_paid(mp: Simulator, api: Api, phone: Phone) -> None:
    mp.settings(pending_refunds=True)
    number = phone.pay().payments[0]["id"]
    with Listening(mp) as stream:
        stream.of("hello")
        headers = {"X_Idempotency_Key": "key-1", "X_Render_In_Process_Refunds": "true"}
        given = api("POST", f"/v1/payments/{number}/refunds", **headers).body
        pending = stream.of("scan").data
        assert [refund["status"] for refund in pending["refunds"]] == ["in_process"]
        mp.end_refund(given["id"], "approved")
        done = stream.of("scan").data
    assert (done["payments"][0]["status"], done["refunds"][0]["status"]) == ("refunded", "approved")


def test_walking_away_is_told(mp: Simulator, phone: Phone) -> None:
    with Listening(mp) as stream:
        stream.of("hello")
        phone.abandon()
        assert stream.of("scan").data["state"] == "abandoned"


def test_boxes_are_told_as_they_come_and_go(mp: Simulator, api: Api) -> None:
    with Listening(mp) as stream:
        stream.of("hello")
        box = api.box().body
        assert stream.of("pos").data == {"change": "created", "pos": box}
        api("PUT", f"/pos/{box['id']}", {"name": "Otra"})
        assert stream.of("pos").data["pos"]["name"] == "Otra"
        api("DELETE", f"/pos/{box['id']}")
        assert stream.of("pos").data["change"] == "deleted"


def test_settings_faults_the_clock_and_a_reset_are_told(mp: Simulator) -> None:
    with Listening(mp) as stream:
        stream.of("hello")
        mp.control("PUT", "/faults/api_slow", {"seconds": 1})
        assert stream.of("settings").data["api_delay"] == 1
        assert [fault["name"] for fault in stream.of("faults").data if fault["on"]] == ["api_slow"]
        mp.control("POST", "/clock", {"advance": 60})
        assert stream.of("clock").data["ahead"] == 60
        mp.reset()
        assert stream.of("reset").data == {}
        assert stream.of("settings").data["api_delay"] == 0


def test_a_silent_stream_says_that_it_is_still_there(mp: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "STILL_HERE_EVERY", 0.02)
    with requests.get(f"{mp.url}/sim/events", timeout=5, stream=True) as answer:
        lines = answer.iter_lines(chunk_size=1, decode_unicode=True)
        assert next(line for line in lines if line.startswith(":")) == ": still here"


def test_a_number_that_is_none_is_refused(mp: Simulator) -> None:
    assert requests.get(f"{mp.url}/sim/events?since=x", timeout=5).status_code == 400


def test_whoever_hangs_up_is_forgotten(mp: Simulator) -> None:
    with Listening(mp) as stream:
        stream.of("hello")
        assert mp.account.events.heard
    deadline = time.monotonic() + 2
    while mp.account.events.heard:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_server_that_stops_lets_listeners_go_at_once() -> None:
    with Simulator() as mp, Listening(mp) as stream:
        stream.of("hello")
        began = time.monotonic()
        mp.stop()
        assert stream.rest() == []
        assert time.monotonic() - began < 1


def test_a_slow_listener_is_cut_off_and_the_others_are_not() -> None:
    async def play() -> None:
        events = Events()
        slow, quick = events.subscribe(), events.subscribe()
        for number in range(MOST_WAITING + 1):
            events.publish("wire", {"n": number})
            assert [event.data for event in await quick.next_ones() or []] == [{"n": number}]
        assert await slow.next_ones() is None
        assert [event async for event in slow] == []

    asyncio.run(play())


def test_who_subscribes_after_the_end_hears_nothing() -> None:
    async def play() -> None:
        events = Events()
        events.close()
        with events.subscribe() as late:
            assert await late.next_ones() is None
        assert not events.heard

    asyncio.run(play())


def test_a_listener_is_told_in_order_what_came_since() -> None:
    async def play() -> None:
        events = Events()
        events.publish("pos", {"n": 0})
        with events.subscribe() as listener:
            for number in (1, 2, 3):
                events.publish("pos", {"n": number})
            seen = [(await anext(listener)).data for _ in range(3)]
            assert await listener.next_ones(0.01) == []
        assert seen == [{"n": 1}, {"n": 2}, {"n": 3}]

    asyncio.run(play())
