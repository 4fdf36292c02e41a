"""`caja demo` ends well only if the pump saw the order paid, and leaves nothing up when asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import cli.demo
from cli.pump import PumpError
from local import stack
from local.errors import LocalError
from local.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Callable

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
        monkeypatch.setattr(stack, "up", self.up)
        monkeypatch.setattr(stack, "down", self.down)

    def up(self, *_: object) -> Stack:
        if self.fails:
            raise self.fails
        return STACK

    def down(self, _: object) -> bool:
        self.downs += 1
        return True


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Local:
    return Local(monkeypatch)


def play(monkeypatch: pytest.MonkeyPatch, sell: Callable[..., None], *options: str) -> tuple[int, str]:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.setattr(cli.demo, "_sell", sell)
    ended = CliRunner().invoke(cli.demo.demo, options)
    return ended.exit_code, ended.output


def test_a_sale_the_pump_did_not_see_paid_exits_non_zero_and_says_where_to_look(
    monkeypatch: pytest.MonkeyPatch, local: Local
) -> None:
    def sell(*_: object) -> None:
        raise PumpError("The pump did not see the order paid: it is ready.")

    status, said = play(monkeypatch, sell, "--once")
    assert status == 1
    assert "it is ready" in said
    assert "caja local logs" in said
    assert local.downs == 1


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
