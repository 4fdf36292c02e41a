"""A merchant that answers polls as it is told and keeps the notifications it gets."""

from __future__ import annotations

import contextlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from tests.serving import InThread


class Notification(NamedTuple):
    """One notification as it came in."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


def order_v1(**changes: Any) -> dict[str, Any]:
    """A poll answer of the first dialect that nobody can object to."""
    item = {"title": "Nafta 10 l", "currency_id": "ARS", "quantity": 1, "unit_price": 1050.5}
    return {
        "collector_id": 123456789,
        "items": [item],
        "external_reference": "REF1",
        **changes,
    }


def order_v2(**changes: Any) -> dict[str, Any]:
    """A poll answer of the second dialect that nobody can object to."""
    item = {
        "sku_number": "S1",
        "category": "food",
        "title": "Agua",
        "description": "500 ml",
        "quantity": 2,
        "unit_measure": "unit",
        "unit_price": 50.25,
        "total_amount": 100.5,
    }
    return {
        "external_reference": "REF2",
        "total_amount": 100.5,
        "title": "Compra",
        "description": "Máquina 1",
        "items": [item],
        **changes,
    }


class Merchant(InThread):
    """Listens on a free port; ``poll_url`` and ``notification_url`` lead to it."""

    def __init__(self) -> None:
        self.notifications: list[Notification] = []
        self.polls: list[str] = []
        self.acknowledge: list[int] = []
        self.status = 400
        self.headers = {"Content-Type": "application/json"}
        self.body = b""
        self.preparing()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self.poll_url = f"{self.base}/poll?locationId=STORE001&positionId=CAJA0001&key=fake-key"
        self.notification_url = f"{self.base}/notify/REF1/fake-key?from=mp"

    def answer(self, status: int, value: Any, **headers: str) -> None:
        """Answer this to every poll from now on."""
        self.status = status
        self.headers = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): text for name, text in headers.items()
        }
        self.body = value if isinstance(value, bytes) else json.dumps(value).encode()

    def preparing(self) -> None:
        """Say that the amount is not known yet."""
        self.answer(400, {"error": {"type": "in_process", "message": "wait"}})

    def offer(self, **changes: Any) -> None:
        """Offer an order in the first dialect, with our notification_url."""
        self.answer(200, order_v1(notification_url=self.notification_url, **changes))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        merchant = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                merchant.polls.append(self.path)
                self._say(merchant.status, merchant.headers, merchant.body)

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                merchant.notifications.append(Notification(self.path, headers, json.loads(content)))
                self._say(merchant.acknowledge.pop(0) if merchant.acknowledge else 200, {}, b"{}")

            def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                # A customer who walks away hangs up.
                with contextlib.suppress(ConnectionError):
                    self.end_headers()
                    self.wfile.write(body)

        return Handler
