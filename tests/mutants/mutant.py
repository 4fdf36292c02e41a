"""What a mutant is: a fault seeded into one file, which a test must catch."""

from __future__ import annotations

from dataclasses import dataclass

CAJA = "layers/common/caja/"


class NotApplicableError(Exception):
    """The text to replace is not there exactly once: the code has moved on, and the mutant must follow."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """`old` stands exactly once in `file`, a path from the root of the repository, and becomes `new`."""

    name: str
    what: str
    file: str
    old: str
    new: str

    def mutate(self, text: str) -> str:
        """The file's text with the fault in it; raises NotApplicableError."""
        if (found := text.count(self.old)) != 1:
            raise NotApplicableError(f"{self.file} holds the text to replace {found} times")
        return text.replace(self.old, self.new)
