"""How a test says which mutants it kills."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Test = TypeVar("Test", bound="Callable[..., None]")


def kills(*mutants: str) -> Callable[[Test], Test]:
    """Name the mutants of `tests.mutants` that this test must catch; they are read in the source, never run."""
    assert mutants

    def mark(test: Test) -> Test:
        return test

    return mark
