"""Everything that was said, in order, without secrets: who to whom, when, how answered.

Every message has a rising ``seq``; a request and its answer share an ``exchange``. Four kinds: ``request``, ``answer``,
``failure`` (an exchange that ended without an answer) and ``act`` (what a customer did on the phone).
"""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from simulator import instants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

KEPT_MESSAGES = 5_000
KEPT_BODY = 64 * 1024
KEPT_BYTES = 16 * 1024 * 1024
MERCHANT, MERCADO_PAGO, PHONE, BOX = "merchant", "mercadopago", "phone", "box"
PARTIES = (MERCHANT, MERCADO_PAGO, PHONE, BOX)
HEADERS_OF_INTEREST = frozenset(
    {
        "authorization",
        "client-id",
        "content-type",
        "order-version",
        "retry-after",
        "user-agent",
        "x-idempotency-key",
        "x-render-in-process-refunds",
        "x-request-id",
        "x-signature",
    }
)
# Query parameters that are keys by their name, ours or anybody's: the poll URL of the design carries one.
SECRET_PARAMETER = re.compile(r"(?i)([?&](?:key|token|access_token|secret)=)[^&\"'\s]+")
MASK = "***"


@dataclass(frozen=True)
class Message:
    """One thing said; ``took_ms`` is the time from the request to this answer or failure."""

    seq: int
    exchange: int
    kind: str
    at: str
    sender: str
    receiver: str
    method: str
    url: str
    status: int | None
    headers: dict[str, str]
    body: str
    took_ms: int | None

    def shown(self) -> dict[str, Any]:
        """Return the message as JSON-ready values."""
        return dict(vars(self))


@dataclass(frozen=True)
class _Opened:
    sender: str
    receiver: str
    method: str
    url: str
    began: float


class Wire:
    """The log; ``secrets`` are masked wherever they would appear. It keeps the newest messages only.

    ``tell`` hears of each message as it is noted.
    """

    def __init__(
        self, now: Callable[[], datetime], secrets: Iterable[str], tell: Callable[[Message], None]
    ) -> None:
        self._now = now
        self._secrets = [secret for secret in secrets if secret]
        self._tell = tell
        self._messages: deque[Message] = deque()
        self._bytes = 0
        self._open: dict[int, _Opened] = {}
        self._exchanges = 0
        self.seq = 0

    def request(
        self, who: tuple[str, str], method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> int:
        """Note a request from ``who[0]`` to ``who[1]`` and return its exchange's number."""
        self._exchanges += 1
        opened = _Opened(*who, method, url, time.monotonic())
        self._open[self._exchanges] = opened
        self._note(self._exchanges, "request", opened, headers=headers, body=body)
        return self._exchanges

    def answer(
        self,
        exchange: int,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        *,
        took_ms: int | None = None,
    ) -> None:
        """Note the answer that ends an exchange; the time it took is measured unless it is given."""
        self._end(exchange, "answer", took_ms, status=status, headers=headers, body=body)

    def failure(self, exchange: int, why: str, *, took_ms: int | None = None) -> None:
        """Note that an exchange ended without a whole answer."""
        self._end(exchange, "failure", took_ms, body=why.encode("utf-8", "replace"))

    def act(self, what: str) -> None:
        """Note what the customer did."""
        self._exchanges += 1
        opened = _Opened(PHONE, MERCADO_PAGO, "", "", 0.0)
        self._note(self._exchanges, "act", opened, body=what.encode("utf-8", "replace"))

    def since(self, seq: int, limit: int | None = None) -> list[Message]:
        """Return the messages after ``seq``, oldest first, at most ``limit``."""
        if not self._messages:
            return []
        # Numbers have no gaps: the place of a message follows from the first one's.
        start = max(0, seq + 1 - self._messages[0].seq)
        return list(islice(self._messages, start, None if limit is None else start + limit))

    def clear(self) -> None:
        """Forget what was said; ``seq`` goes on rising."""
        self._messages.clear()
        self._bytes = 0

    def _end(self, exchange: int, kind: str, took_ms: int | None, **said: Any) -> None:
        opened = self._open.pop(exchange)
        took = int((time.monotonic() - opened.began) * 1000) if took_ms is None else took_ms
        back = _Opened(opened.receiver, opened.sender, opened.method, opened.url, opened.began)
        self._note(exchange, kind, back, took_ms=took, **said)

    def _note(  # one message has that many facts
        self,
        exchange: int,
        kind: str,
        who: _Opened,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        took_ms: int | None = None,
    ) -> None:
        self.seq += 1
        interesting = {
            name.lower(): self._masked(value)
            for name, value in (headers or {}).items()
            if name.lower() in HEADERS_OF_INTEREST
        }
        if "authorization" in interesting:
            interesting["authorization"] = f"Bearer {MASK}"
        message = Message(
            seq=self.seq,
            exchange=exchange,
            kind=kind,
            at=instants.show(self._now()) or "",
            sender=who.sender,
            receiver=who.receiver,
            method=who.method,
            url=self._masked(who.url),
            status=status,
            headers=interesting,
            body=self._masked(body[:KEPT_BODY].decode("utf-8", "replace")),
            took_ms=took_ms,
        )
        self._messages.append(message)
        self._bytes += len(message.body)
        while len(self._messages) > KEPT_MESSAGES or self._bytes > KEPT_BYTES:
            self._bytes -= len(self._messages.popleft().body)
        self._tell(message)

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return SECRET_PARAMETER.sub(rf"\g<1>{MASK}", text)
