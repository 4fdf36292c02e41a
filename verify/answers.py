"""What an answer means, read leniently, with everything that is wrong with it; pure.

Lenient, so that an answer with one fault is still understood: it is named by that fault, and not by all that would
follow from not understanding it.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

from verify.order_checks import Offer, check_order
from verify.rules import IN_PROCESS, INVALID, NOTHING, ORDER, SPELT_RIGHT, TIMEOUT, WORDS, WRONG, Flaw
from verify.transport_checks import BOM, check_transport

if TYPE_CHECKING:
    from verify.exchanges import Exchange
    from verify.rules import Rules

STATUS = {"v1": HTTPStatus.BAD_REQUEST, "v2": HTTPStatus.ACCEPTED}
ALIKE = {
    "inprocess": IN_PROCESS,
    "inprogress": IN_PROCESS,
    "processing": IN_PROCESS,
    "unavailable": NOTHING,
    "nothingtopay": NOTHING,
    "notihingtopay": NOTHING,
    "waitingfororder": NOTHING,
    "invalid": INVALID,
    "timeout": TIMEOUT,
}
"""Words without their case and punctuation, as they are likely to be misspelt."""


@dataclass(frozen=True)
class Reading:
    """An answer understood: ``kind`` is one of ``rules``' six, ``word`` the merchant's own, ``dialect`` the one it is in."""

    exchange: Exchange
    kind: str
    word: str = ""
    dialect: str | None = None
    offer: Offer | None = None
    flaws: tuple[Flaw, ...] = ()


@dataclass
class _Parsed:
    data: Any = None
    flaws: list[Flaw] = field(default_factory=list)


def read(exchange: Exchange, rules: Rules) -> Reading:
    """Read one poll answer by the rules."""
    flaws = check_transport(exchange, rules)
    if exchange.status is None or any(flaw.code in ("redirect", "truncated_body", "hangs") for flaw in flaws):
        return Reading(exchange, WRONG, flaws[0].code, flaws=tuple(flaws))
    parsed = _parse(exchange.body)
    flaws += parsed.flaws
    if not isinstance(parsed.data, dict):
        return Reading(exchange, WRONG, str(exchange.status), flaws=tuple(flaws))
    if exchange.status == HTTPStatus.OK and not {"error", "status"} & set(parsed.data):
        return _read_order(exchange, parsed.data, rules, flaws)
    return _read_word(exchange, parsed.data, rules, flaws)


def _read_order(exchange: Exchange, data: dict[str, Any], rules: Rules, flaws: list[Flaw]) -> Reading:
    version = exchange.header("order-version")
    dialect = rules.dialect or ("v2" if version or "total_amount" in data else "v1")
    if dialect == "v2" and "collector_id" not in data and version != "2":
        flaws.append(Flaw("order_version", {"value": version or "–"}))
    is_v2 = bool(version) or "total_amount" in data
    if rules.dialect and is_v2 != (rules.dialect == "v2"):
        flaws.append(Flaw("dialects_mixed", {"dialect": rules.dialect, "saw": "v2" if is_v2 else "v1"}))
        dialect = "v2" if is_v2 else "v1"
    offer, wrong = check_order(data, dialect, rules)
    return Reading(exchange, ORDER, ORDER, dialect, offer, tuple(flaws + wrong))


def _read_word(exchange: Exchange, data: dict[str, Any], rules: Rules, flaws: list[Flaw]) -> Reading:
    outer, inner, dialect = ("status", "status_detail", "v2") if "status" in data else ("error", "type", "v1")
    said = data.get(outer)
    word = said.get(inner) if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(word, str):
        flaws.append(Flaw("word_missing", {"place": "error.type / status.status_detail"}))
        return Reading(exchange, WRONG, str(exchange.status), flaws=tuple(flaws))
    kind = WORDS[dialect].get(word)
    if kind is None:
        kind = _alike(word)
        known = ", ".join(WORDS[dialect])
        code = "nothing_to_pay_spelt_right" if word == SPELT_RIGHT else "word_unknown"
        flaws.append(Flaw(code, {"word": word[:60], "place": f"{outer}.{inner}", "known": known}))
    elif exchange.status in STATUS.values() and exchange.status != STATUS[dialect]:
        flaws.append(
            Flaw("status_of_other_dialect", {"status": exchange.status, "expected": int(STATUS[dialect])})
        )
    if exchange.status == HTTPStatus.OK:
        flaws.append(Flaw("status_ok_without_order", {"expected": int(STATUS[dialect]), "word": word[:60]}))
    if kind in (IN_PROCESS, NOTHING) and rules.dialect not in (None, dialect):
        flaws.append(Flaw("dialects_mixed", {"dialect": rules.dialect, "saw": dialect}))
    if not isinstance(said.get("message", ""), str):
        flaws.append(Flaw("message_not_text", {}))
    unknown = sorted({*data} - {outer}) + sorted(f"{outer}.{name}" for name in {*said} - {inner, "message"})
    if unknown:
        flaws.append(Flaw("undocumented_field_waiting", {"fields": ", ".join(unknown)[:120]}))
    return Reading(exchange, kind, word, dialect, None, tuple(flaws))


def _parse(body: bytes) -> _Parsed:
    parsed = _Parsed()
    doubled: list[str] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        doubled.extend(name for name in names if names.count(name) > 1)
        return dict(pairs)

    try:
        text = body.removeprefix(BOM).decode()
        parsed.data = json.loads(text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=collect)
    except UnicodeDecodeError:
        parsed.flaws.append(Flaw("not_utf8", {}))
    except (ValueError, RecursionError) as error:
        parsed.flaws.append(Flaw("not_json", {"why": str(error)[:120]}))
    else:
        if not isinstance(parsed.data, dict):
            parsed.flaws.append(Flaw("not_an_object", {"type": type(parsed.data).__name__}))
    if doubled:
        parsed.flaws.append(Flaw("duplicate_keys", {"keys": ", ".join(dict.fromkeys(doubled))[:120]}))
    return parsed


def _alike(word: str) -> str:
    plain = re.sub(r"[^a-z]", "", word.lower())
    close = difflib.get_close_matches(plain, ALIKE, n=1, cutoff=0.75)
    return ALIKE[close[0]] if close else WRONG


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
