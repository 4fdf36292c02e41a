"""One request and its answer, and how a person reads them: who to whom, what, without keys, in 80 columns."""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulator.wire import Message

WIDTH = 76

_KEYS = [
    (re.compile(r"([?&]key=)[^&\"]+"), r"\1***"),
    (re.compile(r"(/notify/[A-Z0-9]+/)[^?\"/]+"), r"\1***"),
]

_TELLING = {
    "merchant_order": (
        "id",
        "status",
        "order_status",
        "external_reference",
        "total_amount",
        "paid_amount",
        "payments",
    ),
    "payment": ("id", "status", "transaction_amount", "currency_id"),
}
"""Of Mercado Pago's long answers, the fields that decide; the rest is shown as an ellipsis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer between `box`, `merchant` (us) and `mercadopago`; bodies are JSON values."""

    sender: str
    receiver: str
    method: str
    url: str
    sent: Any
    status: int | None
    answered: Any


def read_wire(messages: Sequence[Message]) -> list[Exchange]:
    """The simulator's wire log as exchanges, in the order of the requests; one still unanswered has no status."""
    answers = {m.exchange: m for m in messages if m.kind == "answer"}
    return [
        Exchange(
            sender=m.sender,
            receiver=m.receiver,
            method=m.method,
            url=m.url,
            sent=_json(m.body),
            status=answers[m.exchange].status if m.exchange in answers else None,
            answered=_json(answers[m.exchange].body) if m.exchange in answers else None,
        )
        for m in messages
        if m.kind == "request"
    ]


def show_path(url: str, api_url: str) -> str:
    """The URL from its path on, our API's base left away, keys masked."""
    parts = urlsplit(url)
    path = url.removeprefix(api_url) if url.startswith(api_url) else parts.path
    if parts.query and "?" not in path:
        path += f"?{parts.query}"
    return mask(path)


def mask(text: str) -> str:
    """The text without a poll's or a notification's key."""
    for pattern, masked in _KEYS:
        text = pattern.sub(masked, text)
    return text


def show_body(body: Any, api_url: str) -> Iterator[str]:
    """The lines of a body, keys masked, our API's base as an ellipsis; a short body is one line, a long line is folded."""
    if body is None or body == "":
        return
    value = _tell(body)
    line = _print(value, api_url)
    if len(line) <= WIDTH - 8:
        yield line
        return
    for each in _print(value, api_url, indent=2).splitlines():
        hang = " " * (len(each) - len(each.lstrip()) + 4)
        yield from textwrap.wrap(each, WIDTH - 6, subsequent_indent=hang, break_on_hyphens=False)


def _print(value: Any, api_url: str, indent: int | None = None) -> str:
    return mask(json.dumps(value, ensure_ascii=False, indent=indent).replace(api_url, "…"))


def _tell(body: Any) -> Any:
    """The body, of a merchant order only what decides."""
    if isinstance(body, dict) and isinstance(body.get("elements"), list):
        return {**body, "elements": [_tell(each) for each in body["elements"]]}
    if isinstance(body, dict) and "order_status" in body:
        short = {name: body[name] for name in _TELLING["merchant_order"] if name in body}
        short["payments"] = [
            {name: payment[name] for name in _TELLING["payment"] if name in payment} | {"…": "…"}
            for payment in body.get("payments") or []
        ]
        return short | {"…": "…"}
    return body


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
