"""Boxes as Mercado Pago knows them, with the URL it polls (protocol §6)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from simulator import events, instants
from simulator.api import answer, is_id, page_of, read_object
from simulator.errors import CONFLICT, not_found, refuse_pos
from simulator.pos_rules import FIELDS, checked

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request

    from simulator.account import Account

PAGE = 50
FILTERS = ("external_id", "external_store_id", "store_id", "category")
QR = "https://www.mercadopago.com/instore/merchant/qr"


@dataclass
class Pos:
    """One box; ``fields`` is its body as the seller sent it, its store resolved."""

    id: int
    uuid: str
    user_id: int
    fields: dict[str, Any]
    created_at: datetime
    updated_at: datetime

    @property
    def external_id(self) -> str | None:
        """The seller's own id of the box."""
        value: str | None = self.fields.get("external_id")
        return value

    @property
    def url(self) -> str | None:
        """The merchant's address that says what there is to pay at this box."""
        value: str | None = self.fields.get("url")
        return value

    def shown(self) -> dict[str, Any]:
        """Return the box as it is answered."""
        return {
            "id": self.id,
            "qr": {
                "image": f"{QR}/{self.id}/{self.uuid}.png",
                "template_document": f"{QR}/{self.id}/template_{self.uuid}.pdf",
                "template_image": f"{QR}/{self.id}/template_{self.uuid}.png",
            },
            "status": "active",
            "date_created": instants.show(self.created_at),
            "date_last_updated": instants.show(self.updated_at),
            "uuid": self.uuid,
            "user_id": self.user_id,
            **{name: self.fields.get(name) for name in FIELDS},
        }


def create(account: Account, body: dict[str, Any]) -> Pos:
    """Keep a new box; ``RefusedError`` gives the first rule it breaks."""
    if not body:
        raise refuse_pos("MISSING_BODY", "HTTP body is required to create pos.")
    fields = checked(account, body)
    external_id = fields.get("external_id")
    if external_id is not None and by_external_id(account, external_id):
        raise refuse_pos(
            "point_of_sale_exists", "Point of sale with corresponding user and id exists", status=CONFLICT
        )
    now = account.now()
    pos = Pos(account.next_id("pos"), secrets.token_hex(32), account.collector_id, fields, now, now)
    account.pos[pos.id] = pos
    return pos


def change(account: Account, pos: Pos, body: dict[str, Any]) -> None:
    """Change the fields that are given, all but ``external_id``."""
    given = body.get("external_id", pos.external_id)
    if str(given).lower() != str(pos.external_id).lower():
        raise refuse_pos("INVALID_EXTERNAL_ID", "EXTERNAL_ID cannot be changed.")
    moved = {"store_id", "external_store_id"} & set(body)
    kept = {name: value for name, value in pos.fields.items() if not (moved and name.endswith("store_id"))}
    pos.fields = checked(account, {**kept, **body, "external_id": pos.external_id})
    pos.updated_at = account.now()


def by_external_id(account: Account, external_id: str) -> Pos | None:
    """Find a box by the seller's own id, letter case ignored."""
    wanted = external_id.lower()
    return next((pos for pos in account.pos.values() if (pos.external_id or "").lower() == wanted), None)


def by_qr(account: Account, resolved: str) -> Pos | None:
    """Find the box that a QR code leads to: its uuid, its number or the address of its image."""
    return next(
        (
            pos
            for pos in account.pos.values()
            if resolved in (pos.uuid, str(pos.id)) or f"/{pos.id}/{pos.uuid}" in resolved
        ),
        None,
    )


def routes(account: Account) -> list[Route]:
    """Lay the boxes' routes."""

    def told(pos: Pos, change: str) -> dict[str, Any]:
        shown = pos.shown()
        account.events.publish(events.POS, {"change": change, "pos": shown})
        return shown

    async def post(request: Request) -> Response:
        return answer(told(create(account, await read_object(request)), "created"), 201)

    async def search(request: Request) -> Response:
        found = _found(account, request)
        offset, limit = page_of(request, largest=PAGE)
        page = [pos.shown() for pos in found[offset : offset + limit]]
        return answer({"paging": {"total": len(found), "offset": offset, "limit": limit}, "results": page})

    async def get(request: Request) -> Response:
        return answer(_wanted(account, request).shown())

    async def put(request: Request) -> Response:
        pos = _wanted(account, request)
        change(account, pos, await read_object(request))
        return answer(told(pos, "changed"))

    async def delete(request: Request) -> Response:
        told(account.pos.pop(_wanted(account, request).id), "deleted")
        return Response(status_code=204)

    return [
        Route("/pos", post, methods=["POST"]),
        Route("/pos", search, methods=["GET"]),
        Route("/pos/{id}", get, methods=["GET"]),
        Route("/pos/{id}", put, methods=["PUT"]),
        Route("/pos/{id}", delete, methods=["DELETE"]),
    ]


def _wanted(account: Account, request: Request) -> Pos:
    text = request.path_params["id"]
    if not is_id(text):
        raise refuse_pos("INVALID_POS_ID", "The ID of the point of sale is invalid, it must be numeric.")
    pos = account.pos.get(int(text))
    if pos is None:
        raise not_found("point of sale not found")
    return pos


def _found(account: Account, request: Request) -> list[Pos]:
    found = list(account.pos.values())
    for name in FILTERS:
        wished = request.query_params.get(name)
        if wished is not None:
            found = [pos for pos in found if str(pos.fields.get(name) or "").lower() == wished.lower()]
    return found
