"""JSON whose numbers keep their exact digits: ``10.50`` comes in as ``Decimal("10.50")`` and leaves as ``10.50``."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

FURTHEST_DIGIT = 400


def parse(text: str | bytes) -> Any:
    """Read JSON; every number with a point or an exponent becomes a ``Decimal``.

    Raises ``ValueError`` for anything that is not JSON, ``NaN`` and ``Infinity`` included, and for what cannot be written
    again: numbers beyond ``FURTHEST_DIGIT`` places from the point, halves of surrogate pairs.
    """
    try:
        value = json.loads(text, parse_float=_decimal, parse_constant=_refuse_constant)
        halves = b"\\ud" if isinstance(text, bytes) else "\\ud"
        if halves in text.lower():  # type: ignore[operator]  # both are bytes or both are text
            render(value).encode()
    except RecursionError as error:
        raise ValueError("JSON nested too deeply") from error
    return value


def render(value: Any) -> str:
    """Write JSON; a ``Decimal`` becomes a plain number with the digits it has."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{render(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(render(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def is_number(value: Any) -> bool:
    """Whether this is a JSON number (``true`` is not)."""
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def is_integer(value: Any) -> bool:
    """Whether this is a JSON number without a fraction part."""
    return isinstance(value, int) and not isinstance(value, bool)


def decimals_of(value: int | Decimal) -> int:
    """How many decimals a number needs: 2 for 10.05, 1 for 10.50, 0 for 10."""
    if isinstance(value, int):
        return 0
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text} is out of reach") from error
    exponent = value.as_tuple().exponent
    if abs(value.adjusted()) > FURTHEST_DIGIT or abs(int(exponent)) > FURTHEST_DIGIT:
        raise ValueError(f"{text} is out of reach")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
