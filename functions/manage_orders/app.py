"""The operator looks, refunds, resolves (design §4, The operator)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caja import wiring
from caja.usecases import manage_orders
from caja.web import answer, make_resolver, read_body, read_caller, resolve

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response

app = make_resolver()


@app.get("/admin/orders")
def list_orders() -> Response[str]:
    """List a box's orders, or those in doubt."""
    query = app.current_event.query_string_parameters
    return answer(200, manage_orders.list_orders(wiring.ledger(), query))


@app.get("/admin/orders/<order_id>")
def get_order(order_id: str) -> Response[str]:
    """Show an order with everything recorded of it."""
    return answer(200, manage_orders.get_managed_order(wiring.ledger(), order_id))


@app.post("/admin/orders/<order_id>/refund")
def refund(order_id: str) -> Response[str]:
    """Have an order given back."""
    return answer(200, manage_orders.refund_order(_desk(), order_id, read_body=_body))


@app.post("/admin/orders/<order_id>/resolve")
def resolve_doubt(order_id: str) -> Response[str]:
    """Decide about an order in review."""
    return answer(200, manage_orders.resolve_order(_desk(), order_id, read_body=_body))


def _desk() -> manage_orders.Desk:
    return wiring.desk(read_caller(app))


def _body() -> dict[str, Any]:
    return read_body(app)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of the operator."""
    return resolve(app, event, context)
