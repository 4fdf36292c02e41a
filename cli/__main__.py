"""The `caja` command: each group of verbs is a module, put together here."""

import io
import signal
import sys
from types import FrameType

import click

from cli.demo import demo
from cli.local import local
from cli.orders import orders
from cli.simulate import simulate
from cli.token import token
from cli.verify import verify


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def caja() -> None:
    """Take payments at unattended machines with Mercado Pago's QR model."""


caja.add_command(demo)
caja.add_command(local)
caja.add_command(orders)
caja.add_command(simulate)
caja.add_command(token)
caja.add_command(verify)


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(143)  # as an exception, so that whatever was started is stopped


def allow_any_charset() -> None:
    """Let what the terminal's character set lacks (→, ✓) come out as `?`, not as an error in the middle of a sale."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def main() -> None:
    """Run the command."""
    allow_any_charset()
    signal.signal(signal.SIGTERM, _end)
    caja(prog_name="caja")


if __name__ == "__main__":
    main()
