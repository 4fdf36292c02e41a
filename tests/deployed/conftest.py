"""The deployed stack: one for the whole run, beside the developer's own, with the real `sam build` and `sam deploy`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.screen import Steps
from local import stack
from simulator.client import SimulatorClient
from tests.deployed.calls import PLACES
from tests.deployed.shop import DeployedBox, open_box, open_branch

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the stack."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.deployed)
            item.add_marker(pytest.mark.timeout(300))  # the first one waits for the stack
    # What a killed function held stays hidden for six minutes; nobody waits for its queue after that.
    items.sort(key=lambda item: item.path.name == "test_killed.py")


@pytest.fixture(scope="session")
def deployed() -> Iterator[stack.Stack]:
    """The stack that is up, with nothing in it."""
    stack.down(PLACES)
    yield stack.up(PLACES, stack.Options(), Steps())
    stack.down(PLACES)


@pytest.fixture(scope="session")
def branch(deployed: stack.Stack) -> stack.Stack:
    """The stack with a branch."""
    open_branch(deployed)
    return deployed


@pytest.fixture(scope="session")
def shared_mp(deployed: stack.Stack) -> SimulatorClient:
    """Mercado Pago's simulator of the stack, as the last test left it."""
    return SimulatorClient(deployed.mercadopago_url)


@pytest.fixture
def mp(shared_mp: SimulatorClient) -> SimulatorClient:
    """Mercado Pago's simulator of the stack; it notifies by IPN unless told otherwise."""
    shared_mp.settings(notification_dialect="ipn", notification_copies=1)
    return shared_mp


@pytest.fixture
def box(branch: stack.Stack) -> DeployedBox:
    """A box of this test's own."""
    return open_box(branch)
