"""`caja simulate serve` and `listen`: processes that say what they do and end cleanly when they are told to."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

import pytest
import requests
from click.testing import CliRunner

import cli.simulate.listening
from cli.simulate import simulate
from simulator.client import SimulatorClient
from simulator.server import Simulator
from tests.simulator.merchant import Merchant

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SECONDS = 30
COMMAND = "from cli.simulate import simulate; simulate(prog_name='caja simulate')"


@contextmanager
def process(*words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-u", "-c", COMMAND, *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as one:  # noqa: S603 - our own words
        try:
            yield one
        finally:
            one.kill()


def read_until(one: subprocess.Popen[str], wanted: str) -> list[str]:
    """The lines up to the one with the wanted words."""
    assert one.stdout is not None
    lines: list[str] = []
    while not lines or wanted not in lines[-1]:
        lines.append(one.stdout.readline())
        assert lines[-1], (lines, one.stderr and one.stderr.read())
    return lines


def end(one: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    one.send_signal(number)
    _, error = one.communicate(timeout=SECONDS)
    return one.returncode, error


@pytest.fixture
def mp() -> Iterator[Simulator]:
    with Simulator(enabled_hosts=["127.0.0.1"], stores=["STORE001"], poll_interval=0.02) as running:
        yield running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_says_how_to_go_on_and_what_it_says_works(merchant: Merchant, number: signal.Signals) -> None:
    merchant.offer()
    with process("serve", "--port", "0", "--box", f"PUMP1={merchant.poll_url}") as one:
        said = "".join(read_until(one, "let it go wrong"))
        url = re.findall(r"Mercado Pago is at (http://127\.0\.0\.1:\d+)\.", said)[0]
        assert f"caja simulate scan PUMP1 --url {url}" in said
        assert "collector_id  123456789" in said
        assert requests.get(f"{url}/", timeout=5).headers["content-type"].startswith("text/html")
        mp = SimulatorClient(url)
        mp.scan("PUMP1").wait_for_amount()
        mp.close()
        for line in [line for line in said.splitlines() if line.startswith("  curl ")]:
            shell = [
                "bash",
                "-c",
                line.replace("curl ", "curl -sS -w '%{http_code}' ").replace("PUMP1", "PUMP2"),
            ]
            answer = subprocess.run(shell, capture_output=True, text=True, timeout=SECONDS, check=True)  # noqa: S603 - what it said
            assert answer.stdout[-3:] in ("200", "201"), line
        assert end(one, number) == (0, "")


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    with Merchant() as one:
        yield one


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--token", "TEST"], 1, "an access token ends in a hyphen and the seller's number"),
        (["--box", "PUMP1"], 2, "Say EXTERNAL_ID=POLL_URL"),
        (["--box", "PUMP1=nowhere"], 2, "Say EXTERNAL_ID=POLL_URL"),
        (
            ["--box", "pump-1=http://127.0.0.1/poll"],
            1,
            "Mercado Pago would refuse that: The EXTERNAL_ID must be",
        ),
        (["--site", "mars"], 2, "'mars' is not one of"),
    ],
)
def test_serve_does_not_begin_with_what_mercado_pago_would_refuse(
    words: list[str], status: int, said: str
) -> None:
    ended = CliRunner().invoke(simulate, ["serve", "--port", "0", *words])
    assert (ended.exit_code, said in " ".join(ended.output.split())) == (status, True), ended.output


def test_serve_says_that_a_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = CliRunner().invoke(simulate, ["serve", "--port", port])
    assert (ended.exit_code, ended.output.split(":")[0]) == (1, f"Port {port} cannot be taken")


def test_listen_prints_each_message_as_it_is_said_with_its_body(mp: Simulator, merchant: Merchant) -> None:
    merchant.offer()
    with process("listen", "--bodies", "--url", mp.url) as one:
        read_until(one, "Listening to")
        phone = mp.scan_url(merchant.poll_url)
        phone.wait_for_amount()
        mp.fault_on("api_401")
        mp.advance(30)
        phone.pay()
        said = "".join(read_until(one, "closed"))
        assert end(one, signal.SIGINT) == (0, "")
    lines = [re.sub(r"^[\d:.]+ +", "", line).rstrip() for line in said.splitlines()]
    assert "mercadopago → merchant      GET /poll?locationId=STORE001&positionId=CAJA0001&key=***" in lines
    assert any(
        re.fullmatch(r"merchant → mercadopago      200 to GET /poll, \d+ ms  external_reference REF1", line)
        for line in lines
    )
    assert '          "unit_price": 1050.5' in said
    assert any(line.endswith("faults: api_401") for line in lines)
    assert any(line.endswith("30 s ahead") for line in lines)
    assert any(line.startswith("phone") and line.endswith("pay 1050.5 ARS") for line in lines)
    assert "fake-key" not in said


def test_listen_takes_notifications_at_an_address_of_its_own(mp: Simulator) -> None:
    order = mp.forge_merchant_order()["id"]
    with process("listen", "--receive", "--bodies", "--url", mp.url) as one:
        url = re.findall(r"http://127\.0\.0\.1:\d+/", read_until(one, "offer it as notification_url")[-1])[0]
        mp.notify(merchant_order_id=order, url=f"{url}mine")
        read_until(one, f"received                    POST /mine?topic=merchant_order&id={order}")
        posted = mp.wait_for_messages(
            lambda message: message.kind == "answer" and message.method == "POST", count=2
        )
        assert {message.status for message in posted} == {200}
        assert requests.post(url, data=b"x" * 2_000_000, timeout=5).status_code == 413
        assert end(one, signal.SIGINT) == (0, "")


def test_listen_for_a_script_is_json_a_line(mp: Simulator) -> None:
    with process("listen", "--json", "--receive", "--url", mp.url) as one:
        hello = json.loads(read_until(one, "hello")[-1])["data"]
        assert hello["simulator"] == mp.url
        requests.post(hello["receives_at"], data="{}", timeout=5)
        mp.scan_url("http://127.0.0.1:1/poll")
        told = [json.loads(line) for line in read_until(one, "ConnectionRefused")]
        received = next(each["data"] for each in told if each["event"] == "received")
        assert (received["method"], received["path"], received["body"]) == ("POST", "/", "{}")
        assert told[-1]["data"]["kind"] == "failure"
        assert end(one, signal.SIGINT) == (0, "")


def test_listen_says_that_a_port_is_taken(mp: Simulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = CliRunner().invoke(simulate, ["listen", "--receive", port, "--url", mp.url])
    assert (ended.exit_code, ended.output.split(":")[0]) == (1, f"Port {port} cannot be taken")


def test_listen_goes_on_after_an_interruption_and_says_when_the_simulator_is_gone(
    mp: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.simulate.listening, "SILENCE", 0.2)  # it hangs up and comes back
    monkeypatch.setattr(cli.simulate.listening, "GONE_SECONDS", 0.5)
    said: list[str] = []

    def say(url: str) -> None:
        mp.control("POST", "/wire", {"sender": "box", "receiver": "merchant", "method": "GET", "url": url})

    later = Timer(0.7, say, ["/second"])

    def greet(*_: Any) -> None:
        say("/first")
        later.start()

    def show(_kind: str, data: Any, **_: Any) -> None:
        if data["kind"] == "request":
            said.append(data["url"])
        if data["url"] == "/second":
            mp.stop()

    monkeypatch.setattr(cli.simulate.listening._Voice, "greet", greet)
    monkeypatch.setattr(cli.simulate.listening, "show_event", show)
    ended = CliRunner().invoke(simulate, ["listen", "--url", mp.url])
    later.join(SECONDS)
    assert said == ["/first", "/second"]
    assert (ended.exit_code, "went away" in ended.output) == (1, True)
