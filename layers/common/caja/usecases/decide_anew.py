"""What to do when somebody else wrote first: read again, decide again, a few times."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from caja.errors import StaleVersionError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

Given = ParamSpec("Given")
Outcome = TypeVar("Outcome")

TRIES = 4
"""Four losses running are a fault, not a coincidence."""


def deciding_anew(decide: Callable[Given, Outcome]) -> Callable[Given, Outcome]:
    """`decide`, begun again when its write raises StaleVersionError; StorageError after the last try."""

    @wraps(decide)
    def persist(*args: Given.args, **kwargs: Given.kwargs) -> Outcome:
        for _ in range(TRIES):
            try:
                return decide(*args, **kwargs)
            except StaleVersionError:
                continue
        raise StorageError("It kept changing meanwhile; send the same request again.")

    return persist
