"""Who gets in: every call of the API is noted on the wire, and answered only with the account's token.

What lies beside the API (the switches under ``/sim``, and whatever else is served on the same port) passes by unseen:
it is not part of what Mercado Pago and the merchant say to each other.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from simulator.api import MOST_BYTES, answer, too_large
from simulator.errors import FORBIDDEN, MisuseError, invalid_token
from simulator.wire import MERCADO_PAGO, MERCHANT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from simulator.account import Account

READING = ("GET", "HEAD")
IS_API = "simulator.is_api"


def first_segment(path: str) -> str:
    """Return the first part of a path: ``sim`` of ``/sim/scans``, nothing of ``/``."""
    return path.split("/", 2)[1] if path.startswith("/") else path


def is_api(scope: Scope) -> bool:
    """Whether this is a call to Mercado Pago's API, as the wire has found."""
    return bool(scope.get(IS_API))


class WireMiddleware:
    """Notes each call before it is handled, and its answer as it left; ``beside`` are first parts of other paths."""

    def __init__(self, app: ASGIApp, account: Account, beside: frozenset[str]) -> None:
        self._app = app
        self._account = account
        self._beside = beside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""
        scope[IS_API] = scope["type"] == "http" and first_segment(scope["path"]) not in self._beside
        if not is_api(scope):
            await self._app(scope, receive, send)
            return
        body = await _read_all(receive)
        heard = _Heard(send)
        wire = self._account.wire
        query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
        exchange = wire.request(
            (MERCHANT, MERCADO_PAGO),
            scope["method"],
            scope["path"] + query,
            _named(scope["headers"]),
            body or b"",
        )
        try:
            if body is None:
                error = too_large()
                await answer(error.body(), error.status)(scope, receive, heard.send)
            else:
                await self._app(scope, _again(body, receive), heard.send)
        finally:
            if heard.complete:
                wire.answer(exchange, heard.status, heard.headers, bytes(heard.body))
            else:
                wire.failure(exchange, f"no whole answer was sent (status {heard.status or 'none'})")


class TokenMiddleware:
    """Lets through what carries the account's bearer token."""

    def __init__(self, app: ASGIApp, account: Account) -> None:
        self._app = app
        self._account = account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""
        if is_api(scope):
            scheme, _, token = _named(scope["headers"]).get("authorization", "").partition(" ")
            ours = hmac.compare_digest(token.strip().encode(), self._account.access_token.encode())
            if scheme.lower() != "bearer" or not ours:
                error = invalid_token()
                await answer(error.body(), error.status)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class OriginMiddleware:
    """Refuses what a page from elsewhere has a browser send: the switches have no token, and loopback is no wall to it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""
        headers = _named(scope["headers"])
        origin = headers.get("origin")
        if origin is not None and scope["method"] not in READING:
            own = headers.get("host", "")
            if origin not in (f"http://{own}", f"https://{own}"):
                raise MisuseError("this call comes from a page of another origin", FORBIDDEN)
        await self._app(scope, receive, send)


class _Heard:
    """Passes an answer on and remembers it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.complete = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = _named(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            self.complete = not message.get("more_body", False)
        await self._send(message)


async def _read_all(receive: Receive) -> bytes | None:
    """Read the whole body; ``None`` when it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Offer a body that was already read once more."""
    said = False

    async def replay() -> Message:
        nonlocal said
        if said:
            return await receive()
        said = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _named(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
