"""The pictures of boxes' QR codes, at the path that Mercado Pago's own have; whoever prints one gets what a phone scans."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import segno
from starlette.responses import Response
from starlette.routing import Route

from simulator.errors import NOT_FOUND, MisuseError

if TYPE_CHECKING:
    from starlette.requests import Request

    from simulator.account import Account

PATH = "/instore/merchant/qr"
QUIET_ZONE = 4
PIXELS = 8
"""The width of one module of the code."""


def routes(account: Account) -> list[Route]:
    """Lay the pictures' route: ``{uuid}.png`` and ``template_{uuid}.png``, both the code itself, without a token."""

    async def get(request: Request) -> Response:
        pos = next((one for one in account.pos.values() if str(one.id) == request.path_params["id"]), None)
        name = request.path_params["name"]
        if pos is None or name not in (f"{pos.uuid}.png", f"template_{pos.uuid}.png"):
            raise MisuseError("there is no such picture", NOT_FOUND)
        return Response(draw(pos.shown()["qr"]["image"]), media_type="image/png")

    return [Route(f"{PATH}/{{id}}/{{name}}", get, methods=["GET"])]


def draw(text: str) -> bytes:
    """Draw a text as a QR code: a PNG picture, error correction M, a quiet zone of four modules."""
    picture = io.BytesIO()
    code = segno.make(text, error="m", boost_error=False, micro=False)
    code.save(picture, kind="png", border=QUIET_ZONE, scale=PIXELS)
    return picture.getvalue()
