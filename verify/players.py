"""Who plays the other parts: Mercado Pago, by a simulator, and whoever moves the box."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

from simulator.client import SimulatorClient, SimulatorError
from simulator.server import Simulator
from verify.caja_box import CajaDriver, read_poll_url
from verify.drivers import Driver, HookDriver, NobodyDriver, PersonDriver
from verify.mercadopago import MercadoPago

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal

TOKEN = "TEST-1111111111111111-010101-fake-{collector_id}"  # noqa: S105 - nobody's
COLLECTOR_ID = 123456789


@dataclass(frozen=True)
class Own:
    """A simulator of the run's own: its port (0: any), whose account, in which country."""

    port: int
    access_token: str | None
    collector_id: int | None
    site: str


@contextmanager
def mercadopago_at(url: str) -> Iterator[MercadoPago]:
    """A simulator that is up; ``SimulatorError`` if it is not."""
    client = SimulatorClient(url)
    try:
        yield _meet(client)
    finally:
        client.close()


def _meet(client: SimulatorClient) -> MercadoPago:
    try:
        return MercadoPago(client)
    except (requests.RequestException, ValueError) as error:
        what = type(error).__name__
        raise SimulatorError(f"No simulator answers at {client.url} ({what}).") from error


@contextmanager
def own_mercadopago(own: Own, announce: Callable[[str, str], None]) -> Iterator[MercadoPago]:
    """A simulator in this process, announced by its URL and token before it is asked for anything.

    Raises ``ValueError`` for a token without the seller's number at its end.
    """
    token = own.access_token or TOKEN.format(collector_id=own.collector_id or COLLECTOR_ID)
    with _start(own, token) as simulator:
        announce(simulator.url, token)
        yield MercadoPago(simulator)


def _start(own: Own, token: str) -> Simulator:
    try:
        return Simulator(own.port, access_token=token, site=own.site)
    except OSError:  # the port is taken
        return Simulator(0, access_token=token, site=own.site)


@contextmanager
def driver_of(
    url: str,
    *,
    hook: str | None,
    box_key: str | None,
    tell: Callable[[str, Decimal | None], None] | None,
    seconds: float,
) -> Iterator[Driver]:
    """Whoever moves the box at this URL: a program, its own key, a person who is told, or nobody."""
    if hook:
        yield HookDriver(hook, {"CAJA_VERIFY_POLL_URL": url}, seconds)
    elif box_key:
        caja = CajaDriver(*read_poll_url(url), box_key)
        try:
            yield caja
        finally:
            caja.close()
    else:
        yield PersonDriver(tell) if tell else NobodyDriver()
