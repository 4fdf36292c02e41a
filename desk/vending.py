"""A vending machine: money first. The motor turns once per sale, after a claim that was answered 200, or not at all."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from desk.goods import show_amount
from desk.machine import Machine
from desk.seller import granted
from simulator.errors import BAD_REQUEST, MisuseError

if TYPE_CHECKING:
    from desk.box_api import Answer
    from desk.cabinet import Cabinet
    from desk.sales import Sale

UNCLAIMED = ("cancelled", "expired", "replaced", "refunding", "refunded", "review", "delivered", "releasing")
FREE = ("idle", "delivered", "cancelled", "expired", "review", "refunding", "refunded", "refused")


class Vending(Machine):
    """A vending machine under power. Claimed and not begun, it goes on; begun and not known how it ended, it says ``unknown``."""

    actions: ClassVar[tuple[str, ...]] = ("choose", "cancel")

    def __init__(self, cabinet: Cabinet) -> None:
        super().__init__(cabinet)
        self._is_turning = False

    # ─── What a customer does ───────────────────────────────────────────────────────────────────────────────────

    def choose(self, body: dict[str, Any]) -> None:
        """Choose a ``product``; while another is offered, this one takes its place."""
        product = self.cabinet.goods.products.get(str(body.get("product")))
        if product is None:
            raise MisuseError(f"product: one of {', '.join(self.cabinet.goods.products)}", BAD_REQUEST)
        if not self.cabinet.left[product.id]:
            raise MisuseError(f"there is no {product.name} left")
        offered = self.sales.open
        replaces = offered.order_id if offered else None
        self.sell(product.name, product.price, body, replaces=replaces, product=product.id)

    def cancel(self, _body: dict[str, Any]) -> None:
        """Give the sale up."""
        self.sales.note("cash")

    # ─── What is left to do ─────────────────────────────────────────────────────────────────────────────────────

    async def advance(self, sale: Sale) -> float:
        """Submit, take back or ask until it is paid; then claim, turn the motor, and say what came of it."""
        if sale.order_id is None:
            return 0.0 if self.drop_unsent() else await self.submit(sale)
        if sale.claim:
            return await self._release(sale, sale.claim)
        if sale.is_dropped:
            return await self.take_back(sale)
        seconds = await self.look(sale)
        state = self.order["state"] if self.order else None
        if self.sales.open is sale and state == "paid":
            self.cabinet.pass_point("paid")
            self.sales.note("claim", claim=uuid.uuid4().hex)
            return 0.0
        if self.sales.open is sale and state in UNCLAIMED:
            self.sales.note("end", state=state)
        return seconds

    async def _release(self, sale: Sale, claim: str) -> float:
        """Claimed: what the journal says about the motor decides what comes next."""
        if sale.result:
            return await self._report_result(sale, claim, sale.result)
        return self._write_result("unknown") if sale.is_begun else await self._claim(sale, claim)

    async def _claim(self, sale: Sale, claim: str) -> float:
        """Claim, the same however often; only 200 to a claim that still holds lets the motor turn."""
        self.cabinet.pass_point("claim")
        answer = await self.api.claim(str(sale.order_id), claim)
        if answer.code is None and answer.body["state"] == "releasing":
            self.cabinet.pass_point("granted")
            self.see(answer.body)
            self.sales.note("granted")
            await self._turn(sale)
            return 0.0
        if answer.code == "in_review":
            # Left unreported for too long, with the motor never begun: what this machine knows, it can still say.
            return self._write_result("failed")
        self._release_nothing(answer)
        return 0.0

    def _release_nothing(self, answer: Answer) -> None:
        granted(answer, but=answer.code)
        self._look_at = 0.0
        self.sales.note("end", state="not_released", code=answer.code)

    async def _turn(self, sale: Sale) -> None:
        """The motor: written down before it turns; then the goods are out, or it has jammed."""
        cabinet, product = self.cabinet, str(sale.facts["product"])
        self.sales.note("motor")
        self._is_turning = True
        cabinet.turns += 1
        cabinet.changed()
        cabinet.pass_point("motor")
        await asyncio.sleep(self.pace.motor)
        self._is_turning = False
        has_jammed, cabinet.will_jam = cabinet.will_jam, False
        if not has_jammed:
            cabinet.left[product] -= 1
            self.write_receipt(sale)
        cabinet.pass_point("drop")
        self._write_result("failed" if has_jammed else "delivered")

    def _write_result(self, result: str) -> float:
        self.sales.note("result", result=result)
        self.cabinet.changed()
        return 0.0

    async def _report_result(self, sale: Sale, claim: str, result: str) -> float:
        """Say what came of it; a refusal means that a person has decided already."""
        self.cabinet.pass_point("report")
        answer = await self.api.deliver(str(sale.order_id), claim, result)
        self.cabinet.pass_point("reported")
        if answer.code is None:
            self.see(answer.body)
            self.sales.note("reported")
            if answer.body["state"] == "delivered":
                self.write_receipt(sale)
        else:
            granted(answer, but=answer.code)
            self._look_at = 0.0
        self.sales.note("end", state=result, **({"code": answer.code} if answer.code else {}))
        return 0.0

    # ─── Seen from outside ──────────────────────────────────────────────────────────────────────────────────────

    def phase(self) -> str:
        """Idle, offered, paid, releasing, then what came of it."""
        sale = self.shown
        if sale is None:
            return "idle"
        if sale.claim and not sale.end:
            under_way = "releasing" if self._is_turning else "unknown" if sale.is_begun else "paid"
            return sale.result or under_way
        if sale.end in ("refused", "cancelled"):
            return sale.end
        if sale.order_id is None or self.order is None:
            return "sending"
        state: str = self.order["state"]
        if sale.end == "not_released" and state in ("paid", "releasing"):
            return "refunding" if sale.code == "too_late" else "review"
        return {"ready": "offered", "replaced": "cancelled", "releasing": "review"}.get(state, state)

    def display(self) -> tuple[str, dict[str, Any]]:
        """The display's key is the phase, or something closer to it."""
        phase, sale = self.phase(), self.shown
        if sale is None:
            return ("out_of_service", {}) if self.cabinet.is_out_of_service else ("vending.idle", {})
        facts: dict[str, Any] = {
            "product": sale.title,
            "amount": sale.amount,
            "currency": self.cabinet.country.currency,
            "order_id": sale.order_id,
        }
        key = phase
        if phase == "offered":
            facts["expires_at"] = (self.order or {}).get("expires_at")
            key = "cancelling" if sale.is_dropped else phase
        elif phase == "delivered" and self.receipt:
            facts |= {"payment_id": self.receipt["payment_id"], "paid_at": self.receipt["paid_at"]}
        elif phase == "review" and sale.result == "unknown":
            key = "unknown"
        elif phase == "refunding" and sale.code == "too_late":
            key = "too_late"
        elif phase == "refused":
            facts["code"] = sale.code
        return f"vending.{key}", facts

    def own(self) -> dict[str, Any]:
        """The products, with what is left of each, and the one that was chosen."""
        cabinet, sale = self.cabinet, self.shown
        return {
            "products": [
                {
                    "id": product.id,
                    "name": product.name,
                    "price": show_amount(product.price, cabinet.country),
                    "left": cabinet.left[product.id],
                }
                for product in cabinet.goods.products.values()
            ],
            "product": sale.facts["product"] if sale else None,
        }

    def possible(self) -> list[str]:
        """The actions that make sense now."""
        phase, sale = self.phase(), self.sales.open
        if sale and not sale.is_dropped and not sale.claim and phase in ("sending", "offered"):
            return ["cancel", *(["choose"] if phase == "offered" else [])]
        is_free = sale is None and phase in FREE and not self.cabinet.is_out_of_service
        return ["choose"] if is_free else []
