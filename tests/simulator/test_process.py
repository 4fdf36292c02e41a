"""The process by itself: one line when it is ready, a clean end, a clear word when it cannot start."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from simulator.client import SimulatorClient
from simulator.server import listen

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
TOKEN = "TEST-1111111111111111-010101-fake-987654321"


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "simulator", *arguments]
    return subprocess.Popen(  # noqa: S603 - our own words
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    arguments = ["--access-token", TOKEN, "--site", "mlc", "--store", "STORE001", "--host-enabled"]
    with start(*arguments, "127.0.0.1") as one:
        yield one
        one.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_cleanly_when_told_to(
    process: subprocess.Popen[str], number: signal.Signals
) -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.fullmatch(
        r"simulator ready at (http://127\.0\.0\.1:\d+) \(site mlc, collector 987654321\)\n", line
    )
    assert found, line
    mp = SimulatorClient(found[1])
    assert mp.settings()["enabled_hosts"] == ["127.0.0.1"]
    mp.close()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    stores = requests.get(f"{found[1]}/users/987654321/stores/search", headers=headers, timeout=5).json()
    assert stores["results"][0]["external_id"] == "STORE001"
    process.send_signal(number)
    out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (0, "", "")


def test_answers_do_not_wait_for_acknowledgements() -> None:
    # asyncio turns Nagle's algorithm off only for sockets that say they are TCP.
    with listen(0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_taken_port_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start("--port", str(port)) as process:
            _, err = process.communicate(timeout=5)
    assert process.returncode == 2
    assert err == f"simulator: port {port} cannot be taken: Address already in use\n"


def test_a_token_without_a_seller_is_said_in_one_line() -> None:
    with start("--access-token", "TEST") as process:
        _, err = process.communicate(timeout=5)
    assert process.returncode == 2
    assert err.count("\n") == 1


def test_all_options_have_their_effect() -> None:
    arguments = ["--signature", "good", "--webhook-secret", "made-up", "--kept-records", "7"]
    arguments += ["--notifications", "ipn", "--copies", "2", "--wait-scale", "0.5", "--poll-dialect", "v2"]
    with start(*arguments, "--poll-interval", "3", "--pending-refunds") as process:
        assert process.stdout is not None
        mp = SimulatorClient(process.stdout.readline().split()[3])
        settings = mp.settings()
        mp.close()
        process.terminate()
    expected = {
        "notification_signature": "good",
        "webhook_secret": "made-up",
        "kept_records": 7,
        "notification_dialect": "ipn",
        "notification_copies": 2,
        "notification_wait_scale": Decimal("0.5"),
        "poll_dialect": "v2",
        "poll_interval": 3,
        "pending_refunds": True,
    }
    assert {name: settings[name] for name in expected} == expected


def test_a_good_signature_without_a_secret_is_said_in_one_line() -> None:
    with start("--signature", "good") as process:
        _, err = process.communicate(timeout=5)
    assert (process.returncode, err) == (
        2,
        "simulator: a good notification_signature needs a webhook_secret\n",
    )
