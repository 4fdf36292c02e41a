"""Which simulator of Mercado Pago a command is about, and how it speaks when that refuses or is not there."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click
import requests

from cli.screen import Interrupted, Refusal, console
from local import stack
from local.errors import LocalError
from local.places import Places
from simulator import exact_json
from simulator.client import SimulatorClient, SimulatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PORT = 8640
VARIABLE = "CAJA_SIMULATOR_URL"
ADDRESS = f"http://127.0.0.1:{PORT}"


def simulator_option(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command be told which simulator it is about; it passes `url` on to `connect`."""
    help_text = f"The simulator; else {VARIABLE}, else the stack on this machine, else {ADDRESS}."
    return click.option("--url", metavar="URL", help=help_text)(command)


def json_option(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command say one line of JSON, for a script."""
    return click.option("--json", "is_json", is_flag=True, help="One line of JSON, for a script.")(command)


@contextmanager
def connect(url: str | None, stopped: str = "Stopped.") -> Iterator[SimulatorClient]:
    """A client of the simulator that is meant; what it refuses is a Refusal, Ctrl-C says `stopped`."""
    client = _find(url)
    try:
        yield client
    except SimulatorError as error:
        raise Refusal(explain(error)) from error
    except requests.RequestException as error:
        raise Refusal(f"The simulator at {client.url} went away ({type(error).__name__}).") from error
    except KeyboardInterrupt:
        raise Interrupted(stopped) from None
    finally:
        client.close()


def explain(error: SimulatorError) -> str:
    """What the simulator said, as a sentence."""
    _, _, text = str(error).partition(": ")
    try:
        said = exact_json.parse(text)["message"]
    except (ValueError, TypeError, KeyError):
        return str(error)
    return f"{said[:1].upper()}{said[1:]}."


def say(text: str = "", style: str | None = None) -> None:
    """Say a line as it is, folded by the terminal only: commands and addresses in it can be copied."""
    console.print(text, style=style, markup=False, emoji=False, soft_wrap=True)


def say_json(value: object) -> None:
    """Say one line of JSON with exact digits."""
    click.echo(exact_json.render(value))


def option_of(url: str) -> str:
    """What has to be added to a command so that it finds the simulator at `url`."""
    return "" if url == ADDRESS else f" --url {url}"


def _find(url: str | None) -> SimulatorClient:
    named = url or os.environ.get(VARIABLE)
    if named:
        client = SimulatorClient(named)
        if not _answers(client):
            raise Refusal(f"No simulator answers at {named}. Start one with `caja simulate serve`.")
        return client
    for address in (_local_address(), ADDRESS):
        if address is not None:
            client = SimulatorClient(address)
            if _answers(client):
                return client
    raise Refusal(
        "No simulator is up. Start one with `caja simulate serve`, or the whole stack with `make demo`; "
        f"or name one with --url or {VARIABLE}."
    )


def _local_address() -> str | None:
    with suppress(LocalError, OSError, ValueError):
        return stack.read(Places()).mercadopago_url
    return None


def _answers(client: SimulatorClient) -> bool:
    try:
        client.clock()
    except (requests.RequestException, SimulatorError, ValueError):
        client.close()
        return False
    return True
