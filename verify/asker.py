"""Asks the merchant over HTTP as Mercado Pago does, and keeps every byte of the answer.

One connection a question, HTTP/1.1, no proxy, no redirect followed, one deadline for the whole. What can go wrong, as
``Exchange.failure``: ``no_answer`` (refused, unknown host, closed before the answer began), ``hangs`` (no whole answer in
time), ``tls_invalid``, ``truncated_body``, ``length_wrong`` (more bytes came than were announced), ``not_http``.
"""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import h11

from verify.exchanges import Exchange

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BYTES = 256 * 1024
CHUNK = 64 * 1024
SAFE_IN_TARGET = "%/:=&?~+!$,;'@()*[]"
HEADERS = {"Accept": "application/json", "User-Agent": "MercadoPago Instore Unattended"}


@dataclass
class _Heard:
    """What has come so far."""

    status: int | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    beyond: int = 0


def ask(
    url: str,
    seconds: float,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Exchange:
    """Put one question and wait ``seconds`` at most for the whole answer; never raises for what the merchant does."""
    began, heard = time.monotonic(), _Heard()
    question = Exchange(datetime.now(UTC), method, url, body, None, (), b"", 0.0)
    failure, why = "", ""
    try:
        _exchange(question, {**HEADERS, **(headers or {})}, began + seconds, heard)
    except TimeoutError:
        failure, why = "hangs", f"no whole answer within {seconds:g} s"
    except ssl.SSLError as error:
        failure, why = "tls_invalid", _words(error)
    except h11.RemoteProtocolError as error:
        failure, why = ("truncated_body" if heard.status else "not_http"), str(error)
    except (OSError, ValueError) as error:
        # A connection that breaks inside the answer is a cut answer, before it no answer at all.
        failure, why = ("truncated_body" if heard.status else "no_answer"), _words(error)
    if not failure and heard.beyond:
        failure, why = "length_wrong", f"{heard.beyond} bytes came after the end"
    return replace(
        question,
        status=heard.status,
        headers=tuple(heard.headers),
        body=bytes(heard.body),
        took=time.monotonic() - began,
        failure=failure,
        why=why,
    )


def _exchange(question: Exchange, headers: dict[str, str], deadline: float, heard: _Heard) -> None:
    parts = urlsplit(question.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    with socket.create_connection((parts.hostname or "", port), timeout=_left(deadline)) as plain:
        if parts.scheme == "https":
            context = ssl.create_default_context()
            context.set_alpn_protocols(["http/1.1"])
            plain.settimeout(_left(deadline))
            with context.wrap_socket(plain, server_hostname=parts.hostname) as secure:
                _talk(secure, question, headers, deadline, heard)
        else:
            _talk(plain, question, headers, deadline, heard)


def _talk(
    connection: socket.socket, question: Exchange, headers: dict[str, str], deadline: float, heard: _Heard
) -> None:
    parts = urlsplit(question.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    length = {"Content-Length": str(len(question.sent))} if question.sent else {}
    all_headers = {"Host": parts.netloc.rpartition("@")[2], **headers, **length, "Connection": "close"}
    talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=CHUNK)
    request = h11.Request(
        method=question.method, target=quote(target, safe=SAFE_IN_TARGET), headers=list(all_headers.items())
    )
    said = talk.send(request) or b""
    said += (talk.send(h11.Data(data=question.sent)) or b"") if question.sent else b""
    connection.settimeout(_left(deadline))
    connection.sendall(said + (talk.send(h11.EndOfMessage()) or b""))
    while True:
        event = talk.next_event()
        if event is h11.NEED_DATA:
            connection.settimeout(_left(deadline))
            data = connection.recv(CHUNK)
            if not data and heard.status is None:
                raise ConnectionError("the connection was closed before an answer began")
            talk.receive_data(data)
        elif isinstance(event, h11.Response):
            heard.status = event.status_code
            heard.headers += [
                (name.decode("ascii"), value.decode("latin-1")) for name, value in event.headers.raw_items()
            ]
        elif isinstance(event, h11.Data):
            heard.body += event.data
            if len(heard.body) > MOST_BYTES:
                raise ValueError(f"the answer is longer than {MOST_BYTES} bytes")
        elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed)):
            heard.beyond = len(talk.trailing_data[0])
            return


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _words(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
