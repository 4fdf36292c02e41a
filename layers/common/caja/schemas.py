"""The shapes boxes send."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from caja.bodies import JsonNumber
from caja.errors import Flaw, InvalidRequestError
from caja.money import read_amount
from caja.orders import Item

if TYPE_CHECKING:
    from collections.abc import Mapping

_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


# Validators raise ValueError: pydantic turns it, and not TypeError, into the flaw of one field.
def _text(value: Any) -> Any:
    if isinstance(value, JsonNumber) or not isinstance(value, str):
        raise ValueError("Send a text.")  # noqa: TRY004 - see above
    if any(unicodedata.category(c) in ("Cc", "Cs") or c in _BIDI for c in value):
        raise ValueError("Control characters, lone surrogates and text-direction marks are not allowed.")
    if not value.strip():
        raise ValueError("Send a text that is not blank.")
    return value


def _number_text(value: Any) -> Any:
    return str(value) if isinstance(value, JsonNumber) else _text(value)


def _integer(value: Any) -> Any:
    if not isinstance(value, JsonNumber) or not re.fullmatch(r"-?[0-9]{1,12}", value, re.ASCII):
        raise ValueError("Send a whole number.")
    return int(value)


def _amount(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError('Send an amount, best as a text such as "1500.50".')  # noqa: TRY004 - see above
    return read_amount(value)


def _positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise ValueError("The amount must be greater than zero.")
    return value


Text = Annotated[str, BeforeValidator(_text)]
Integer = Annotated[int, BeforeValidator(_integer)]
Amount = Annotated[Decimal, BeforeValidator(_amount), AfterValidator(_positive)]


class Shape(BaseModel):
    """A request's body: nothing guessed, nothing unknown let pass."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """The body in this shape; raises InvalidRequestError naming every flaw."""
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            flaws = [
                Flaw(".".join(map(str, e["loc"])), _sentence(e)) for e in error.errors(include_url=False)
            ]
            raise InvalidRequestError("The body does not have the shape this route takes.", flaws) from None


MERCADOPAGO_ID = r"^[0-9]{1,20}$"
_CLAIM = r"^[A-Za-z0-9._-]{8,64}$"
_TICKET = r"^[A-Za-z0-9._-]{16,64}$"
_REPLACES = r"^[A-Z2-7]{26}$"
_FORMS = {
    MERCADOPAGO_ID: "This is a number of Mercado Pago's, as the order shows it: digits only.",
    _CLAIM: "A claim is 8 to 64 letters, digits, dots, underscores or hyphens, made fresh for every release.",
    _TICKET: "A ticket is 16 to 64 letters, digits, dots, underscores or hyphens.",
    _REPLACES: "This is the order_id of the box's current order: 26 capital letters and digits.",
}


_SENTENCES = {
    "missing": "This field is required.",
    "extra_forbidden": "There is no such field.",
    "string_too_long": "At most {max_length} characters.",
    "too_long": "At most {max_length} entries.",
    "too_short": "At least {min_length} entry.",
    "greater_than_equal": "At least {ge}.",
    "less_than_equal": "At most {le}.",
}


def _sentence(error: Any) -> str:
    """What pydantic found, in words a box's programmer reads."""
    facts = error.get("ctx", {})
    if error["type"] == "string_pattern_mismatch":
        return _FORMS.get(facts["pattern"], "This is not of the form this field takes.")
    if error["type"] in _SENTENCES:
        return _SENTENCES[error["type"]].format(**facts)
    return str(error["msg"]).removeprefix("Value error, ")


class ReportState(Shape):
    """`PUT /boxes/{box_id}/state`."""

    state: Literal["idle", "preparing", "out_of_service"]


class ClaimOrder(Shape):
    """`POST /boxes/{box_id}/orders/{order_id}/release`."""

    claim: Annotated[Text, Field(pattern=_CLAIM)]


class ReportDelivery(Shape):
    """`POST /boxes/{box_id}/orders/{order_id}/delivery`."""

    claim: Annotated[Text, Field(pattern=_CLAIM)]
    result: Literal["delivered", "failed", "unknown"]
    reason: Annotated[Text, Field(max_length=256)] | None = None


class SubmittedItem(Shape):
    """One line of a submit."""

    title: Annotated[Text, Field(max_length=100)]
    quantity: Annotated[Integer, Field(ge=1, le=1_000_000)]
    unit_price: Amount
    description: Annotated[Text, Field(max_length=256)] | None = None
    sku: Annotated[Text, Field(max_length=64)] | None = None
    category: Annotated[Text, Field(max_length=64)] | None = None
    unit_measure: Annotated[Text, Field(max_length=16)] | None = None

    def as_item(self) -> Item:
        """The line as an order keeps it."""
        return Item(**self.model_dump())


class SubmitOrder(Shape):
    """`POST /boxes/{box_id}/orders`."""

    ticket: Annotated[Text, Field(pattern=_TICKET)]
    number: Annotated[str, BeforeValidator(_number_text), Field(max_length=64)] | None = None
    items: Annotated[list[SubmittedItem], Field(min_length=1, max_length=20)]
    total: Amount | None = None
    title: Annotated[Text, Field(max_length=100)] | None = None
    description: Annotated[Text, Field(max_length=256)] | None = None
    ttl_seconds: Annotated[Integer, Field(ge=30, le=86_400)] | None = None
    replaces: Annotated[Text, Field(pattern=_REPLACES)] | None = None

    def content_hash(self) -> str:
        """What must be the same when the ticket is repeated: everything but how the amounts were written."""
        content = self.model_dump(exclude={"ticket", "total"})
        for item in content["items"]:
            item["unit_price"] = f"{item['unit_price'].normalize():f}"
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
