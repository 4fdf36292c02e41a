"""`caja verify`: Mercado Pago's acceptance cases, played against any merchant's poll URL."""

from __future__ import annotations

import json
import os
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import requests

from cli.screen import Interrupted, Refusal, console
from local import stack as local_stack
from local.errors import LocalError
from local.places import Places
from simulator import country
from simulator.account import collector_of
from simulator.client import SimulatorError
from simulator.pos_rules import is_url
from verify.cases import CASES
from verify.drivers import Driver, DriverError
from verify.exchanges import Mask, secrets_of
from verify.local_box import own_box
from verify.players import Own, driver_of, mercadopago_at, own_mercadopago
from verify.report import describe
from verify.report_html import render
from verify.report_terminal import TerminalReport
from verify.rules import Pace, Rules, is_on_this_machine
from verify.run import FAILED, PASSED, play
from verify.stage import Stage
from verify.texts import LANGUAGES, Texts, choose_language, load

if TYPE_CHECKING:
    from decimal import Decimal

    from local.stack import Stack
    from verify.mercadopago import MercadoPago

SIMULATOR_PORT = 8640
HOOK_SECONDS = 10.0
"""However little patience there is, a program may take so long to start and move the box."""
ASIDE = {"polls_only"}
"""Reasons for which a case was not to be played at all: they do not count against the run."""


class UnplayableError(Refusal):
    """The run cannot begin; exit code 2."""

    exit_code = 2


@dataclass(frozen=True)
class Asked:
    """What was asked for on the command line."""

    url: str | None
    dialect: str | None
    hook: str | None
    box_key: str | None
    box: str | None
    simulator_url: str | None
    own: Own
    patience: float
    polls_only: bool
    case_ids: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def has_person(self) -> bool:
        """Whether a person at the terminal moves the box."""
        is_moved = self.hook or self.box_key or self.box
        return not is_moved and click.get_text_stream("stdin").isatty()


@click.command()
@click.argument("url", required=False, metavar="POLL_URL")
@click.option("--dialect", type=click.Choice(["v1", "v2"]), help="Else it is read from the first answers.")
@click.option("--hook", metavar="COMMAND", help="A program of yours that moves the box; see above.")
@click.option(
    "--caja-box-key",
    "box_key",
    envvar="CAJA_BOX_KEY",
    metavar="KEY",
    help="Move a box of caja's with its key; better in the variable CAJA_BOX_KEY.",
)
@click.option(
    "--local", "box", metavar="BOX", help="A fresh box of the stack on this machine; no POLL_URL then."
)
@click.option(
    "--simulator",
    "simulator_url",
    envvar="CAJA_SIMULATOR_URL",
    metavar="URL",
    help="A simulator of Mercado Pago that is up; else one is started for the run.",
)
@click.option(
    "--simulator-port",
    type=click.IntRange(0, 65535),
    default=SIMULATOR_PORT,
    show_default=True,
    help="Where it is started.",
)
@click.option(
    "--access-token",
    envvar="CAJA_VERIFY_ACCESS_TOKEN",
    metavar="TOKEN",
    help="What your server shows to the one started for the run; better in CAJA_VERIFY_ACCESS_TOKEN.",
)
@click.option("--collector", "collector_id", type=int, metavar="ID", help="The account that is credited.")
@click.option(
    "--site", type=click.Choice(country.sites()), default="mla", show_default=True, help="Its country."
)
@click.option("--polls-only", is_flag=True, help="Only what needs no Mercado Pago.")
@click.option(
    "--patience",
    type=click.FloatRange(0.2, 3600),
    default=120.0,
    show_default=True,
    help="Seconds for what somebody has to do or notice.",
)
@click.option(
    "--case", "case_ids", multiple=True, type=click.Choice([case.id for case in CASES]), metavar="ID"
)
@click.option("--optional", multiple=True, metavar="NAME", help="A parameter of the URL that names no box.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Of the reports; else your locale's.")
@click.option(
    "--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Write the run as JSON."
)
@click.option(
    "--html", "html_path", type=click.Path(dir_okay=False, path_type=Path), help="Write a page to print."
)
@click.pass_context
def verify(
    context: click.Context,
    /,
    language: str | None,
    json_path: Path | None,
    html_path: Path | None,
    **given: Any,
) -> None:
    """Play Mercado Pago's acceptance cases against a poll URL, anybody's.

    Between the cases somebody moves the box. --local and --caja-box-key move a box of caja's; --hook calls COMMAND VERB
    [AMOUNT] with the verbs idle, prepare, sell, cancel, break, mend and refund (exit code 0: done, 3: no such verb);
    else you are told what to do at it.

    Payments are made at a simulator of Mercado Pago: your server must ask it instead of Mercado Pago.

    Exit code 0: all passed; 1: a case failed; 2: something could not be played.
    """
    paths = [path for path in (json_path, html_path) if path]
    for path in paths:
        if not path.absolute().parent.is_dir():
            raise UnplayableError(f"There is no folder {path.absolute().parent} to write {path.name} into.")
    asked, texts = _ask(given), load(language or choose_language(os.environ))
    try:
        with ExitStack() as held:
            described = _run(asked, texts, held)
            if json_path:
                json_path.write_text(
                    json.dumps(described, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
                )
            if html_path:
                html_path.write_text(render(described, texts), encoding="utf-8")
    except KeyboardInterrupt:
        raise Interrupted("Stopped.") from None
    except (DriverError, LocalError, SimulatorError, requests.RequestException) as error:
        raise UnplayableError(str(error)) from error
    for path in paths:
        console.print(texts.word("reports", path=path), style="dim", markup=False, soft_wrap=True)
    context.exit(_exit_code(described))


def _ask(given: dict[str, Any]) -> Asked:
    own = Own(
        given.pop("simulator_port"),
        given.pop("access_token"),
        given.pop("collector_id"),
        given.pop("site"),
    )
    asked = Asked(own=own, **given)
    if (asked.url is None) == (asked.box is None):
        raise click.UsageError("Name a POLL_URL, or a box with --local.")
    if asked.url is not None and not is_url(asked.url):
        raise click.UsageError(f"{asked.url!r} is no URL.")
    try:
        collector_of(asked.own.access_token or "TEST-123456789")
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return asked


def _run(asked: Asked, texts: Texts, held: ExitStack) -> dict[str, Any]:
    """Play, and describe the run."""
    stack = _find_stack(asked)
    mercadopago = None if asked.polls_only else held.enter_context(_find_mercadopago(asked, texts, stack))
    where = mercadopago.country if mercadopago else country.load(asked.own.site)
    driver: Driver | None = None
    url = asked.url or ""
    if asked.box is not None:
        if stack is None:
            raise UnplayableError("Nothing is up on this machine. Start it with `caja local up`.")
        url, driver = held.enter_context(own_box(stack, where, asked.box, asked.dialect or "v1"))
    secrets = tuple(filter(None, (*secrets_of(url), asked.box_key, asked.own.access_token)))
    mask = Mask(url, secrets)
    reporter = TerminalReport(console, texts, mask)
    if driver is None:
        told = _teller(reporter, texts, asked.patience) if asked.has_person else None
        driver = held.enter_context(
            driver_of(
                url,
                hook=asked.hook,
                box_key=asked.box_key,
                tell=told,
                seconds=max(asked.patience, HOOK_SECONDS),
            )
        )
    collector_id = asked.own.collector_id or (mercadopago.collector_id if mercadopago else None)
    pace = Pace(
        patience=asked.patience, quiet=min(5.0, asked.patience / 4), interval=min(0.5, asked.patience / 20)
    )
    rules = Rules(where, asked.dialect, collector_id, not is_on_this_machine(url), secrets, pace)
    cases = [case for case in CASES if not asked.case_ids or case.id in asked.case_ids]
    report = play(Stage(url, rules, driver, mercadopago, asked.optional), cases, reporter)
    described = describe(report, texts, mask)
    reporter.close(described)
    return described


def _find_stack(asked: Asked) -> Stack | None:
    """The stack on this machine, if it is up and the run is about it."""
    try:
        stack = local_stack.read(Places())
    except LocalError:
        return None
    return stack if asked.box is not None or (asked.url or "").startswith(f"{stack.api_url}/") else None


def _find_mercadopago(asked: Asked, texts: Texts, stack: Stack | None) -> AbstractContextManager[MercadoPago]:
    """The simulator that was named, that of this machine's stack, or one of the run's own."""
    if asked.simulator_url or stack:
        return mercadopago_at(asked.simulator_url or (stack.mercadopago_url if stack else ""))

    def announce(url: str, token: str) -> None:
        told = texts.word("simulator_at", url=url, token=(asked.own.access_token and "***") or token)
        console.print(told, markup=False, emoji=False, soft_wrap=True)
        if asked.has_person:
            click.prompt(texts.word("press_enter"), default="", show_default=False)

    return own_mercadopago(asked.own, announce)


def _teller(reporter: TerminalReport, texts: Texts, patience: float) -> Any:
    """What tells a person what to do at the box."""

    def tell(verb: str, amount: Decimal | None) -> None:
        reporter.pause()
        told, waits = texts.asks[verb].format(amount=amount), texts.word("waiting", seconds=f"{patience:g}")
        console.print(f"  ▸ {told} ({waits})", style="bold", markup=False, emoji=False)

    return tell


def _exit_code(described: dict[str, Any]) -> int:
    if described["outcome"] == FAILED:
        return 1
    missed = {case["reason_code"] for case in described["cases"] if case["outcome"] != PASSED}
    return 2 if missed - ASIDE else 0
