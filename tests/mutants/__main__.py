"""`make mutants`: seed each fault into a copy of the code, and see the test that must catch it fail."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from shutil import copy2, copytree, ignore_patterns
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from tests.mutants.catalogue import MUTANTS
from tests.mutants.killers import ROOT, find_killers
from tests.mutants.mutant import NotApplicableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.mutants.mutant import Mutant

NEEDED = ("layers", "functions", "simulator", "local", "cli", "tests", "template.yaml", "pyproject.toml")
"""What the tests of faults are made of."""
COPIES = 2
"""Mutants tried at once; each in a copy of its own."""
PASSED, FAILED = 0, 1
PATIENCE_SECONDS = 60

console = Console(width=150, highlight=False)


@dataclass(frozen=True)
class Trial:
    """What became of one mutant; `outcome` "killed" is what is hoped for."""

    mutant: Mutant
    test: str
    outcome: str
    seconds: float


def copy(root: Path) -> Path:
    """A copy of all that is needed."""
    for name in NEEDED:
        if (ROOT / name).is_dir():
            copytree(ROOT / name, root / name, ignore=ignore_patterns("__pycache__"))
        else:
            copy2(ROOT / name, root / name)
    return root


def run(root: Path, tests: Iterable[str]) -> subprocess.CompletedProcess[str]:
    """Run tests in a copy, until the first that fails."""
    options = ["-x", "-q", "-p", "no:cacheprovider", "--tb=line", f"--timeout={PATIENCE_SECONDS}"]
    # What Python and Hypothesis keep for the next run they keep in the copy.
    environment = {
        **os.environ,
        "PYTHONPYCACHEPREFIX": "",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(root / "kept"),
    }
    return subprocess.run(  # noqa: S603 - our own tests
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def attempt(root: Path, mutant: Mutant, test: str) -> Trial:
    """Seed the mutant into the copy, run its test, and take it out again."""
    began = time.monotonic()
    path = root / mutant.file
    before, at = path.read_text(), path.stat().st_mtime
    try:
        mutated = mutant.mutate(before)
    except NotApplicableError as error:
        return Trial(mutant, test, str(error), 0)
    # A time that no other mutant of this file has: Python tells by it whether its byte code is still right.
    write(path, mutated, at - 1 - list(MUTANTS).index(mutant.name))
    status = run(root, [test]).returncode
    write(path, before, at)
    outcome = {PASSED: "survived", FAILED: "killed"}.get(status, "broke its test instead of failing it")
    return Trial(mutant, test, outcome, time.monotonic() - began)


def write(path: Path, text: str, at: float) -> None:
    """Have the file hold `text`, as if it had been written at `at`."""
    path.write_text(text)
    os.utime(path, (at, at))


def try_all(tests: dict[str, str]) -> list[Trial]:
    """Every mutant of `tests` (its name → the test that kills it) tried; exits when a test fails unmutated."""
    with TemporaryDirectory(prefix="caja-mutants-") as place, ThreadPoolExecutor(COPIES) as pool:
        roots: SimpleQueue[Path] = SimpleQueue()
        copies = [copy(Path(place) / str(number)) for number in range(COPIES)]
        wanted = sorted(set(tests.values()))
        # pytest that is given no test would run them all.
        shares = [share for number in range(COPIES) if (share := wanted[number::COPIES])]
        for done in pool.map(run, copies, shares):
            if done.returncode != PASSED:
                console.print(done.stdout)
                sys.exit("These tests must pass before they can kill anything.")
        for root in copies:
            roots.put(root)

        def in_a_copy(name: str) -> Trial:
            root = roots.get()
            try:
                return attempt(root, MUTANTS[name], tests[name])
            finally:
                roots.put(root)

        return list(pool.map(in_a_copy, tests))


def show(trials: list[Trial], seconds: float) -> None:
    """The table."""
    table = Table(box=None, pad_edge=False)
    for column in ("mutant", "what it changes", "killed by", "s"):
        table.add_column(column, justify="right" if column == "s" else "left")
    for trial in trials:
        name = trial.test.partition("::test_")[2].partition("_")[0]
        killer = name if trial.outcome == "killed" else f"[red]{trial.outcome} ({name})[/]"
        table.add_row(trial.mutant.name, trial.mutant.what, killer, f"{trial.seconds:.1f}")
    console.print(table)
    killed = sum(trial.outcome == "killed" for trial in trials)
    console.print(f"\n{killed} of {len(trials)} killed in {seconds:.0f} s")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="mutant", help="only these")
    asked = parser.parse_args()
    killers = {name: test for test, names in find_killers().items() for name in names}
    unknown = sorted(set(asked.names) - set(killers))
    if unknown:
        parser.error(f"no such mutant: {', '.join(unknown)}")
    began = time.monotonic()
    trials = try_all({name: killers[name] for name in MUTANTS if not asked.names or name in asked.names})
    show(trials, time.monotonic() - began)
    sys.exit(any(trial.outcome != "killed" for trial in trials))


if __name__ == "__main__":
    main()
