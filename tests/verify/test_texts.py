"""Every finding, case and reason has its sentences, in every language, with the same facts in them."""

from __future__ import annotations

import ast
import json
import string
from pathlib import Path

import pytest

import verify
from verify import texts
from verify.cases import CASES
from verify.drivers import VERBS
from verify.findings import FAILURES, SEVERITIES, WARNINGS

ENGLISH = json.loads((texts.DATA / "en.json").read_text())
ROOMS = sorted(Path(verify.__file__).parent.glob("*.py"))


def _shape(value: object) -> object:
    """Names and placeholders of a tree of texts."""
    if isinstance(value, dict):
        return {name: _shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return sorted({name for item in value for name in _fields(item)})
    return _fields(str(value))


def _fields(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in string.Formatter().parse(text) if name})


def _literals(function: str) -> set[str]:
    """The first argument of every call of a function or class of this name, where it is a literal."""
    found = set()
    for room in ROOMS:
        for node in ast.walk(ast.parse(room.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if name == function:
                    found.add(str(node.args[0].value))
    return found


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_language_says_the_same_things(language: str) -> None:
    told = json.loads((texts.DATA / f"{language}.json").read_text())
    assert told.pop("language") == language
    assert _shape(told) == _shape({name: value for name, value in ENGLISH.items() if name != "language"})


def test_everything_that_can_be_said_has_its_sentences() -> None:
    assert set(ENGLISH["findings"]) == set(SEVERITIES) == {*FAILURES, *WARNINGS}
    assert all(len(sentences) == 3 for sentences in ENGLISH["findings"].values())
    assert set(ENGLISH["cases"]) == {case.id for case in CASES}
    assert set(ENGLISH["sources"]) >= {case.source for case in CASES}
    assert set(ENGLISH["asks"]) == set(VERBS)


def test_whatever_the_rooms_find_is_a_finding_and_a_reason_is_a_reason() -> None:
    assert _literals("Flaw") | _literals("find") | _literals("flaw") <= set(SEVERITIES)
    assert _literals("NotPlayedError") <= set(ENGLISH["reasons"])


def test_the_language_is_that_of_the_locale() -> None:
    assert texts.choose_language({"LANG": "pt_BR.UTF-8"}) == "pt"
    assert texts.choose_language({"LC_ALL": "es_AR", "LANG": "pt_BR"}) == "es"
    assert texts.choose_language({"LANG": "C"}) == texts.choose_language({}) == "en"
