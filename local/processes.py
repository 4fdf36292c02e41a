"""Starts, recognises and stops what runs in the background.

A process holds a lock on `run/<name>.lock` for as long as it lives: the file is opened and locked before it is started
and inherited by it alone. A held lock means alive and ours, whatever process ids were reused since; so only what we
started is ever stopped.
"""

import fcntl
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from local.errors import PortTakenError, ProcessDiedError
from local.places import Places

HOST = "127.0.0.1"
STOP_SECONDS = 10.0
READY_SECONDS = 30.0

_children: dict[tuple[Places, str], subprocess.Popen[bytes]] = {}


def start(places: Places, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Start `command` in a session of its own, its output in `log/<name>.log`."""
    lock = (places.run / f"{name}.lock").open("w")
    with lock, (places.log / f"{name}.log").open("wb") as log:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _children[places, name] = subprocess.Popen(  # noqa: S603 -- our own command
            command,
            cwd=places.root,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lock.fileno(),),
        )
        lock.write(str(_children[places, name].pid))


def run(
    places: Places, name: str, command: Sequence[str], environment: Mapping[str, str], seconds: float
) -> int:
    """Run `command` to its end like one that is started, and return its exit code; what cuts it short ends it."""
    start(places, name, command, environment)
    try:
        return _children[places, name].wait(seconds)
    finally:
        stop(places, name)


def is_alive(places: Places, name: str) -> bool:
    """Say whether the process that we started under this name is still running."""
    try:
        lock = (places.run / f"{name}.lock").open()
    except FileNotFoundError:
        return False
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def was_started(places: Places, name: str) -> bool:
    """Say whether we started a process under this name since the last `down`, alive or not."""
    return (places.run / f"{name}.lock").exists()


def process_id(places: Places, name: str) -> int | None:
    """Return the process id under which `name` runs; None if it does not."""
    if not is_alive(places, name):
        return None
    return int((places.run / f"{name}.lock").read_text())


def stop(places: Places, name: str) -> bool:
    """Stop `name` and everything it started, and say whether it ran."""
    pid = process_id(places, name)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not is_alive(places, name), STOP_SECONDS)
        with suppress(ProcessLookupError):  # itself, if it would not end, and the children it left
            os.killpg(pid, signal.SIGKILL)
    child = _children.pop((places, name), None)
    if child is not None:
        child.wait()
    return pid is not None


def stop_all(places: Places) -> bool:
    """Stop whatever was started, and say whether any of it ran."""
    ran = [stop(places, lock.stem) for lock in sorted(places.run.glob("*.lock"))]
    return any(ran)


def wait_until(true: Callable[[], bool], seconds: float) -> bool:
    """Ask until the answer is yes, for at most so many seconds; say whether it ever was."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def wait_until_ready(places: Places, name: str, url: str) -> None:
    """Return once `url` answers anything; raise ProcessDiedError if the process ends or stays silent."""
    wait_until(lambda: not is_alive(places, name) or answers(url), READY_SECONDS)
    if is_alive(places, name) and answers(url):
        return
    stop(places, name)
    log = places.log / f"{name}.log"
    lines = log.read_text(errors="replace").strip().splitlines()
    last = lines[-1] if lines else "it said nothing"
    raise ProcessDiedError(
        f"The {name} did not start: {last}\nAll it said is in {log}; try `caja local up` again."
    )


def answers(url: str) -> bool:
    """Say whether anything speaks HTTP at `url`, whatever it says."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or HOST, parts.port, timeout=2)
    try:
        connection.request("GET", parts.path or "/")
        connection.getresponse().read()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True


def choose_port(wanted: int | None = None) -> int:
    """Return `wanted` if it is free on 127.0.0.1, or any free port; raise PortTakenError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted or 0))
        except OSError as error:
            raise PortTakenError(
                f"Port {wanted} of {HOST} cannot be used: {error.strerror}. Choose another with --port, or leave --port away."
            ) from error
        port: int = probe.getsockname()[1]
    return port
