"""A box asks: is it paid? (design §4, Boxes)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caja import wiring
from caja.usecases.follow_order import follow_order
from caja.web import answer, make_resolver, read_authorization, resolve

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response

app = make_resolver()
wiring.prepare(wiring.boxes, wiring.orders, wiring.checks)


@app.get("/boxes/<box_id>/orders/<order_id>")
def follow(box_id: str, order_id: str) -> Response[str]:
    """Show the order, whole or `?view=brief`."""
    order = follow_order(
        wiring.boxes(),
        wiring.orders(),
        wiring.checks(),
        wiring.report(),
        box_id=box_id,
        order_id=order_id,
        authorization=read_authorization(app),
        is_brief=app.current_event.query_string_parameters.get("view") == "brief",
        now=wiring.now(),
    )
    return answer(200, order)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of a box."""
    return resolve(app, event, context)
