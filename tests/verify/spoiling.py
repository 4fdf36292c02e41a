"""An answer as a merchant's server would write it, and how each fault spoils its fields or its bytes."""

from __future__ import annotations

import gzip
import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

LENGTHS = ("Content-Length",)


@dataclass
class Answer:
    """``data`` is what is said; ``body`` its bytes, once written; ``then``: what happens to the connection."""

    status: int
    data: Any
    headers: list[tuple[str, str]] = field(default_factory=lambda: [("Content-Type", "application/json")])
    body: bytes = b""
    length: int | None = -1
    then: str = ""

    @property
    def is_order(self) -> bool:
        return self.status == 200

    @property
    def line(self) -> dict[str, Any]:
        line: dict[str, Any] = self.data["items"][0]
        return line

    def write(self) -> None:
        self.body = json.dumps(self.data, ensure_ascii=False).encode()


def _set(**fields: Any) -> Callable[[Answer], None]:
    return lambda answer: answer.data.update(fields)


def _line(**fields: Any) -> Callable[[Answer], None]:
    return lambda answer: answer.line.update(fields)


def _drop(name: str) -> Callable[[Answer], None]:
    return lambda answer: answer.data.pop(name)


def _texts(answer: Answer) -> None:
    for holder in (answer.data, answer.line):
        for name in ("unit_price", "total_amount"):
            if name in holder:
                holder[name] = f"{holder[name]:.2f}"


def _noise(answer: Answer) -> None:
    for holder in (answer.data, answer.line):
        for name in ("unit_price", "total_amount"):
            if name in holder:
                holder[name] += 1.1e-11 if holder[name] < 1000 else 1e-9


def _negative(answer: Answer) -> None:
    for holder in (answer.data, answer.line):
        holder.update(
            {name: -value for name, value in holder.items() if name in ("unit_price", "total_amount")}
        )


def _no_cents(answer: Answer) -> None:
    answer.line["unit_price"] = int(answer.line["unit_price"])


def _long_url(answer: Answer) -> None:
    answer.data["notification_url"] += "?padding=" + "x" * 500


def _reference(answer: Answer, change: Callable[[str], str]) -> None:
    answer.data["external_reference"] = change(answer.data["external_reference"])


_polls = itertools.count()
_references = itertools.count()

ORDERS: dict[str, Callable[[Answer], None]] = {
    "poll_key_in_body": lambda answer: answer.data.update(
        notification_url=answer.data["notification_url"] + "?key=" + answer.data["_key"]
    ),
    "access_token_in_body": _set(description="TEST-1111111111111111-010101-fake-123456789"),
    "amounts_as_text": _texts,
    "float_noise": _noise,
    "cents_lost": _no_cents,
    "amount_negative": _negative,
    "litres_as_quantity": _line(quantity=12.5),
    "other_collector": _set(collector_id=987654321),
    "dollars": _line(currency_id="USD"),
    "total_in_v1": _set(total_amount=1),
    "no_title": lambda answer: answer.line.pop("title"),
    "title_is_a_number": _set(title=7),
    "no_items": _set(items=[]),
    "sponsors_itself": lambda answer: answer.data.update(sponsor_id=answer.data["collector_id"]),
    "no_order_version": lambda answer: answer.headers.__delitem__(-1),
    "total_not_the_sum": lambda answer: answer.data.update(total_amount=answer.data["total_amount"] + 1),
    "item_total_wrong": lambda answer: answer.line.update(total_amount=answer.line["total_amount"] + 1),
    "measured_in_litres": _line(unit_measure="litre"),
    "reference_with_hyphens": lambda answer: _reference(answer, lambda text: f"sale-{text}"),
    "reference_of_300": lambda answer: _reference(answer, lambda text: text.ljust(300, "x")),
    "one_reference_for_all": _set(external_reference="ALWAYSTHESAME"),
    "no_notification_url": _drop("notification_url"),
    "long_notification_url": _long_url,
    "notification_path_only": _set(notification_url="/notify/me"),
    "reference_per_poll": lambda answer: _reference(answer, lambda text: f"{text}{next(_references)}"),
    "clock_in_the_title": lambda answer: answer.line.update(title=f"Nafta {next(_polls)}"),
}
"""Faults of the order a poll is answered."""


def _say(answer: Answer, change: Callable[[str], str]) -> None:
    inner = next(iter(answer.data.values()))
    name = "type" if "type" in inner else "status_detail"
    inner[name] = change(inner[name])


def _say_v1(answer: Answer) -> None:
    if answer.data.get("status", {}).get("status_detail") == "in_process":
        answer.status, answer.data = 400, {"error": {"type": "in_process"}}


WAITS: dict[str, Callable[[Answer], None]] = {
    "waits_with_404": lambda answer: setattr(answer, "status", 404),
    "waits_with_200": lambda answer: setattr(answer, "status", 200),
    "waits_with_202": lambda answer: setattr(answer, "status", 202),
    "in_proces": lambda answer: _say(answer, lambda word: "in_proces" if word == "in_process" else word),
    "nothing_to_pay": lambda answer: _say(
        answer, lambda word: "nothing_to_pay" if word == "notihing_to_pay" else word
    ),
    "word_at_top_level": lambda answer: setattr(answer, "data", {"type": answer.data["error"]["type"]}),
    "message_is_a_list": lambda answer: next(iter(answer.data.values())).update(message=["espere"]),
    "field_beside_the_word": _set(code=17),
    "in_process_of_v1": _say_v1,
}
"""Faults of the answers that carry a word."""


def _compress(answer: Answer) -> None:
    answer.body = gzip.compress(answer.body)
    answer.headers.append(("Content-Encoding", "gzip"))


def _twice(answer: Answer) -> None:
    first = next(iter(answer.data))
    answer.body = b'{"%s": null, ' % first.encode() + answer.body[1:]


def _type(answer: Answer, *types: str) -> None:
    answer.headers[:] = [*(("Content-Type", each) for each in types), *answer.headers[1:]]


def _body(change: Callable[[bytes], bytes]) -> Callable[[Answer], None]:
    return lambda answer: setattr(answer, "body", change(answer.body))


def _redirect(answer: Answer) -> None:
    answer.status, answer.body = 302, b""
    answer.headers = [("Location", "https://www.example.com/login")]


BYTES: dict[str, Callable[[Answer], None]] = {
    "text_html": lambda answer: _type(answer, "text/html; charset=utf-8"),
    "no_content_type": _type,
    "two_content_types": lambda answer: _type(answer, "text/plain", "application/json"),
    "sets_a_cookie": lambda answer: answer.headers.append(("Set-Cookie", "session=abc; HttpOnly")),
    "redirects": _redirect,
    "compresses": _compress,
    "ends_without_a_length": lambda answer: setattr(answer, "length", None),
    "cut_body": lambda answer: setattr(answer, "then", "cut"),
    "stalls_in_the_body": lambda answer: setattr(answer, "then", "stall"),
    "more_than_announced": lambda answer: setattr(answer, "length", len(answer.body) - 4),
    "byte_order_mark": _body(lambda body: b"\xef\xbb\xbf" + body),
    "latin_1": _body(lambda body: body.decode().encode("latin-1")),
    "warning_before_the_body": _body(lambda body: b"<br>Warning: undefined index\n" + body),
    "a_list": _body(lambda body: b"[" + body + b"]"),
    "a_key_twice": _twice,
}
"""Faults of the bytes, whatever is said."""


def spoil(answer: Answer, fault: str) -> None:
    """Spoil what is said, write it, and spoil what was written."""
    table = ORDERS if answer.is_order else WAITS
    if fault in table:
        table[fault](answer)
    if isinstance(answer.data, dict):
        answer.data.pop("_key", None)
    answer.write()
    if fault in BYTES:
        BYTES[fault](answer)
