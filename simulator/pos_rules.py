"""What a box must look like before Mercado Pago keeps it (protocol §6, in the order a call meets the rules)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from simulator import stores
from simulator.api import is_id
from simulator.errors import FORBIDDEN, RefusedError, refuse_pos
from simulator.exact_json import is_integer

if TYPE_CHECKING:
    from simulator.account import Account

NAME_SHORTER_THAN = 45
EXTERNAL_ID_SHORTER_THAN = 40
URL_SHORTER_THAN = 300
FIELDS = ("name", "fixed_amount", "category", "store_id", "external_store_id", "external_id", "url")


def checked(account: Account, body: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with their store resolved; ``RefusedError`` gives the first rule that is broken."""
    for name in body:
        if name not in FIELDS:
            raise refuse_pos(
                "UNKNOWN_FIELD_EXCEPTION", f"{name} is not allowed for this operation or is unknown."
            )
    for holds, code, description in _rules(account, body):
        if not holds:
            raise refuse_pos(code, description)
    fields = {**body, **_store_of(account, body)}
    host = urlsplit(body.get("url") or "").hostname
    if host and host not in [enabled.lower() for enabled in account.settings.enabled_hosts]:
        raise RefusedError(
            FORBIDDEN,
            "forbidden",
            f"The host {host} of the URL must be enabled by Mercado Pago. Contact your technical advisor.",
            causes_key="causes",
        )
    return fields


def _rules(account: Account, body: dict[str, Any]) -> list[tuple[bool, str, str]]:
    name, amount, category = body.get("name"), body.get("fixed_amount", False), body.get("category")
    external_id, url = body.get("external_id"), body.get("url")
    text_id = external_id if isinstance(external_id, str) else ""
    text_url = url if isinstance(url, str) else ""
    return [
        (isinstance(name, str) and name != "", "INVALID_NAME", "NAME must be string."),
        (
            len(str(name)) < NAME_SHORTER_THAN,
            "NAME_TOO_LONG",
            f"The NAME must be less than {NAME_SHORTER_THAN} characters.",
        ),
        (isinstance(amount, bool), "INVALID_FIXED_AMOUNT", "FIXED_AMOUNT must be boolean."),
        (category is None or is_integer(category), "INVALID_CATEGORY", "CATEGORY must be numeric."),
        (
            category is None or (is_integer(category) and category in account.country.categories),
            "UNKNOWN_MCC",
            "The CATEGORY must be valid for the user's site.",
        ),
        (
            external_id is None or bool(re.fullmatch(r"[A-Za-z0-9]+", text_id)),
            "INVALID_EXTERNAL_ID",
            "The EXTERNAL_ID must be alphanumeric: only letters and numbers.",
        ),
        (
            len(text_id) < EXTERNAL_ID_SHORTER_THAN,
            "EXTERNAL_ID_TOO_LONG",
            f"The EXTERNAL_ID must be less than {EXTERNAL_ID_SHORTER_THAN} characters.",
        ),
        (url is None or is_url(text_url), "INVALID_URL", "The URL must be string and a valid url."),
        (
            len(text_url) < URL_SHORTER_THAN,
            "URL_TOO_LONG",
            f"The URL must be less than {URL_SHORTER_THAN} characters.",
        ),
        (
            url is None or amount is True,
            "FIXED_AMOUNT_FALSE",
            "If the URL field is indicated, the FIXED_AMOUNT field must be true.",
        ),
    ]


def is_url(text: str) -> bool:
    """Whether this is an absolute http or https address with a host and nothing unprintable in it."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https") and bool(parts.hostname) and text.isprintable() and " " not in text
    )


def _store_of(account: Account, body: dict[str, Any]) -> dict[str, Any]:
    number, external_id = body.get("store_id"), body.get("external_store_id")
    if number is not None and not (is_integer(number) or (isinstance(number, str) and is_id(number))):
        raise refuse_pos("INVALID_STORE_ID", "STORE_ID must be numeric.")
    if external_id is not None and not isinstance(external_id, str):
        raise refuse_pos("INVALID_EXTERNAL_STORE_ID", "EXTERNAL_STORE_ID must be string.")
    by_number = account.stores.get(int(number)) if number is not None else None
    by_name = stores.by_external_id(account, external_id) if external_id is not None else None
    if external_id is not None and by_name is None:
        raise refuse_pos(
            "INEXISTENT_EXTERNAL_STORE_ID", "The EXTERNAL_STORE_ID does not refer to any existing store."
        )
    if number is not None and by_number is None:
        raise refuse_pos("INVALID_STORE_ID", "STORE_ID does not refer to any existing store.")
    if number is not None and external_id is not None and by_number is not by_name:
        raise refuse_pos(
            "EXTERNAL_STORE_ID_NOT_MATCH", "The EXTERNAL_STORE_ID does not refer to the indicated STORE_ID."
        )
    store = by_number or by_name
    return {"store_id": str(store.id), "external_store_id": store.external_id} if store else {}
