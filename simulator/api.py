"""What every route shares: a JSON body in, a JSON answer out, one page of a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from simulator import exact_json
from simulator.errors import RefusedError, invalid_format

if TYPE_CHECKING:
    from starlette.requests import Request

MOST_BYTES = 1024 * 1024
MOST_DIGITS = 20
TOO_LARGE = 413


def too_large() -> RefusedError:
    """Say that a body is longer than anybody reads."""
    return RefusedError(TOO_LARGE, "request_entity_too_large", "the body is too large")


async def read_object(request: Request) -> dict[str, Any]:
    """Read a JSON object whatever Content-Type it came with: ``curl -d`` calls everything a form.

    Raises ``RefusedError`` when it is not one; an empty body is an empty object.
    """
    text = await _read_all(request)
    if not text.strip():
        return {}
    try:
        body = exact_json.parse(text)
    except ValueError as error:
        raise invalid_format("the body is not JSON") from error
    if not isinstance(body, dict):
        raise invalid_format("the body is not a JSON object")
    return body


async def _read_all(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise too_large()
    return bytes(body)


def answer(value: Any, status: int = 200) -> Response:
    """Answer JSON with exact digits."""
    return Response(exact_json.render(value), status, media_type="application/json")


def is_id(text: str) -> bool:
    """Whether this is an id: 1 to 20 ASCII digits."""
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS


def read_id(text: str) -> int:
    """Read an id out of a path; ``RefusedError`` unless it is one."""
    if not is_id(text):
        raise invalid_format(f"{text[:40]!r} is not an id")
    return int(text)


def page_of(request: Request, *, largest: int) -> tuple[int, int]:
    """Read ``offset`` and ``limit`` of a query; a limit beyond ``largest`` is cut to it."""
    offset = read_id(request.query_params.get("offset") or "0")
    limit = read_id(request.query_params.get("limit") or str(largest))
    return offset, max(1, min(limit, largest))
