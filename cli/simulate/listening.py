"""`caja simulate listen`: everything that is said between Mercado Pago, the merchant, boxes and phones, as it is said."""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

import click
import requests

from cli.screen import Refusal
from cli.simulate.receiving import Receiver
from cli.simulate.simulators import connect, json_option, say, say_json, simulator_option
from cli.simulate.wire_lines import show_event, show_received
from simulator import exact_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.simulate.receiving import Received
    from simulator.client import SimulatorClient

HELLO = "hello"
SILENCE = 40.0
"""The simulator says something every 15 s."""
CONNECT_SECONDS = 5.0
GONE_SECONDS = 10.0
PAUSE = 0.2


@click.command()
@click.option("--bodies", "has_bodies", is_flag=True, help="The bodies too.")
@click.option(
    "--receive",
    "port",
    is_flag=False,
    flag_value=0,
    type=click.IntRange(0, 65535),
    metavar="[PORT]",
    help="Also take notifications at an address of its own, and answer 200; any free port if none is named.",
)
@json_option
@simulator_option
def listen(port: int | None, url: str | None, *, has_bodies: bool, is_json: bool) -> None:
    """Print what goes over the wire, live, until Ctrl-C."""
    voice = _Voice(is_json=is_json, has_bodies=has_bodies)
    with connect(url) as mp, _receiving(port, voice.receive) as address, suppress(KeyboardInterrupt):
        for kind, data in _follow(mp):
            if kind == HELLO:
                voice.greet(mp.url, address)
            else:
                voice.tell(kind, data)


class _Voice:
    """Prints what happens, one thing at a time: notifications come in threads of their own."""

    def __init__(self, *, is_json: bool, has_bodies: bool) -> None:
        self._is_json = is_json
        self._has_bodies = has_bodies
        self._lock = Lock()

    def greet(self, url: str, address: str | None) -> None:
        """Say what is listened to, and where notifications are taken."""
        if self._is_json:
            self.tell(HELLO, {"simulator": url, "receives_at": address})
            return
        say(f"Listening to {url}. Ctrl-C ends it.", "dim")
        if address:
            say(f"Notifications are taken at  {address}  (offer it as notification_url).", "dim")

    def tell(self, kind: str, data: Any) -> None:
        """Print one event."""
        with self._lock:
            if self._is_json:
                say_json({"event": kind, "data": data})
            else:
                show_event(kind, data, has_bodies=self._has_bodies)

    def receive(self, received: Received) -> None:
        """Print one notification that came to our own address."""
        with self._lock:
            if self._is_json:
                say_json({"event": "received", "data": received.shown()})
            else:
                show_received(received, has_bodies=self._has_bodies)


@contextmanager
def _receiving(port: int | None, take: Any) -> Iterator[str | None]:
    if port is None:
        yield None
        return
    try:
        receiver = Receiver(port, take)
    except OSError as error:
        raise Refusal(f"Port {port} cannot be taken: {error.strerror}. Name another, or none.") from error
    with receiver:
        yield receiver.url


def _follow(mp: SimulatorClient) -> Iterator[tuple[str, Any]]:
    """Its first HELLO and its events, through interruptions of less than ten seconds; raises Refusal once it is gone."""
    seq, gone_at = "", None
    with requests.Session() as session:
        session.trust_env = False  # loopback needs no proxy
        while gone_at is None or time.monotonic() - gone_at < GONE_SECONDS:
            headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": seq} if seq else {})
            url, seconds = f"{mp.url}/sim/events", (CONNECT_SECONDS, SILENCE)
            with (
                suppress(requests.RequestException),  # gone, or silent: asked again
                session.get(url, headers=headers, stream=True, timeout=seconds) as answer,
            ):
                if not answer.ok:
                    raise Refusal(f"What answers at {mp.url} tells no events ({answer.status_code}).")
                gone_at = None
                for kind, number, data in _read_events(answer.iter_lines()):
                    seq = number or seq
                    if kind != HELLO or not seq:
                        yield kind, data
                    if kind == HELLO:
                        seq = seq or str(data["seq"])
            gone_at = gone_at or time.monotonic()
            time.sleep(PAUSE)
    raise Refusal(f"The simulator at {mp.url} went away.")


def _read_events(lines: Iterator[bytes]) -> Iterator[tuple[str, str, Any]]:
    """Kind, number and data of each event in a stream of server-sent events."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.decode().partition(":")
            fields[name] = value.removeprefix(" ")
        else:
            if "data" in fields:
                yield fields.get("event", ""), fields.get("id", ""), exact_json.parse(fields["data"])
            fields = {}
