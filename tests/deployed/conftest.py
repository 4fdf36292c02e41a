"""What tests of the deployed stack need besides the stack itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.deployed.shop import DeployedBox, open_box

if TYPE_CHECKING:
    from local import stack
    from simulator.client import SimulatorClient


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the stack."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.deployed)
            item.add_marker(pytest.mark.timeout(900))  # whatever is waited for has its own limit
    # What a killed function held stays hidden for six minutes; nobody waits for its queue after that.
    items.sort(key=lambda item: item.path.name == "test_killed.py")


@pytest.fixture
def mp(shared_mp: SimulatorClient) -> SimulatorClient:
    """Mercado Pago's simulator of the stack; it notifies by IPN unless told otherwise."""
    shared_mp.settings(notification_dialect="ipn", notification_copies=1)
    return shared_mp


@pytest.fixture
def box(branch: stack.Stack) -> DeployedBox:
    """A box of this test's own."""
    return open_box(branch)
