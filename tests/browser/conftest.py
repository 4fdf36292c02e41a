"""The page in a real browser, on the deployed stack: Chromium, visitors who use the page, machines on its desk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.visitor import Visitor
from tests.deployed.shop import DeployedBox, open_box, put_on_desk

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from playwright.sync_api import Browser

    from local.stack import Stack
    from simulator.client import SimulatorClient

SCREENSHOTS = Path(".caja/screenshots")
NAMES = ("chromium", "chromium-browser", "google-chrome")
# A browser of a test has nothing to say to anybody but the page.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 30.0
LEFT_OUT = pytest.StashKey[int]()


def _find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    """Mark what needs the stack; without Chromium leave it out, or fail where nothing may be left out."""
    ours = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    for item in ours:
        item.add_marker(pytest.mark.deployed)
        item.add_marker(pytest.mark.timeout(900))  # whatever is waited for has its own limit
    yield
    wanted = [item for item in ours if item in items]
    if not wanted or _find_chromium():
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError(f"the page's tests need Chromium: none of {', '.join(NAMES)} was found")
    config.stash[LEFT_OUT] = len(wanted)
    config.hook.pytest_deselected(items=wanted)
    items[:] = [item for item in items if item not in wanted]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say in one line what was left out."""
    count = config.stash.get(LEFT_OUT, 0)
    if count:
        terminalreporter.write_line(
            f"No Chromium here: {count} tests of the page in a browser were left out (apt-get install chromium).",
            yellow=True,
        )


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium, started once a module: while it runs, this thread has an event loop that others could trip over."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_find_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(
    chromium: Browser, branch: Stack, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visitor]]:
    """Somebody opens the page: `visit(width=390, height=844, locale="pt-BR")`; afterwards there is a picture of each."""
    visitors: list[Visitor] = []

    def open_page(**wish: object) -> Visitor:
        visitors.append(Visitor.arrive(chromium, branch.mercadopago_url, **wish))
        return visitors[-1]

    yield open_page
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    name = request.node.name.removeprefix("test_").replace("/", "_")
    for number, visitor in enumerate(visitors):
        visitor.leave(SCREENSHOTS / f"{name}{f'-{number}' if number else ''}.png")


@pytest.fixture
def shared_desk(shared_mp: SimulatorClient) -> Iterator[SimulatorClient]:
    """The desk, with every fault off before and after; a customer has time for a function's cold start."""
    shared_mp.fault_off()
    before = shared_mp.settings()["poll_timeout"]
    shared_mp.settings(poll_timeout=PATIENCE)
    yield shared_mp
    shared_mp.fault_off()
    shared_mp.settings(poll_timeout=before)


@pytest.fixture
def pump(branch: Stack, shared_desk: SimulatorClient) -> DeployedBox:
    """A fuel pump on the desk, of this test's own."""
    return put_on_desk(
        shared_desk, open_box(branch, name="Surtidor 1", category=473000), "pump", "Surtidor 1"
    )


@pytest.fixture
def vending(branch: Stack, shared_desk: SimulatorClient) -> DeployedBox:
    """A vending machine on the desk, of this test's own."""
    return put_on_desk(shared_desk, open_box(branch, name="Máquina 1", mode="prepay"), "vending", "Máquina 1")
