"""How a box sells: the rules of docs/boxes.md, one request at a time, each repeatable because it is journalled first."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from desk.box_api import PAYMENTS_DOWN, Answer, RepeatError
from desk.goods import show_amount
from desk.journal import Journal
from desk.lookout import Lookout
from desk.sales import Sale, Sales

if TYPE_CHECKING:
    from decimal import Decimal

    from desk.cabinet import Cabinet

REFUSES_ALL = ("unauthorized", "box_not_found")


class DeniedError(Exception):
    """The merchant refuses this box altogether: it sells nothing until somebody has looked at it."""


class Seller:
    """A box under power: what is to be done next is read from ``sales`` alone.

    ``order`` is how the merchant last showed the order on the display, whatever became of it.
    """

    def __init__(self, cabinet: Cabinet) -> None:
        self.cabinet = cabinet
        self.api = cabinet.api
        self.pace = cabinet.pace
        self.journal = Journal(cabinet.journal_path)
        self.sales = Sales(self.journal)
        self.lookout = Lookout(cabinet.api, cabinet.pace)
        self.order: dict[str, Any] | None = None
        self.are_payments_down = False
        self._said = ""
        self._say_at = 0.0
        self._look_at = 0.0
        self._look_pause = self.pace.look_again
        self._strangers: set[str] = set()
        done = [*reversed(self.sales.ended), *([self.sales.current] if self.sales.current else [])]
        for sale in done:
            if sale.order_id and sale.end:
                self.lookout.add(sale.order_id, None)

    # ─── Sign of life ───────────────────────────────────────────────────────────────────────────────────────────

    async def report(self, state: str) -> float:
        """Say what the box does, when it is new or has not been said for a while; return the seconds until next time."""
        now = time.monotonic()
        if state != self._said or now >= self._say_at:
            answer = granted(await self.api.report(state))
            self._heard(state)
            self.are_payments_down = answer.body.get("payments") == "down"
            await self._meet(answer.body.get("order"))
        return max(0.0, self._say_at - time.monotonic())

    def _heard(self, state: str) -> None:
        self._said, self._say_at = state, time.monotonic() + self.pace.sign_of_life

    async def _meet(self, order: dict[str, Any] | None) -> None:
        """Take back an order that this journal knows nothing of: the box lost its journal, or is a new one."""
        if not order or order["state"] != "ready" or self.sales.open:
            return
        order_id = order["order_id"]
        if not self.sales.knows(order_id) and order_id not in self._strangers:
            self._strangers.add(order_id)
            await self.api.cancel(order_id)

    # ─── The sale at hand ───────────────────────────────────────────────────────────────────────────────────────

    def begin(
        self, title: str, amount: Decimal, *, ttl: int | None, replaces: str | None, **facts: Any
    ) -> None:
        """Write down a sale of one thing, with a fresh ticket; the loop sends it."""
        price = show_amount(amount, self.cabinet.country)
        body: dict[str, Any] = {
            "ticket": str(uuid.uuid4()),
            "items": [{"title": title, "quantity": 1, "unit_price": price}],
            "total": price,
        }
        body |= {"ttl_seconds": ttl} if ttl else {}
        body |= {"replaces": replaces} if replaces else {}
        if not replaces:
            self.put_by()
            self.journal.trim()
        self.sales.begin(body, **facts)

    async def submit(self, sale: Sale) -> float:
        """Send the sale at hand, the same request however often; return the seconds until there is something to do."""
        self.cabinet.pass_point("sale")
        was_doubtful, sale.is_doubtful = sale.is_doubtful, True
        try:
            answer = await self.api.submit(sale.body)
        except RepeatError as error:
            sale.is_doubtful = was_doubtful or error.code != PAYMENTS_DOWN
            raise
        self.cabinet.pass_point("sent")
        match answer.code:
            case None:
                self.put_by()
                self.sales.note("accepted", order_id=answer.body["order_id"])
                self._heard("idle")  # which a submit says too
                self.see(answer.body)
            case "ticket_reused":
                # The ticket is nobody else's: the order left the box while it was without power.
                self.sales.note("accepted", order_id=answer.body["order_id"])
                self._look_at = 0.0
            case "box_busy":
                await self._clear_the_way(answer)
                return self.pace.first_repeat
            case "already_paid" if not sale.predecessor:
                raise RepeatError(
                    "another order of this box is paid and waits", retry_after=self.pace.look_again
                )
            case _:
                granted(answer, but=answer.code)
                self._refuse(sale, str(answer.code))
        return 0.0

    def _refuse(self, sale: Sale, code: str) -> None:
        """It is not taken; if it was to replace another order, that one still stands."""
        self.sales.note("end", state="refused", code=code)
        if sale.predecessor:
            self._look_at = 0.0
            if sale.is_dropped:
                self.sales.note("cash")

    def put_by(self) -> None:
        """Take the order off the display; it is still looked at for a while."""
        if self.order:
            self.lookout.add(self.order["order_id"], self.order)
        self.order = None

    async def _clear_the_way(self, answer: Answer) -> None:
        order = answer.body.get("order") or {}
        if order.get("state") != "ready":
            raise RepeatError(
                f"another order of this box is {order.get('state')}", retry_after=self.pace.look_again
            )
        await self.api.cancel(order["order_id"])

    def drop_unsent(self) -> bool:
        """End a sale that its customer gave up and that was surely never taken; say whether there was one."""
        sale = self.sales.open
        if sale is None or sale.order_id or not sale.is_dropped or sale.is_doubtful:
            return False
        before = sale.predecessor
        self.sales.note("end", state="refused" if before else "cancelled")
        if before:
            self.sales.note("cash")
        return True

    async def take_back(self, sale: Sale) -> float:
        """Take the order back, and believe the answer: the phone may have been faster."""
        self.cabinet.pass_point("cancel")
        answer = await self.api.cancel(str(sale.order_id))
        if self.sales.current is not sale:
            return 0.0
        if answer.code is None:
            self.see(answer.body)
            self.sales.note("end", state=answer.body["state"])
        elif answer.code in ("already_paid", "in_review"):
            self.sales.note("not_cancelled", code=answer.code)
            self._look_at = 0.0
        else:
            granted(answer, but="order_not_found")
            self.sales.note("end", state="refused", code=answer.code)
        return 0.0

    async def look(self, sale: Sale) -> float:
        """Ask what became of the order, when it is time to; return the seconds until it is again."""
        left = self._look_at - time.monotonic()
        if left > 0:
            return left
        answer = await self.api.look(str(sale.order_id))
        if self.sales.current is not sale:
            return 0.0
        if answer.code is None:
            self.see(answer.body)
        else:
            granted(answer, but="order_not_found")
            if sale.end is None:
                self.sales.note("end", state="refused", code=answer.code)
            self._look_at = time.monotonic() + self.pace.remembers
        return max(0.0, self._look_at - time.monotonic())

    def see(self, order: dict[str, Any]) -> None:
        """Take note of how the order is shown; soon after a change it is looked at sooner than ``next_poll_ms``."""
        before, self.order = self.order, order
        asked = order["next_poll_ms"] / 1000
        if before != order:
            self._look_pause = self.pace.look_again
        pause = asked if order["state"] == "ready" else min(asked, self._look_pause)
        self._look_pause *= 2
        self._look_at = time.monotonic() + pause
        self.cabinet.changed()


def granted(answer: Answer, *, but: str | None = None) -> Answer:
    """The answer if the merchant agreed, or refused with the code that was reckoned with; else ``DeniedError``."""
    if answer.code is None or (answer.code == but and answer.code not in REFUSES_ALL):
        return answer
    raise DeniedError(f"answered {answer.status} {answer.code}: {answer.body.get('detail', '')}")
