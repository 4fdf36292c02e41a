"""A request's body, read strictly: JSON, at most 16 KB, no duplicate keys, no NaN, numbers kept as they were written; pure."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from caja.errors import BodyTooLargeError, InvalidRequestError, NotJsonError

MAX_BYTES = 16 * 1024
MAX_DEPTH = 8


class JsonNumber(str):
    """A JSON number as it stood in the body, so that no float ever touches an amount."""

    __slots__ = ()


def read_json_object(body: str | None, *, content_type: str | None, is_base64: bool) -> dict[str, Any]:
    """The JSON object in a request's body; numbers come as `JsonNumber`.

    Raises NotJsonError, BodyTooLargeError or InvalidRequestError with a sentence.
    """
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise NotJsonError("Send the body as `Content-Type: application/json`.")
    raw = _decode(body or "", is_base64=is_base64)
    if len(raw) > MAX_BYTES:
        raise BodyTooLargeError(f"The body has {len(raw)} bytes; at most {MAX_BYTES} are read.")
    try:
        value = json.loads(
            raw.decode(),
            parse_float=JsonNumber,
            parse_int=JsonNumber,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique_keys,
        )
    except UnicodeDecodeError:
        raise InvalidRequestError("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise InvalidRequestError(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    except RecursionError:
        raise InvalidRequestError("The body is nested too deeply.") from None
    if not isinstance(value, dict):
        raise InvalidRequestError("The body must be a JSON object.")
    if _is_deeper(value, MAX_DEPTH):
        raise InvalidRequestError("The body is nested too deeply.")
    return value


def _decode(body: str, *, is_base64: bool) -> bytes:
    if not is_base64:
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequestError("The body is not readable.") from None


def _refuse_constant(name: str) -> None:
    raise InvalidRequestError(f"{name} is not JSON; amounts are plain digits.")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise InvalidRequestError("A key stands twice in one object of the body.")
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether `value` nests more than `levels` objects and lists; looks no deeper, for it may be a thousand."""
    if not isinstance(value, (dict, list)):
        return False
    children = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(child, levels - 1) for child in children)
