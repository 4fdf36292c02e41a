"""How fast the simulator is on one core, and whether its memory stays flat: ``python -m benchmarks.simulator``.

The simulator runs in a process of its own, held to one core; whoever calls it, and a tiny merchant that it polls and
notifies, run in this one on another. All on 127.0.0.1, all bounded. Exit code 0 if every rate is at least
``ENOUGH`` and memory grows by at most ``GROWTH`` between sale 6,000 and the last, else 1.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.calls import HOST, TOKEN, Caller, Merchant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).parents[1]
ENOUGH = 300
GROWTH = 0.05
CALLERS = 4
KEPT = 2000
"""Merchant orders that the simulator keeps in the soak: reached long before its memory is judged."""
EVERY = 1000
SETTLED = 6000
LONGEST = 900.0
STOPS_WITHIN = 10


class Rate(NamedTuple):
    """What was measured: exchanges a second, and the share of its core that the simulator was busy."""

    what: str
    a_second: float
    busy: float


class Process(NamedTuple):
    """The simulator's process."""

    pid: int
    url: str

    def seconds_used(self) -> float:
        """Return the processor time it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self) -> int:
        """Return its resident memory in KiB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1])


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulator", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--sales", type=int, default=10_000, help="of the soak")
    options = parser.parse_args(arguments)
    deadline = time.monotonic() + LONGEST
    cores = sorted(os.sched_getaffinity(0))
    with Merchant() as merchant, _simulator(cores[0]) as process, _held_to(cores[-1]):
        _say(f"simulator on core {cores[0]}, its callers and the merchant on core {cores[-1]}\n")
        _say(f"{'':44}{'per second':>12}{'core busy':>12}")
        rates = [_measure(process, *one, options.seconds) for one in _measurements(process, merchant)]
        memory = _soak(process, merchant, options.sales, deadline)
    return _judge(rates, memory)


def _measurements(process: Process, merchant: Merchant) -> Iterator[tuple[str, Callable[[Caller, int], int]]]:
    """Give each measurement's name and one step of it, which returns how many exchanges it took."""
    with Caller(process.url) as caller:
        caller.control("PATCH", "/settings", {"notification_dialect": "ipn", "poll_interval": 0.05})
        orders = [
            caller.control("POST", "/merchant_orders", {"external_reference": f"OLD{number}"})
            for number in range(KEPT)
        ]

    def read(caller: Caller, number: int) -> int:
        return caller.get(f"/merchant_orders/{orders[number % KEPT]['id']}", "closed")

    def search(caller: Caller, number: int) -> int:
        return caller.get(f"/merchant_orders/search?external_reference=OLD{number % KEPT}", "closed")

    def refund(caller: Caller, number: int) -> int:
        payment = orders[number % KEPT]["payments"][0]["id"]
        return caller.refund(payment, f"key-{number}")

    def sell(caller: Caller, number: int) -> int:
        before = caller.calls
        caller.pay(caller.scan(merchant.url_of(f"A{number}")))
        # Beside these calls: the poll, and a notification each that it was shown, paid and closed.
        return caller.calls - before + 4

    yield "GET /merchant_orders/{id}", read
    yield "GET /merchant_orders/search", search
    yield "POST /v1/payments/{id}/refunds", refund
    yield "scan, poll, look, pay, notify (exchanges)", sell


def _measure(process: Process, what: str, step: Callable[[Caller, int], int], seconds: float) -> Rate:
    until = time.monotonic() + seconds

    def run(first: int) -> int:
        exchanges = 0
        with Caller(process.url) as caller:
            number = first
            while time.monotonic() < until:
                exchanges += step(caller, number)
                number += CALLERS
        return exchanges

    began, used = time.monotonic(), process.seconds_used()
    exchanges = _together(run, range(CALLERS))
    took = time.monotonic() - began
    rate = Rate(what, exchanges / took, (process.seconds_used() - used) / took)
    _say(f"{rate.what:<44}{rate.a_second:>12,.0f}{rate.busy:>12.0%}")
    return rate


def _soak(process: Process, merchant: Merchant, sales: int, deadline: float) -> dict[int, int]:
    """Sell so often; the resident memory in KiB after every thousand sales."""
    with Caller(process.url) as caller:
        caller.control("POST", "/reset", {})
        caller.control("PATCH", "/settings", {"notification_dialect": "ipn", "kept_records": KEPT})

    def sell(numbers: range) -> int:
        with Caller(process.url) as caller:
            for number in numbers:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"not done within {LONGEST:g} s")
                order = caller.pay(caller.scan(merchant.url_of(f"B{number}")))
                caller.get(f"/merchant_orders/{order}", "closed")
                caller.get(f"/merchant_orders/search?external_reference=B{number}", "closed")
        return len(numbers)

    _say(
        f"\n{sales:,} sales, {KEPT:,} merchant orders kept\n\n{'sales':>8}{'memory, MiB':>14}{'seconds':>10}"
    )
    memory = {}
    for first in range(0, sales, EVERY):
        last = min(first + EVERY, sales)
        began = time.monotonic()
        _together(sell, [range(first + place, last, CALLERS) for place in range(CALLERS)])
        memory[last] = process.resident()
        _say(f"{last:>8,}{memory[last] / 1024:>14.1f}{time.monotonic() - began:>10.1f}")
    return memory


def _judge(rates: list[Rate], memory: dict[int, int]) -> int:
    slow = [rate.what for rate in rates if rate.a_second < ENOUGH]
    _say(f"\nat least {ENOUGH} a second: {'no: ' + ', '.join(slow) if slow else 'yes'}")
    if SETTLED not in memory:
        _say(f"memory: too few sales to tell, {SETTLED:,} are needed")
        return int(bool(slow))
    growth = memory[max(memory)] / memory[SETTLED] - 1
    _say(f"memory from sale {SETTLED:,} to {max(memory):,}: {growth:+.1%} (at most {GROWTH:+.0%})")
    return int(bool(slow) or growth > GROWTH)


def _together(run: Callable[[Any], int], works: Sequence[Any]) -> int:
    with ThreadPoolExecutor(CALLERS) as pool:
        return sum(pool.map(run, works))


@contextmanager
def _simulator(core: int) -> Iterator[Process]:
    command = [sys.executable, "-m", "simulator", "--access-token", TOKEN, "--host-enabled", HOST]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own words
        os.sched_setaffinity(process.pid, {core})
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield Process(process.pid, line.split()[3])
        finally:
            process.terminate()
            process.wait(STOPS_WITHIN)


@contextmanager
def _held_to(core: int) -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
