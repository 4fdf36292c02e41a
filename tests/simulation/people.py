"""Customers with their phones, Mercado Pago's notifications of what they do, and the operator."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from caja.notifications import Notification
from caja.orders import State
from tests.builders import COLLECTOR_ID
from tests.simulation.line import MerchantOrder, Payment

if TYPE_CHECKING:
    from tests.simulation.clockwork import Life
    from tests.simulation.functions import Functions

RETRIES = (30, 330, 2_130)
"""Mercado Pago's strictest published schedule: after these seconds it tries again, then never."""

FOREIGN = 999_000_001


class People:
    """Everybody outside."""

    def __init__(self, functions: Functions, *, is_calm: bool, is_mute: bool) -> None:
        """`is_calm`: no faults; `is_mute`: Mercado Pago never notifies."""
        self.is_calm = is_calm
        self.is_mute = is_mute
        self._functions = functions
        self._clockwork = functions.clockwork
        self._chance = functions.clockwork.chance
        self._weather = functions.weather
        self._line = functions.line

    # ─── Customers ──────────────────────────────────────────────────────────────────────────────────────────────

    def scan(self, box_id: str, habit: str, patience: int = 8) -> Life:
        """Point a phone at a box; `habit`: what the customer does once there is something to pay."""
        for _ in range(patience):
            answer = self._functions.poll(box_id)
            if answer.status == 200:
                break
            yield self._chance.uniform(2, 6)
        else:
            return
        offered = json.loads(answer.body)
        mo = self._opened(offered)
        self._notify(mo, None)
        yield from getattr(self, f"_{habit}")(mo)

    def _pays(self, mo: MerchantOrder) -> Life:
        yield self._chance.uniform(2, 25)
        self._attempt(mo, mo.total - mo.net, "approved")

    def _hesitates(self, mo: MerchantOrder) -> Life:
        yield self._chance.uniform(40, 500)
        self._attempt(mo, mo.total - mo.net, "approved")

    def _leaves(self, mo: MerchantOrder) -> Life:
        yield 0.0
        self._functions.history.tell("left", mo.merchant_order_id)

    def _is_rejected_then_pays(self, mo: MerchantOrder) -> Life:
        yield self._chance.uniform(2, 15)
        self._attempt(mo, mo.total, "rejected")
        self._weather.meet("F41")
        yield self._chance.uniform(5, 30)
        self._attempt(mo, mo.total, "approved")

    def _pays_in_parts(self, mo: MerchantOrder) -> Life:
        yield self._chance.uniform(2, 15)
        self._weather.meet("F40")
        self._attempt(mo, (mo.total / 2).quantize(Decimal("0.01")), "approved")
        yield self._chance.uniform(5, 60)
        self._attempt(mo, mo.total - mo.net, "approved")

    def _pays_a_part(self, mo: MerchantOrder) -> Life:
        yield self._chance.uniform(2, 15)
        self._weather.meet("F40")
        self._attempt(mo, (mo.total / 2).quantize(Decimal("0.01")), "approved")

    def _pays_too_much(self, mo: MerchantOrder) -> Life:
        yield self._chance.uniform(2, 15)
        self._weather.meet("F40")
        self._attempt(mo, mo.total + 1, "approved")

    def _pays_late(self, mo: MerchantOrder) -> Life:
        """An old screen, paid minutes to hours later."""
        yield self._chance.choice([120, 700, 1_500, 3_500, 5_000, 20_000]) * self._chance.uniform(0.7, 1.3)
        self._weather.meet("F47")
        self._attempt(mo, mo.total - mo.net, "approved", is_told=self._clockwork.happens(0.3))

    def _pays_and_disputes(self, mo: MerchantOrder) -> Life:
        """Paid, and then the money leaves by another way than ours."""
        yield self._chance.uniform(2, 15)
        payment = self._attempt(mo, mo.total, "approved")
        yield self._chance.uniform(3, 30)
        if payment.status == "approved" and not payment.refunds:
            self._weather.meet("F42")
            payment.by_hand = True
            fate = self._chance.randrange(3)
            if fate == 0:
                payment.status = "charged_back"
            elif fate == 1:
                payment.status = "in_mediation"
                days = self._chance.choice([0.01, 1, 5, 20]) * self._chance.uniform(0.5, 1.2)
                self._clockwork.later(days * 86_400, lambda: self._wins(mo, payment))
            else:
                refund = {"id": self._line.next_id(), "amount": payment.amount, "status": "approved"}
                payment.refunds.append(refund)
                payment.status = "refunded"
            self._line.touch(mo)
            self._notify(mo, payment)

    def _wins(self, mo: MerchantOrder, payment: Payment) -> None:
        """The dispute ends, and the money is the seller's again; nobody is told."""
        payment.status = "approved"
        self._line.touch(mo)

    def _sees_another_total(self, mo: MerchantOrder) -> Life:
        """What cannot be, and must not settle: Mercado Pago's total or currency is not ours."""
        yield self._chance.choice([8, 200, 300]) * self._chance.uniform(0.5, 1.5)
        if self._clockwork.happens(0.5):
            mo.total += 1
        else:
            mo.currency = "BRL"
        self._attempt(mo, mo.total, "approved")

    def _pays_another_seller(self, mo: MerchantOrder) -> Life:
        yield self._chance.uniform(2, 15)
        self._weather.meet("F45")
        mo.collector_id = FOREIGN
        self._attempt(mo, mo.total, "approved")

    def _opened(self, offered: dict[str, Any]) -> MerchantOrder:
        total = sum(
            (Decimal(str(item["unit_price"])) * item["quantity"] for item in offered["items"]), Decimal(0)
        )
        mo = MerchantOrder(
            merchant_order_id=self._line.next_id(),
            reference=offered["external_reference"],
            total=total,
            collector_id=COLLECTOR_ID,
            currency="ARS",
            created_at=self._clockwork.now,
            notification_url=offered["notification_url"],
        )
        self._line.have(mo)
        return mo

    def _attempt(self, mo: MerchantOrder, amount: Decimal, status: str, *, is_told: bool = True) -> Payment:
        payment = Payment(
            payment_id=self._line.next_id(),
            amount=amount,
            status=status,
            approved_at=self._clockwork.now if status == "approved" else None,
            is_pix=not self.is_calm and self._clockwork.happens(0.1),
        )
        if not self.is_calm and self._clockwork.happens(0.04):
            topped_up = timedelta(hours=self._chance.choice([1, 30, 150]))
            payment.no_balance_until = self._clockwork.now + topped_up
        if amount <= 0:
            return payment  # It has been paid on this screen already.
        self._line.add(mo, payment)
        if mo.net >= mo.total:
            mo.status = "closed"
        self._line.touch(mo)
        if is_told:
            self._notify(mo, payment)
        return payment

    # ─── Notifications ──────────────────────────────────────────────────────────────────────────────────────────

    def _notify(self, mo: MerchantOrder, payment: Payment | None) -> None:
        """Mercado Pago tells what happened, in one of its ways, or not at all."""
        if self.is_mute:
            self._weather.meet("F04")
            return
        if self._weather.strikes("notifications lost"):
            return
        copies = 1
        if self._weather.strikes("notifications doubled"):
            copies = self._chance.choice([2, 3, 10])
        for _ in range(copies):
            delay = self._chance.uniform(0.2, 3)
            if self._weather.strikes("notifications late", 0.5):
                delay = self._chance.choice([60, 7_200, 2_592_000])
            self._clockwork.start(self._send(self._told(mo, payment)), delay)
        self._weather.meet("F02")

    def _told(self, mo: MerchantOrder, payment: Payment | None) -> Notification:
        order_id, key = mo.notification_url.rsplit("/", 2)[-2:]
        queries = [f"topic=merchant_order&id={mo.merchant_order_id}"]
        if payment:
            queries += [
                f"topic=payment&id={payment.payment_id}",
                f"data.id={payment.payment_id}&type=payment",
            ]
        return Notification(
            order_id=order_id, key=key, raw_query=self._chance.choice(queries), body=None, is_base64=False
        )

    def _send(self, notification: Notification) -> Life:
        for pause in (*RETRIES, None):
            if self._functions.notify(notification) or pause is None:
                return
            yield float(pause)

    def forge(self) -> Life:
        """Somebody without a key floods us."""
        orders = list(self._functions.orders.stored)
        for _ in range(self._chance.randrange(3, 15)):
            self._weather.meet("F39")
            order_id = self._chance.choice([*orders, "A" * 26])
            forged = Notification(
                order_id=order_id,
                key="0" * 22,
                raw_query=f"topic=merchant_order&id={self._chance.randrange(1, 10**9)}",
                body=None,
                is_base64=False,
            )
            self._functions.notify(forged)
            yield self._chance.uniform(0.01, 0.5)

    def stray(self) -> None:
        """A merchant order of the account that is none of ours, told by the panel's webhooks."""
        self._weather.meet("F06")
        mo = MerchantOrder(
            merchant_order_id=self._line.next_id(),
            reference="SOMETHING-ELSE",
            total=Decimal(100),
            collector_id=COLLECTOR_ID,
            currency="ARS",
            created_at=self._clockwork.now,
            notification_url="",
        )
        self._line.have(mo)
        query = f"topic=merchant_order&id={mo.merchant_order_id}"
        panel = Notification(order_id=None, key=None, raw_query=query, body=None, is_base64=False)
        self._functions.notify(panel)

    # ─── The operator ───────────────────────────────────────────────────────────────────────────────────────────

    def operate(self) -> Life:
        """Look at what is in doubt every few minutes and decide; now and then give a sale back."""
        while True:
            yield self._chance.uniform(900, 2_500)
            for order in list(self._functions.orders.stored.values()):
                if order.state is State.REVIEW and self._clockwork.happens(0.35):
                    yield from self._resolve(order.order_id)
                elif (
                    order.paid_at
                    and order.state in (State.PAID, State.DELIVERED)
                    and self._clockwork.happens(0.01)
                ):
                    self._functions.decide("refund", order.order_id, {"reason": "he asked for it"})

    def _resolve(self, order_id: str) -> Life:
        order = self._functions.orders.stored[order_id]
        state = self._chance.choice(["paid", "delivered", "refunding", "refunded", "paid", "delivered"])
        if state == "refunded" and any(p.net for p in order.payments) and self._clockwork.happens(0.5):
            state = "refunding"
        body = {"state": state, "reason": "looked it up"}
        candidates = sorted({p.merchant_order_id for p in order.payments})
        if state in ("paid", "delivered") and not order.kept_merchant_order_id and len(candidates) > 1:
            body["merchant_order_id"] = candidates[0]
        for _ in range(3):
            _, answer = self._functions.decide("resolve", order_id, body)
            if answer.get("code") != "not_paid":
                return
            yield self._chance.uniform(20, 40)  # its money is being looked at
