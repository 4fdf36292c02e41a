"""A box says: my state; this is to be paid; never mind (design §4, Boxes)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caja import wiring
from caja.usecases import submit_order
from caja.web import answer, make_resolver, read_authorization, read_body, resolve

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response

app = make_resolver()
wiring.prepare(wiring.boxes, wiring.orders, wiring.health)


@app.put("/boxes/<box_id>/state")
def report_state(box_id: str) -> Response[str]:
    """Remember what the box does, tell it about its current order."""
    state = submit_order.report_state(
        wiring.boxes(), wiring.health(), **_who(box_id), read_body=_body, now=wiring.now()
    )
    return answer(200, state)


@app.post("/boxes/<box_id>/orders")
def submit(box_id: str) -> Response[str]:
    """Offer an order at the box."""
    status, order = submit_order.submit_order(
        wiring.boxes(),
        wiring.orders(),
        wiring.health(),
        **_who(box_id),
        read_body=_body,
        api_url=wiring.settings().api_url,
        make_key=wiring.make_key,
        now=wiring.now(),
    )
    return answer(status, order)


@app.delete("/boxes/<box_id>/orders/<order_id>")
def cancel(box_id: str, order_id: str) -> Response[str]:
    """Take the order back."""
    order = submit_order.cancel_order(
        wiring.boxes(), wiring.orders(), **_who(box_id), order_id=order_id, now=wiring.now()
    )
    return answer(200, order)


def _body() -> dict[str, Any]:
    return read_body(app)


def _who(box_id: str) -> dict[str, Any]:
    return {"box_id": box_id, "authorization": read_authorization(app)}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of a box."""
    return resolve(app, event, context)
