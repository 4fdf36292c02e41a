"""What can be switched at Mercado Pago: faults on and off, the clock forward."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from cli.screen import console
from cli.simulate.simulators import connect, json_option, option_of, say, say_json, simulator_option

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
DURATION = re.compile(r"(?:\d{1,9}[smhd])+")

NOTES = {
    "notifications_lost": "no notification is sent",
    "notifications_late": "notifications are sent late",
    "notifications_doubled": "each notification is sent several times",
    "notifications_reordered": "the hint that a merchant order was opened comes after a later one",
    "notifications_ipn_only": "only the older dialect of notifications",
    "notifications_webhook_only": "only the newer dialect of notifications",
    "notifications_badly_signed": "notifications carry a signature that does not verify",
    "api_slow": "the API answers slowly",
    "api_429": "the API answers 429, with Retry-After unless that is 0",
    "api_5xx": "the API answers 5xx",
    "api_html": "the API answers a page of HTML",
    "api_401": "the API refuses the access token",
    "reads_lag": "the API shows what was true a while ago",
    "polls_time_out": "polls reach the box's URL, the answers are lost",
    "refunds_pending": "refunds stay in process, as with Pix",
    "no_balance": "the seller has no money for refunds",
}


def _read_duration(_context: click.Context, _parameter: click.Parameter, text: str) -> int:
    if not DURATION.fullmatch(text):
        raise click.BadParameter("Say 90s, 30m, 36h, 2d or 1h30m.")
    return sum(int(number) * SECONDS[unit] for number, unit in re.findall(r"(\d+)([smhd])", text))


@click.command()
@json_option
@simulator_option
def faults(url: str | None, *, is_json: bool) -> None:
    """List the faults: what is going wrong, and what can."""
    with connect(url) as mp:
        found = mp.faults()
        if is_json:
            say_json(found)
            return
        _tabulate(found)
        say(f"Switch one:  caja simulate fault on NAME{option_of(mp.url)}", "dim")


@click.group()
def fault() -> None:
    """Switch a fault on or off."""


@fault.command("on")
@click.argument("name")
@click.option("--seconds", type=click.FloatRange(0), help="Of a fault that is about time: how long.")
@click.option("--copies", type=click.IntRange(1), help="Of notifications_doubled: how many.")
@click.option("--retry-after", type=click.IntRange(0), help="Of api_429: seconds; 0 leaves the header out.")
@click.option("--status", type=int, help="Of api_5xx and api_html: which status.")
@simulator_option
def switch_on(name: str, url: str | None, **parameters: float | None) -> None:
    """Let something go wrong; see `caja simulate faults`."""
    with connect(url) as mp:
        mp.fault_on(name, **{each: value for each, value in parameters.items() if value is not None})
        now = next((_parameters(each) for each in mp.faults() if each["name"] == name), "")
        say(f"On: {name}{f' ({now})' if now else ''}.")
        say(f"Back to normal:  caja simulate fault off {name}{option_of(mp.url)}", "dim")


@fault.command("off")
@click.argument("name", required=False)
@simulator_option
def switch_off(name: str | None, url: str | None) -> None:
    """Let it go right again: one fault, or all of them."""
    with connect(url) as mp:
        mp.fault_off(name)
        on = [each["name"] for each in mp.faults() if each["on"]]
        say(f"Off: {name or 'every fault'}." + (f" Still on: {', '.join(on)}." if on else ""))


@click.group(invoke_without_command=True)
@json_option
@simulator_option
@click.pass_context
def clock(context: click.Context, url: str | None, *, is_json: bool) -> None:
    """Say what time it is at Mercado Pago."""
    context.obj = url
    if context.invoked_subcommand is None:
        with connect(url) as mp:
            _tell_clock(mp.clock(), is_json=is_json)


@clock.command()
@click.argument("duration", callback=_read_duration)
@json_option
@simulator_option
@click.pass_obj
def advance(before: str | None, duration: int, url: str | None, *, is_json: bool) -> None:
    """Turn the clock forward, by 30m or 2d: retries, lags, patience that end in between end now."""
    with connect(url or before) as mp:
        _tell_clock(mp.advance(duration), is_json=is_json)


def _tell_clock(clock: dict[str, Any], *, is_json: bool) -> None:
    if is_json:
        say_json(clock)
        return
    now, ahead = datetime.fromisoformat(clock["now"]), float(clock["ahead"])
    told = f"At Mercado Pago it is {now.day} {now:%b %Y %H:%M:%S} UTC"
    say(f"{told}, {_duration(ahead)} ahead." if ahead else f"{told}.")


def _duration(seconds: float) -> str:
    parts, left = [], round(seconds)
    for unit, size in reversed(SECONDS.items()):
        number, left = divmod(left, size)
        parts += [f"{number}{unit}"] * bool(number)
    return " ".join(parts) or "0s"


def _tabulate(found: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("FAULT", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("WITH", no_wrap=True)
    table.add_column("WHAT HAPPENS")
    for each in found:
        on = Text("on", "bold red") if each["on"] else Text("off", "dim")
        table.add_row(Text(each["name"]), on, _parameters(each), Text(NOTES.get(each["name"], "")))
    console.print(table)


def _parameters(each: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in each.get("parameters", {}).items())
