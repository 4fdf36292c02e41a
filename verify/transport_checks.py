"""What is checked of any answer before its meaning: time, status, headers, encoding; pure."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from verify.rules import Flaw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.exchanges import Exchange
    from verify.rules import Rules

DOCUMENTED = (HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.BAD_REQUEST)
CREDENTIAL = re.compile(
    rb"(?:APP_USR|TEST)-[A-Za-z0-9_-]{16,}|AKIA[A-Z0-9]{16}|[Bb]earer [A-Za-z0-9._-]{12,}"
)
BOM = b"\xef\xbb\xbf"


def check_transport(exchange: Exchange, rules: Rules) -> list[Flaw]:
    """Everything wrong with how an answer came; after a redirect or without an answer the rest is not looked at."""
    if exchange.failure and exchange.failure != "length_wrong":
        return [Flaw(exchange.failure, {"why": exchange.why, "seconds": f"{exchange.took:.1f}"})]
    status = exchange.status or 0
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP
        return [Flaw("redirect", {"status": status, "location": exchange.header("location")})]
    return [*_time(exchange, rules), *_status(status), *_headers(exchange), *_bytes(exchange, rules)]


def _time(exchange: Exchange, rules: Rules) -> Iterator[Flaw]:
    pace = rules.pace
    if exchange.took > pace.limit:
        yield Flaw("too_slow", {"seconds": f"{exchange.took:.1f}", "limit": f"{pace.limit:g}"})
    elif exchange.took > pace.slow:
        yield Flaw("slow", {"seconds": f"{exchange.took:.1f}", "limit": f"{pace.slow:g}"})


def _status(status: int) -> Iterator[Flaw]:
    if status not in DOCUMENTED:
        yield Flaw("status_not_documented", {"status": status})


def _headers(exchange: Exchange) -> Iterator[Flaw]:
    types = [value for name, value in exchange.headers if name.lower() == "content-type"]
    if len(types) > 1:
        yield Flaw("content_type_repeated", {"values": " · ".join(types)})
    elif "".join(types).split(";")[0].strip().lower() != "application/json":
        yield Flaw("content_type_wrong", {"value": "".join(types) or "–"})
    if exchange.failure == "length_wrong":
        yield Flaw("length_wrong", {"why": exchange.why})
    elif not exchange.count("content-length") and not exchange.header("transfer-encoding"):
        yield Flaw("length_unknown", {})
    if exchange.header("content-encoding") not in ("", "identity"):
        yield Flaw("compressed", {"encoding": exchange.header("content-encoding")})
    if exchange.count("set-cookie"):
        yield Flaw("set_cookie", {"cookie": exchange.header("set-cookie").split("=")[0]})


def _bytes(exchange: Exchange, rules: Rules) -> Iterator[Flaw]:
    if exchange.body.startswith(BOM):
        yield Flaw("bom", {})
    given_away = any(secret.encode() in exchange.body for secret in rules.secrets)
    if given_away or CREDENTIAL.search(exchange.body):
        yield Flaw("secret_in_body", {})
