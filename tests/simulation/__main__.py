"""`make simulate`: towns of many seeds, two at a time, until there are enough steps; or one, by its seed."""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from tests.simulation.history import ROWS
from tests.simulation.town import Outcome, run
from tests.simulation.weather import FAULTS

STEPS, SALES, REFUNDS = 1_000_000, 20_000, 2_000
EACH_FAULT, EACH_ROW = 200, 100
MOST_TOWNS = 2_000
"""When the counts are not reached by then, something is wrong with the simulation itself."""

console = Console(width=100, highlight=False)


@dataclass
class Total:
    """What all towns counted together."""

    towns: int = 0
    sales: int = 0
    refunds: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    rows: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    waits: dict[str, list[float]] = field(default_factory=dict)
    digests: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.towns += 1
        self.sales += outcome.sales
        self.refunds += outcome.refunds
        self.steps += outcome.steps
        self.faults += outcome.faults
        for (came_from, to, _), times in outcome.rows.items():
            self.rows[came_from, to] += times
        for name, waits in outcome.waits.items():
            self.waits.setdefault(name, []).extend(waits)
        self.digests.append(outcome.digest)

    @property
    def missing(self) -> list[str]:
        """What there is not enough of yet."""
        wanted = [("steps", self.steps.total(), STEPS), ("sales", self.sales, SALES)]
        wanted += [("refunds", self.refunds, REFUNDS)]
        wanted += [(fault, self.faults[fault], EACH_FAULT) for fault in FAULTS]
        wanted += [(f"{a or '–'} → {b}", self.rows[a, b], EACH_ROW) for a, b in ROWS]
        return [f"{name}: {found} of {enough}" for name, found, enough in wanted if found < enough]


def _attempt(seed: int) -> tuple[int, Outcome | None, str]:
    logging.disable(logging.CRITICAL)
    try:
        return seed, run(seed), ""
    except AssertionError as error:
        return seed, None, str(error)


def simulate(first: int, processes: int) -> int:
    """Run towns until the counts are reached; the number of seeds that broke an invariant."""
    total, broken, began = Total(), 0, time.monotonic()
    with ProcessPoolExecutor(processes) as pool:
        for seed, outcome, what in pool.map(_attempt, range(first, first + MOST_TOWNS), chunksize=4):
            if outcome is None:
                broken += 1
                console.print(f"[red]seed {seed} breaks {what}[/]\n  again: make simulate SEED={seed}")
            else:
                total.add(outcome)
                _progress(total, broken, began)
            if not total.missing or broken >= 10:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    _show(total, broken, time.monotonic() - began)
    return broken + len(total.missing)


def repeat(seed: int) -> int:
    """Run one town again."""
    _, outcome, what = _attempt(seed)
    if outcome is None:
        console.print(f"[red]seed {seed} breaks {what}[/]")
        return 1
    console.print(
        f"seed {seed}: {outcome.steps.total():,} steps, {outcome.sales} sales, {outcome.refunds} refunds, no violation; "
        f"history {outcome.digest}"
    )
    return 0


def _progress(total: Total, broken: int, began: float) -> None:
    """Where the run is: in place on a terminal, now and then a line in a file."""
    is_terminal = sys.stderr.isatty()
    if total.towns % (8 if is_terminal else 100) == 0:
        seconds = time.monotonic() - began
        line = f"{total.towns} towns, {total.steps.total():,} steps, {broken} violations, {seconds:.0f} s"
        sys.stderr.write(f"\r{line} " if is_terminal else f"{line}\n")
        sys.stderr.flush()


def _show(total: Total, broken: int, seconds: float) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    steps = total.steps.total()
    history = hashlib.sha256("".join(total.digests).encode()).hexdigest()[:16]
    console.print(
        f"{total.towns} towns, {steps:,} steps in {seconds:.0f} s ({steps / seconds:,.0f}/s), {total.sales:,} sales, "
        f"{total.refunds:,} refunds, [bold]{broken} violations[/]; history {history}\n"
    )
    _table("Steps", total.steps.most_common())
    _table("Rows of the state table", [(f"{a or '–'} → {b}", total.rows[a, b]) for a, b in ROWS])
    _table("Faults", [(f"{fault} {what}", total.faults[fault]) for fault, what in FAULTS.items()])
    for name, waits in total.waits.items():
        ordered = sorted(waits)
        if ordered:
            median, worst = ordered[len(ordered) // 2], ordered[-1]
            console.print(f"{name}: median {median:.1f} s, longest {worst:.1f} s of {len(ordered):,}")
    for missing in total.missing:
        console.print(f"[red]not enough {missing}[/]")


def _table(title: str, rows: list[tuple[str, int]]) -> None:
    """Two columns of name and count."""
    table = Table(title=title, title_justify="left", box=None, show_header=False, pad_edge=False)
    half = (len(rows) + 1) // 2
    for left, right in zip(rows[:half], [*rows[half:], ("", -1)][:half], strict=False):
        shown = f"{right[1]:,}" if right[1] >= 0 else ""
        table.add_row(left[0], f"{left[1]:>9,}", "  ", right[0], f"{shown:>9}")
    console.print(table)
    console.print()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seed", type=int, help="repeat this one town")
    parser.add_argument("--first", type=int, default=1, help="the first seed of the run")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    failed = repeat(asked.seed) if asked.seed is not None else simulate(asked.first, asked.processes)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
