"""Who gets in: every call of the API is noted on the wire, and answered only with the account's token.

The control routes pass by unseen: they are not part of what Mercado Pago and the merchant say to each other.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from simulator.api import answer
from simulator.errors import RefusedError, invalid_token
from simulator.wire import MERCADO_PAGO, MERCHANT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from simulator.account import Account

MOST_BYTES = 1024 * 1024
TOO_LARGE = 413


def is_api(scope: Scope) -> bool:
    """Whether this is a call to Mercado Pago's API, not one to the switches."""
    return scope["type"] == "http" and not scope["path"].startswith("/sim/")


class WireMiddleware:
    """Notes each call before it is handled, and its answer as it left."""

    def __init__(self, app: ASGIApp, account: Account) -> None:
        self._app = app
        self._account = account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""
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
                error = RefusedError(TOO_LARGE, "request_entity_too_large", "the body is too large")
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
