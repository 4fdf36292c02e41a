"""The operator says: this branch, this box exist (design §4, The operator)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caja import wiring
from caja.usecases import provision_keys, provision_pos, provision_store, provision_views
from caja.web import answer, make_resolver, read_body, resolve

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response

app = make_resolver()


@app.post("/admin/stores")
def put_store() -> Response[str]:
    """Have a branch."""
    status, store = provision_store.provision_store(
        wiring.places(), wiring.stores(), body=read_body(app), now=wiring.now()
    )
    return answer(status, store)


@app.get("/admin/stores")
def list_stores() -> Response[str]:
    """List the branches."""
    return answer(200, provision_views.list_stores(wiring.places(), cursor=_cursor()))


@app.post("/admin/stores/<external_id>/keys")
def create_store_key(external_id: str) -> Response[str]:
    """Make a key for all boxes of a branch."""
    key = provision_keys.create_store_key(wiring.places(), external_id=external_id, **_chance())
    return answer(201, key)


@app.post("/admin/boxes")
def put_box() -> Response[str]:
    """Have a box."""
    status, box = provision_pos.provision_box(
        wiring.places(),
        wiring.pos(),
        body=read_body(app),
        currency=wiring.settings().currency,
        collector_id=wiring.collector_id(),
        api_url=wiring.settings().api_url,
        **_chance(),
    )
    return answer(status, box)


@app.get("/admin/boxes")
def list_boxes() -> Response[str]:
    """List the boxes."""
    api_url = wiring.settings().api_url
    return answer(200, provision_views.list_boxes(wiring.places(), cursor=_cursor(), api_url=api_url))


@app.get("/admin/boxes/<box_id>")
def get_box(box_id: str) -> Response[str]:
    """Show a box."""
    api_url = wiring.settings().api_url
    return answer(200, provision_views.get_box(wiring.places(), box_id=box_id, api_url=api_url))


@app.delete("/admin/boxes/<box_id>")
def retire_box(box_id: str) -> Response[str]:
    """Take a box out of service for good."""
    api_url = wiring.settings().api_url
    box = provision_pos.retire_box(
        wiring.places(), wiring.pos(), box_id=box_id, api_url=api_url, now=wiring.now()
    )
    return answer(200, box)


@app.post("/admin/boxes/<box_id>/poll_url")
def renew_poll_url(box_id: str) -> Response[str]:
    """Have a box polled under a new key."""
    api_url = wiring.settings().api_url
    renewed = provision_pos.renew_poll_url(
        wiring.places(), wiring.pos(), box_id=box_id, api_url=api_url, **_chance()
    )
    return answer(200, renewed)


@app.post("/admin/boxes/<box_id>/keys")
def create_box_key(box_id: str) -> Response[str]:
    """Make another key for a box."""
    return answer(201, provision_keys.create_box_key(wiring.places(), box_id=box_id, **_chance()))


@app.get("/admin/boxes/<box_id>/keys")
def list_box_keys(box_id: str) -> Response[str]:
    """List a box's keys."""
    return answer(200, provision_views.list_box_keys(wiring.places(), box_id=box_id))


@app.delete("/admin/boxes/<box_id>/keys/<key_id>")
def delete_box_key(box_id: str, key_id: str) -> Response[str]:
    """Delete a box's key."""
    left = provision_keys.delete_box_key(wiring.places(), box_id=box_id, key_id=key_id, now=wiring.now())
    return answer(200, left)


def _cursor() -> str | None:
    return app.current_event.query_string_parameters.get("cursor")


def _chance() -> dict[str, Any]:
    return {"random_hex": wiring.random_hex, "now": wiring.now()}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of the operator."""
    return resolve(app, event, context)
