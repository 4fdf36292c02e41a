"""`caja demo`: a customer pays for fuel through the deployed template, told step by step."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import click

from cli.api import call, operator_key
from cli.exchange import Exchange, read_wire
from cli.pump import Pump, PumpError
from cli.screen import Interrupted, Refusal, Steps, console
from cli.story import Story
from cli.texts import Texts, choose_texts
from local import stack
from local.errors import LocalError
from local.places import Places
from simulator.client import SimulatorClient, SimulatorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import Message

BRANCH = {
    "external_id": "STORE001",
    "name": "Estación Belgrano",
    "location": {
        "street_number": "1234",
        "street_name": "Juramento",
        "city_name": "Belgrano",
        "state_name": "Capital Federal",
        "latitude": -34.5627,
        "longitude": -58.4565,
        "reference": "Esquina Cabildo",
    },
}
BOX = {
    "box_id": "SURTIDOR1",
    "name": "Surtidor 1",
    "external_store_id": "STORE001",
    "category": 473000,
    "mode": "postpay",
    "dialect": "v1",
}
AMOUNT = "15000.50"

STEP_SECONDS = 30
PAID_SECONDS = 60
"""Settled within a minute even without a notification (reliability L1)."""


@click.command()
@click.option("--once", is_flag=True, help="Take everything down afterwards.")
def demo(*, once: bool) -> None:
    """Play one fuel sale on this machine and tell what went over the wire."""
    places, texts = Places(), choose_texts(os.environ)
    try:
        ready = stack.up(places, stack.Options(), Steps())
        _play(ready, texts)
        if not once:
            console.print(texts.stays_up.format(api_url=ready.api_url), markup=False, soft_wrap=True)
    except KeyboardInterrupt:
        raise Interrupted(texts.interrupted) from None
    except LocalError as error:
        raise Refusal(str(error)) from error
    finally:
        if once:
            console.print(texts.goes_down, style="dim")
            stack.down(places)


def _play(ready: stack.Stack, texts: Texts) -> None:
    story = Story(console, texts, ready.api_url)
    phones = SimulatorClient(ready.mercadopago_url)
    try:
        story.open()
        _sell(ready, story, phones, texts)
    except (SimulatorError, PumpError) as error:
        message = texts.no_answer.format(step=story.step_now or "0", reason=error)
        raise Refusal(f"{message}\n{texts.where_to_look}") from error
    finally:
        phones.close()


def _sell(ready: stack.Stack, story: Story, phones: SimulatorClient, texts: Texts) -> None:
    """The nine steps, in the order of Mercado Pago's document."""
    pump = _provision(ready)
    wire = _Wire(phones)

    story.step("1")
    phone = phones.scan(pump.box_id)
    story.step("2")
    story.exchange(wire.next(_is_poll))
    story.step("3A")
    pump.report("preparing")
    story.exchange(pump.exchanges[-1])
    story.step("3B")
    wire.skip()
    story.exchange(wire.next(_is_poll))
    story.phone(texts.phone_waits)

    story.step("4A")
    order = pump.submit(texts.fuel, AMOUNT)
    story.exchange(pump.exchanges[-1])
    story.step("4B")
    amount = f"{order['total']} {order['currency']}"
    phone.wait_for_amount(timeout=STEP_SECONDS)
    story.exchange(wire.next(lambda e: _is_poll(e) and e.status == 200))  # noqa: PLR2004 - the order is there
    story.step("5A")
    story.phone(texts.phone_amount.format(amount=amount))
    story.step("5B")
    story.exchange(wire.next(_is_notification))
    story.step("5+")
    story.exchange(wire.next(_is_check))

    story.step("6")
    wire.skip()
    tapped_at = time.monotonic()
    phone.pay()
    story.step("7A")
    phone.wait_for("paid", timeout=STEP_SECONDS)
    story.phone(texts.phone_paid.format(amount=amount))
    order = pump.wait_until_paid(order["order_id"], PAID_SECONDS)
    seconds = time.monotonic() - tapped_at
    story.step("7B")
    story.exchange(wire.next(lambda e: _is_notification(e) and "merchant_order" in str(e.sent)))
    story.step("8A")
    story.exchange(wire.next(lambda e: _is_check(e) and "closed" in str(e.answered)))

    story.step("9")
    story.exchange(pump.exchanges[-1])
    if order["state"] != "paid":
        raise PumpError(texts.not_paid.format(state=order["state"]))
    story.receipt(order, order["payments"][0]["payment_id"])
    story.close(texts.seen_after.format(seconds=seconds))


class _Wire:
    """Mercado Pago's side of the wire, read forward."""

    def __init__(self, phones: SimulatorClient) -> None:
        self._phones = phones
        self._since = 0
        self.skip()

    def skip(self) -> None:
        """Go on from now."""
        self._since = max((m.seq for m in self._phones.wire(self._since)), default=self._since)

    def next(self, fits: Callable[[Exchange], bool]) -> Exchange:
        """The first exchange that fits, once it has been answered."""

        def is_there(message: Message) -> bool:
            return message.kind == "answer" and any(
                fits(each) and each.status is not None for each in read_wire(self._phones.wire(self._since))
            )

        self._phones.wait_for_messages(is_there, since=self._since, timeout=STEP_SECONDS)
        found = read_wire(self._phones.wire(self._since))
        return next(each for each in found if fits(each) and each.status is not None)


def _is_poll(exchange: Exchange) -> bool:
    return exchange.sender == "mercadopago" and "/poll?" in exchange.url


def _is_notification(exchange: Exchange) -> bool:
    return exchange.sender == "mercadopago" and "/notify/" in exchange.url


def _is_check(exchange: Exchange) -> bool:
    return exchange.receiver == "mercadopago" and "/merchant_orders/" in exchange.url


def _provision(ready: stack.Stack) -> Pump:
    """The branch, the box and a fresh key; a pump that was stopped midway takes its order back."""
    signed_by = operator_key(ready)

    def operate(method: str, path: str, body: Any = None) -> Any:
        answer = call(ready, method, path, body, signed_by=signed_by)
        if not answer.ok:
            raise PumpError(f"{method} {path} was answered {answer.status_code} {answer.text}")
        return answer.json()

    operate("POST", "/admin/stores", BRANCH)
    box = operate("POST", "/admin/boxes", BOX)
    box_id = box["box_id"]
    fresh = box.get("key") or operate("POST", f"/admin/boxes/{box_id}/keys")
    for old in operate("GET", f"/admin/boxes/{box_id}/keys")["keys"]:
        if old["key_id"] != fresh["key_id"]:
            operate("DELETE", f"/admin/boxes/{box_id}/keys/{old['key_id']}")
    pump = Pump(ready, box_id, fresh["box_key"])
    left = pump.report("idle")["order"]
    if left and left["state"] == "ready":
        pump.cancel(left["order_id"])
    return pump
