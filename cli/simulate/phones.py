"""Customers' phones before any merchant's boxes: scan, pay, be rejected, walk away."""

from __future__ import annotations

import time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table
from rich.text import Text

from cli.screen import Refusal, console
from cli.simulate.simulators import connect, json_option, option_of, say, say_json, simulator_option
from simulator import country
from simulator.client import SimulatorError
from simulator.wallet import METHODS

if TYPE_CHECKING:
    from simulator.client import SimulatorClient

Shown = dict[str, Any]

COUNTRIES = [country.load(site) for site in country.sites()]
PAUSE = 0.1
WAIT = 600.0
LOOKS = {
    "waiting": "please wait",
    "amount": "to pay",
    "paid": "paid",
    "cannot_take_payment": "cannot pay here",
    "abandoned": "put away",
}
STYLES = {"amount": "bold green", "paid": "bold green", "cannot_take_payment": "red", "abandoned": "red"}


def _read_amount(_context: click.Context, _parameter: click.Parameter, text: str | None) -> Decimal | None:
    try:
        amount = None if text is None else Decimal(text)
    except InvalidOperation as error:
        raise click.BadParameter("Say an amount such as 1500.50.") from error
    if amount is not None and not amount.is_finite():
        raise click.BadParameter("Say an amount such as 1500.50.")
    return amount


_phone = click.argument("phone", metavar="[PHONE]", required=False)
_amount = click.option("--amount", callback=_read_amount, help="Less, or more, than what is owed.")
_method = click.option(
    "--method", type=click.Choice(METHODS), default=METHODS[0], show_default=True, help="With what."
)


@click.command()
@click.argument("box", metavar="BOX|URL")
@click.option(
    "--wait", type=click.FloatRange(0), default=WAIT, show_default=True, help="Seconds to look at the phone."
)
@json_option
@simulator_option
def scan(box: str, wait: float, url: str | None, *, is_json: bool) -> None:
    """Point a phone at a box: its external_id, what its QR code leads to, or a poll URL that no box has.

    Shows the phone's screen until there is an amount; exit code 1 if there will be none.
    """
    with connect(url, "Stopped looking; the phone goes on.") as mp:
        shown = _point(mp, box)
        if not is_json:
            say(f"Phone {shown['id']} scans {box}.")
        shown = _watch(mp, shown, wait, is_aloud=not is_json)
        if is_json:
            say_json(shown)
        elif shown["state"] == "amount":
            say(f"Pay with:  caja simulate pay {shown['id']}{option_of(mp.url)}", "dim")
        _need_amount(shown, wait)


@click.command()
@_phone
@_amount
@_method
@json_option
@simulator_option
def pay(phone: str | None, amount: Decimal | None, method: str, url: str | None, *, is_json: bool) -> None:
    """Pay on a phone, or on the newest one that shows an amount."""
    _try_to_pay("pay", phone, amount, method, url, is_json=is_json)


@click.command()
@_phone
@_amount
@_method
@json_option
@simulator_option
def reject(phone: str | None, amount: Decimal | None, method: str, url: str | None, *, is_json: bool) -> None:
    """Try to pay and be rejected; the amount stays on the phone."""
    _try_to_pay("reject", phone, amount, method, url, is_json=is_json)


@click.command("walk-away")
@_phone
@json_option
@simulator_option
def walk_away(phone: str | None, url: str | None, *, is_json: bool) -> None:
    """Put a phone away, or the newest one that waits or shows an amount; its merchant order stays open for ever."""
    with connect(url) as mp:
        shown = mp.control("POST", f"/scans/{_choose(mp, phone, 'amount', 'waiting')}/abandon")
        if is_json:
            say_json(shown)
        else:
            _show_screen(shown)


def _point(mp: SimulatorClient, box: str) -> Shown:
    if "/instore/merchant/qr/" in box:
        place = {"qr": box}
    else:
        place = {"url": box} if box.startswith(("http://", "https://")) else {"pos": box}
    try:
        shown: Shown = mp.control("POST", "/scans", place)
    except SimulatorError as error:
        if "url" in place or not str(error).startswith("404"):
            raise
        known = [each["external_id"] for each in mp.control("GET", "/pos") if each["external_id"]]
        its = f"It knows {', '.join(known)}." if known else "It knows none: create it, or scan its poll URL."
        raise Refusal(f"Mercado Pago knows no box {box}. {its}") from error
    return shown


def _watch(mp: SimulatorClient, shown: Shown, seconds: float, *, is_aloud: bool) -> Shown:
    """Show the phone's screen as it changes, until it no longer waits or so many seconds have passed."""
    deadline = time.monotonic() + seconds
    seen: tuple[str, str] | None = None
    while True:
        if is_aloud and (shown["state"], shown["detail"]) != seen and (shown["polls"] or shown["detail"]):
            _show_screen(shown)
            seen = shown["state"], shown["detail"]
        if shown["state"] != "waiting" or time.monotonic() >= deadline:
            return shown
        time.sleep(PAUSE)
        shown = mp.control("GET", f"/scans/{shown['id']}")


def _need_amount(shown: Shown, seconds: float) -> None:
    if shown["state"] in ("amount", "paid"):
        return
    if shown["state"] == "waiting":
        raise Refusal(f"Nothing to pay within {seconds:g} s. Phone {shown['id']} goes on waiting.")
    raise Refusal(f"There is nothing to pay on phone {shown['id']}: {shown['detail']}.")


def _show_screen(shown: Shown) -> None:
    state = shown["state"]
    facts = [shown["detail"] if state not in ("amount", "paid") else None, shown["title"]]
    if shown["amount"] is not None:
        owed = shown["owed"] if shown["owed"] not in (0, shown["amount"]) else None
        money = _show_money(shown["amount"], shown["currency"])
        facts.insert(0, f"{money}, {_show_money(owed, shown['currency'])} owed" if owed else money)
        facts.append(f"external_reference {shown['external_reference']}")
    table = Table.grid(padding=(0, 2))
    table.add_column(style=STYLES.get(state, "yellow"), min_width=15)
    table.add_column(overflow="fold")
    table.add_row(LOOKS.get(state, state), Text("  ".join(str(fact) for fact in facts if fact)))
    console.print(table)


def _show_money(amount: int | Decimal, currency: str) -> str:
    decimals = next((each.decimals for each in COUNTRIES if each.currency == currency), 2)
    return f"{amount:.{decimals}f} {currency}"


def _try_to_pay(
    verb: str, phone: str | None, amount: Decimal | None, method: str, url: str | None, *, is_json: bool
) -> None:
    body: Shown = {"method": method} | ({} if amount is None else {"amount": amount})
    with connect(url) as mp:
        shown = mp.control("POST", f"/scans/{_choose(mp, phone, 'amount')}/{verb}", body)
        if is_json:
            say_json(shown)
            return
        payment = shown["payments"][-1]
        money = _show_money(payment["transaction_amount"], payment["currency_id"])
        ids = f"payment {payment['id']}, merchant order {shown['merchant_order_id']}"
        say(f"Phone {shown['id']}: {money} {payment['status']}, {ids}.")
        _show_screen(shown)
        if shown["state"] == "amount":
            say(f"Pay with:  caja simulate pay {shown['id']}{option_of(mp.url)}", "dim")


def _choose(mp: SimulatorClient, phone: str | None, *states: str) -> str:
    """The phone that is named, or the newest one that shows one of the states; raises Refusal."""
    if phone:
        return phone
    for shown in reversed(mp.control("GET", "/scans")):
        if shown["state"] in states:
            return str(shown["id"])
    doing = "shows an amount" if states == ("amount",) else "waits or shows an amount"
    raise Refusal(f"No phone {doing}. Scan first: caja simulate scan BOX{option_of(mp.url)}")
