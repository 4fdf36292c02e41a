"""Who calls the simulator in a benchmark, and the tiny merchant that it polls and notifies."""

from __future__ import annotations

import json
import socket
import threading
import time
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from types import TracebackType

HOST = "127.0.0.1"
TOKEN = "TEST-1111111111111111-010101-fake-123456789"  # noqa: S105 - nobody's
SECONDS = 10.0
PAUSE = 0.002
CREATED = 201


class Caller:
    """One connection to the simulator, kept open; for one thread."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=SECONDS)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.calls = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def get(self, path: str, expected: str) -> int:
        """Read from the API; ``ValueError`` unless the answer tells what is expected. One exchange."""
        body = self._call("GET", path, {"Authorization": f"Bearer {TOKEN}"})
        if expected.encode() not in body:
            raise ValueError(f"{path}: {body[:200]!r}")
        return 1

    def refund(self, payment: int, key: str) -> int:
        """Ask for one part of a payment back. One exchange."""
        headers = {"Authorization": f"Bearer {TOKEN}", "X-Idempotency-Key": key}
        self._call("POST", f"/v1/payments/{payment}/refunds", headers, b'{"amount": 0.01}')
        return 1

    def scan(self, url: str) -> str:
        """Scan a box by its URL and look until there is an amount; the phone's id."""
        scan: str = self.control("POST", "/scans", {"url": url})["id"]
        deadline = time.monotonic() + SECONDS
        while self.control("GET", f"/scans/{scan}")["state"] != "amount":
            if time.monotonic() > deadline:
                raise TimeoutError(f"no amount at {url}")
            time.sleep(PAUSE)
        return scan

    def pay(self, scan: str) -> int:
        """Pay; the number of the merchant order."""
        order: int = self.control("POST", f"/scans/{scan}/pay", {})["merchant_order_id"]
        return order

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Make one control call."""
        content = None if body is None else json.dumps(body).encode()
        answered = self._call(method, f"/sim{path}", {}, content)
        return json.loads(answered) if answered else None

    def _call(self, method: str, path: str, headers: dict[str, str], body: bytes | None = None) -> bytes:
        self.calls += 1
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 300:  # noqa: PLR2004 - HTTP
            raise ValueError(f"{method} {path}: {answer.status} {content[:200]!r}")
        return content


class Merchant:
    """A box for every sale: ``url_of`` says where to poll for it; every notification is acknowledged."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer((HOST, 0), _Handler)
        self._base = f"http://{HOST}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def url_of(self, sale: str) -> str:
        """Return the URL that offers this sale."""
        return f"{self._base}/poll?sale={sale}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(SECONDS)


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        sale = parse_qs(urlsplit(self.path).query)["sale"][0]
        item = {"title": "Nafta 10 l", "currency_id": "ARS", "quantity": 1, "unit_price": 15000.5}
        self._answer(
            {
                "collector_id": 123456789,
                "items": [item],
                "external_reference": sale,
                "notification_url": f"http://{self.headers['Host']}/notify/{sale}",
            }
        )

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({})

    def _answer(self, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
