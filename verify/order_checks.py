"""What is checked of an order that a poll is answered: fields, types, amounts, sums, addresses; pure (protocol §2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.exact_json import decimals_of, is_integer, is_number
from simulator.poll_answers import UNIT_MEASURES, V1_FIELDS, V1_ITEM_FIELDS, V2_FIELDS, V2_ITEM_FIELDS
from simulator.pos_rules import is_url
from verify.rules import (
    LONGEST_NOTIFICATION_URL,
    LONGEST_REFERENCE,
    SAFE_REFERENCE,
    Flaw,
    is_on_this_machine,
)

if TYPE_CHECKING:
    from verify.rules import Rules

NUMBER_AS_TEXT = re.compile(r"\s*[-+]?[0-9]+(?:[.,][0-9]+)*\s*")
FIELDS = {"v1": V1_FIELDS, "v2": V2_FIELDS}
ITEM_FIELDS = {"v1": V1_ITEM_FIELDS, "v2": V2_ITEM_FIELDS}


@dataclass(frozen=True)
class Offer:
    """What a phone would take from an order; None where it could not be read."""

    reference: str | None
    total: Decimal | None
    notification_url: str | None


@dataclass
class _Check:
    """One order being looked at."""

    data: dict[str, Any]
    rules: Rules
    flaws: list[Flaw] = field(default_factory=list)

    def flaw(self, code: str, **facts: Any) -> None:
        flaw = Flaw(code, facts)
        if flaw not in self.flaws:
            self.flaws.append(flaw)

    def only(self, given: dict[str, Any], known: set[str], prefix: str = "") -> None:
        unknown = sorted(given.keys() - known)
        if unknown:
            self.flaw("undocumented_field", fields=", ".join(prefix + name for name in unknown)[:120])

    def text(self, given: dict[str, Any], name: str, shown: str, *, required: bool = True) -> str | None:
        value = given.get(name)
        if value is None or value == "":
            if required or value == "":
                self.flaw("field_missing", field=shown)
            return None
        if not isinstance(value, str):
            self.flaw("field_type", field=shown, value=_show(value))
            return None
        return value

    def amount(self, given: dict[str, Any], name: str, shown: str) -> Decimal | None:
        value = given.get(name)
        country = self.rules.country
        if value is None:
            self.flaw("field_missing", field=shown)
            return None
        if isinstance(value, str) and NUMBER_AS_TEXT.fullmatch(value):
            self.flaw("number_as_text", field=shown, value=_show(value))
            value = _read_number(value)
        if not is_number(value):
            self.flaw("field_type", field=shown, value=_show(value))
            return None
        amount = Decimal(value)
        if amount <= 0:
            self.flaw("amount_not_positive", field=shown, value=_show(value))
        if decimals_of(amount) > country.decimals:
            self.flaw("amount_noise", field=shown, value=_show(value), decimals=country.decimals)
        return amount

    def integer(
        self, given: dict[str, Any], name: str, shown: str, code: str = "number_not_whole"
    ) -> int | None:
        value = given.get(name)
        if value is None:
            self.flaw("field_missing", field=shown)
        elif isinstance(value, str) and NUMBER_AS_TEXT.fullmatch(value):
            self.flaw("number_as_text", field=shown, value=_show(value))
            value = _read_number(value)
            return int(value)
        elif is_integer(value):
            return int(value)
        else:
            self.flaw(code, field=shown, value=_show(value))
        return None


def check_order(data: dict[str, Any], dialect: str, rules: Rules) -> tuple[Offer, list[Flaw]]:
    """Everything wrong with the body of an order in this dialect, and what can be read of it."""
    check = _Check(data, rules)
    check.only(data, FIELDS[dialect])
    _check_seller(check, dialect)
    total = _check_items(check, dialect)
    offer = Offer(_check_reference(check), total, _check_notification_url(check))
    return offer, check.flaws


def _check_seller(check: _Check, dialect: str) -> None:
    data, ours = check.data, check.rules.collector_id
    collector = ours
    if dialect == "v1":
        collector = check.integer(data, "collector_id", "collector_id")
        if None not in (collector, ours) and collector != ours:
            check.flaw("collector_wrong", value=collector, expected=ours)
        sponsor = data.get("sponsor_id")
    else:
        held = data.get("sponsor", {})
        if not isinstance(held, dict):
            check.flaw("field_type", field="sponsor", value=_show(held))
        sponsor = held.get("id") if isinstance(held, dict) else None
    if sponsor is not None and not is_integer(sponsor):
        check.flaw("field_type", field="sponsor_id", value=_show(sponsor))
    elif sponsor is not None and sponsor == collector:
        check.flaw("sponsor_is_collector", value=sponsor)


def _check_items(check: _Check, dialect: str) -> Decimal | None:
    items = check.data.get("items")
    if not isinstance(items, list) or not items or not all(isinstance(line, dict) for line in items):
        check.flaw("items_empty")
        return None
    sums = [_check_line(check, line, dialect) for line in items]
    total = sum((each for each in sums if each is not None), Decimal(0)) if None not in sums else None
    if dialect == "v1":
        return total
    check.text(check.data, "title", "title")
    check.text(check.data, "description", "description")
    stated = check.amount(check.data, "total_amount", "total_amount")
    if None not in (stated, total) and stated != total:
        check.flaw("total_wrong", value=_show(stated), expected=_show(total))
    return stated


def _check_line(check: _Check, line: dict[str, Any], dialect: str) -> Decimal | None:
    check.only(line, ITEM_FIELDS[dialect], "items[].")
    check.text(line, "title", "items[].title")
    check.text(line, "description", "items[].description", required=False)
    quantity = check.integer(line, "quantity", "items[].quantity")
    price = check.amount(line, "unit_price", "items[].unit_price")
    product = quantity * price if quantity is not None and price is not None else None
    if quantity is not None and quantity < 1:
        check.flaw("amount_not_positive", field="items[].quantity", value=_show(quantity))
    if dialect == "v1":
        currency = check.rules.country.currency
        if line.get("currency_id") != currency:
            check.flaw("currency_wrong", value=_show(line.get("currency_id")), expected=currency)
        return product
    for name in ("sku_number", "category"):
        check.text(line, name, f"items[].{name}", required=False)
    if line.get("unit_measure") not in UNIT_MEASURES:
        check.flaw("unit_measure_wrong", value=_show(line.get("unit_measure")))
    stated = check.amount(line, "total_amount", "items[].total_amount")
    if None not in (stated, product) and stated != product:
        check.flaw("item_total_wrong", value=_show(stated), expected=_show(product))
    return stated


def _check_reference(check: _Check) -> str | None:
    reference = check.text(check.data, "external_reference", "external_reference")
    if reference is None:
        return None
    if len(reference) > LONGEST_REFERENCE:
        check.flaw("reference_too_long", length=len(reference), most=LONGEST_REFERENCE)
    elif not re.fullmatch(rf"[A-Za-z0-9]{{1,{SAFE_REFERENCE}}}", reference):
        check.flaw("reference_unsafe", value=_show(reference))
    return reference


def _check_notification_url(check: _Check) -> str | None:
    url = check.data.get("notification_url")
    if url is None:
        check.flaw("notification_url_missing")
    elif not isinstance(url, str) or not is_url(url):
        check.flaw("notification_url_invalid", value=_show(url))
    elif len(url) > LONGEST_NOTIFICATION_URL:
        check.flaw("notification_url_too_long", length=len(url), most=LONGEST_NOTIFICATION_URL)
    elif check.rules.is_deployed and (not url.startswith("https:") or is_on_this_machine(url)):
        check.flaw("notification_url_not_public", value=_show(url))
    return url if isinstance(url, str) and is_url(url) else None


def _read_number(text: str) -> Decimal:
    whole, point, rest = text.strip().replace(",", ".").rpartition(".")
    return Decimal(f"{whole.replace('.', '')}{point}{rest}")


def _show(value: Any) -> str:
    return str(value)[:80] if isinstance(value, (int, Decimal)) else repr(value)[:80]
