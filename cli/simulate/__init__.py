"""`caja simulate`: Mercado Pago on this machine, for whoever serves its unattended QR model."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from cli.screen import Refusal, console
from cli.simulate.listening import listen
from cli.simulate.phones import pay, reject, scan, walk_away
from cli.simulate.serving import serve
from cli.simulate.simulators import connect, json_option, say, say_json, simulator_option
from cli.simulate.switches import clock, fault, faults
from cli.simulate.wire_lines import show_end
from simulator.scenarios.plays import PLAYS
from simulator.scenarios.texts import SCENARIOS

if TYPE_CHECKING:
    from simulator.client import SimulatorClient
    from simulator.wire import Message

Shown = dict[str, Any]

PAUSE = 0.1
DELIVERY_SECONDS = 25.0
"""The longest that Mercado Pago waits for an acknowledgement, and some."""
FIRST_SECONDS = 2.0
PLAY_SECONDS = 7200.0


@click.group()
def simulate() -> None:
    """Mercado Pago on this machine, for whoever serves its unattended QR model, with our backend or without."""


for _command in (serve, scan, pay, reject, walk_away, listen, faults, fault, clock):
    simulate.add_command(_command)


@simulate.command()
@click.option("--merchant-order", "order_id", type=int, metavar="ID", help="Of this merchant order.")
@click.option("--payment", "payment_id", type=int, metavar="ID", help="Of this payment.")
@click.option("--to", "target", metavar="URL", help="Not to its notification_url but here.")
@click.option("--dialect", type=click.Choice(["ipn", "webhook", "both"]), help="Only so.")
@simulator_option
def notify(
    order_id: int | None, payment_id: int | None, target: str | None, dialect: str | None, url: str | None
) -> None:
    """Send notifications again: of a merchant order, a payment, or the newest phone's merchant order."""
    if order_id and payment_id:
        raise click.UsageError("Name a merchant order or a payment, not both.")
    with connect(url) as mp:
        if not payment_id:
            order_id = order_id or _newest_order(mp)
        named = {"merchant_order_id": order_id, "payment_id": payment_id, "url": target, "dialect": dialect}
        since = max((message.seq for message in mp.wire()), default=0)
        mp.control("POST", "/notifications", {name: value for name, value in named.items() if value})
        what = f"payment {payment_id}" if payment_id else f"merchant order {order_id}"
        say(f"Notifications of {what}:")
        _tell_deliveries(mp, since)


@simulate.command(epilog="\n\n".join(f"{name}: {text}" for name, text in SCENARIOS.items()))
@click.argument("scenario", type=click.Choice(list(PLAYS)), metavar="SCENARIO")
@click.argument("box", metavar="BOX|URL")
@json_option
@simulator_option
def trigger(scenario: str, box: str, url: str | None, *, is_json: bool) -> None:
    """Play a scenario at a box, step by step; exit code 0 if it ends well, 1 if not."""
    with connect(url) as mp:
        run = mp.start_scenario(scenario, box)
        try:
            run = _follow(mp, run, is_aloud=not is_json)
        except KeyboardInterrupt:
            mp.stop_scenario(run["id"])
            raise
    if is_json:
        say_json(run)
    if run["state"] != "done":
        raise click.exceptions.Exit(1)


def _newest_order(mp: SimulatorClient) -> int:
    for shown in reversed(mp.control("GET", "/scans")):
        if shown["merchant_order_id"]:
            return int(shown["merchant_order_id"])
    raise Refusal("No phone has seen an amount yet. Name what is meant with --merchant-order or --payment.")


def _tell_deliveries(mp: SimulatorClient, since: int) -> None:
    """Show the notifications sent after message `since`, each once it is answered or has failed."""
    began, told = time.monotonic(), set[int]()
    while True:
        said = [each for each in mp.wire(since) if each.method == "POST" and _sent_by(each) == "mercadopago"]
        for each in said:
            if each.kind != "request" and each.exchange not in told:
                told.add(each.exchange)
                say(f"  {show_end(each)}")
        is_quiet = {each.exchange for each in said} == told
        waited = time.monotonic() - began
        if waited > DELIVERY_SECONDS or (is_quiet and waited > FIRST_SECONDS * (not told)):
            break
        time.sleep(PAUSE)
    if not told:
        say(
            "None was sent yet. Has the order a notification_url, and is a fault on (`caja simulate faults`)?"
        )


def _sent_by(message: Message) -> str:
    """Who sent the request that this message belongs to."""
    return message.sender if message.kind == "request" else message.receiver


def _follow(mp: SimulatorClient, run: Shown, *, is_aloud: bool) -> Shown:
    """Tell each step of a scenario until it ends."""
    told = 0
    deadline = time.monotonic() + PLAY_SECONDS
    while time.monotonic() < deadline:
        for step in run["steps"][told:] if is_aloud else ():
            _tell_step(step)
        told = len(run["steps"])
        if run["state"] != "running":
            return run
        time.sleep(PAUSE)
        run = mp.scenario(run["id"])
    raise Refusal(f"Scenario {run['name']} still runs after {PLAY_SECONDS / 3600:g} h.")


def _tell_step(step: Shown) -> None:
    key = str(step["text_key"])
    style = "bold yellow" if key.startswith("please_") else "bold red" if key.startswith("failed_") else None
    mark = {"done": "[green]✓[/green]", "refunded": "[green]✓[/green]", "noticed": "[green]✓[/green]"}
    console.print(mark.get(key, "[red]✗[/red]" if key.startswith("failed_") else "·"), end=" ")
    say(str(step["text"]), style)
