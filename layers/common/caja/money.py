"""What an amount of money is: its currency, its decimals, and the texts that may stand for it; pure.

Amounts are `Decimal`, in units of the currency (pesos, not cents), never float.
"""

from __future__ import annotations

import re
from decimal import Decimal

CURRENCY_OF_SITE = {
    "mla": "ARS",
    "mlb": "BRL",
    "mlc": "CLP",
    "mlm": "MXN",
    "mco": "COP",
    "mpe": "PEN",
    "mlu": "UYU",
}
"""Site → ISO 4217 currency (Mercado Pago, protocol §7)."""

DECIMALS = {"ARS": 2, "BRL": 2, "CLP": 0, "MXN": 2, "COP": 0, "PEN": 2, "UYU": 2}
"""Currency → decimals Mercado Pago takes (protocol §7: CLP and COP are whole units)."""

MAX_DIGITS = 12
"""Digits before the point; nobody sells a trillion at a box, and the sum stays exact."""

_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)


def read_amount(text: str) -> Decimal:
    """The amount written in `text`: ASCII digits with an optional point.

    Raises ValueError with a sentence naming what is wrong; decimals are judged by `decimals_flaw`.
    """
    if text.strip().lower().lstrip("+-") in {"nan", "inf", "infinity"}:
        raise ValueError("NaN and Infinity are not amounts.")
    if not text.isascii():
        raise ValueError("Write the amount with ASCII digits only.")
    if re.fullmatch(r"[+-]?[0-9.]+[eE][+-]?[0-9]+", text):
        raise ValueError("Write the amount without an exponent.")
    if text.startswith("-"):
        raise ValueError("An amount cannot be negative.")
    if not _PLAIN.fullmatch(text):
        raise ValueError('Write the amount as digits with an optional point, such as "1500.50".')
    if len(text.partition(".")[0].lstrip("0")) > MAX_DIGITS:
        raise ValueError(f"An amount has at most {MAX_DIGITS} digits before the point.")
    return Decimal(text)


def decimals_flaw(amount: Decimal, currency: str) -> str | None:
    """The sentence that refuses `amount` for having more decimals than `currency`, or None."""
    decimals = DECIMALS[currency]
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent <= decimals:
        return None
    if decimals == 0:
        return f"{currency} has no decimals: send whole units."
    return f"{currency} has {decimals} decimals: {amount} has more."


def show_amount(amount: Decimal, currency: str) -> str:
    """The amount as the contract writes it: `1500.50` ARS, `1500` CLP."""
    return f"{amount:.{DECIMALS[currency]}f}"
