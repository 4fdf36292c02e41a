"""A box's QR code as a picture that any phone can scan."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import segno
from segno.encoder import DataOverflowError
from starlette.responses import Response
from starlette.routing import Route

from simulator.errors import BAD_REQUEST, MisuseError

if TYPE_CHECKING:
    from starlette.requests import Request

LONGEST = 1000
QUIET_ZONE = 4


def draw(text: str) -> bytes:
    """The text as an SVG picture: error correction M, a quiet zone of four modules; ``MisuseError`` if it is too long."""
    if not 0 < len(text) <= LONGEST:
        raise MisuseError(f"text: 1 to {LONGEST} characters", BAD_REQUEST)
    try:
        code = segno.make(text, error="m", boost_error=False, micro=False)
    except DataOverflowError as error:
        raise MisuseError("the text does not fit into a QR code", BAD_REQUEST) from error
    picture = io.BytesIO()
    code.save(
        picture,
        kind="svg",
        border=QUIET_ZONE,
        xmldecl=False,
        omitsize=True,
        dark="#000",
        light="#fff",
        svgclass=None,
    )
    return picture.getvalue()


def route() -> Route:
    """Lay the picture's route."""

    async def get_qr(request: Request) -> Response:
        picture = draw(request.query_params.get("text", ""))
        return Response(picture, media_type="image/svg+xml", headers={"Cache-Control": "no-store"})

    return Route("/desk/qr.svg", get_qr, methods=["GET"])
