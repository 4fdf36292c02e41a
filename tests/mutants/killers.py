"""Which test kills which mutant, read from the tests' source: importing them would import what is mutated."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FAULTS = Path("tests/faults")


def find_killers() -> dict[str, tuple[str, ...]]:
    """The id of every test of a fault → the mutants it names in `kills`."""
    found = {}
    for path in sorted((ROOT / FAULTS).glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found[f"{FAULTS / path.name}::{node.name}"] = _named(node)
    return found


def _named(test: ast.FunctionDef) -> tuple[str, ...]:
    return tuple(
        str(ast.literal_eval(argument))
        for call in test.decorator_list
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "kills"
        for argument in call.args
    )
