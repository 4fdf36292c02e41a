"""`caja verify`: what can be asked for, what is written, and its exit codes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from click.testing import CliRunner

from cli.verify import verify
from local import stack as local_stack
from local.errors import NotUpError
from local.stack import Stack
from tests.verify.wrong_merchant import WrongMerchant
from verify import local_box
from verify.drivers import DriverError

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.server import Simulator


class Ran(NamedTuple):
    code: int
    said: str


def run(*arguments: str) -> Ran:
    done = CliRunner().invoke(verify, ["--language", "en", "--patience", "0.8", *arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ran(done.exit_code, done.output)


@pytest.fixture(autouse=True)
def _nothing_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_places: object) -> Stack:
        raise NotUpError("Nothing is up.")

    monkeypatch.setattr(local_stack, "read", read)
    for name in ("CAJA_BOX_KEY", "CAJA_SIMULATOR_URL", "CAJA_VERIFY_ACCESS_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hook(tmp_path: Path) -> str:
    """A till's program, as an integrator writes it: it moves the box over HTTP."""
    program = tmp_path / "hook.py"
    program.write_text(
        "import os, sys, urllib.error, urllib.parse, urllib.request\n"
        "base = urllib.parse.urljoin(os.environ['CAJA_VERIFY_POLL_URL'], '/box/')\n"
        "opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))\n"
        "try:\n"
        "    opener.open(base + '/'.join(sys.argv[1:]), timeout=5)\n"
        "except urllib.error.HTTPError as error:\n"
        "    error.close()\n"
        "    sys.exit(3)\n"
    )
    return f"{sys.executable} -S {program}"


def test_a_right_merchant_moved_by_its_hook_passes_and_is_reported(
    mp: Simulator, hook: str, tmp_path: Path
) -> None:
    written = tmp_path / "run.json", tmp_path / "run.html"
    only = (
        "--case",
        "before",
        "--case",
        "during",
        "--case",
        "paid",
        "--json",
        str(written[0]),
        "--html",
        str(written[1]),
    )
    with WrongMerchant(mp) as merchant:
        ran = run(merchant.url, "--hook", hook, "--simulator", mp.url, "--patience", "15", *only)
    assert ran.code == 0, ran.said
    assert "All 3 cases passed." in ran.said
    assert json.loads(written[0].read_text())["outcome"] == "passed"
    assert "All 3 cases passed." in written[1].read_text()


def test_a_wrong_merchant_fails_with_exit_code_1(mp: Simulator, hook: str) -> None:
    with WrongMerchant(mp, fault="other_collector") as merchant:
        ran = run(
            merchant.url, "--hook", hook, "--polls-only", "--case", "during", "--collector", "123456789"
        )
    assert (ran.code, "collector_wrong" in ran.said) == (1, True), ran.said


def test_polls_only_is_not_held_against_the_run(mp: Simulator, hook: str) -> None:
    with WrongMerchant(mp) as merchant:
        ran = run(merchant.url, "--hook", hook, "--polls-only", "--case", "before", "--case", "paid")
    assert (ran.code, "1 of 2 cases passed; not played: 1." in ran.said) == (0, True), ran.said


def test_a_simulator_of_the_runs_own_is_announced_and_a_merchant_that_does_not_ask_it_is_not_passed(
    mp: Simulator, hook: str
) -> None:
    with WrongMerchant(mp) as merchant:
        ran = run(merchant.url, "--hook", hook, "--simulator-port", "0", "--case", "paid")
    assert ran.code == 2, ran.said
    assert "Mercado Pago is played at http://127.0.0.1:" in ran.said
    assert "Your server never asked Mercado Pago for merchant order" in ran.said


def test_what_cannot_begin_ends_with_exit_code_2_and_a_sentence(tmp_path: Path) -> None:
    url = "http://127.0.0.1:1/poll?box=1"
    for arguments, sentence in [
        ((), "Name a POLL_URL"),
        ((url, "--local", "CAJA1"), "Name a POLL_URL"),
        (("pay.example.com/poll",), "is no URL"),
        ((url, "--access-token", "secret"), "an access token ends in"),
        ((url, "--simulator", "http://127.0.0.1:1"), "No simulator answers at http://127.0.0.1:1"),
        (("--local", "CAJA1", "--polls-only"), "Nothing is up on this machine."),
        ((url, "--json", str(tmp_path / "no" / "run.json")), "There is no folder"),
        ((url, "--polls-only", "--caja-box-key", "made-up"), "no poll URL of caja"),
    ]:
        ran = run(*arguments)
        assert (ran.code, sentence in ran.said) == (2, True), ran


def test_a_url_nobody_answers_at_fails(tmp_path: Path) -> None:
    ran = run("http://127.0.0.1:1/poll?box=1", "--polls-only")
    assert (ran.code, "no_answer" in ran.said) == (1, True), (ran, tmp_path)


STACK = Stack(
    "http://127.0.0.1:1/api",
    "http://127.0.0.1:2",
    "caja",
    "us-east-1",
    "http://127.0.0.1:3",
    "id",
    "secret",
    123456789,
)


class Answered:
    def __init__(self, status: int, value: Any = None) -> None:
        self.status_code, self.ok, self.content = status, status < 400, b"" if value is None else b"{}"
        self.text, self._value = str(value), value

    def json(self) -> Any:
        return self._value


def test_a_box_of_this_machine_is_made_for_the_run_and_retired_after_it(
    mp: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    with WrongMerchant(mp, "v2") as merchant:

        def call(_stack: Stack, method: str, path: str, body: Any = None, **_: Any) -> Answered:
            asked.append((method, path, body))
            if path == "/admin/boxes":
                return Answered(200, {"box_id": "VERIFY1", "poll_url": merchant.url})
            return Answered(204) if method == "DELETE" else Answered(201, {"box_key": "caja_box_made_up"})

        class Box(local_box.LocalDriver):
            def do(self, verb: str, amount: Any = None) -> Any:
                return super().do(verb, amount) if verb == "refund" else merchant.do(verb, amount)

        monkeypatch.setattr(local_box, "call", call)
        monkeypatch.setattr(local_box, "LocalDriver", Box)
        monkeypatch.setattr(local_stack, "read", lambda _: STACK)
        ran = run("--local", "VERIFY1", "--dialect", "v2", "--simulator", mp.url, "--case", "during")
    assert ran.code == 0, ran.said
    assert [each[:2] for each in asked] == [
        ("POST", "/admin/stores"),
        ("POST", "/admin/boxes"),
        ("POST", "/admin/boxes/VERIFY1/keys"),
        ("DELETE", "/admin/boxes/VERIFY1"),
    ]
    assert (asked[1][2]["mode"], asked[1][2]["dialect"]) == ("postpay", "v2")


def test_the_operator_of_this_machines_stack_gives_back_and_is_told_of_refusals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def call(_stack: Stack, method: str, path: str, _body: Any = None, **_: Any) -> Answered:
        asked.append((method, path))
        return Answered(409, {"code": "nothing_to_refund"})

    monkeypatch.setattr(local_box, "call", call)
    driver = local_box.LocalDriver(STACK, "VERIFY1", "caja_box_made_up")
    driver._order = {"order_id": "ORDER1"}
    with pytest.raises(DriverError, match="409"):
        driver.do("refund")
    driver.close()
    assert asked == [("POST", "/admin/orders/ORDER1/refund")]
