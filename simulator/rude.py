"""The next answers of the API, spoilt on purpose, for tests of whoever calls it.

A rude answer is data; one middleware plays it instead of the real handler. Kinds:

- ``answer``: ``status``, ``headers`` and ``body`` as given, padded with spaces to ``size`` bytes
- ``hang``: nothing, for ``seconds`` or until the caller leaves
- ``drip``: the same answer, one byte every ``seconds``
- ``truncated``: the headers promise the whole body, half of it comes, the connection closes
- ``reset``: the connection is reset before any answer

With ``handled`` the call is first worked off as if nothing were wrong, and only its answer is lost.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from simulator.errors import BAD_REQUEST, MisuseError
from simulator.exact_json import is_integer, is_number
from simulator.gate import is_api

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from simulator.account import Account

KINDS = ("answer", "hang", "drip", "truncated", "reset")
TRANSPORT = "simulator.transport"
LONGEST_HANG = 3600.0
STATUSES = range(200, 600)
LARGEST = 64 * 1024 * 1024


@dataclass
class RudeAnswer:
    """What to answer ``times`` times to calls of ``method`` (any if empty) whose path begins with ``path``."""

    kind: str = "answer"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    size: int = 0
    seconds: float = 1.0
    times: int = 1
    method: str = ""
    path: str = "/"
    handled: bool = False

    def meets(self, method: str, path: str) -> bool:
        """Whether this call is one to be rude to."""
        return self.method in ("", method) and path.startswith(self.path)

    def content(self) -> bytes:
        """Return the whole body."""
        return self.body.encode().ljust(self.size)

    def wire_headers(self, length: int) -> list[tuple[bytes, bytes]]:
        """Return the headers, promising a body of ``length`` bytes."""
        named = {
            "content-type": "application/json",
            **{name.lower(): value for name, value in self.headers.items()},
        }
        named["content-length"] = str(length)
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in named.items()]

    def shown(self) -> dict[str, Any]:
        """Return the switch as JSON-ready values."""
        return asdict(self)


def read_rude_answer(body: dict[str, Any]) -> RudeAnswer:
    """Read a switch; ``MisuseError`` says what cannot be."""
    known = {item.name for item in fields(RudeAnswer)}
    unknown = sorted(set(body) - known)
    if unknown:
        raise MisuseError(f"{', '.join(unknown)}: not among {', '.join(sorted(known))}", BAD_REQUEST)
    body = {**body, "seconds": float(body["seconds"])} if is_number(body.get("seconds")) else body
    if body.get("kind") == "hang":
        body = {"seconds": LONGEST_HANG, **body}
    rude = RudeAnswer(**body)
    headers = rude.headers if isinstance(rude.headers, dict) else {"": rude.headers}
    texts = (rude.kind, rude.body, rude.path, rude.method, *headers.values())
    fits = (
        all(isinstance(text, str) for text in texts)
        and all(is_integer(number) for number in (rude.status, rude.size, rude.times))
        and isinstance(rude.headers, dict)
        and isinstance(rude.seconds, (int, float))
        and isinstance(rude.handled, bool)
        and rude.kind in KINDS
        and rude.status in STATUSES
        and 0 <= rude.size <= LARGEST
        and 0 <= rude.seconds <= LONGEST_HANG
    )
    if not fits:
        raise MisuseError(
            f"kind is one of {KINDS}; status, size and times are integers, handled is a boolean,"
            f" seconds at most {LONGEST_HANG:g}, the rest texts",
            BAD_REQUEST,
        )
    return rude


class RudeMiddleware:
    """Plays the first switch that meets a call; a switch that has been played ``times`` times is gone."""

    def __init__(self, app: ASGIApp, account: Account) -> None:
        self._app = app
        self._account = account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""
        waiting = self._account.rude_answers if is_api(scope) else []
        rude = next((one for one in waiting if one.meets(scope["method"], scope["path"])), None)
        if rude is None:
            await self._app(scope, receive, send)
            return
        rude.times -= 1
        if rude.times <= 0:
            waiting.remove(rude)
        if rude.handled:
            await self._app(scope, receive, _lose)
        await _play(rude, scope, receive, send)


async def _lose(_message: Message) -> None:
    """Take an answer that nobody gets."""


async def _play(rude: RudeAnswer, scope: Scope, receive: Receive, send: Send) -> None:
    if rude.kind == "hang":
        await _left(receive, rude.seconds)
        return
    if rude.kind == "reset":
        _reset(scope["extensions"][TRANSPORT])
        return
    content = rude.content()
    await send(
        {"type": "http.response.start", "status": rude.status, "headers": rude.wire_headers(len(content))}
    )
    if rude.kind == "truncated":
        await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
        scope["extensions"][TRANSPORT].close()
        return
    if rude.kind == "drip":
        for place in range(len(content)):
            await send({"type": "http.response.body", "body": content[place : place + 1], "more_body": True})
            if await _left(receive, rude.seconds):
                return
        content = b""
    await send({"type": "http.response.body", "body": content})


async def _left(receive: Receive, seconds: float) -> bool:
    """Wait; return early, and true, when the caller has hung up."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


def _reset(transport: asyncio.Transport) -> None:
    # A socket that lingers for no time at all is not closed but reset.
    no_time = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_time)
    transport.abort()
