"""Up and down: whatever happens in between, nothing is left running and the next `up` starts well."""

from __future__ import annotations

import fcntl
import os
import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from local import emulator, processes, stack
from local.errors import BusyError, NotInstalledError, NotUpError, PortTakenError, ProcessDiedError
from local.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.local.conftest import Tool


class Quiet:
    """Tells nobody what is being done."""

    @contextmanager
    def step(self, doing: str) -> Iterator[None]:
        del doing
        yield


def up(places: Places, options: stack.Options | None = None) -> stack.Stack:
    return stack.up(places, options or stack.Options(), Quiet())


def assert_nothing_left(places: Places) -> None:
    assert not places.run.exists()
    assert not places.temporary.exists()
    assert not places.stack_json.exists()


def test_taking_down_what_is_not_up_is_no_error(places: Places) -> None:
    assert not stack.down(places)


def test_a_clone_that_never_ran_is_left_untouched(tmp_path: Path) -> None:
    untouched = Places(root=tmp_path)
    assert not stack.down(untouched)
    assert not untouched.caja.exists()


def test_taking_down_stops_what_a_start_that_was_killed_has_left(places: Places) -> None:
    processes.start(places, emulator.NAME, [sys.executable, "-c", "import time; time.sleep(60)"], os.environ)
    assert stack.down(places)
    assert not processes.is_alive(places, emulator.NAME)
    assert_nothing_left(places)


def test_an_emulator_that_does_not_start_leaves_nothing(places: Places, tool: Tool) -> None:
    tool.install("aws/bin/ministack", "")
    tool.install("aws/bin/python", "echo 'no such module'; exit 1")
    with pytest.raises(ProcessDiedError, match="The emulator did not start: no such module"):
        up(places)
    assert_nothing_left(places)


def test_the_developers_interrupt_leaves_nothing(
    places: Places, tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    tool.install("aws/bin/ministack", "")
    tool.install("aws/bin/python", "sleep 60")
    monkeypatch.setattr(processes, "wait_until_ready", interrupt)
    with pytest.raises(KeyboardInterrupt):
        up(places)
    assert_nothing_left(places)


def test_a_missing_emulator_is_named_with_what_installs_it(places: Places) -> None:
    with pytest.raises(
        NotInstalledError,
        match=r"\.venv/aws/bin/ministack is missing\. Install again: `rm -rf \.venv && make \.venv`",
    ):
        up(places)
    assert_nothing_left(places)


def test_a_port_in_use_is_refused_before_anything_starts(places: Places) -> None:
    with (
        socket.create_server((processes.HOST, 0)) as taken,
        pytest.raises(PortTakenError, match="Choose another with --port"),
    ):
        up(places, stack.Options(port=taken.getsockname()[1]))
    assert_nothing_left(places)


def test_two_cannot_put_it_up_at_once(places: Places) -> None:
    with (places.caja / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BusyError, match="Wait for it"):
            up(places)


def test_there_is_nothing_to_read_when_nothing_is_up(places: Places) -> None:
    with pytest.raises(NotUpError, match="Start it with `caja local up`"):
        stack.read(places)


def test_a_stack_whose_emulator_ended_is_not_up(places: Places) -> None:
    processes.start(places, emulator.NAME, [sys.executable, "-c", ""], os.environ)
    (places.run / "stack.json").write_text("{}")
    places.stack_json.write_text("{}")
    assert processes.wait_until(lambda: not processes.is_alive(places, emulator.NAME), 10)
    found = stack.status(places)
    assert (found.process_ids, found.stack) == ({"emulator": None}, None)
    with pytest.raises(NotUpError):
        stack.read(places)


def test_the_token_of_this_machine_is_the_collectors_and_obviously_made_up() -> None:
    assert stack.ACCESS_TOKEN.startswith("TEST-")
    assert "fake" in stack.ACCESS_TOKEN
    assert stack.ACCESS_TOKEN.rpartition("-")[2] == str(stack.COLLECTOR_ID)
