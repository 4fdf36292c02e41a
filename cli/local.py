"""`caja local`: the stack on this machine."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.table import Table

from cli.screen import Interrupted, Refusal, Steps, console
from local import logs as written
from local import stack
from local.errors import LocalError
from local.places import Places

SITES = ("mla", "mlb", "mlm", "mlc", "mlu", "mco", "mpe")
HTTP_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*/?")


@contextmanager
def _spoken() -> Iterator[None]:
    """Say a LocalError as a sentence."""
    try:
        yield
    except LocalError as error:
        raise Refusal(str(error)) from error


def _check_url(_context: click.Context, _parameter: click.Parameter, url: str | None) -> str | None:
    if url is not None and not HTTP_URL.fullmatch(url):
        raise click.BadParameter(f"{url!r} is not an address such as http://127.0.0.1:8080.")
    return url


@click.group()
def local() -> None:
    """The stack on this machine: emulated AWS, the real template, Mercado Pago's simulator."""


@local.command()
@click.option(
    "--mercadopago-url", metavar="URL", callback=_check_url, help="Mercado Pago's address; no simulator then."
)
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port of emulated AWS; any free one if left away."
)
@click.option(
    "--site", type=click.Choice(SITES), default="mla", show_default=True, help="The seller's country."
)
def up(mercadopago_url: str | None, port: int | None, site: str) -> None:
    """Put the stack up, or deploy what changed if it is up; writes .caja/stack.json."""
    places = Places()
    options = stack.Options(site=site, port=port, mercadopago_url=mercadopago_url)
    steps = Steps()
    try:
        with _spoken():
            ready = stack.up(places, options, steps)
    except KeyboardInterrupt:
        raise Interrupted("Stopped; nothing was left running.") from None
    console.print(f"[bold]{'Up' if steps.count else 'Already up'}.[/bold] Stop it with `caja local down`.")
    _show(ready)
    console.print(f"{'stack.json':<18} {places.stack_json}", soft_wrap=True)


@local.command()
def down() -> None:
    """Stop everything; only logs, builds and caches stay in .caja."""
    with _spoken():
        ran = stack.down(Places())
    console.print("Down." if ran else "Nothing was up.")


@local.command()
@click.pass_context
def status(context: click.Context) -> None:
    """Tell what is up; exit code 0 if the stack is ready, else 1."""
    with _spoken():
        found = stack.status(Places())
    if not found.process_ids:
        console.print("Nothing is up. Start it with `caja local up`.")
        context.exit(1)
    table = Table("", "", show_header=False, box=None)
    for name, process_id in found.process_ids.items():
        table.add_row(name, f"process {process_id}" if process_id else "[red]ended by itself[/red]")
    if found.stack is not None:
        changed = (
            ""
            if found.is_current
            else " [yellow](sources changed since: `caja local up` deploys them)[/yellow]"
        )
        table.add_row("CloudFormation", f"{found.stack_status}{changed}")
    console.print(table)
    if found.stack is None:
        console.print(
            "Not ready: a start did not finish, or a part of it ended. `caja local up` starts over."
        )
        context.exit(1)
    _show(found.stack)


@local.command()
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written.")
@click.option(
    "--of",
    "source",
    type=click.Choice(["functions", "emulator", "simulator", "build", "deploy"]),
    default="functions",
    show_default=True,
    help="Whose log.",
)
def logs(source: str, *, follow: bool) -> None:
    """Print what the functions, or one of the processes, wrote."""
    places = Places()
    with _spoken():
        if source == "functions":
            for line in written.read_functions(stack.read(places), follow=follow):
                console.print(f"{line.function}: {line.text}", markup=False, soft_wrap=True)
            return
        path = places.log / f"{source}.log"
        if not path.exists():
            raise Refusal(f"There is no log of {source} yet.")
        for text in written.read_file(path, follow=follow):
            console.print(text, markup=False, soft_wrap=True)


def _show(ready: stack.Stack) -> None:
    for name in ("api_url", "mercadopago_url", "endpoint_url"):
        console.print(f"{name:<18} {getattr(ready, name)}", soft_wrap=True)
