"""The wrong merchant's HTTP server: what each fault does to time, connection and bytes on the wire."""

from __future__ import annotations

import time
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.verify.spoiling import Answer
from verify.drivers import CannotError

if TYPE_CHECKING:
    from tests.verify.wrong_merchant import WrongMerchant

UNKNOWN = "19999999999"
LATE, SLOW, HANGS = 1.15, 0.6, 2.2
"""Seconds: beyond the tests' limit, beyond what is worth a warning, beyond all patience."""


class MerchantServer(ThreadingHTTPServer):
    """Serves one merchant on a free port of this machine."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, merchant: WrongMerchant) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.merchant = merchant


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: MerchantServer

    def do_GET(self) -> None:
        self.close_connection = True
        if self.path.startswith("/pay"):
            self._poll()
        elif self.path.startswith("/box/"):
            self._move()
        else:
            self._hear()

    def do_POST(self) -> None:
        self.close_connection = True
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._hear()

    def log_message(self, *_: object) -> None:
        pass

    def _move(self) -> None:
        """A till's program moves the box: /box/VERB or /box/sell/AMOUNT."""
        verb, *amount = self.path.split("/")[2:]
        try:
            self.server.merchant.do(verb, Decimal(amount[0]) if amount else None)
        except CannotError:
            self.send_error(501)
        else:
            self.send_response_only(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _poll(self) -> None:
        merchant, fault = self.server.merchant, self.server.merchant.fault
        merchant.polls += 1
        if fault in ("hangs", "hangs_up"):
            time.sleep(HANGS if fault == "hangs" else 0)
        elif fault == "speaks_no_http":
            self.wfile.write(b"220 mail.example.com ESMTP\r\n\r\n")
        else:
            if merchant.polls == 1:
                time.sleep({"answers_late": LATE, "answers_slowly": SLOW}.get(fault, 0))
            is_alone = merchant.polling.acquire(blocking=False)
            try:
                answer = self._answer(is_alone=is_alone)
            finally:
                if is_alone:
                    merchant.polling.release()
            self._send(answer)

    def _answer(self, *, is_alone: bool) -> Answer:
        merchant = self.server.merchant
        answer = merchant.answer_poll(urlsplit(self.path).query, self.headers.get("User-Agent", ""))
        if merchant.fault == "one_phone_at_a_time" and answer.is_order:
            time.sleep(0.02)
            if not is_alone:
                answer = Answer(400, {"error": {"type": "in_process"}})
                answer.write()
        return answer

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.length is not None:
            self.send_header("Content-Length", str(len(answer.body) if answer.length < 0 else answer.length))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if answer.then else answer.body)
        if answer.then == "stall":
            self.wfile.flush()
            time.sleep(HANGS)

    def _hear(self) -> None:
        merchant = self.server.merchant
        is_unknown = UNKNOWN in self.path and self.command == "POST"
        if merchant.fault == "notification_cut" and is_unknown:
            return
        status = merchant.hear(self.command, self.path)
        is_late = merchant.fault == "notification_late" and is_unknown and "topic=payment" in self.path
        time.sleep(LATE if is_late else 0)
        self.send_response_only(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
