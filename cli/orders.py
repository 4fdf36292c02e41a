"""`caja orders`: what needs a person, one order with all that is known of it, and what a person decides."""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table
from rich.text import Text

from cli import order_views as views
from cli.screen import Refusal, console
from cli.stacks import find, spoken, stack_options
from local.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterable

Shown = dict[str, Any]

WHY = {
    "money": "money came that does not fit the order: too little, too late, or another total or currency",
    "uncovered": "the money no longer covers the total; nothing was released",
    "silence": "its box took it to release the goods and never reported",
    "unknown": "its box does not know whether it released the goods",
    "refund": "the money could not be given back",
    "refund refused": "Mercado Pago refuses to give a payment back",
}
RESOLVES = {
    "paid": "The order keeps the money; a prepay box may release the goods now.",
    "delivered": "The customer has the goods, and the order keeps the money.",
    "refunding": "The customer is given back all the money.",
    "refunded": "Mercado Pago has given the money back; what it still holds of it goes back now.",
}


def _read_id(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    if len(text) != 26 or not text.isascii() or not text.isalnum():  # noqa: PLR2004 - see the sentence
        raise click.BadParameter("An ORDER_ID has 26 letters and digits.")
    return text.upper()


def _read_instant(_context: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    try:
        return text and views.write_instant(text, is_end=parameter.name == "until")
    except (ValueError, OverflowError) as error:
        raise click.BadParameter("Say 2026-11-24, or 2026-11-24T03:00.") from error


_order_id = click.argument("order_id", callback=_read_id)
_reason = click.option("--reason", required=True, help="Why; recorded with who you are.")
_yes = click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")


@click.group()
def orders() -> None:
    """Look at orders, give money back, decide what is in doubt."""


@orders.command("list")
@click.option("--box", "box_id", metavar="BOX", help="Every order of this box, newest first.")
@click.option("--state", metavar="STATE", help="Only these, such as review, refunding or refund_refused.")
@click.option("--from", "since", callback=_read_instant, help="Local time: 2026-11-24, 2026-11-24T03:00.")
@click.option("--to", "until", callback=_read_instant, help="The same; of a date its end.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@click.option("--json", "is_json", is_flag=True, help="As the API shows them, one JSON object a line.")
@stack_options
def list_orders(*, limit: int, is_json: bool, since: str | None, until: str | None, **which: Any) -> None:
    """List what needs a person: in review, being refunded, refund refused; or a box's orders."""
    if since and until and since > until:
        raise click.UsageError("--from is later than --to.")
    named = {"box_id": which.pop("box_id"), "state": which.pop("state"), "from": since, "to": until}
    asked = {name: value for name, value in named.items() if value}
    stack = find(Places(), **which)
    found = list(islice(stack.ask_all("/admin/orders", "orders", asked), limit + 1))
    if is_json:
        click.echo("".join(f"{json.dumps(order)}\n" for order in found[:limit]), nl=False)
    elif found:
        _tabulate(found[:limit], of_box="box_id" in asked)
        _command(f"show ORDER{stack.options}")
        if len(found) > limit:
            _say(f"There are more than {limit}: see them with --limit {10 * limit}.")
    else:
        _say("No order fits." if asked else "Nothing needs you.")


@orders.command("show")
@click.option("--json", "is_json", is_flag=True, help="As the API shows it, on one line.")
@_order_id
@stack_options
def show_order(order_id: str, *, is_json: bool, **which: Any) -> None:
    """Show its payments, what happened to it, what can be done."""
    stack = find(Places(), **which)
    order = stack.ask("GET", f"/admin/orders/{order_id}")
    if is_json:
        click.echo(json.dumps(order))
        return
    _head(order)
    lines = [f"{line['quantity']} × {line['title']} at {line['unit_price']}" for line in order["items"]]
    money = f"{order['paid_amount']} paid, {order['refunded_amount']} given back"
    facts = ("ticket", "replaces", "replaced_by", "report")
    times = ("created_at", "expires_at", "paid_at", "release_by", "report_by", "next_check_at")
    told = {"items": "\n".join(lines), "money": money, **{name: order[name] for name in facts}}
    told |= {name.removesuffix("_at"): order[name] and views.show_moment(order[name]) for name in times}
    _rows("", ((name.replace("_", " "), fact) for name, fact in told.items() if fact))
    _rows("Payments", map(views.show_payment, order["payments"]))
    _rows("What happened", map(views.show_event, order["events"]))
    _say("\nWhat to do", "bold")
    _advise(order, stack.options)
    _say(f"\nTimes are {views.show_zone()}.", "dim")


@orders.command("refund")
@click.option("--payment", "payment_id", metavar="ID", help="Only try again to give back this payment.")
@_order_id
@_reason
@_yes
@stack_options
def refund_order(order_id: str, *, reason: str, payment_id: str | None, **which: Any) -> None:
    """Give all its money back, or try again where Mercado Pago refused."""
    _decide(order_id, "refund", {"reason": reason, "payment_id": payment_id}, **which)


@orders.command("resolve", epilog="\n\n".join(f"{state}: {does}" for state, does in RESOLVES.items()))
@click.option("--state", required=True, type=click.Choice(list(RESOLVES)), help="See below.")
@click.option("--merchant-order", metavar="ID", help="Which one's money is kept, of several.")
@_order_id
@_reason
@_yes
@stack_options
def resolve_order(
    order_id: str, *, state: str, reason: str, merchant_order: str | None, **which: Any
) -> None:
    """Decide about an order in review."""
    body = {"state": state, "reason": reason, "merchant_order_id": merchant_order}
    _decide(order_id, "resolve", body, **which)


def _decide(order_id: str, verb: str, body: Shown, *, is_sure: bool, **which: Any) -> None:
    if not is_sure and not click.get_text_stream("stdin").isatty():
        raise Refusal("Nothing was sent: here is no terminal to ask whether you are sure. Add --yes.")
    stack = find(Places(), **which)
    order = stack.ask("GET", f"/admin/orders/{order_id}")
    _head(order)
    does = RESOLVES[body["state"]] if verb == "resolve" else ""
    moved = "" if body.get("state") in ("paid", "delivered") else _amount(order, body.get("payment_id"))
    if not does and not moved:
        raise Refusal("There is nothing to give back. See its payments with `caja orders show`.")
    _say(f"{does} {moved}".strip())
    with spoken("Stopped; nothing was sent."):
        if not is_sure and not click.confirm("Do it?"):
            raise Refusal("Nothing was sent.")
    given = {name: value for name, value in body.items() if value is not None}
    after = stack.ask("POST", f"/admin/orders/{order_id}/{verb}", given)
    _say(f"Recorded: it is {after['state']}. {views.show_prospect(after)}")
    _command(f"show {order_id}{stack.options}")


def _amount(order: Shown, payment_id: str | None) -> str:
    """What would be given back, in a sentence; none when that is nothing."""
    is_whole = payment_id is None and order["state"] in ("paid", "releasing", "delivered", "review")
    again = [
        p for p in order["payments"] if p["refund"] == "refused" and payment_id in (None, p["payment_id"])
    ]
    held = [p for p in order["payments"] if is_whole and p["status"] == "approved" and p["role"] != "excess"]
    going = {p["payment_id"]: Decimal(p["amount"]) for p in (*again, *held)}
    gone = Decimal(order["refunded_amount"])
    less = f", less what has gone back already ({gone})" if gone else ""
    told = f"This gives back {sum(going.values())} {order['currency']}{less}: payment {', '.join(going)}."
    return f"{told} It cannot be undone." if going else ""


def _tabulate(found: list[Shown], *, of_box: bool) -> None:
    has_number = any(order["number"] for order in found)
    when = "SUBMITTED" if of_box else "CHANGED"
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for name in ("ORDER", "BOX", "STATE", "TOTAL", *["NUMBER"] * has_number, when):
        table.add_column(name, overflow="fold", no_wrap=name in ("ORDER", "TOTAL", when))
    doubts = set()
    for order in found:
        doubt = order["why"] or ("refund refused" if order["needs"] == "refund_refused" else None)
        doubts.add(doubt)
        state = f"{order['state']}: {doubt}" if doubt else order["state"]
        number = [order["number"] or ""] * has_number
        changed = views.show_minute(order["created_at"]) if of_box else views.show_age(order["updated_at"])
        total = f"{order['total']} {order['currency']}"
        table.add_row(*map(Text, (order["order_id"], order["box_id"], state, total, *number, changed)))
    console.print(table)
    for doubt in [each for each in WHY if each in doubts]:
        _say(f"{doubt}: {WHY[doubt]}", "dim")
    _say(f"Times are {views.show_zone()}. Look at one:" if of_box else "What to do about one:", "dim")


def _head(order: Shown) -> None:
    number = f", number {order['number']}" if order["number"] else ""
    _say(f"Order {order['order_id']} of box {order['box_id']}{number}", "bold")
    why = order["why"] or ("refund refused" if "refused" in {p["refund"] for p in order["payments"]} else "")
    because = f": {WHY.get(why, why)}" if why else ""
    _say(f"{order['total']} {order['currency']}, {order['mode']}, {order['state']}{because}")


def _advise(order: Shown, options: str) -> None:
    """Say what a person can do about an order, with the commands to copy; `options` name the stack in them."""
    state, payments = order["state"], order["payments"]
    refused = [p["payment_id"] for p in payments if p["refund"] == "refused"]
    is_held = any(p["status"] == "approved" for p in payments)
    goes_back = any(p["role"] == "kept" and p["refund"] in ("due", "pending", "done") for p in payments)
    if state == "review":
        fits = {
            "paid": not order["claim"] and not goes_back,
            "delivered": order["mode"] == "prepay" and not goes_back,
            "refunding": is_held,
            "refunded": order["why"] == "refund" or not is_held,
        }
        _say("Find out what happened, then decide which STATE it is to be:")
        _rows("", ((to, RESOLVES[to]) for to in fits if fits[to]))
        commands = ["resolve {} --state STATE"]
    elif refused:
        _say("See what is in its way (is there money on the account?), then have it tried again:")
        commands = [f"refund {{}} --payment {payment_id}" for payment_id in refused]
    else:
        can_go_back = state in ("paid", "delivered") and is_held
        _say(views.show_prospect(order) + (" To give the money back:" if can_go_back else ""))
        commands = ["refund {}"] if can_go_back else []
    for command in commands:
        _command(f'{command.format(order["order_id"])} --reason "…"{options}')


def _command(text: str) -> None:
    console.print(f"  caja orders {text}", markup=False, emoji=False, soft_wrap=True)  # whole, to be copied


def _rows(title: str, rows: Iterable[tuple[str, ...]]) -> None:
    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row("", *(Text(cell, overflow="fold") for cell in row))
    if table.row_count:
        _say(f"\n{title}" if title else "", "bold")
        console.print(table)


def _say(text: str, style: str | None = None) -> None:
    console.print(text, style=style, markup=False, emoji=False)
