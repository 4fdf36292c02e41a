"""A server that does as it is told, down to the byte: for time-outs, drops and answers nobody should send."""

from __future__ import annotations

import socket
from contextlib import suppress
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

    Act = Callable[["Conversation"], bool]


class Request(NamedTuple):
    """One request: the number of the connection it came over, its head and its body."""

    connection: int
    head: str
    body: bytes


class Conversation(NamedTuple):
    """What an act works with: the connection, and an event that is set when the test is over."""

    connection: socket.socket
    over: Event


def say(status: str, body: bytes = b"{}", *headers: str) -> Act:
    """Answer, and keep the connection."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "\r\n"])
    return say_raw(head.encode() + body)


def say_raw(answer: bytes) -> Act:
    """Answer these bytes, and keep the connection."""

    def act(conversation: Conversation) -> bool:
        conversation.connection.sendall(answer)
        return True

    return act


def say_and_close(answer: bytes = b"") -> Act:
    """Answer these bytes and hang up."""

    def act(conversation: Conversation) -> bool:
        conversation.connection.sendall(answer)
        return False

    return act


def drip(answer: bytes, *, every: float) -> Act:
    """Answer one byte at a time."""

    def act(conversation: Conversation) -> bool:
        for byte in answer:
            if conversation.over.wait(every):
                return False
            conversation.connection.sendall(bytes([byte]))
        return True

    return act


def hang(conversation: Conversation) -> bool:
    """Never answer."""
    conversation.over.wait()
    return False


class RudeServer:
    """Listens on 127.0.0.1 and does one act for each request; out of acts, it hangs up."""

    def __init__(self, *acts: Act, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self._acts = list(acts)
        self._tls = tls
        self._over = Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self._threads: list[Thread] = []
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with suppress(OSError):  # closed already
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(2)

    def _spawn(self, work: Callable[[], None]) -> None:
        thread = Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        number = 0
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            self._spawn(partial(self._serve, accepted, number))

    def _serve(self, accepted: socket.socket, number: int) -> None:
        # An impolite client may hang up at any time; that is its right.
        try:
            accepted.settimeout(5)
            connection = self._tls.wrap_socket(accepted, server_side=True) if self._tls else accepted
            self._connections.append(connection)
            with connection, connection.makefile("rb") as reader:
                while request := self._read(reader, number):
                    self.requests.append(request)
                    if not self._acts or not self._acts.pop(0)(Conversation(connection, self._over)):
                        return
        except OSError:
            accepted.close()

    @staticmethod
    def _read(reader: BinaryIO, number: int) -> Request | None:
        lines = []
        length = 0
        while line := reader.readline().decode("latin-1").rstrip("\r\n"):
            lines.append(line)
            name, _, value = line.partition(": ")
            if name.lower() == "content-length":
                length = int(value)
        body = reader.read(length) if lines else b""
        return Request(number, "\n".join(lines), body) if lines else None
