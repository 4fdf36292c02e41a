"""`caja simulate serve`: Mercado Pago on a port of this machine, until Ctrl-C."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from cli.screen import Refusal
from cli.simulate.simulators import PORT, option_of, say
from desk.app import serve as serve_desk
from simulator import country, pos
from simulator.errors import MisuseError, RefusedError
from simulator.pos_rules import is_url
from simulator.server import ACCESS_TOKEN, LOOPBACK, listen, open_account

if TYPE_CHECKING:
    from simulator.account import Account

STORE = "STORE001"


@dataclass(frozen=True)
class BoxOption:
    """A box to begin with: its external_id and the merchant's poll URL."""

    external_id: str
    url: str


def _read_box(
    _context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]
) -> list[BoxOption]:
    boxes = [BoxOption(*text.partition("=")[::2]) for text in texts]
    for box in boxes:
        if not box.external_id or not is_url(box.url):
            raise click.BadParameter(
                "Say EXTERNAL_ID=POLL_URL, such as PUMP1=http://127.0.0.1:8000/poll?pump=1."
            )
    return boxes


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="0 takes any free one."
)
@click.option(
    "--token", default=ACCESS_TOKEN, help="The access token; its last group of digits is the seller."
)
@click.option(
    "--site",
    type=click.Choice(country.sites()),
    default="mla",
    show_default=True,
    help="The seller's country.",
)
@click.option(
    "--store",
    "store_ids",
    multiple=True,
    metavar="ID",
    default=[STORE],
    show_default=True,
    help="A branch to begin with.",
)
@click.option(
    "--box",
    "boxes",
    multiple=True,
    callback=_read_box,
    metavar="EXTERNAL_ID=POLL_URL",
    help="A box to begin with, in the first branch, its host enabled.",
)
@click.option(
    "--host-enabled", "hosts", multiple=True, metavar="HOST", help="A host of poll URLs that is enabled."
)
def serve(
    *,
    port: int,
    token: str,
    site: str,
    store_ids: tuple[str, ...],
    boxes: list[BoxOption],
    hosts: tuple[str, ...],
) -> None:
    """Be Mercado Pago on a port of this machine, until Ctrl-C."""
    account = _open(token, site, store_ids, boxes, hosts)
    try:
        listener = listen(port)
    except OSError as error:
        raise Refusal(f"Port {port} cannot be taken: {error.strerror}. Name another with --port.") from error
    url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
    # Uvicorn ends cleanly on these two and then raises them again for the handlers it found: these, which do nothing.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    serve_desk(account, listener, lambda: _greet(account, url))


def _open(
    token: str, site: str, store_ids: tuple[str, ...], boxes: list[BoxOption], hosts: tuple[str, ...]
) -> Account:
    polled = [urlsplit(box.url).hostname or "" for box in boxes]
    try:
        account = open_account(
            access_token=token,
            site=site,
            enabled_hosts=list(dict.fromkeys([LOOPBACK, "localhost", *hosts, *polled])),
            stores=store_ids,
        )
        for box in boxes:
            pos.create(
                account,
                {
                    "name": box.external_id,
                    "external_id": box.external_id,
                    "url": box.url,
                    "fixed_amount": True,
                    "external_store_id": store_ids[0],
                },
            )
    except RefusedError as error:
        raise Refusal(f"Mercado Pago would refuse that: {_reason(error)}") from error
    except (MisuseError, ValueError) as error:
        raise Refusal(str(error)) from error
    return account


def _reason(error: RefusedError) -> str:
    return " ".join(str(cause.get("description")) for cause in error.causes) or error.message


def _greet(account: Account, url: str) -> None:
    option = option_of(url)
    boxes = [each for each in account.pos.values() if each.external_id]
    some_box = boxes[0].external_id if boxes else "POLL_URL"
    say(f"Mercado Pago is at {url}. Ctrl-C ends it.", "bold")
    say(f"  page          {url}/")
    say(f"  access token  {account.access_token}")
    say(f"  collector_id  {account.collector_id}")
    say(f"  site          {account.country.site}, {account.country.currency}")
    for store in account.stores.values():
        say(f"  branch        {store.external_id}")
    for box in boxes:
        say(f"  box           {box.external_id}  polls {box.url}")
    say("\nAs the merchant, ask it as you would ask api.mercadopago.com:", "bold")
    for line in _examples(account, url):
        say(f"  {line}")
    say("\nAs the customer, in another terminal:", "bold")
    say(f"  caja simulate scan {some_box}{option}      # until there is an amount")
    say(f"  caja simulate pay{option}")
    say(f"  caja simulate trigger two_phones {some_box}{option}")
    say(
        f"\nWatch it with `caja simulate listen{option}`; let it go wrong with `caja simulate faults{option}`."
    )


def _examples(account: Account, url: str) -> list[str]:
    token = f"-H 'Authorization: Bearer {account.access_token}'"
    store = next(iter(account.stores.values())).external_id
    box = (
        f'{{"name": "Pump 1", "external_id": "PUMP1", "external_store_id": "{store}", "fixed_amount": true, '
        '"url": "http://127.0.0.1:8000/poll?pump=1"}'
    )
    return [
        f"curl {url}/users/{account.collector_id}/stores/search {token}",
        f"curl {url}/pos {token} -d '{box}'",
        f"curl '{url}/merchant_orders/search?external_reference=SALE1' {token}",
    ]
