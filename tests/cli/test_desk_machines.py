"""The demo finds a machine as somebody left it, and has it ready for its own sale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.desk_machines import DeskMachine, MachineError
from desk.app import routes
from desk.cabinet import Pace
from desk.machines import Machines
from simulator.server import Simulator
from tests.desk.caja import KEY, Caja

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUICK = Pace(first_repeat=0.02, look_again=0.02, filling=0.2, tick=0.02, motor=0.1)
PATIENCE = 8.0


@pytest.fixture
def pump(tmp_path: Path) -> Iterator[tuple[DeskMachine, Caja]]:
    with Caja("postpay") as caja, Simulator(also=lambda a: routes(Machines(a, tmp_path, QUICK))) as mp:
        machine = DeskMachine(mp.url, "SURTIDOR1")
        machine.attach(kind="pump", api_url=caja.url, box_key=KEY, name="Surtidor 1", qr="q")
        yield machine, caja
        machine.close()


def fill(machine: DeskMachine, then: str | None) -> None:
    machine.act("lift")
    machine.act("fill", amount="15000.50")
    if then:
        machine.wait_for(lambda shown: shown["phase"] == "lifted", PATIENCE)
        machine.act(then)


def test_an_idle_machine_is_left_as_it_is(pump: tuple[DeskMachine, Caja]) -> None:
    machine, caja = pump
    machine.bring_to_rest()
    assert (machine.look()["phase"], caja.orders) == ("idle", {})


@pytest.mark.parametrize("is_hung_up", [False, True])
def test_what_it_was_at_is_ended_and_its_order_cancelled(
    pump: tuple[DeskMachine, Caja], *, is_hung_up: bool
) -> None:
    machine, caja = pump
    fill(machine, "hang_up" if is_hung_up else None)
    machine.bring_to_rest()
    assert "lift" in machine.look()["actions"]
    assert {order["state"] for order in caja.orders.values()} <= {"cancelled"}


def test_switches_that_were_left_on_are_switched_back(pump: tuple[DeskMachine, Caja]) -> None:
    machine, _ = pump
    machine.bring_to_rest()
    machine.act("out_of_service", on=True)
    machine.act("power", on=False)
    machine.act("power", at="sale")
    machine.bring_to_rest()
    fill(machine, "hang_up")
    assert machine.wait_for(lambda shown: shown["phase"] == "ready", PATIENCE)["phase"] == "ready"


def test_what_it_refuses_is_quoted(pump: tuple[DeskMachine, Caja]) -> None:
    machine, _ = pump
    with pytest.raises(MachineError, match="not the moment"):
        machine.act("cash")
