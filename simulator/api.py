"""What every route shares: a JSON body in, a JSON answer out, one page of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from simulator import exact_json
from simulator.errors import invalid_format

if TYPE_CHECKING:
    from starlette.requests import Request


async def read_object(request: Request) -> dict[str, Any]:
    """Read a JSON object whatever Content-Type it came with: ``curl -d`` calls everything a form.

    Raises ``RefusedError`` when it is not one; an empty body is an empty object.
    """
    text = await request.body()
    if not text.strip():
        return {}
    try:
        body = exact_json.parse(text)
    except ValueError as error:
        raise invalid_format("the body is not JSON") from error
    if not isinstance(body, dict):
        raise invalid_format("the body is not a JSON object")
    return body


def answer(value: Any, status: int = 200) -> Response:
    """Answer JSON with exact digits."""
    return Response(exact_json.render(value), status, media_type="application/json")


def read_id(text: str) -> int:
    """Read an id out of a path; ``RefusedError`` unless it is 1 to 20 ASCII digits."""
    if not (text.isascii() and text.isdigit() and len(text) <= 20):  # noqa: PLR2004 - protocol §3
        raise invalid_format(f"{text[:40]!r} is not an id")
    return int(text)


def page_of(request: Request, *, largest: int) -> tuple[int, int]:
    """Read ``offset`` and ``limit`` of a query; a limit beyond ``largest`` is cut to it."""
    offset = read_id(request.query_params.get("offset") or "0")
    limit = read_id(request.query_params.get("limit") or str(largest))
    return offset, max(1, min(limit, largest))
