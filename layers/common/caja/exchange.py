"""One HTTP/1.1 exchange over a kept connection, whole within a deadline.

Not `http.client`: its time-outs start again with every byte, so one byte a second holds it for ever, and importing it
brings the `email` package, a quarter of what a poll's cold start may take. Time-outs, refused certificates and broken
answers are all OSError, as they are in `socket` and `ssl`. Deadlines are instants of `time.monotonic`.
"""

from __future__ import annotations

import select
import socket
from functools import cache
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ssl import SSLContext

CONNECT_SECONDS = 1.0
READ_SECONDS = 2.0
MAX_ANSWER = 1_048_576 + 65_536
"""Bytes: DynamoDB's largest page and its headers."""

AMAZON_ROOTS = f"{__file__.rpartition('/')[0]}/amazon_roots.pem"
"""The five authorities that AWS says its endpoints are vouched for by; the system's hundred and forty take 20 ms to read.

As text, for `pathlib` is 4 ms that a cold start would wait for.
"""

_kept: dict[Origin, list[Connection]] = {}


class BrokenAnswerError(ConnectionError):
    """The other side closed too early, or answered something that is not HTTP/1.1."""


class Origin(NamedTuple):
    """Where to connect to."""

    is_tls: bool
    host: str
    port: int


class Response(NamedTuple):
    """What came back; header names in lower case, of repeated headers the last."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """A connection, kept for the next exchange as long as both sides want it."""

    def __init__(self, origin: Origin, context: SSLContext | None, *, until: float) -> None:
        """Connect, TLS included if there is a `context`, before `until` and within a second."""
        until = min(until, monotonic() + CONNECT_SECONDS)
        self._socket = _connect(origin, until)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            try:
                self._socket.settimeout(_left(until))
                self._socket = context.wrap_socket(self._socket, server_hostname=origin.host)
            except BaseException:
                self._socket.close()
                raise
        self._is_kept = True

    def exchange(self, request: bytes, *, until: float) -> Response:
        """Send `request` and read the answer, before `until` and within two seconds."""
        until = min(until, monotonic() + READ_SECONDS)
        self._is_kept = False
        self._socket.settimeout(_left(until))
        self._socket.sendall(request)
        reader = _Reader(self._socket, until)
        response = reader.response()
        self._is_kept = response.headers.get("connection", "").lower() != "close" and not reader.rest
        return response

    def is_reusable(self) -> bool:
        """Whether the last answer was whole and the other side has neither closed nor said anything since."""
        if not self._is_kept:
            return False
        said = select.poll()
        said.register(self._socket, select.POLLIN)
        return not said.poll(0)

    def close(self) -> None:
        """Close; allowed more than once."""
        self._socket.close()


def exchange(origin: Origin, request: bytes, *, until: float) -> Response:
    """Send `request` over the connection kept from before, or a new one; raises OSError, after which none is kept."""
    kept = _kept.setdefault(origin, [])
    connection = kept.pop() if kept else None
    if connection is not None and not connection.is_reusable():
        connection.close()
        connection = None
    connection = connection or _open(origin, until)
    try:
        response = connection.exchange(request, until=until)
    except BaseException:
        connection.close()
        raise
    kept.append(connection)
    return response


def close_kept() -> None:
    """Close the connections kept for a next exchange."""
    for kept in _kept.values():
        while kept:
            kept.pop().close()


def _open(origin: Origin, until: float) -> Connection:
    """A new connection. Whoever Amazon's authorities do not vouch for, the system's may: should AWS take others one day."""
    if not origin.is_tls:
        return Connection(origin, None, until=until)
    from ssl import SSLCertVerificationError  # noqa: PLC0415 - see tls_context

    try:
        return Connection(origin, tls_context(), until=until)
    except SSLCertVerificationError:
        return Connection(origin, _system_context(), until=until)


class _Reader:
    """Reads one response; every wait is cut at the deadline."""

    def __init__(self, opened: socket.socket, until: float) -> None:
        self._socket = opened
        self._until = until
        self._read = 0
        self.rest = b""

    def response(self) -> Response:
        version, _, status = self._line().partition(" ")
        if version != "HTTP/1.1" or not status[:3].isdecimal():
            raise BrokenAnswerError("not an HTTP/1.1 answer")
        headers = {}
        while line := self._line():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return Response(int(status[:3]), headers, self._body(headers))

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        return self._take(_size(headers.get("content-length", ""), 10))

    def _chunks(self) -> list[bytes]:
        chunks = []
        while size := _size(self._line().partition(";")[0], 16):
            chunks.append(self._take(size))
            self._line()
        while self._line():
            pass  # trailers
        return chunks

    def _line(self) -> str:
        while b"\r\n" not in self.rest:
            self._more()
        line, _, self.rest = self.rest.partition(b"\r\n")
        return line.decode("latin-1")

    def _take(self, size: int) -> bytes:
        while len(self.rest) < size:
            self._more()
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def _more(self) -> None:
        self._socket.settimeout(_left(self._until))
        received = self._socket.recv(65_536)
        self._read += len(received)
        if not received:
            raise BrokenAnswerError("closed before the answer was whole")
        if self._read > MAX_ANSWER:
            raise BrokenAnswerError("the answer is too long")
        self.rest += received


def _size(text: str, base: int) -> int:
    try:
        return int(text, base)
    except ValueError:
        raise BrokenAnswerError("the answer does not say how long it is") from None


def _connect(origin: Origin, until: float) -> socket.socket:
    """A connection to the first address of the host that takes one."""
    problem: OSError = OSError("the host has no address")
    for family, kind, protocol, address in _resolve(origin, until):
        opened = socket.socket(family, kind, protocol)
        try:
            opened.settimeout(_left(until))
            opened.connect(address)
        except OSError as error:
            opened.close()
            problem = error
        else:
            return opened
    raise problem


def _resolve(origin: Origin, until: float) -> list[tuple[int, int, int, Any]]:
    """The host's addresses. Asked in a thread, for `getaddrinfo` has no time-out and may take 10 s."""
    found: list[tuple[int, int, int, Any]] = []
    problems: list[OSError] = []

    def look_up() -> None:
        try:
            answers = socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM)
            found.extend((family, kind, protocol, address) for family, kind, protocol, _, address in answers)
        except OSError as error:
            problems.append(error)

    thread = Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(_left(until))
    if thread.is_alive():
        raise TimeoutError("the host's name could not be resolved in time")
    if problems:
        raise problems[0]
    return found


def _left(until: float) -> float:
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError("no time left")
    return left


@cache
def tls_context() -> SSLContext:
    """The context that verifies names, and certificates against Amazon's authorities; made once."""
    import ssl  # noqa: PLC0415 - 8 ms that an endpoint over plain HTTP does not need

    return ssl.create_default_context(cafile=AMAZON_ROOTS)


@cache
def _system_context() -> SSLContext:
    """The context that verifies names, and certificates against the system's authorities; made once, if ever."""
    import ssl  # noqa: PLC0415 - see tls_context

    return ssl.create_default_context()
