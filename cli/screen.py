"""How the command speaks: progress, errors, words on paper."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console

console = Console(highlight=False)


class Steps:
    """Tells what is being done while it is, and how long it took once it is done."""

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def step(self, doing: str) -> Iterator[None]:
        """Show `doing` until the context ends; an error leaves a cross."""
        began = time.monotonic()
        self.count += 1
        if not console.is_terminal:
            console.print(f"… {doing}")
        try:
            with console.status(doing):
                yield
        except BaseException:
            console.print(f"[red]✗[/red] {doing}")
            raise
        console.print(f"[green]✓[/green] {doing} [dim]{time.monotonic() - began:.1f} s[/dim]")


class Refusal(click.ClickException):
    """An error as a person reads it: what happened and what to do, no traceback; exit code 1."""

    def show(self, file: object = None) -> None:  # noqa: ARG002 -- click's signature
        """Print it."""
        Console(stderr=True, highlight=False).print(self.message, style="red", markup=False)


class Interrupted(Refusal):
    """The person's own Ctrl-C, dealt with."""

    exit_code = 130
