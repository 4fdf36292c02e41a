"""An answer over HTTP, as `poll` and `notify` give it; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Answer(NamedTuple):
    """Status, headers and the body's text, JSON unless the headers say otherwise."""

    status: int
    headers: Mapping[str, str]
    body: str
