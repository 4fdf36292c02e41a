"""Tells a sale: step by step, with what went over the wire at each."""

from __future__ import annotations

import textwrap
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cli.exchange import WIDTH, show_body, show_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from cli.exchange import Exchange
    from cli.texts import Texts


class Story:
    """Prints to `console` in the language of `texts`; `api_url` is left away where it begins a URL."""

    def __init__(self, console: Console, texts: Texts, api_url: str) -> None:
        self._console = console
        self._texts = texts
        self._api_url = api_url
        self.step_now = "0"

    def open(self, page_url: str) -> None:
        """The title, and where it can be watched; what comes before the first step is step 0."""
        self._print()
        self._print(self._texts.title, "bold")
        self._wrap(self._texts.opening, "dim")
        self._wrap(self._texts.watch.format(page_url=page_url), "bold cyan")

    def step(self, label: str) -> None:
        """Begin a step."""
        self.step_now = label
        self._print()
        head = f"{label:<3} "
        self._wrap(head + self._texts.steps[label], "bold", hang=len(head))

    def exchange(self, exchange: Exchange) -> None:
        """Show a request and its answer."""
        names = {
            "box": self._texts.box,
            "merchant": self._texts.merchant,
            "mercadopago": self._texts.mercadopago,
        }
        self._print(f"    {names[exchange.sender]} → {names[exchange.receiver]}", "dim")
        path = f"{exchange.method} {show_path(exchange.url, self._api_url)}"
        if len(path) > WIDTH - 4:
            path = path.replace("?", " ?", 1)  # where to fold it
        for line in textwrap.wrap(path, WIDTH - 4, subsequent_indent="    ", break_on_hyphens=False):
            self._print(f"    {line}", "cyan")
        for line in show_body(exchange.sent, self._api_url):
            self._print(f"      {line}")
        status = "…" if exchange.status is None else str(exchange.status)
        self._print(f"    ← {status}", "green" if status.startswith("2") else "yellow")
        for line in show_body(exchange.answered, self._api_url):
            self._print(f"      {line}")

    def phone(self, text: str) -> None:
        """Show the phone's screen."""
        self._print(f"    ┌{'─' * (len(text) + 2)}┐")
        self._print(f"    │ {text} │")
        self._print(f"    └{'─' * (len(text) + 2)}┘")

    def receipt(self, receipt: Mapping[str, Any]) -> None:
        """Print what the pump prints."""
        texts = self._texts
        rows = [
            texts.receipt,
            receipt["title"],
            f"{texts.total} {texts.money(Decimal(receipt['amount']), receipt['currency'])}",
            f"{texts.paid_with} {receipt['payment_id']}",
            f"{texts.order} {receipt['order_id']}",
        ]
        for row in rows:
            self._print(f"    | {row}")

    def close(self, text: str) -> None:
        """A last word."""
        self._print()
        for line in text.splitlines():
            self._wrap(line)

    def _wrap(self, text: str, style: str | None = None, *, hang: int = 0) -> None:
        for line in textwrap.wrap(text, WIDTH, subsequent_indent=" " * hang, break_on_hyphens=False):
            self._print(line, style)

    def _print(self, text: str = "", style: str | None = None) -> None:
        self._console.print(text, style=style, markup=False, soft_wrap=True)
