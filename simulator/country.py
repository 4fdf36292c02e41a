"""What differs between countries: currency, decimals, outline, cities, categories of business.

The data is in ``countries.json``. Its currencies, decimals and categories are Mercado Pago's (protocol §6, §7);
its states and cities are a small part of the real catalogue, enough to build and test with.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator import exact_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

DATA = Path(__file__).with_name("countries.json")


@dataclass(frozen=True)
class Country:
    """One site of Mercado Pago, ``site`` being its lower-case id such as ``mla``."""

    site: str
    name: str
    currency: str
    decimals: int
    south: Decimal
    west: Decimal
    north: Decimal
    east: Decimal
    categories: frozenset[int]
    cities: Mapping[str, tuple[str, ...]]
    example_location: Mapping[str, Any]

    def contains(self, latitude: int | Decimal, longitude: int | Decimal) -> bool:
        """Whether the point is inside the rectangle around the country."""
        return self.south <= latitude <= self.north and self.west <= longitude <= self.east


def sites() -> list[str]:
    """The ids of all countries there is data for."""
    return sorted(_read())


def load(site: str) -> Country:
    """Read one country; ``KeyError`` names a site there is no data for."""
    data = _read()[site.lower()]
    return Country(
        site=site.lower(),
        name=data["name"],
        currency=data["currency"],
        decimals=data["decimals"],
        south=data["outline"]["south"],
        west=data["outline"]["west"],
        north=data["outline"]["north"],
        east=data["outline"]["east"],
        categories=frozenset(data["categories"].values()),
        cities={state: tuple(cities) for state, cities in data["cities"].items()},
        example_location=data["example_location"],
    )


def _read() -> dict[str, Any]:
    data: dict[str, Any] = exact_json.parse(DATA.read_text(encoding="utf-8"))
    return data
