"""Every fault of reliability §2 has its test, every test its mutant, and every mutant its place in today's code."""

from __future__ import annotations

import re

import pytest

from tests.mutants.catalogue import MUTANTS
from tests.mutants.killers import ROOT, find_killers
from tests.mutants.mutant import Mutant, NotApplicableError

KILLERS = find_killers()


def test_each_of_the_48_faults_has_exactly_one_test() -> None:
    faults = [re.findall(r"::test_(F\d\d)_", test) for test in KILLERS]
    assert sorted(faults) == [[f"F{number:02d}"] for number in range(1, 49)]


def test_every_test_names_a_mutant_and_every_mutant_has_exactly_one_test() -> None:
    assert all(KILLERS.values())
    named = [name for names in KILLERS.values() for name in names]
    assert sorted(named) == sorted(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=list(MUTANTS))
def test_a_mutant_can_be_seeded_into_the_code_as_it_is(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text()
    mutated = mutant.mutate(text)
    assert mutated != text
    if mutant.file.endswith(".py"):
        compile(mutated, mutant.file, "exec")


@pytest.mark.parametrize("text", ["", "if x:\nif x:\n"])
def test_a_mutant_whose_text_is_not_there_exactly_once_cannot_be_seeded(text: str) -> None:
    with pytest.raises(NotApplicableError):
        Mutant("name", "What it does.", "file.py", "if x:", "if y:").mutate(text)
