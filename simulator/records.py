"""Merchant orders as they are kept: by number, oldest first, and found by external_reference without a search."""

from __future__ import annotations

from collections import UserDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.merchant_orders import MerchantOrder


class MerchantOrders(UserDict[int, "MerchantOrder"]):
    """A dictionary by number that also knows who has which external_reference; letter case of it does not matter."""

    def __init__(self) -> None:
        self._named: dict[str, dict[int, MerchantOrder]] = {}
        super().__init__()

    def __setitem__(self, number: int, order: MerchantOrder) -> None:
        if number in self.data:
            del self[number]
        self.data[number] = order
        self._named.setdefault(_name_of(order), {})[number] = order

    def __delitem__(self, number: int) -> None:
        name = _name_of(self.data.pop(number))
        of_this_name = self._named[name]
        del of_this_name[number]
        if not of_this_name:
            del self._named[name]

    def named(self, reference: str) -> list[MerchantOrder]:
        """Return those with this external_reference, oldest first."""
        return list(self._named.get(reference.lower(), {}).values())


def _name_of(order: MerchantOrder) -> str:
    return str(order.external_reference or "").lower()
