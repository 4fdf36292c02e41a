"""The `caja` command: each group of verbs is a module, put together here."""

import signal
import sys
from types import FrameType

import click

from cli.demo import demo
from cli.local import local
from cli.token import token


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def caja() -> None:
    """Take payments at unattended machines with Mercado Pago's QR model."""


caja.add_command(demo)
caja.add_command(local)
caja.add_command(token)


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(143)  # as an exception, so that whatever was started is stopped


def main() -> None:
    """Run the command."""
    signal.signal(signal.SIGTERM, _end)
    caja(prog_name="caja")


if __name__ == "__main__":
    main()
