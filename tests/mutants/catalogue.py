"""Every mutant, by name."""

from __future__ import annotations

from tests.mutants import checking, connecting, deciding

MUTANTS = {mutant.name: mutant for room in (deciding, checking, connecting) for mutant in room.MUTANTS}
