"""`caja demo` ends well only if the pump saw the order paid, and leaves nothing up when asked to."""

from __future__ import annotations

import io
import os
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import cli.demo
from cli.__main__ import allow_any_charset
from cli.api import call
from cli.desk_machines import DeskMachine, MachineError
from desk.app import routes
from desk.machines import Machines
from local import stack
from local.errors import AlreadyUpError, BusyError, LocalError, NotUpError
from local.stack import Stack
from simulator.server import Simulator
from tests.desk.caja import KEY, Caja

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cli.story import Story

STACK = Stack(
    api_url="http://127.0.0.1:1",
    mercadopago_url="http://127.0.0.1:1",
    stack_name="caja",
    region="us-east-1",
    endpoint_url="http://127.0.0.1:1",
    aws_access_key_id="testing",
    aws_secret_access_key="testing",
    collector_id=123456789,
)


class Local:
    """The stack on this machine, without the machine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.downs = 0
        self.fails: Exception | None = None
        self.was_up = False
        self.stack = STACK
        self.on_down: Callable[[], None] = lambda: None
        monkeypatch.setattr(stack, "read", self.read)
        monkeypatch.setattr(stack, "up", self.up)
        monkeypatch.setattr(stack, "down", self.down)

    def up(self, *_: object) -> Stack:
        if self.fails:
            raise self.fails
        return self.stack

    def read(self, _: object) -> Stack:
        if not self.was_up:
            raise NotUpError("Nothing is up.")
        return self.stack

    def down(self, _: object) -> bool:
        self.on_down()
        self.downs += 1
        return True


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Local:
    return Local(monkeypatch)


def play(monkeypatch: pytest.MonkeyPatch, sell: Callable[..., None], *options: str) -> tuple[int, str]:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.setattr(cli.demo, "_sell", sell)
    monkeypatch.setattr(cli.demo, "_keep_logs", lambda *_: None)
    ended = CliRunner().invoke(cli.demo.demo, options)
    return ended.exit_code, ended.output


def test_a_sale_the_pump_did_not_see_paid_exits_non_zero_and_says_where_to_look(
    monkeypatch: pytest.MonkeyPatch, local: Local
) -> None:
    def sell(*_: object) -> None:
        raise MachineError("The pump did not see the order paid: it is ready.")

    status, said = play(monkeypatch, sell, "--once")
    assert status == 1
    assert "it is ready" in said
    assert ".caja/log/functions.log" in said
    assert local.downs == 1


def test_a_step_that_does_not_happen_in_time_is_named_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, local: Local
) -> None:
    def sell(_stack: Stack, story: Story, *_: object) -> None:
        story.step("5B")
        raise TimeoutError("waited 30 s; last seen: [/notify/ABC/5ecret]")

    status, said = play(monkeypatch, sell)
    assert status == 1
    assert "Step 5B did not happen" in said
    assert "5ecret" not in said


def test_a_phone_that_finds_no_box_ends_the_demo_at_its_first_step(
    monkeypatch: pytest.MonkeyPatch, local: Local, tmp_path: Path
) -> None:
    def provision(ready: Stack) -> list[DeskMachine]:
        machine = DeskMachine(ready.mercadopago_url, "NOBOX")
        machine.attach(kind="pump", api_url=caja.url, box_key=KEY, name="No box", qr="nothing")
        return [machine]

    with (
        Caja("postpay") as caja,
        Simulator(also=lambda account: routes(Machines(account, tmp_path))) as mercadopago,
    ):
        local.stack = replace(STACK, mercadopago_url=mercadopago.url)
        monkeypatch.setattr(cli.demo, "_provision", provision)
        status, said = play(monkeypatch, cli.demo._sell, "--once")
    assert status == 1
    assert "Step 1 did not happen" in said
    assert local.downs == 1


def test_the_page_is_named_before_anything_happens(monkeypatch: pytest.MonkeyPatch, local: Local) -> None:
    def sell(_stack: Stack, story: Story, *_: object) -> None:
        story.step("1")
        raise TimeoutError

    _, said = play(monkeypatch, sell)
    assert 0 < said.index(f"Watch it, and play on: {STACK.mercadopago_url}/") < said.index("Step 1")


def test_a_stack_whose_mercadopago_has_no_desk_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, local: Local
) -> None:
    def provision(ready: Stack) -> list[DeskMachine]:
        machine = DeskMachine(ready.mercadopago_url, "BOX1")
        machine.attach(kind="pump")
        return [machine]

    with Simulator() as mercadopago:
        local.stack = replace(STACK, mercadopago_url=mercadopago.url)
        monkeypatch.setattr(cli.demo, "_provision", provision)
        status, said = play(monkeypatch, cli.demo._sell)
    assert status == 1
    assert "Step 0 did not happen" in said


def test_an_api_that_cannot_be_reached_ends_the_demo_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, local: Local
) -> None:
    status, said = play(monkeypatch, cli.demo._sell)
    assert status == 1
    assert "Step 0 did not happen" in said


def test_an_interrupted_demo_says_at_which_step_and_that_the_stack_stays_up(
    monkeypatch: pytest.MonkeyPatch, local: Local
) -> None:
    def sell(_stack: Stack, story: Story, *_: object) -> None:
        story.step("4A")
        raise KeyboardInterrupt

    status, said = play(monkeypatch, sell)
    assert (status, local.downs) == (130, 0)
    assert "Stopped at step 4A." in said
    assert "still up" in said
    status, said = play(monkeypatch, sell, "--once")
    assert (status, local.downs) == (130, 1)
    assert "still up" not in said


@pytest.mark.parametrize("error", [AlreadyUpError("up with other options"), BusyError("another `up`")])
def test_once_takes_down_nothing_that_it_could_not_use(
    monkeypatch: pytest.MonkeyPatch, local: Local, error: LocalError
) -> None:
    local.fails = error
    status, said = play(monkeypatch, lambda *_: None, "--once")
    assert (status, local.downs) == (1, 0)
    assert str(error) in said


def test_once_says_that_a_stack_that_was_up_before_goes_down_too(
    monkeypatch: pytest.MonkeyPatch, local: Local
) -> None:
    local.was_up = True
    status, said = play(monkeypatch, lambda *_: None, "--once")
    assert (status, local.downs) == (0, 1)
    assert "The stack was up before" in said


def test_once_is_not_stopped_midway_while_it_takes_down(
    monkeypatch: pytest.MonkeyPatch, local: Local
) -> None:
    local.on_down = lambda: os.kill(os.getpid(), signal.SIGINT)
    assert play(monkeypatch, lambda *_: None, "--once")[0] == 0
    assert local.downs == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_call_asks_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Simulator() as mercadopago:
        assert call(replace(STACK, api_url=mercadopago.url), "GET", "/sim/settings", bearer="key").ok


def test_a_terminal_without_arrows_gets_question_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(paper, encoding="ascii", write_through=True))
    allow_any_charset()
    print("a → b")  # noqa: T201 - the point
    assert paper.getvalue() == b"a ? b\n"


def test_a_sale_seen_paid_exits_zero_and_stays_up(monkeypatch: pytest.MonkeyPatch, local: Local) -> None:
    assert play(monkeypatch, lambda *_: None)[0] == 0
    assert local.downs == 0


def test_once_takes_everything_down(monkeypatch: pytest.MonkeyPatch, local: Local) -> None:
    assert play(monkeypatch, lambda *_: None, "--once")[0] == 0
    assert local.downs == 1


def test_a_stack_that_does_not_come_up_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, local: Local
) -> None:
    local.fails = LocalError("Port 4566 is taken. Name another with --port.")
    status, said = play(monkeypatch, lambda *_: None)
    assert (status, "Port 4566" in said) == (1, True)
