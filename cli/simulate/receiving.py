"""An address of one's own that takes notifications, answers 200 and shows them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

HOST = "127.0.0.1"
MOST_BYTES = 1024 * 1024
SECONDS = 10.0


@dataclass(frozen=True)
class Received:
    """One request as it came in; header names are lower-case."""

    method: str
    path: str
    headers: dict[str, str]
    body: str

    def shown(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return asdict(self)


class Receiver:
    """Listens on loopback while the context lasts; `take` is called with each request, from threads of its own."""

    def __init__(self, port: int, take: Callable[[Received], None]) -> None:
        self._server = ThreadingHTTPServer((HOST, port), _handler(take))
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="receiver", daemon=True)
        self.url = f"http://{HOST}:{self._server.server_port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(SECONDS)


def _handler(take: Callable[[Received], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = SECONDS

        def do_GET(self) -> None:
            """Take one request."""
            length = self.headers.get("content-length") or "0"
            if not length.isdigit() or int(length) > MOST_BYTES:
                self.send_error(413)
                return
            body = self.rfile.read(int(length)).decode("utf-8", "replace")
            headers = {name.lower(): value for name, value in self.headers.items()}
            take(Received(self.command, self.path, headers, body))
            with suppress(ConnectionError):  # whoever sent it may have gone
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

        do_POST = do_GET  # noqa: N815 - http.server's own name

        def log_message(self, *_: Any) -> None:
            """Say nothing: `take` does."""

    return Handler
