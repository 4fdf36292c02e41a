"""Puts the stack up on this machine and takes it down."""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

from local import credentials, deployment, emulator, processes, simulator
from local.errors import AlreadyUpError, BusyError, DeploymentFailedError, NotUpError
from local.places import Places

# Made up, in the shape of a test account's; the digits at its end are the account that is credited.
COLLECTOR_ID = 123456789
ACCESS_TOKEN = f"TEST-1111111111111111-010101-fake-{COLLECTOR_ID}"


@dataclass(frozen=True)
class Options:
    """How the stack is to be put up. `port` None: any free one. `mercadopago_url` None: start the simulator."""

    site: str = "mla"
    port: int | None = None
    mercadopago_url: str | None = None


@dataclass(frozen=True)
class Stack:
    """What a client of the stack needs to know: .caja/stack.json, field by field."""

    api_url: str
    mercadopago_url: str
    stack_name: str
    region: str
    endpoint_url: str
    aws_access_key_id: str
    aws_secret_access_key: str
    collector_id: int


@dataclass(frozen=True)
class Status:
    """What is up: process ids by name (None: ended by itself), CloudFormation's word, the stack if it is complete."""

    process_ids: dict[str, int | None]
    stack_status: str | None
    stack: Stack | None
    is_current: bool


class Progress(Protocol):
    """How a person is told what is being done."""

    def step(self, doing: str) -> AbstractContextManager[object]:
        """Show `doing` until the context ends."""


def up(places: Places, options: Options, progress: Progress) -> Stack:
    """Put the stack up, or deploy what changed since if it is up with the same options; return it when it is ready.

    Whatever ends this early, an error or the developer, leaves nothing running; only when changed code cannot be
    deployed, the stack stays up with the code it had.
    """
    places.prepare()
    with _alone(places):
        if _is_up(places):
            return _refresh(places, options, progress)
        _clear(places)  # what a start that was killed, or a process that ended by itself, has left
        try:
            return _start(places, options, progress)
        except BaseException:
            _clear(places)
            raise


def down(places: Places) -> bool:
    """Stop everything and say whether anything ran; only logs, builds and caches stay in .caja."""
    if not places.caja.exists():
        return False
    with _alone(places):
        return _clear(places)


def read(places: Places) -> Stack:
    """Return the stack that is up; raise NotUpError."""
    if not _is_up(places):
        raise NotUpError("Nothing is up. Start it with `caja local up`.")
    return Stack(**json.loads(places.stack_json.read_text()))


def status(places: Places) -> Status:
    """Look at what is up."""
    ids = {name: processes.process_id(places, name) for name in _names(places)}
    if not _is_up(places):
        return Status(ids, stack_status=None, stack=None, is_current=False)
    stack = read(places)
    word = deployment.stack_status(stack.endpoint_url)
    return Status(ids, word, stack, is_current=_read_run(places).digest == deployment.digest_sources(places))


@dataclass(frozen=True)
class _Run:
    """What was put up: run/stack.json, written when it was ready."""

    options: Options
    digest: str


def _start(places: Places, options: Options, progress: Progress) -> Stack:
    port = processes.choose_port(options.port)
    with progress.step("Emulated AWS"):
        places.prepare()
        url = emulator.start(places, port)
    if options.mercadopago_url is None:
        with progress.step("Mercado Pago's simulator"):
            mercadopago_url = simulator.start(places, ACCESS_TOKEN, options.site)
    else:
        mercadopago_url = options.mercadopago_url.rstrip("/")
    key = credentials.create_operator(url)
    return _deploy(places, options, progress, url=url, mercadopago_url=mercadopago_url, key=key)


def _refresh(places: Places, options: Options, progress: Progress) -> Stack:
    """Deploy the sources again if they changed; raise AlreadyUpError if other options are asked for."""
    run, stack = _read_run(places), read(places)
    if options != (run.options if options.port else replace(run.options, port=None)):
        raise AlreadyUpError(
            "The stack is up with other options. Take it down first, with `caja local down`."
        )
    is_whole = deployment.stack_status(stack.endpoint_url) in deployment.STABLE
    if is_whole and run.digest == deployment.digest_sources(places):
        return stack
    key = credentials.AccessKey(stack.aws_access_key_id, stack.aws_secret_access_key)
    try:
        url, mercadopago_url = stack.endpoint_url, stack.mercadopago_url
        return _deploy(places, run.options, progress, url=url, mercadopago_url=mercadopago_url, key=key)
    except DeploymentFailedError as error:
        raise DeploymentFailedError(f"{error}\nThe stack is still up, with the code it had.") from error
    except BaseException:
        _clear(places)
        raise


def _deploy(
    places: Places,
    options: Options,
    progress: Progress,
    *,
    url: str,
    mercadopago_url: str,
    key: credentials.AccessKey,
) -> Stack:
    digest = deployment.digest_sources(places)
    with progress.step("sam build"):
        deployment.build(places, digest)
    with progress.step("sam deploy"):
        parameters = deployment.describe_parameters(options.site, ACCESS_TOKEN, url, mercadopago_url)
        outputs = deployment.deploy(places, url, parameters)
        credentials.allow_operator(url, outputs)
    stack = Stack(
        api_url=outputs["ApiUrl"],
        mercadopago_url=mercadopago_url,
        stack_name=deployment.STACK_NAME,
        region=emulator.REGION,
        endpoint_url=url,
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        collector_id=COLLECTOR_ID,
    )
    _write(places.run / "stack.json", asdict(_Run(options, digest)))
    _write(places.stack_json, asdict(stack))
    return stack


def _is_up(places: Places) -> bool:
    """Say whether a start came to its end and all it started is alive."""
    is_ready = places.stack_json.exists() and (places.run / "stack.json").exists()
    return is_ready and all(processes.is_alive(places, name) for name in _names(places))


def _names(places: Places) -> list[str]:
    """Return the names of the processes that were started."""
    return [name for name in (emulator.NAME, simulator.NAME) if processes.was_started(places, name)]


def _read_run(places: Places) -> _Run:
    run = json.loads((places.run / "stack.json").read_text())
    return _Run(Options(**run["options"]), run["digest"])


def _write(path: Path, value: dict[str, object]) -> None:
    """Write a file whole, for its owner only: it may hold a key."""
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(value, indent=2) + "\n")
    draft.replace(path)


def _clear(places: Places) -> bool:
    """Stop everything, remove what was for this run only, and say whether anything ran."""
    ran = processes.stop_all(places)
    places.stack_json.unlink(missing_ok=True)
    for folder in (places.run, places.temporary):
        if folder.exists():
            shutil.rmtree(folder)
    return ran


@contextmanager
def _alone(places: Places) -> Iterator[None]:
    """Keep other `up` and `down` out; raise BusyError if one is at work."""
    with (places.caja / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(
                "Another `caja local up` or `down` is at work. Wait for it, or stop it, first."
            ) from error
        yield
