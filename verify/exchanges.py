"""One question put to the merchant and its answer, byte for byte, and how a person may see it: without keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

SHOWN_BYTES = 1500
MASK = "***"
SECRET_NAME = re.compile(r"(?i)(key|token|secret|sign|sig|auth|pass|hash|hmac|nonce)")
SECRET_PARAMETER = re.compile(rf"(?i)([?&][\w.-]*{SECRET_NAME.pattern[4:]}[\w.-]*=)[^&\"'\s]+")
NOTIFICATION_KEY = re.compile(r"(/notif\w*(?:/[\w.-]+)*/)[\w.-]{16,}")
LEAST_SECRET = 6
"""Values shorter than this are no secrets, and would be masked all over the page."""


@dataclass(frozen=True)
class Exchange:
    """What was asked and what came back.

    ``headers`` are those of the answer in their order, names as they were written; ``failure`` is the code of what kept
    a whole answer from coming (see ``asker``), with ``why`` in the system's words; ``took`` is in seconds.
    """

    at: datetime
    method: str
    url: str
    sent: bytes
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    took: float
    failure: str = ""
    why: str = ""

    def header(self, name: str) -> str:
        """The value of a header, the empty text without it."""
        return next((value for each, value in self.headers if each.lower() == name), "")

    def count(self, name: str) -> int:
        """How often a header came."""
        return sum(each.lower() == name for each, _ in self.headers)


class Mask:
    """Takes what must not be printed out of a text: the keys in the poll URL, and whatever else is given."""

    def __init__(self, poll_url: str, secrets: Iterable[str] = ()) -> None:
        self.secrets = sorted({*secrets_of(poll_url), *filter(None, secrets)}, key=len, reverse=True)

    def hide(self, text: str) -> str:
        """The text with its secrets masked, and the last long part of a notification's path."""
        for secret in self.secrets:
            text = text.replace(secret, MASK)
        # An altered key gives all of the right one away but a letter.
        text = SECRET_PARAMETER.sub(rf"\1{MASK}", text)
        return NOTIFICATION_KEY.sub(rf"\1{MASK}", text)

    def show_question(self, exchange: Exchange) -> str:
        """The request as it went out, without the headers every request has."""
        parts = urlsplit(exchange.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        body = f"\n\n{decode(exchange.sent)}" if exchange.sent else ""
        return self.hide(f"{exchange.method} {target}{body}")

    def show_answer(self, exchange: Exchange) -> str:
        """The answer as it came: status, headers, body; or what came instead."""
        if exchange.status is None:
            return self.hide(exchange.why or exchange.failure)
        lines = [f"HTTP {exchange.status}", *(f"{name}: {value}" for name, value in exchange.headers)]
        cut = "…" if len(exchange.body) > SHOWN_BYTES else ""
        return self.hide("\n".join([*lines, "", decode(exchange.body[:SHOWN_BYTES]) + cut]))


def secrets_of(url: str) -> list[str]:
    """The values in a URL's query that are keys by their name."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    return [value for name, value in pairs if SECRET_NAME.search(name) and len(value) >= LEAST_SECRET]


def decode(body: bytes) -> str:
    r"""Bytes as text; those that are none, and those nobody would see, as ``\x..`` or ``\u....``."""
    text = body.decode("utf-8", "backslashreplace")
    return "".join(
        each if each.isprintable() or each in "\n\t" else each.encode("unicode_escape").decode()
        for each in text
    )
