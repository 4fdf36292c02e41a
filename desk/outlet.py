"""A machine and its plug: what can be done to it whether it has power or not, and how it is shown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from desk.cabinet import CUT_POINTS, PowerLostError
from desk.machine import show_journal
from desk.pump import Pump
from desk.vending import Vending
from simulator.errors import BAD_REQUEST, MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable

    from desk.cabinet import Cabinet
    from desk.machine import Machine

KINDS: dict[str, Callable[[Cabinet], Machine]] = {"pump": Pump, "vending": Vending}
CANNOT_WRITE = 503


class Outlet:
    """One machine, plugged in or not; ``machine`` is there only while it has power."""

    def __init__(self, cabinet: Cabinet) -> None:
        self.cabinet = cabinet
        self.machine: Machine | None = None
        self._work: asyncio.Task[None] | None = None
        self._fault: str | None = None
        self._journal: list[dict[str, Any]] = []

    # ─── Power ──────────────────────────────────────────────────────────────────────────────────────────────────

    def power_on(self) -> None:
        """Start the machine anew, from its journal."""
        if self.machine is None:
            self._fault = None
            self.machine = machine = KINDS[self.cabinet.kind](self.cabinet)
            self._work = asyncio.get_running_loop().create_task(machine.run())
            self._work.add_done_callback(lambda work: self._ended(work, machine))
            self.cabinet.changed()

    async def power_off(self) -> None:
        """Cut the power: whatever is under way stops where it is, and all but the journal is gone."""
        if self._work:
            self._work.cancel()
            await asyncio.wait([self._work])

    def _ended(self, work: asyncio.Task[None], machine: Machine) -> None:
        self._journal = show_journal(machine.journal)
        machine.close()
        self.machine = self._work = None
        error = None if work.cancelled() else work.exception()
        if error and not isinstance(error, PowerLostError):
            # A bug, or a disk that is full: let the loop say so, and show it at the machine.
            self._fault = f"{type(error).__name__}: {error}"
            work.get_loop().call_exception_handler(
                {"message": "a machine failed", "exception": error, "task": work}
            )
        self.cabinet.changed()

    # ─── What can be done to it ─────────────────────────────────────────────────────────────────────────────────

    async def act(self, action: str, body: dict[str, Any]) -> None:
        """Do something to it or at it; ``MisuseError`` when it makes no sense now."""
        try:
            if action == "power":
                await self._switch_power(body)
            elif action == "jam" and self.cabinet.kind == "vending":
                self.cabinet.will_jam = _read_switch(body)
            elif action == "out_of_service":
                self._put_out_of_service(on=_read_switch(body))
            elif self.machine is None:
                raise MisuseError(f"{self.cabinet.box_id} has no power")
            else:
                self.machine.act(action, body)
        except OSError as error:
            raise MisuseError(f"the journal cannot be kept: {error}", CANNOT_WRITE) from error
        self.cabinet.changed()

    async def _switch_power(self, body: dict[str, Any]) -> None:
        if "at" in body:
            if body["at"] not in (None, *CUT_POINTS):
                raise MisuseError(f"power goes at one of {', '.join(CUT_POINTS)}", BAD_REQUEST)
            self.cabinet.cut = body["at"]
        elif _read_switch(body):
            self.power_on()
        else:
            await self.power_off()

    def _put_out_of_service(self, *, on: bool) -> None:
        machine = self.machine
        if on and machine and (machine.sales.open or machine.state() == "preparing"):
            raise MisuseError(f"{self.cabinet.box_id} is {machine.phase()}: let the sale end first")
        self.cabinet.is_out_of_service = on
        if machine:
            machine.wake()

    # ─── Seen from outside ──────────────────────────────────────────────────────────────────────────────────────

    def show(self) -> dict[str, Any]:
        """The machine, JSON-ready."""
        cabinet = self.cabinet
        shown: dict[str, Any] = {
            "box_id": cabinet.box_id,
            "kind": cabinet.kind,
            "name": cabinet.name,
            "power": self.machine is not None,
            "out_of_service": cabinet.is_out_of_service,
            "currency": cabinet.country.currency,
            "decimals": cabinet.country.decimals,
            "qr": cabinet.qr,
            "jam": cabinet.will_jam,
            "cut": cabinet.cut,
        }
        switches = ["power", "out_of_service", *(["jam"] if cabinet.kind == "vending" else [])]
        if self.machine:
            shown |= self.machine.show()
            shown["actions"] = [*shown["actions"], *switches]
            return shown
        # Without power it shows nothing; its journal lies on the disk all the same.
        dark: dict[str, Any] = {
            "phase": "off",
            "display": {"key": "off", "facts": {}},
            "order": None,
            "receipt": None,
            "past": [],
        }
        return shown | dark | {"journal": self._journal, "error": self._fault, "actions": switches}


def _read_switch(body: dict[str, Any]) -> bool:
    if not isinstance(body.get("on"), bool):
        raise MisuseError('send {"on": true} or {"on": false}', BAD_REQUEST)
    return bool(body["on"])
