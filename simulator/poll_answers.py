"""What the merchant answered to a poll, judged as strictly as Mercado Pago would; pure (protocol §2).

A judgement is one of three: *wait* (ask again), an *offer* (an amount to show), or *no* (this place cannot take the
payment) with the reason. What is not documented is refused, so that whoever passes here is safe elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator import exact_json
from simulator.exact_json import decimals_of, is_integer, is_number
from simulator.pos_rules import is_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.country import Country

V1_WAITS = ("in_process", "unavailable")
V1_REFUSALS = ("invalid", "timeout")
V2_WAITS = ("in_process", "notihing_to_pay", "Waiting_for_order")
LONGEST_REFERENCE = 256
LONGEST_NOTIFICATION_URL = 500
BEYOND_MONEY = 10**15
"""No amount comes near: what is as much is a mistake."""
UNIT_MEASURES = ("unit", "pack")

V1_FIELDS = {"collector_id", "sponsor_id", "items", "external_reference", "notification_url"}
V1_ITEM_FIELDS = {"title", "currency_id", "description", "quantity", "unit_price"}
V2_FIELDS = {
    "external_reference",
    "total_amount",
    "title",
    "description",
    "notification_url",
    "items",
    "sponsor",
    "marketplace_fee",
    "taxes",
}
V2_ITEM_FIELDS = {
    "sku_number",
    "category",
    "title",
    "description",
    "quantity",
    "unit_measure",
    "unit_price",
    "total_amount",
}


@dataclass(frozen=True)
class Item:
    """One line of an offer."""

    title: str
    description: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True)
class Offer:
    """An amount to show: the merchant's order as a phone sees it."""

    external_reference: str
    total: Decimal
    title: str
    items: tuple[Item, ...]
    notification_url: str | None
    sponsor_id: int | None


@dataclass(frozen=True)
class Judgement:
    """What follows from an answer: ``wait``, ``offer`` or ``no``, with the merchant's word or the fault found."""

    verdict: str
    detail: str
    offer: Offer | None = None


class _WrongAnswerError(Exception):
    """The answer breaks a documented rule; the message says which."""


def judge(
    status: int, headers: Mapping[str, str], body: bytes, *, country: Country, collector_id: int, dialect: str
) -> Judgement:
    """Judge one answer; ``headers`` have lower-case names, ``dialect`` is v1, v2 or any."""
    try:
        found = "v2" if status == 202 or "order-version" in headers else "v1"  # noqa: PLR2004 - protocol §2
        # v2 documents nothing for ``invalid`` and ``timeout``: they are answered as in v1.
        _need(dialect in ("any", found) or status == 400, f"the answer is {found}, the account is {dialect}")  # noqa: PLR2004 - HTTP
        media_type = headers.get("content-type", "").split(";")[0].strip().lower()
        _need(media_type == "application/json", f"Content-Type is {media_type or 'missing'}")
        data = _object(body)
        if status == 200:  # noqa: PLR2004 - protocol §2
            read = _read_v2 if found == "v2" else _read_v1
            if found == "v2":
                _need(headers["order-version"] == "2", "order-version is not 2")
            return Judgement("offer", found, read(data, country, collector_id))
        if status == 202:  # noqa: PLR2004 - protocol §2
            return _wait(data, "status", "status_detail", V2_WAITS, ())
        if status == 400:  # noqa: PLR2004 - protocol §2
            waits = V1_WAITS if dialect != "v2" else ()
            return _wait(data, "error", "type", waits, V1_REFUSALS)
        return Judgement("no", f"status {status} is not documented")
    except _WrongAnswerError as error:
        return Judgement("no", str(error))


def _wait(
    data: dict[str, Any], outer: str, inner: str, waits: tuple[str, ...], refusals: tuple[str, ...]
) -> Judgement:
    said = data.get(outer)
    _need(isinstance(said, dict), f"{outer} is missing")
    word = said.get(inner) if isinstance(said, dict) else None
    _need(isinstance(word, str) and word in waits + refusals, f"{outer}.{inner} {word!r} is not documented")
    _text(said or {}, "message", required=False)
    return Judgement("wait" if word in waits else "no", str(word))


def _read_v1(data: dict[str, Any], country: Country, collector_id: int) -> Offer:
    _only(data, V1_FIELDS, "")
    _need(data.get("collector_id") == collector_id, "collector_id is not this seller's")
    _need(is_integer(data["collector_id"]), "collector_id is not an integer")
    sponsor = _sponsor(data.get("sponsor_id"), collector_id)
    items = []
    for line in _items(data):
        _only(line, V1_ITEM_FIELDS, "items[].")
        _need(line.get("currency_id") == country.currency, f"items[].currency_id is not {country.currency}")
        items.append(_item(line, country))
    total = sum((item.quantity * item.unit_price for item in items), Decimal(0))
    return Offer(_reference(data), total, items[0].title, tuple(items), _notification_url(data), sponsor)


def _read_v2(data: dict[str, Any], country: Country, collector_id: int) -> Offer:
    _only(data, V2_FIELDS, "")
    sponsor = data.get("sponsor", {})
    _need(isinstance(sponsor, dict), "sponsor is not an object")
    items, total = [], Decimal(0)
    for line in _items(data):
        _only(line, V2_ITEM_FIELDS, "items[].")
        item = _item(line, country)
        for name in ("sku_number", "category"):
            _text(line, name, required=False)
        _need(line.get("unit_measure") in UNIT_MEASURES, "items[].unit_measure is not unit or pack")
        amount = _amount(line, "total_amount", country)
        _need(amount == item.quantity * item.unit_price, "items[].total_amount is not quantity x unit_price")
        total += amount
        items.append(item)
    _need(_amount(data, "total_amount", country) == total, "total_amount is not the sum of the items'")
    title = _text(data, "title")
    _text(data, "description")
    sponsor_id = _sponsor(sponsor.get("id"), collector_id)
    return Offer(_reference(data), total, title, tuple(items), _notification_url(data), sponsor_id)


def _item(line: dict[str, Any], country: Country) -> Item:
    quantity = line.get("quantity")
    _need(is_integer(quantity) and quantity >= 1, "items[].quantity is not an integer of at least 1")  # type: ignore[operator]  # the first half says that it is a number
    description = _text(line, "description", required=False)
    return Item(_text(line, "title"), description, quantity or 1, _amount(line, "unit_price", country))


def _object(body: bytes) -> dict[str, Any]:
    try:
        data = exact_json.parse(body)
    except ValueError as error:
        raise _WrongAnswerError("the body is not JSON") from error
    _need(isinstance(data, dict), "the body is not a JSON object")
    return dict(data)


def _items(data: dict[str, Any]) -> list[dict[str, Any]]:
    items = data.get("items")
    _need(isinstance(items, list) and bool(items), "items is not a list of at least one")
    lines = [line for line in items or [] if isinstance(line, dict)]
    _need(len(lines) == len(items or []), "items[] is not an object")
    return lines


def _reference(data: dict[str, Any]) -> str:
    reference = _text(data, "external_reference")
    _need(len(reference) <= LONGEST_REFERENCE, f"external_reference is longer than {LONGEST_REFERENCE}")
    return reference


def _notification_url(data: dict[str, Any]) -> str | None:
    url = data.get("notification_url")
    if url is None:
        return None
    _need(isinstance(url, str) and is_url(url), "notification_url is not a url")
    _need(
        len(str(url)) <= LONGEST_NOTIFICATION_URL,
        f"notification_url is longer than {LONGEST_NOTIFICATION_URL}",
    )
    return str(url)


def _sponsor(value: Any, collector_id: int) -> int | None:
    _need(value is None or is_integer(value), "the sponsor's id is not an integer")
    _need(value != collector_id, "the sponsor is the collector")
    return int(value) if value is not None else None


def _amount(data: dict[str, Any], name: str, country: Country) -> Decimal:
    value = data.get(name)
    _need(is_number(value) and value > 0, f"{name} is not a number above 0")  # type: ignore[operator]  # the first half says that it is a number
    _need(is_number(value) and value < BEYOND_MONEY, f"{name} is more than anybody can pay")  # type: ignore[operator]  # as above
    amount = Decimal(value or 0)
    _need(decimals_of(amount) <= country.decimals, f"{name} has more than {country.decimals} decimals")
    return amount


def _text(data: dict[str, Any], name: str, *, required: bool = True) -> str:
    value = data.get(name)
    if value is None and not required:
        return ""
    _need(isinstance(value, str) and (value != "" or not required), f"{name} is not a text")
    return str(value)


def _only(data: dict[str, Any], known: set[str], prefix: str) -> None:
    unknown = sorted(set(data) - known)
    _need(not unknown, f"{prefix}{', '.join(unknown)} is not documented")


def _need(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - a sentence: need this, otherwise that
    if not holds:
        raise _WrongAnswerError(otherwise)
