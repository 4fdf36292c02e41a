"""A merchant's box API in little, by the table of the contract: enough to try a machine's manners on."""

from __future__ import annotations

import itertools
import json
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.serving import InThread

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "caja_box_made-up"
UNPAID = ("ready", "expired")
OVER = ("cancelled", "replaced", *UNPAID)
POLL_MS = 20
Answer = tuple[int, Any]


class Asked(NamedTuple):
    """One request as it came in."""

    method: str
    path: str
    body: Any


class Spoilt(NamedTuple):
    """An answer that is given in place of the right one; ``is_done``: what was asked is done all the same."""

    method: str
    end: str
    status: int
    body: bytes
    headers: dict[str, str]
    is_done: bool


class Caja(InThread):
    """The box API on a port; its orders by id, and everything that was asked."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.key = KEY
        self.orders: dict[str, dict[str, Any]] = {}
        self.current: dict[str, Any] | None = None
        self.asked: list[Asked] = []
        self.spoilt: list[Spoilt] = []
        self.payments = "up"
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    # ─── What a test does ───────────────────────────────────────────────────────────────────────────────────────

    def spoil(
        self,
        method: str,
        end: str,
        status: int = 0,
        body: Any = b"",
        *,
        is_done: bool = False,
        **headers: str,
    ) -> None:
        """Answer the next such request like this instead; status 0 hangs up."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.spoilt.append(Spoilt(method, end, status, content, headers, is_done))

    def of(self, method: str, end: str) -> list[Any]:
        """The bodies of all such requests, in order."""
        return [each.body for each in self.asked if each.method == method and each.path.endswith(end)]

    def only(self) -> dict[str, Any]:
        """The one order there is."""
        (order,) = self.orders.values()
        return order

    def turn(self, state: str, order: dict[str, Any] | None = None, **changes: Any) -> None:
        """Have something happen to an order."""
        order = order or self.current
        assert order is not None
        with self._lock:
            order |= {"state": state, "version": order["version"] + 1, **changes}

    def pay(self, order: dict[str, Any] | None = None, *, role: str = "kept", refund: str = "none") -> None:
        """Have an order paid, or money come for it that it does not keep."""
        order = order or self.current
        assert order is not None
        payment = {"payment_id": "101", "amount": order["total"], "role": role, "refund": refund}
        changes: dict[str, Any] = {"payments": [*order["payments"], payment]}
        if role == "kept":
            changes |= {"paid_at": _at(0)}
        self.turn("paid" if role == "kept" else order["state"], order, **changes)

    # ─── What it answers ────────────────────────────────────────────────────────────────────────────────────────

    def answer(self, asked: Asked) -> Answer:
        """The right answer, by the contract."""
        routes: dict[tuple[str, str], Callable[[Asked], Answer]] = {
            ("PUT", "state"): self._state,
            ("POST", "orders"): self._submit,
            ("POST", "release"): self._release,
            ("POST", "delivery"): self._deliver,
        }
        with self._lock:
            route = routes.get((asked.method, asked.path.rpartition("/")[2]))
            if route:
                return route(asked)
            order = self.orders.get(asked.path.rpartition("/")[2])
            if order is None:
                return problem(404, "order_not_found")
            return self._cancel(order) if asked.method == "DELETE" else (200, order)

    def _state(self, asked: Asked) -> Answer:
        order = self.current and {name: self.current[name] for name in ("order_id", "state")}
        return 200, {
            "state": asked.body["state"],
            "order": order,
            "payments": self.payments,
            "next_poll_ms": POLL_MS,
        }

    def _submit(self, asked: Asked) -> Answer:
        body = asked.body
        if self.payments == "down":
            return problem(503, "payments_down")
        known = next((each for each in self.orders.values() if each["ticket"] == body["ticket"]), None)
        if known:
            return (
                (200, known | {"replayed": True}) if known["body"] == body else problem(422, "ticket_reused")
            )
        before = self.current
        if "replaces" in body:
            if before is None or before["order_id"] != body["replaces"] or before["state"] not in UNPAID:
                return problem(
                    409, "already_paid" if before and before["state"] == "paid" else "not_replaceable"
                )
            before |= {"state": "replaced", "version": before["version"] + 1}
        elif before and (
            before["state"] == "ready" or (self.mode == "prepay" and before["state"] == "releasing")
        ):
            return problem(409, "box_busy", order=before)
        elif before and self.mode == "prepay" and before["state"] == "paid":
            return problem(409, "already_paid", order=before)
        self.current = self.new_order(body)
        return 201, self.current

    def new_order(self, body: dict[str, Any]) -> dict[str, Any]:
        """An order that is ready."""
        order_id = f"ORDER{next(self._numbers):021d}".replace("0", "A")
        order: dict[str, Any] = {
            "order_id": order_id,
            "ticket": body["ticket"],
            "state": "ready",
            "total": body["total"],
        }
        order |= {"currency": "ARS", "items": body["items"], "version": 1, "payments": [], "paid_at": None}
        order |= {"expires_at": _at(600), "next_poll_ms": POLL_MS, "claim": None, "body": body}
        self.orders[order_id] = order
        return order

    def _cancel(self, order: dict[str, Any]) -> Answer:
        if order["state"] not in OVER:
            code = "in_review" if order["state"] == "review" else "already_paid"
            return problem(409, code, order=order)
        if order["state"] in UNPAID:
            order |= {"state": "cancelled", "version": order["version"] + 1}
        return 200, order

    def _release(self, asked: Asked) -> Answer:
        order, claim = self.orders[asked.path.split("/")[-2]], asked.body["claim"]
        match order["state"]:
            case "paid":
                order |= {"state": "releasing", "claim": claim, "version": order["version"] + 1}
                return 200, order
            case "releasing" | "delivered":
                is_same = order["claim"] == claim
                return (200, order | {"replayed": True}) if is_same else problem(409, "already_claimed")
            case "refunding" | "refunded":
                return problem(409, "too_late")
            case "review":
                return problem(409, "in_review")
        return problem(409, "not_paid")

    def _deliver(self, asked: Asked) -> Answer:
        order, result = self.orders[asked.path.split("/")[-2]], asked.body["result"]
        if order["claim"] != asked.body["claim"]:
            return problem(409, "not_claimed")
        state = {"delivered": "delivered", "failed": "refunding", "unknown": "review"}[result]
        if order["state"] in ("releasing", "review"):
            order |= {"state": state, "version": order["version"] + 1}
        return (200, order) if order["state"] == state else problem(409, "contradiction")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        caja = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                length = int(self.headers["Content-Length"] or 0)
                content = self.rfile.read(length)
                asked = Asked(self.command, self.path, json.loads(content) if content else None)
                caja.asked.append(asked)
                spoilt = next(
                    (s for s in caja.spoilt if s.method == asked.method and asked.path.endswith(s.end)), None
                )
                status, body = (0, None)
                if spoilt is None or spoilt.is_done:
                    is_known = self.headers["Authorization"] == f"Bearer {caja.key}"
                    status, body = caja.answer(asked) if is_known else problem(401, "unauthorized")
                if spoilt is None:
                    self._say(status, json.dumps(body).encode(), {})
                    return
                caja.spoilt.remove(spoilt)
                if spoilt.status:
                    self._say(spoilt.status, spoilt.body, spoilt.headers)

            do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - http.server's own names

            def _say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                with suppress(ConnectionError):
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name.replace("_", "-"), value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

        return Handler


def problem(status: int, code: str, **also: Any) -> Answer:
    """A refusal in the contract's shape."""
    return status, {"status": status, "code": code, "title": code, "detail": f"{code}.", **also}


def _at(seconds: float) -> str:
    return (
        (datetime.now(UTC) + timedelta(seconds=seconds))
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )
