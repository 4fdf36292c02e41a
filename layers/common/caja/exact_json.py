"""JSON with exact amounts, which `json` can write only for float; pure."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def render(value: Any) -> str:
    """The value as Mercado Pago reads it: text unescaped, an amount the shortest exact number (10.5, 1050)."""
    match value:
        case Decimal():
            text = f"{value:f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
        case dict():
            return "{" + ",".join(f"{render(k)}:{render(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ",".join(map(render, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)
