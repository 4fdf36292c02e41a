"""Everything that was said, in order, without secrets: who to whom, when, how answered.

Every message has a rising ``seq``; a request and its answer share an ``exchange``. Four kinds: ``request``, ``answer``,
``failure`` (an exchange that ended without an answer) and ``act`` (what a customer did on the phone).
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from simulator import instants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

KEPT_MESSAGES = 20_000
KEPT_BODY = 64 * 1024
MERCHANT, MERCADO_PAGO, PHONE = "merchant", "mercadopago", "phone"
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


@dataclass(frozen=True)
class _Opened:
    sender: str
    receiver: str
    method: str
    url: str
    at: datetime


class Wire:
    """The log; ``secrets`` are masked wherever they would appear. It keeps the newest messages only."""

    def __init__(self, now: Callable[[], datetime], secrets: Iterable[str]) -> None:
        self._now = now
        self._secrets = [secret for secret in secrets if secret]
        self._messages: deque[Message] = deque(maxlen=KEPT_MESSAGES)
        self._open: dict[int, _Opened] = {}
        self._seq = 0
        self._exchanges = 0

    def request(
        self, who: tuple[str, str], method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> int:
        """Note a request from ``who[0]`` to ``who[1]`` and return its exchange's number."""
        self._exchanges += 1
        opened = _Opened(*who, method, url, self._now())
        self._open[self._exchanges] = opened
        self._note(self._exchanges, "request", opened, headers=headers, body=body)
        return self._exchanges

    def answer(self, exchange: int, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Note the answer that ends an exchange."""
        self._end(exchange, "answer", status=status, headers=headers, body=body)

    def failure(self, exchange: int, why: str) -> None:
        """Note that an exchange ended without a whole answer."""
        self._end(exchange, "failure", body=why.encode())

    def act(self, what: str) -> None:
        """Note what the customer did."""
        self._exchanges += 1
        self._note(
            self._exchanges, "act", _Opened(PHONE, MERCADO_PAGO, "", "", self._now()), body=what.encode()
        )

    def since(self, seq: int, limit: int) -> list[dict[str, Any]]:
        """Return the messages after ``seq``, oldest first, at most ``limit``."""
        later = (message for message in self._messages if message.seq > seq)
        return [asdict(message) for message in islice(later, limit)]

    def clear(self) -> None:
        """Forget what was said; ``seq`` goes on rising."""
        self._messages.clear()

    def _end(self, exchange: int, kind: str, **said: Any) -> None:
        opened = self._open.pop(exchange)
        took = int((self._now() - opened.at).total_seconds() * 1000)
        back = _Opened(opened.receiver, opened.sender, opened.method, opened.url, opened.at)
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
        self._seq += 1
        text = body[:KEPT_BODY].decode("utf-8", "replace")
        interesting = {
            name.lower(): self._masked(value)
            for name, value in (headers or {}).items()
            if name.lower() in HEADERS_OF_INTEREST
        }
        self._messages.append(
            Message(
                seq=self._seq,
                exchange=exchange,
                kind=kind,
                at=instants.show(self._now()) or "",
                sender=who.sender,
                receiver=who.receiver,
                method=who.method,
                url=self._masked(who.url),
                status=status,
                headers=interesting
                | ({"authorization": f"Bearer {MASK}"} if "authorization" in interesting else {}),
                body=self._masked(text),
                took_ms=took_ms,
            )
        )

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return SECRET_PARAMETER.sub(rf"\g<1>{MASK}", text)
