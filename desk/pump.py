"""A fuel pump: goods first. Lift, fill, hang up, and the order is paid by phone or in cash."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from desk.goods import read_amount, read_number, round_amount, show_amount, show_litres
from desk.machine import Machine
from simulator.errors import BAD_REQUEST, MisuseError

if TYPE_CHECKING:
    from desk.cabinet import Cabinet
    from desk.sales import Sale

NOTED_EVERY = 1.0
NOTHING = Decimal(0)
FREE = ("idle", "paid", "cancelled", "expired", "review", "refunding", "refunded", "refused")


class Pump(Machine):
    """A pump under power. Its meter is read from the journal: fuel that ran out is owed whatever happened since."""

    actions: ClassVar[tuple[str, ...]] = ("lift", "fill", "hang_up", "cash", "correct")

    def __init__(self, cabinet: Cabinet) -> None:
        super().__init__(cabinet)
        meter = self.sales.dispensed
        self._litres = Decimal(meter["litres"]) if meter else NOTHING
        self._amount = Decimal(meter["amount"]) if meter else NOTHING
        self._is_lifted = meter is not None
        self._filling: asyncio.Task[None] | None = None

    # ─── What a customer does ───────────────────────────────────────────────────────────────────────────────────

    def lift(self, _body: dict[str, Any]) -> None:
        """Take the nozzle; what was not paid before is somebody else's business now."""
        if self.sales.open:
            self.sales.note("end", state="left")
        self._is_on_display = False
        self.put_by()
        self._is_lifted = True
        self._litres = self._amount = NOTHING
        self.receipt = None

    def fill(self, body: dict[str, Any]) -> None:
        """Let fuel run, for an ``amount`` or so many ``litres`` more."""
        country, price = self.cabinet.country, self.cabinet.goods.price_per_litre
        if ("amount" in body) == ("litres" in body):
            raise MisuseError("fill: an amount or litres", BAD_REQUEST)
        if "amount" in body:
            amount = read_amount(body["amount"], country)
            litres = amount / price
        else:
            litres = read_number(body["litres"])
            amount = round_amount(litres * price, country)
        read_amount(show_amount(self._amount + amount, country), country)
        self._filling = asyncio.get_running_loop().create_task(self._run(litres, amount))

    def hang_up(self, body: dict[str, Any]) -> None:
        """Hang the nozzle up: what ran is to be paid."""
        self._stop_filling()
        self._is_lifted = False
        if self._amount == NOTHING:
            self.sales.note("hung_up")
            return
        litres = show_litres(self._litres)
        title = f"{self.cabinet.goods.fuel}, {litres.replace('.', ',')} l"
        self.sell(title, self._amount, body, litres=litres)

    def cash(self, _body: dict[str, Any]) -> None:
        """Say that it was paid in cash."""
        self.sales.note("cash")

    def correct(self, body: dict[str, Any]) -> None:
        """Offer another amount in place of the order."""
        amount = read_amount(body.get("amount"), self.cabinet.country)
        sale = self.sales.open
        if sale is None or sale.order_id is None:
            raise MisuseError("there is no order to correct")
        litres = str(sale.facts["litres"])
        self.sell(sale.title, amount, body, replaces=sale.order_id, litres=litres)

    def _stop_filling(self) -> None:
        if self._filling:
            self._filling.cancel()
            self._filling = None

    async def _run(self, litres: Decimal, amount: Decimal) -> None:
        """The meter runs to its target; each second, and at the end, it is written down."""
        country, pace = self.cabinet.country, self.pace
        litres_before, amount_before = self._litres, self._amount
        began = noted_at = time.monotonic()
        part = NOTHING
        while part < 1:
            await asyncio.sleep(pace.tick)
            part = min(Decimal(1), Decimal(str((time.monotonic() - began) / pace.filling)))
            self._litres = litres_before + litres * part
            self._amount = amount_before + round_amount(amount * part, country)
            if part == 1 or time.monotonic() - noted_at >= NOTED_EVERY:
                noted_at = time.monotonic()
                self._note_meter()
            self.cabinet.changed()
        self._filling = None
        self.cabinet.changed()

    def _note_meter(self) -> None:
        shown = {
            "litres": show_litres(self._litres),
            "amount": show_amount(self._amount, self.cabinet.country),
        }
        self.sales.note("dispensed", **shown)

    # ─── What is left to do ─────────────────────────────────────────────────────────────────────────────────────

    async def advance(self, sale: Sale) -> float:
        """Submit, take back when it is paid in cash, else ask until it is paid."""
        if sale.order_id is None:
            return 0.0 if self.drop_unsent() else await self.submit(sale)
        if sale.is_dropped:
            return await self.take_back(sale)
        seconds = await self.look(sale)
        state = self.order["state"] if self.order else None
        if self.sales.open is sale and state in ("paid", "cancelled", "refunding", "refunded"):
            if state == "paid":
                self.cabinet.pass_point("paid")
                self.write_receipt(sale)
            self.sales.note("end", state=state)
        return seconds

    def state(self) -> str:
        """Preparing while the nozzle is off its hook."""
        return "preparing" if self._is_lifted else super().state()

    def close(self) -> None:
        """Stop the meter too."""
        self._stop_filling()
        super().close()

    # ─── Seen from outside ──────────────────────────────────────────────────────────────────────────────────────

    def phase(self) -> str:
        """Idle, lifted, filling, then what became of the order."""
        sale = self.shown
        if self._is_lifted:
            return "filling" if self._filling else "lifted"
        if sale is None:
            return "idle"
        if sale.end == "refused":
            return "refused"
        if sale.end == "cancelled":
            return "cancelled"
        if sale.order_id is None or self.order is None:
            return "sending"
        state: str = self.order["state"]
        return {"replaced": "cancelled"}.get(state, state)

    def display(self) -> tuple[str, dict[str, Any]]:
        """The display's key is the phase, or something closer to it."""
        phase, sale, currency = self.phase(), self.shown, {"currency": self.cabinet.country.currency}
        if phase == "idle" and self.cabinet.is_out_of_service:
            return "out_of_service", {}
        if phase == "idle" or (phase == "lifted" and self._amount == NOTHING):
            return f"pump.{phase}", currency | {"price_per_litre": self.own()["price_per_litre"]}
        if phase in ("lifted", "filling") or sale is None:
            own = self.own()
            key = "filled" if phase == "lifted" else phase
            return f"pump.{key}", currency | {"litres": own["litres"], "amount": own["amount"]}
        order = self.order or {}
        facts = currency | {
            "litres": sale.facts.get("litres"),
            "amount": sale.amount,
            "order_id": sale.order_id,
        }
        if phase == "ready":
            facts["expires_at"] = order.get("expires_at")
        if phase == "paid" and self.receipt:
            facts |= {"payment_id": self.receipt["payment_id"], "paid_at": self.receipt["paid_at"]}
        if phase == "refused":
            facts["code"] = sale.code
        is_cancelling = phase == "ready" and sale.is_dropped
        was_faster = phase == "paid" and sale.was_faster
        key = "cancelling" if is_cancelling else "paid_first" if was_faster else phase
        return f"pump.{key}", facts

    def own(self) -> dict[str, Any]:
        """The price, and the meter: of the sale on the display, or of the nozzle in hand."""
        country, sale = self.cabinet.country, self.shown
        litres, amount = show_litres(self._litres), show_amount(self._amount, country)
        if sale and not self._is_lifted:
            litres, amount = str(sale.facts.get("litres")), sale.amount
        return {
            "price_per_litre": f"{self.cabinet.goods.price_per_litre:f}",
            "litres": litres,
            "amount": amount,
        }

    def possible(self) -> list[str]:
        """The actions that make sense now."""
        phase, sale = self.phase(), self.sales.open
        if phase == "filling":
            return ["hang_up"]
        if phase == "lifted":
            return ["fill", "hang_up"]
        if sale and not sale.is_dropped and (sale.order_id is None or phase in ("ready", "expired")):
            return [
                "cash",
                *(["correct"] if sale.order_id else []),
                *(["lift"] if phase == "expired" else []),
            ]
        return ["lift"] if phase in FREE and not self.cabinet.is_out_of_service else []
