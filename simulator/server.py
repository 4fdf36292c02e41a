"""The process: a port on loopback, a start, a clean end.

``with Simulator() as mp:`` runs it in a thread of a test; ``python -m simulator`` runs it alone.
"""

from __future__ import annotations

import socket
import threading
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from simulator import country
from simulator.account import Account
from simulator.app import build
from simulator.client import SimulatorClient
from simulator.rude import TRANSPORT
from simulator.settings import Settings

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType

    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

LOOPBACK = "127.0.0.1"
ACCESS_TOKEN = "TEST-1111111111111111-010101-fake-123456789"  # noqa: S105 - nobody's
STARTS_WITHIN = 10.0
STOPS_WITHIN = 10.0
GRACE = 1


def open_account(
    *,
    access_token: str = ACCESS_TOKEN,
    site: str = "mla",
    enabled_hosts: Sequence[str] = (),
    stores: Sequence[str] = (),
    settings: Settings | None = None,
) -> Account:
    """Open an account: its country, its hosts enabled by Mercado Pago, its first stores by external_id.

    ``ValueError`` for a token without a seller's number, ``KeyError`` for an unknown site.
    """
    settings = settings or Settings()
    hosts = (*enabled_hosts, *settings.enabled_hosts)
    return Account(
        country.load(site),
        access_token,
        replace(settings, enabled_hosts=hosts).checked(),
        first_stores=tuple(stores),
    )


def listen(port: int) -> socket.socket:
    """Take a port on loopback, any free one for 0; ``OSError`` when it is taken."""
    # Named as TCP, or asyncio does not turn Nagle's algorithm off and every answer waits 40 ms for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
    except OSError:
        listener.close()
        raise
    return listener


class Server(uvicorn.Server):
    """Uvicorn for one account, saying when it is ready; ``also`` and ``around`` as ``app.build`` takes them."""

    def __init__(
        self,
        account: Account,
        on_ready: Callable[[], None],
        also: Sequence[BaseRoute] = (),
        around: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                build(account, also, around),
                http=_Protocol,
                ws="none",
                lifespan="on",
                log_level="critical",
                access_log=False,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self._account = account
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let who listens to events go, or uvicorn waits for them; then stop."""
        self._account.events.close()
        await super().shutdown(sockets)


class Simulator(SimulatorClient):
    """The simulator in a thread of this process, and a client of itself.

    ``notification_…`` and all other settings can be given by name; a free port is taken unless one is asked for; ``also``
    and ``around`` are what ``app.build`` takes, made from the account.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        access_token: str = ACCESS_TOKEN,
        site: str = "mla",
        enabled_hosts: Sequence[str] = (),
        stores: Sequence[str] = (),
        also: Sequence[BaseRoute] | Callable[[Account], Sequence[BaseRoute]] = (),
        around: Callable[[Account], AbstractAsyncContextManager[None]] | None = None,
        **settings: Any,
    ) -> None:
        self.access_token = access_token
        self.account = open_account(
            access_token=access_token,
            site=site,
            enabled_hosts=enabled_hosts,
            stores=stores,
            settings=replace(Settings(), **settings),
        )
        self.collector_id = self.account.collector_id
        self._listener = listen(port)
        self.port: int = self._listener.getsockname()[1]
        super().__init__(f"http://{LOOPBACK}:{self.port}")
        self._ready = threading.Event()
        self._server = Server(
            self.account,
            self._ready.set,
            also(self.account) if callable(also) else also,
            partial(around, self.account) if around else nullcontext,
        )
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listener],), name="simulator", daemon=True
        )

    def start(self) -> Self:
        """Serve; return once requests are answered."""
        self._thread.start()
        if not self._ready.wait(STARTS_WITHIN):
            raise RuntimeError("the simulator did not start")
        return self

    def stop(self) -> None:
        """Cut off all that is under way and free the port."""
        self._server.should_exit = True
        self._thread.join(STOPS_WITHIN)
        self._listener.close()
        self.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Protocol(H11Protocol):
    """Uvicorn's own protocol, letting a handler reach its connection: a rude answer may cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn names the base class
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[TRANSPORT] = transport
            await app(scope, receive, send)

        self.app = with_transport
