"""What an answer of Mercado Pago means: its JSON, or the one of our errors that says what happened; pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from caja.errors import (
    MercadoPagoError,
    MercadoPagoNotFoundError,
    MercadoPagoRefusedError,
    MercadoPagoUnavailableError,
    TokenRefusedError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

ADVICE = {
    "VALIDATION_ERROR": (
        "Correct what the causes name. State and city are written as Mercado Pago lists them, accents included; the "
        "coordinates lie inside the country; no other branch of this account has the external_id."
    ),
    "INEXISTENT_EXTERNAL_STORE_ID": "Create the branch first: POST /admin/stores with this external_id.",
    "EXTERNAL_STORE_ID_NOT_MATCH": "Name the branch by the external_id it has at Mercado Pago.",
    "UNKNOWN_MCC": "Send a category of the seller's country (fuel in Argentina: 473000), or none for a generic one.",
    "INVALID_CATEGORY": "Send the category as a number, or none for a generic one.",
    "FIXED_AMOUNT_FALSE": "A POS with a url takes fixed amounts only; caja always says so: report this as a fault of caja.",
    "INVALID_NAME": "Send a name of 1 to 44 characters.",
    "NAME_TOO_LONG": "Send a name of 1 to 44 characters.",
    "INVALID_EXTERNAL_ID": "A box_id has letters and digits only.",
    "EXTERNAL_ID_TOO_LONG": "A box_id has at most 39 characters.",
    "INVALID_URL": "Mercado Pago must be able to reach the API by https under a host name: deploy with DomainName.",
    "URL_TOO_LONG": "The poll URL must stay below 300 characters: use a shorter DomainName or external_store_id.",
    "point_of_sale_exists": "Mercado Pago's search does not show the POS yet: send the same request again in a minute.",
}
"""Mercado Pago's code → what to do (protocol §6). Data, because the codes in print change."""

ELSE_ADVICE = "Correct what Mercado Pago names and send the same request again."

_MAX_TEXT = 2_000
_MAX_CAUSES = 20
_MAX_EXPONENT = 30
_MAX_WAIT_DIGITS = 6

REFUND_CAUSES = {"2024", "2032", "2063", "4040", "4041", "4292", "4296"}
"""Why a refund is refused, whatever the status; 2000 under 404 is a payment that is not there (yet)."""

_OK = range(200, 300)
_CLIENT_ERRORS = range(400, 500)
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TIMED_OUT, _TOO_MANY = 401, 403, 404, 408, 429


class Asked(NamedTuple):
    """One request to Mercado Pago, without its token."""

    method: str
    path: str
    query: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None


class RawAnswer(NamedTuple):
    """One whole answer as it came."""

    status: int
    retry_after: str | None
    content: bytes


def read_answer(asked: Asked, answer: RawAnswer, *, token: str) -> Any:
    """The JSON of a 2xx, numbers as int or Decimal; None where nothing was said about a DELETE.

    Raises MercadoPagoError; `token` is cut out of whatever Mercado Pago says.
    """
    if answer.status not in _OK:
        raise _refusal(asked, answer, token)
    if asked.method == "DELETE":
        return None
    try:
        return _parse(answer.content)
    except (ValueError, ArithmeticError, RecursionError):
        raise MercadoPagoUnavailableError(
            f"Mercado Pago's answer to {asked.method} {asked.path} cannot be read."
        ) from None


def read_retry_after(text: str | None, now: datetime) -> float | None:
    """The seconds to wait that a `Retry-After` names, in seconds or as an HTTP date; None if it names none."""
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[-_MAX_WAIT_DIGITS:]) if len(text) <= _MAX_WAIT_DIGITS else None
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())


def clean_text(value: Any) -> str:
    """A text of Mercado Pago's that can be stored and shown: no lone surrogates, of bounded length; "" if it is none."""
    return value.encode("utf-8", "replace").decode()[:_MAX_TEXT] if isinstance(value, str) else ""


def _parse(content: bytes) -> Any:
    return json.loads(content.decode(), parse_float=_number, parse_constant=_refuse_constant)


def _number(text: str) -> Decimal:
    number = Decimal(text)
    # No amount is that large, and arithmetic with one would fill the memory.
    if abs(number.adjusted()) > _MAX_EXPONENT:
        raise ValueError("number out of range")
    return number


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _refusal(asked: Asked, answer: RawAnswer, token: str) -> MercadoPagoError:
    what = f"{asked.method} {asked.path}"
    # Mercado Pago files refusals of a refund under 401 and 404 too; its numeric cause tells (protocol §5).
    if asked.method == "POST" and answer.status in (_UNAUTHORIZED, _NOT_FOUND):
        refused = _refused(asked, answer, token)
        if {str(cause["code"]) for cause in refused.causes} & REFUND_CAUSES:
            return refused
    if answer.status == _UNAUTHORIZED:
        return TokenRefusedError(
            "Mercado Pago refuses the access token; set a valid one with `caja token set`."
        )
    if answer.status == _NOT_FOUND:
        return MercadoPagoNotFoundError(f"Mercado Pago does not find {asked.path}.")
    if answer.status not in _CLIENT_ERRORS or answer.status in (_TIMED_OUT, _TOO_MANY):
        wait = read_retry_after(answer.retry_after, datetime.now(UTC))
        return MercadoPagoUnavailableError(f"Mercado Pago answered {what} with {answer.status}.", wait)
    return _refused(asked, answer, token)


def _refused(asked: Asked, answer: RawAnswer, token: str) -> MercadoPagoRefusedError:
    try:
        said = _parse(answer.content)
    except (ValueError, ArithmeticError, RecursionError):
        said = {}
    is_its_word = isinstance(said, dict) and bool(said)
    said = said if isinstance(said, dict) else {}

    def tell(value: Any) -> str:
        return clean_text(value).replace(token, "[access token]")

    causes = [_cause(cause, tell) for cause in _listed(said.get("causes") or said.get("cause"))]
    code = tell(said.get("error") or said.get("code")) or f"http_{answer.status}"
    message = tell(said.get("message")) or f"Mercado Pago answered {answer.status}."
    advice = ADVICE.get(code, ELSE_ADVICE)
    host = urlsplit(str(asked.body.get("url", ""))).hostname if asked.body else None
    if answer.status == _FORBIDDEN and host:
        causes.append({"code": code, "description": message})
        code, advice = "host_not_enabled", _enable(host)
    return MercadoPagoRefusedError(
        status=answer.status,
        code=code,
        message=message,
        causes=causes,
        advice=advice,
        is_its_word=is_its_word,
    )


def _enable(host: str) -> str:
    return (
        f"Ask your commercial contact at Mercado Pago to enable the host {host} (the stack's output HostToEnable) for the "
        "unattended QR model, then send the same request again."
    )


def _listed(value: Any) -> list[Any]:
    return value[:_MAX_CAUSES] if isinstance(value, list) else [value] if value else []


def _cause(cause: Any, tell: Any) -> dict[str, Any]:
    if not isinstance(cause, dict):
        return {"code": None, "description": tell(cause)}
    code = cause.get("code")
    return {
        "code": code if isinstance(code, int) else tell(code) or None,
        "description": tell(cause.get("description")),
    }
