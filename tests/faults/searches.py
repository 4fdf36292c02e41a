"""What Mercado Pago's search answers, as it comes over the wire."""

from __future__ import annotations

import json
from typing import Any

from tests.builders import COLLECTOR_ID, PRICE

PAID_AT = "2026-11-24T12:00:10.000Z"


def a_search(order_id: str, **changes: Any) -> bytes:
    """Mercado Pago's answer to the search, with the one merchant order that pays the order."""
    payment = {"id": 9001, "status": "approved", "transaction_amount": float(PRICE), "currency_id": "ARS"}
    found = {
        "id": 7001,
        "status": "closed",
        "external_reference": order_id,
        "collector": {"id": COLLECTOR_ID},
        "total_amount": float(PRICE),
        "date_created": PAID_AT,
        "payments": [payment],
    }
    return json.dumps({"elements": [found | changes], "total": 1}).encode()
