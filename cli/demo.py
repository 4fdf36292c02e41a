"""`caja demo`: a customer pays for fuel through the deployed template, told step by step."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import click
import requests
from botocore.exceptions import BotoCoreError, ClientError

from cli.api import call, operator_key
from cli.desk_machines import DeskMachine, MachineError
from cli.exchange import mask
from cli.screen import Interrupted, Refusal, Steps, console
from cli.story import Story
from cli.texts import Texts, choose_texts
from cli.wire import STEP_SECONDS, Wire, is_check, is_look, is_notification, is_poll, is_state, is_submit
from local import stack
from local.errors import LocalError
from local.logs import read_functions
from local.places import Places
from simulator.client import AMOUNT as AMOUNT_SHOWN
from simulator.client import CANNOT_TAKE_PAYMENT, PAID, WAITING, SimulatorClient, SimulatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.client import Phone

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
PUMP = {
    "box_id": "SURTIDOR1",
    "name": "Surtidor 1",
    "external_store_id": "STORE001",
    "category": 473000,
    "mode": "postpay",
    "dialect": "v1",
}
VENDING = {
    "box_id": "MAQUINA1",
    "name": "Máquina 1",
    "external_store_id": "STORE001",
    "category": 621102,
    "mode": "prepay",
    "dialect": "v2",
    "liveness_seconds": 60,
}
KINDS = {"postpay": "pump", "prepay": "vending"}
AMOUNT = "15000.50"

PAID_SECONDS = 60
"""Settled within a minute even without a notification (reliability L1)."""


@click.command()
@click.option("--once", is_flag=True, help="Take everything down afterwards.")
def demo(*, once: bool) -> None:
    """Play one fuel sale on this machine and tell what went over the wire."""
    places, texts = Places(), choose_texts(os.environ)
    was_up = _is_up(places)
    try:
        # Whatever ends this early leaves nothing of ours up: only what was up before, which is not ours to take down.
        ready = stack.up(places, stack.Options(), Steps())
    except KeyboardInterrupt:
        raise Interrupted(texts.interrupted.format(step=0)) from None
    except LocalError as error:
        raise Refusal(str(error)) from error
    try:
        _play(places, ready, texts, once=once)
    finally:
        if once:
            _take_down(places, texts.went_down_too if was_up else texts.goes_down)


def _is_up(places: Places) -> bool:
    try:
        stack.read(places)
    except LocalError:
        return False
    return True


def _take_down(places: Places, text: str) -> None:
    # An impatient second Ctrl-C would leave half of it running; this takes two seconds.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        console.print(text, style="dim", markup=False, soft_wrap=True)
        stack.down(places)
    except LocalError as error:
        raise Refusal(str(error)) from error
    finally:
        signal.signal(signal.SIGINT, before)


def _play(places: Places, ready: stack.Stack, texts: Texts, *, once: bool) -> None:
    story = Story(console, texts, ready.api_url)
    phones = SimulatorClient(ready.mercadopago_url)
    page_url = f"{ready.mercadopago_url}/"
    try:
        story.open(page_url)
        _sell(ready, story, phones, texts)
        if not once:
            urls = {"api_url": ready.api_url, "mercadopago_url": ready.mercadopago_url, "page_url": page_url}
            story.close(texts.stays_up.format(**urls))
    except KeyboardInterrupt:
        stopped = texts.interrupted.format(step=story.step_now)
        raise Interrupted(stopped if once else f"{stopped} {texts.still_up}") from None
    except (SimulatorError, MachineError, TimeoutError, requests.RequestException) as error:
        late = isinstance(error, TimeoutError)
        reason = texts.too_late.format(seconds=STEP_SECONDS) if late else mask(str(error))
        if once:
            _keep_logs(places, ready)
        where = texts.where_to_look_once if once else texts.where_to_look
        raise Refusal(f"{texts.no_answer.format(step=story.step_now, reason=reason)}\n{where}") from error
    finally:
        phones.close()


def _keep_logs(places: Places, ready: stack.Stack) -> None:
    """Write down what the functions wrote, which goes down with the stack."""
    with suppress(BotoCoreError, ClientError), (places.log / "functions.log").open("w") as kept:
        for line in read_functions(ready, follow=False):
            kept.write(f"{line.function}: {line.text}\n")


def _sell(ready: stack.Stack, story: Story, phones: SimulatorClient, texts: Texts) -> None:
    """The nine steps, in the order of Mercado Pago's document, at the pump that the page shows."""
    phones.fault_off()  # whatever was tried out on the page
    pump, *others = _provision(ready)
    try:
        for machine in (pump, *others):
            machine.bring_to_rest()
        _sell_fuel(pump, story, phones, texts)
    finally:
        for machine in (pump, *others):
            machine.close()


def _sell_fuel(pump: DeskMachine, story: Story, phones: SimulatorClient, texts: Texts) -> None:
    wire = Wire(phones)

    story.step("1")
    phone = phones.scan(pump.box_id)
    story.step("2")
    story.exchange(wire.next(is_poll))
    story.step("3A")
    pump.act("lift")
    story.exchange(wire.next(lambda e: is_state(e) and "preparing" in str(e.sent)))
    pump.act("fill", amount=AMOUNT)
    story.step("3B")
    wire.skip()
    story.exchange(wire.next(is_poll))
    _look(phone, WAITING)
    story.phone(texts.phone_waits)

    filled = pump.wait_for(lambda shown: shown["phase"] == "lifted", STEP_SECONDS)
    if filled["amount"] != AMOUNT:
        raise MachineError(texts.not_filled.format(phase=filled["phase"]))
    story.step("4A")
    pump.act("hang_up")
    story.exchange(wire.next(is_submit))
    story.step("4B")
    amount = _look(phone, AMOUNT_SHOWN, texts)
    story.exchange(wire.next(lambda e: is_poll(e) and e.status == HTTPStatus.OK))
    story.step("5A")
    story.phone(texts.phone_amount.format(amount=amount))
    story.step("5B")
    story.exchange(wire.next(is_notification))
    story.step("5+")
    story.exchange(wire.next(is_check))

    story.step("6")
    wire.skip()
    tapped_at = time.monotonic()
    phone.pay()
    story.step("7A")
    story.phone(texts.phone_paid.format(amount=_look(phone, PAID, texts)))
    sold = pump.wait_for(lambda shown: shown["receipt"] is not None, PAID_SECONDS)
    seconds = time.monotonic() - tapped_at
    if sold["receipt"] is None:
        story.step_now = "9"
        raise MachineError(texts.not_paid.format(state=sold["phase"]))
    story.step("7B")
    story.exchange(wire.next(lambda e: is_notification(e) and "merchant_order" in str(e.sent)))
    story.step("8A")
    story.exchange(wire.next(lambda e: is_check(e) and "closed" in str(e.answered)))

    story.step("9")
    story.exchange(wire.next(lambda e: is_look(e) and e.answered["state"] == "paid"))
    story.receipt(sold["receipt"])
    told = {"order_id": sold["receipt"]["order_id"], "amount": amount, "seconds": texts.number(seconds, 1)}
    story.close(texts.seen_after.format(**told))


def _look(phone: Phone, state: str, texts: Texts | None = None) -> str:
    """Wait until the phone shows `state`; return the amount it shows, if any; raise SimulatorError if it gave up."""
    screen = phone.wait_for(state, CANNOT_TAKE_PAYMENT, timeout=STEP_SECONDS)
    if screen.state != state:
        raise SimulatorError(f"the phone shows {screen.state}: {screen.detail}")
    if texts is None or screen.amount is None:
        return ""
    return texts.money(screen.amount, screen.currency or "")


def _provision(ready: stack.Stack) -> list[DeskMachine]:
    """The branch, and a pump and a vending machine in it, each attached to its box with a fresh key."""
    _operate(ready, "POST", "/admin/stores", BRANCH)
    return [_put_up(ready, wish) for wish in (PUMP, VENDING)]


def _put_up(ready: stack.Stack, wish: Mapping[str, Any]) -> DeskMachine:
    box = _operate(ready, "POST", "/admin/boxes", wish)
    keys = f"/admin/boxes/{box['box_id']}/keys"
    fresh = box.get("key") or _operate(ready, "POST", keys)
    machine = DeskMachine(ready.mercadopago_url, box["box_id"])
    machine.attach(
        kind=KINDS[wish["mode"]],
        api_url=ready.api_url,
        box_key=fresh["box_key"],
        name=wish["name"],
        poll_url=box["poll_url"],
        qr=box["qr"]["image"],
    )
    for old in _operate(ready, "GET", keys)["keys"]:
        if old["key_id"] != fresh["key_id"]:
            _operate(ready, "DELETE", f"{keys}/{old['key_id']}")
    return machine


def _operate(ready: stack.Stack, method: str, path: str, body: Any = None) -> Any:
    """Call one of the operator's routes."""
    answer = call(ready, method, path, body, signed_by=operator_key(ready))
    if not answer.ok:
        raise MachineError(f"{method} {path} was answered {answer.status_code} {answer.text}")
    return answer.json()
