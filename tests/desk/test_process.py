"""The process by itself: one line when it is ready, the page, a clean end, journals that stay or go."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.desk.caja import Caja
from tests.desk.conftest import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "desk", *arguments]
    return subprocess.Popen(  # noqa: S603 - our own words
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with start("--site", "mlc", "--store", "STORE001", "--journal", str(folder)) as one:
        yield one
        one.kill()


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.fullmatch(r"simulator ready at (http://127\.0\.0\.1:\d+) \(site mlc, collector \d+\)\n", line)
    assert found, line
    return found[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_cleanly_in_the_middle_of_a_sale(
    process: subprocess.Popen[str], number: signal.Signals, folder: Path
) -> None:
    desk = Desk(url_of(process))
    assert "<html" in desk.ask("GET", "/").text
    with Caja("prepay") as caja:
        machine = desk.attach(caja, "vending")
        machine.does("choose", product="agua")
        shown = machine.sees("offered")
        assert (shown["currency"], shown["decimals"], shown["products"][0]["price"]) == ("CLP", 0, "900")
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    desk.session.close()
    assert (process.returncode, out, err) == (0, "", "")
    (journal,) = folder.glob("BOX1-*.jsonl")
    assert '"what": "accepted"' in journal.read_text()


def test_a_taken_port_is_said_in_one_line() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        start("--port", str(taken.getsockname()[1])) as process,
    ):
        _, err = process.communicate(timeout=10)
    assert process.returncode == 2
    assert err.count("\n") == 1


def test_without_a_folder_the_journals_are_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with start("--site", "mlc") as process:
        assert requests.get(url_of(process), timeout=5).ok
        assert list(tmp_path.iterdir())
        process.terminate()
        process.communicate(timeout=10)
    assert (process.returncode, list(tmp_path.iterdir())) == (0, [])
