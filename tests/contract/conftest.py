"""Every test of this room runs against every store; those against the emulator after all others, in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from caja.tables import ledger
from local import emulator, processes, stack
from local.places import Places
from tests.aws import aws_client, create_table
from tests.builders import a_box
from tests.contract.stores import PAGE, MemoryStore, OneAtATime, Store, TableStore

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACES = Places(state=".caja/contract")
MOTO = "moto"
EMULATOR = pytest.param("emulator", marks=pytest.mark.deployed)


@pytest.fixture
def memory() -> MemoryStore:
    """The fakes."""
    return MemoryStore()


@pytest.fixture
def moto() -> Iterator[TableStore]:
    """The adapters over moto, whose calls must not overlap: it isolates nothing."""
    with mock_aws():
        client = aws_client("dynamodb")
        _create_tables(client)
        yield TableStore("moto", OneAtATime(client))


@pytest.fixture(scope="session")
def emulator_url() -> Iterator[str]:
    """The emulator, with nothing in it."""
    stack.down(PLACES)
    PLACES.prepare()
    yield emulator.start(PLACES, processes.choose_port())
    stack.down(PLACES)


@pytest.fixture(name="emulator")
def _emulator(emulator_url: str) -> Iterator[TableStore]:
    """The adapters over the emulator."""
    client = emulator.client(emulator_url, "dynamodb")
    _create_tables(client)
    yield TableStore("emulator", client)
    for table in ("BoxesTable", "OrdersTable"):
        client.delete_table(TableName=table)
    client.close()


@pytest.fixture(params=[MOTO, EMULATOR])
def tables(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> TableStore:
    """The adapters over either, with the box provisioned."""
    monkeypatch.setattr(ledger, "PAGE", PAGE)
    store: TableStore = request.getfixturevalue(request.param)
    store.provision(a_box())
    return store


@pytest.fixture(params=["memory", MOTO, EMULATOR])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Any store, with the box provisioned."""
    monkeypatch.setattr(ledger, "PAGE", PAGE)
    store: Store = request.getfixturevalue(request.param)
    store.provision(a_box())
    return store


def _create_tables(client: object) -> None:
    for table in ("BoxesTable", "OrdersTable"):
        create_table(client, table)
