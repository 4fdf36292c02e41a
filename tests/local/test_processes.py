"""Background processes are known for certain: what is ours is stopped, and nothing else ever is."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from local import processes
from local.errors import PortTakenError, ProcessDiedError

if TYPE_CHECKING:
    from local.places import Places

WAIT = [sys.executable, "-c", "import time; time.sleep(60)"]
IGNORE_TERM = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)",
]
PARENT = [
    sys.executable,
    "-c",
    """
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid, flush=True)
time.sleep(60)
""",
]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for_log(places: Places, name: str) -> str:
    log = places.log / f"{name}.log"
    assert processes.wait_until(lambda: log.read_text().endswith("\n"), 10)
    return log.read_text()


def test_a_process_is_alive_from_its_start_until_it_is_stopped(places: Places) -> None:
    assert not processes.is_alive(places, "one")
    processes.start(places, "one", WAIT, os.environ)
    assert processes.is_alive(places, "one")
    pid = processes.process_id(places, "one")
    assert pid is not None
    assert processes.stop(places, "one")
    assert not processes.is_alive(places, "one")
    assert not is_running(pid)


def test_a_process_has_a_session_of_its_own_so_that_the_terminals_end_does_not_reach_it(
    places: Places,
) -> None:
    processes.start(places, "one", WAIT, os.environ)
    pid = processes.process_id(places, "one")
    assert pid is not None
    assert os.getsid(pid) == pid != os.getsid(0)


def test_a_process_that_ended_by_itself_is_not_alive(places: Places) -> None:
    processes.start(places, "one", [sys.executable, "-c", ""], os.environ)
    assert processes.wait_until(lambda: not processes.is_alive(places, "one"), 10)
    assert processes.was_started(places, "one")
    assert not processes.stop(places, "one")


def test_another_process_that_took_over_the_id_is_left_alone(places: Places) -> None:
    with subprocess.Popen(WAIT) as stranger:  # noqa: S603 -- our own code
        (places.run / "one.lock").write_text(str(stranger.pid))
        assert not processes.stop(places, "one")
        assert stranger.poll() is None
        stranger.kill()


def test_a_process_that_will_not_end_is_ended(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.2)
    processes.start(places, "deaf", IGNORE_TERM, os.environ)
    wait_for_log(places, "deaf")
    assert processes.stop(places, "deaf")
    assert not processes.is_alive(places, "deaf")


def test_what_a_process_started_ends_with_it(places: Places) -> None:
    processes.start(places, "parent", PARENT, os.environ)
    child = int(wait_for_log(places, "parent"))
    assert processes.stop_all(places)
    assert processes.wait_until(lambda: not is_running(child), 10)


def test_a_command_is_run_to_its_end(places: Places) -> None:
    code = processes.run(places, "short", [sys.executable, "-c", "print('said'); exit(3)"], os.environ, 10)
    assert code == 3
    assert (places.log / "short.log").read_text() == "said\n"


def test_a_command_that_takes_too_long_is_ended(places: Places) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        processes.run(places, "long", WAIT, os.environ, 0.2)
    assert not processes.is_alive(places, "long")


def test_a_process_that_dies_at_its_start_is_quoted(places: Places) -> None:
    processes.start(places, "bad", [sys.executable, "-c", "exit('No, because of reasons.')"], os.environ)
    with pytest.raises(ProcessDiedError, match=r"The bad did not start: No, because of reasons\."):
        processes.wait_until_ready(places, "bad", f"http://127.0.0.1:{processes.choose_port()}")


def test_a_process_that_never_answers_is_stopped(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "READY_SECONDS", 0.2)
    processes.start(places, "mute", WAIT, os.environ)
    with pytest.raises(ProcessDiedError, match="it said nothing"):
        processes.wait_until_ready(places, "mute", f"http://127.0.0.1:{processes.choose_port()}")
    assert not processes.is_alive(places, "mute")


def test_any_answer_is_an_answer() -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(403)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        assert processes.answers(f"http://127.0.0.1:{server.server_port}/_health")
        thread.join()


def test_a_port_in_use_is_refused_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortTakenError, match=r"already in use.*Choose another with --port"):
            processes.choose_port(taken.getsockname()[1])


def test_a_port_that_is_free_is_kept() -> None:
    port = processes.choose_port()
    assert processes.choose_port(port) == port


def test_waiting_has_an_end() -> None:
    began = time.monotonic()
    assert not processes.wait_until(lambda: False, 0.1)
    assert time.monotonic() - began < 5
