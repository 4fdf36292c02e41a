"""A small merchant with one till: it offers sales, notices payments by asking, and gives back what no sale keeps."""

from __future__ import annotations

import time
from decimal import Decimal
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Self

import requests

from simulator import exact_json
from simulator.scenarios import HandsError
from tests.simulator.merchant import Merchant, order_v1

if TYPE_CHECKING:
    from types import TracebackType

    from simulator.server import Simulator

EVERY = 0.03
BRIEFLY = 0.1


class Till(Merchant):
    """Its state is the sale on offer; ``gives_back`` and ``notices`` make it a merchant that forgets to."""

    def __init__(self, mp: Simulator) -> None:
        super().__init__()
        self.gives_back = self.notices = True
        self.is_late_kept = False
        self._mp = mp
        self._lock = Lock()
        self._over = Event()
        self._asking = Thread(target=self._ask_for_ever, daemon=True)
        self._ready: str | None = None
        self._kept: dict[str, bool] = {}
        self._expires = Event()
        self.end()

    def start(self, amount: Decimal = Decimal("1050.50")) -> None:
        """Offer a sale."""
        with self._lock:
            self._ready = f"REF{len(self._kept) + 1}"
            self._kept[self._ready] = True
            item = {"title": "Nafta", "currency_id": "ARS", "quantity": 1, "unit_price": float(amount)}
            self.answer(200, order_v1(external_reference=self._ready, items=[item]))

    def end(self, *, kept: bool = True) -> None:
        """Offer nothing any more; ``kept`` money of the sale stays."""
        with self._lock:
            if self._ready:
                self._kept[self._ready] = kept
            self._ready = None
            self.answer(400, {"error": {"type": "unavailable"}})

    def cancel(self) -> None:
        """Cancel the sale: money for it goes back."""
        self.end(kept=False)

    def replace(self, amount: Decimal = Decimal(2000)) -> None:
        """Offer another amount instead."""
        self.cancel()
        self.start(amount)

    def __enter__(self) -> Self:
        super().__enter__()
        self._asking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._asking.join(5)
        super().__exit__(kind, error, trace)

    def _ask_for_ever(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.headers["Authorization"] = f"Bearer {self._mp.access_token}"
            session.headers["X-Render-In-Process-Refunds"] = "true"
            while not self._over.wait(EVERY):
                for reference in tuple(self._kept):
                    self._settle(session, reference)

    def _settle(self, session: requests.Session, reference: str) -> None:
        paid = [order for order in self._find(session, reference) if order["status"] == "closed"]
        if paid and reference == self._ready and self.notices:
            self.end()
        for order in paid[1:] if self._kept[reference] else paid:
            for payment in order["payments"] if self.gives_back else ():
                if payment["status"] == "approved":
                    number = payment["id"]
                    path = f"{self._mp.url}/v1/payments/{number}/refunds"
                    session.post(path, headers={"X-Idempotency-Key": f"back-{number}"}, timeout=5)

    def _find(self, session: requests.Session, reference: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            path = f"/merchant_orders/search?external_reference={reference}&offset={len(found)}"
            page = exact_json.parse(session.get(self._mp.url + path, timeout=5).content)["elements"]
            if not page:
                return found
            found += page


class TillHands:
    """The till's own hands; what it offers briefly expires soon after a phone has seen it."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self.refuses: Exception | None = None

    async def offer(self, amount: Decimal | None, ttl_seconds: int | None) -> None:
        if self.refuses:
            raise self.refuses
        self.till.start(*filter(None, [amount]))
        if ttl_seconds:
            Thread(target=self._expire, daemon=True).start()

    async def cancel(self) -> None:
        self.till.cancel()

    async def replace(self, amount: Decimal) -> None:
        if self.till._ready is None:
            raise HandsError("nothing is on offer")
        self.till.replace(amount)

    def _expire(self) -> None:
        scans, deadline = self.till._mp.account.scans, time.monotonic() + 10
        while (
            not any(scan.state == "amount" for scan in tuple(scans.values())) and time.monotonic() < deadline
        ):
            time.sleep(EVERY)
        time.sleep(BRIEFLY)
        self.till.end(kept=self.till.is_late_kept)
