"""A prepay box says: releasing; delivered; failed (design §4, Boxes)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caja import wiring
from caja.usecases.release_order import claim_order, report_order
from caja.web import answer, make_resolver, read_authorization, read_body, resolve

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response

app = make_resolver()
wiring.prepare(wiring.boxes, wiring.orders)


@app.post("/boxes/<box_id>/orders/<order_id>/release")
def claim(box_id: str, order_id: str) -> Response[str]:
    """Let the box release the goods, once."""
    return answer(
        200, claim_order(wiring.boxes(), wiring.orders(), wiring.report(), **_said(box_id, order_id))
    )


@app.post("/boxes/<box_id>/orders/<order_id>/delivery")
def report(box_id: str, order_id: str) -> Response[str]:
    """Hear what came of the release."""
    order = report_order(
        wiring.boxes(), wiring.orders(), wiring.refund_requests(), wiring.report(), **_said(box_id, order_id)
    )
    return answer(200, order)


def _said(box_id: str, order_id: str) -> dict[str, Any]:
    return {
        "box_id": box_id,
        "order_id": order_id,
        "authorization": read_authorization(app),
        "read_body": lambda: read_body(app),
        "now": wiring.now(),
    }


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of a box."""
    return resolve(app, event, context)
