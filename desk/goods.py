"""What the machines of a desk sell in each country, and amounts in its currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from simulator.errors import BAD_REQUEST, MisuseError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.country import Country

STOCK = 20
MOST = Decimal(99_999_999)
LONGEST_NUMBER = 20
LITRE_STEP = Decimal("0.001")


@dataclass(frozen=True)
class Product:
    """What a vending machine holds; ``price`` is in the country's currency."""

    id: str
    name: str
    price: Decimal


@dataclass(frozen=True)
class Goods:
    """One machine's price list: fuel by the litre, or products by their id."""

    fuel: str
    price_per_litre: Decimal
    products: Mapping[str, Product]


_WATER, _SODA, _SWEET, _CRISPS = "agua", "gaseosa", "dulce", "papas"
_SPANISH = ("Agua mineral 500 ml", "Gaseosa cola 354 ml", "Alfajor de chocolate", "Papas fritas 60 g")
_PRICES: dict[str, tuple[str, str, tuple[str, str, str, str], tuple[str, str, str, str]]] = {
    "mla": ("Nafta súper", "1200.04", _SPANISH, ("1500.50", "2100", "950.25", "1800")),
    "mlb": (
        "Gasolina comum",
        "6.19",
        ("Água mineral 500 ml", "Refrigerante de cola 350 ml", "Bombom de chocolate", "Batata frita 60 g"),
        ("4.50", "6.90", "3.25", "7.50"),
    ),
    "mlm": (
        "Gasolina magna",
        "23.99",
        ("Agua natural 600 ml", "Refresco de cola 355 ml", "Mazapán", "Papas fritas 60 g"),
        ("14.50", "19", "8.50", "21"),
    ),
    "mlc": (
        "Bencina 93",
        "1290",
        ("Agua mineral 500 ml", "Bebida cola 350 ml", "Alfajor de chocolate", "Papas fritas 60 g"),
        ("900", "1200", "700", "1350"),
    ),
    "mlu": ("Nafta súper", "79.90", _SPANISH, ("55", "70.50", "45", "80")),
    "mco": (
        "Gasolina corriente",
        "4250",
        ("Agua 600 ml", "Gaseosa cola 400 ml", "Bocadillo", "Papas fritas 60 g"),
        ("2500", "3800", "1500", "3200"),
    ),
    "mpe": (
        "Gasolina regular",
        "4.39",
        ("Agua mineral 625 ml", "Gaseosa cola 355 ml", "Chocolate con maní", "Papas fritas 60 g"),
        ("2.50", "3", "1.80", "3.50"),
    ),
}


def stock_up(country: Country, wishes: Mapping[str, Any]) -> Goods:
    """The country's price list; ``wishes`` may name the ``fuel``, the ``price_per_litre``, and ``prices`` by product id.

    ``MisuseError`` for a price that cannot be charged.
    """
    fuel, litre, names, prices = _PRICES[country.site]
    wished = wishes.get("prices", {})
    if not isinstance(wished, dict):
        raise MisuseError("prices: an object, product by price", BAD_REQUEST)
    products = {
        name: Product(name, title, read_amount(wished.get(name, price), country))
        for name, title, price in zip((_WATER, _SODA, _SWEET, _CRISPS), names, prices, strict=True)
    }
    per_litre = read_number(wishes.get("price_per_litre", litre))
    return Goods(str(wishes.get("fuel", fuel))[:80], per_litre, products)


def read_number(value: Any) -> Decimal:
    """Read a positive number, best sent as text such as ``"12.5"``; ``MisuseError`` otherwise."""
    try:
        if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
            raise InvalidOperation  # noqa: TRY301 - the one way out
        text = str(value)
        number = Decimal(text) if text.isascii() and len(text) <= LONGEST_NUMBER else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 < number <= MOST:
        raise MisuseError(f"{str(value)[:40]!r} is not a number above 0", BAD_REQUEST)
    return number


def read_amount(value: Any, country: Country) -> Decimal:
    """Read an amount of the country's currency; ``MisuseError`` when it has more decimals than that has."""
    amount = read_number(value)
    if amount != round_amount(amount, country):
        raise MisuseError(f"{value} {country.currency}: at most {country.decimals} decimals", BAD_REQUEST)
    return amount


def round_amount(amount: Decimal, country: Country) -> Decimal:
    """The nearest amount that can be charged."""
    return amount.quantize(Decimal(1).scaleb(-country.decimals), ROUND_HALF_UP)


def show_amount(amount: Decimal, country: Country) -> str:
    """The amount as the box API takes it: a point, all the currency's decimals."""
    return f"{round_amount(amount, country):f}"


def show_litres(litres: Decimal) -> str:
    """Litres without the zeros at their end, to the millilitre: ``12.5``."""
    return f"{litres.quantize(LITRE_STEP, ROUND_HALF_UP).normalize():f}"
