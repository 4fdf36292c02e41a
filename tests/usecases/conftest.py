"""What the use-cases' tests begin with."""

from __future__ import annotations

import pytest

from tests.shop import Shop


@pytest.fixture
def shop() -> Shop:
    """A shop whose one order is a minute old."""
    shop = Shop()
    shop.with_order()
    shop.pass_time(minutes=1)
    return shop
