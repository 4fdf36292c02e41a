"""One HTTP call, to the merchant as a rule, within a time and a size limit, noted on the wire.

The whole call has one deadline, however slowly the answer drips in, and can be cut off at any moment; a phone put away
or a process stopped does not wait for a merchant that hangs. Redirects are not followed and no proxy is used.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import h11

from simulator.wire import MERCADO_PAGO, MERCHANT

if TYPE_CHECKING:
    from simulator.wire import Wire

MOST_BYTES = 1024 * 1024
CHUNK = 64 * 1024
SAFE_IN_TARGET = "%/:=&?~+!$,;'@()*[]"


@dataclass(frozen=True)
class Call:
    """What to send: ``headers`` without those that every call carries."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What came back; header names are lower-case, the first of a repeated one counts."""

    status: int
    headers: dict[str, str]
    body: bytes


class UnansweredError(Exception):
    """The merchant did not give one whole HTTP answer in time; the message says what happened instead."""


async def send(
    wire: Wire,
    call: Call,
    seconds: float,
    *,
    who: tuple[str, str] = (MERCADO_PAGO, MERCHANT),
    lost: bool = False,
) -> Reply:
    """Make the call ``who[0]`` → ``who[1]``; ``UnansweredError`` unless a whole answer came within ``seconds``.

    ``lost`` loses the answer on its way: the other side has worked the call off, the caller sees a time-out, and
    nobody waits for it.
    """
    exchange = wire.request(who, call.method, call.url, call.headers, call.body)
    why = "cut off"
    try:
        async with asyncio.timeout(seconds):
            reply = await _exchange(call)
        if lost:
            raise TimeoutError  # noqa: TRY301 - as if the line above had waited
        wire.answer(exchange, reply.status, reply.headers, reply.body)
    except TimeoutError as error:
        why = f"no answer within {seconds:g} s"
        raise UnansweredError(why) from error
    except (OSError, ValueError, h11.ProtocolError, UnansweredError) as error:
        why = f"{type(error).__name__}: {error}"
        raise UnansweredError(why) from error
    else:
        why = ""
        return reply
    finally:
        if why:
            wire.failure(exchange, why)


async def _exchange(call: Call) -> Reply:
    parts = urlsplit(call.url)
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    port = parts.port or (443 if tls else 80)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=tls)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = parts.netloc.rpartition("@")[2]
        headers = {
            "Host": host,
            **call.headers,
            "Content-Length": str(len(call.body)),
            "Connection": "close",
        }
        talk = h11.Connection(h11.CLIENT)
        request = h11.Request(
            method=call.method, target=quote(target, safe=SAFE_IN_TARGET), headers=list(headers.items())
        )
        writer.write(talk.send(request) or b"")
        if call.body:
            writer.write(talk.send(h11.Data(data=call.body)) or b"")
        writer.write(talk.send(h11.EndOfMessage()) or b"")
        await writer.drain()
        return await _read(talk, reader)
    finally:
        writer.close()


async def _read(talk: h11.Connection, reader: asyncio.StreamReader) -> Reply:
    status = 0
    headers: dict[str, str] = {}
    body = bytearray()
    while True:
        event = talk.next_event()
        if event is h11.NEED_DATA:
            data = await reader.read(CHUNK)
            if not data and not status:
                raise UnansweredError("the connection ended before the answer began")
            talk.receive_data(data)
        elif isinstance(event, h11.Response):
            status = event.status_code
            for name, value in event.headers:
                headers.setdefault(name.decode("ascii"), value.decode("latin-1"))
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MOST_BYTES:
                raise UnansweredError(f"the answer is longer than {MOST_BYTES} bytes")
        elif isinstance(event, h11.EndOfMessage):
            return Reply(status, headers, bytes(body))
        elif not isinstance(event, h11.InformationalResponse):
            raise UnansweredError("the connection ended before the answer did")
