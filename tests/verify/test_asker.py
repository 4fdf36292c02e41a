"""What the merchant's server does to a connection is told as what it is, and never waited for too long."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from verify.asker import ask

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def serving(answer: bytes, *, stays: float = 0.0) -> Iterator[str]:
    """A server that gives one question these bytes for an answer, and stays for so many seconds, or until the end."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)
                over.wait(stays)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/poll?a=ñ b"
        over.set()
        thread.join(5)


def test_every_header_is_kept_as_it_was_written() -> None:
    with serving(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\n\r\n{}") as url:
        exchange = ask(url, 2)
    assert (exchange.status, exchange.body, exchange.failure) == (200, b"{}", "")
    assert exchange.headers == (("X-A", "1"), ("x-a", "2"), ("Content-Length", "2"))


@pytest.mark.parametrize(
    ("answer", "failure", "status"),
    [
        (b"", "no_answer", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "truncated_body", 200),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", "truncated_body", 200),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", "length_wrong", 200),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not_http", None),
        (b"HTTP/1.1 200 OK\r\n\r\n{}", "", 200),
    ],
)
def test_an_answer_that_breaks_off_is_named(answer: bytes, failure: str, status: int | None) -> None:
    with serving(answer) as url:
        exchange = ask(url, 2)
    assert (exchange.failure, exchange.status) == (failure, status)


def test_a_hanging_server_is_waited_for_no_longer_than_was_asked() -> None:
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", stays=9) as url:
        began = time.monotonic()
        exchange = ask(url, 0.2)
        assert time.monotonic() - began < 4
    assert exchange.failure == "hangs"


def test_nobody_there_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert ask(f"http://127.0.0.1:{port}/", 2).failure == "no_answer"


def test_plain_http_where_tls_is_expected_is_a_fault_of_tls() -> None:
    with serving(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url:
        exchange = ask(url.replace("http:", "https:"), 2)
    assert exchange.failure == "tls_invalid", exchange.why
