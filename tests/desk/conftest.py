"""A desk with quick machines, and a merchant's box API for them to talk to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from desk.app import routes
from desk.cabinet import Pace
from desk.machines import Machines
from simulator.server import Simulator
from tests.desk.caja import KEY, Caja

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

QUICK = Pace(
    sign_of_life=0.2,
    first_repeat=0.02,
    last_repeat=0.1,
    look_again=0.02,
    filling=0.1,
    tick=0.02,
    motor=0.1,
    lingers=30.0,
    remembers=60.0,
)
MERCADO_PAGO: dict[str, Any] = {"poll_interval": 0.02, "enabled_hosts": ["127.0.0.1"], "stores": ["STORE001"]}
PATIENCE = 8.0


class Desk:
    """A running desk, asked over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        return self.session.request(method, self.url + path, json=body, headers=headers, timeout=5)

    def attach(self, caja: Caja, kind: str, **changes: Any) -> At:
        wish = {
            "kind": kind,
            "api_url": caja.url,
            "box_id": "BOX1",
            "box_key": KEY,
            "name": "Caja 1",
            "qr": "https://example.com/qr/1",
            **changes,
        }
        answer = self.ask("POST", "/desk/machines", wish)
        assert answer.status_code in (200, 201), answer.text
        return At(self, caja, answer.json()["box_id"])


class At:
    """Somebody at a machine."""

    def __init__(self, desk: Desk, caja: Caja, box_id: str) -> None:
        self.desk = desk
        self.caja = caja
        self.path = f"/desk/machines/{box_id}"

    def look(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.desk.ask("GET", self.path).json()
        return shown

    def tries(self, action: str, **body: Any) -> requests.Response:
        return self.desk.ask("POST", f"{self.path}/{action}", body)

    def does(self, action: str, **body: Any) -> dict[str, Any]:
        answer = self.tries(action, **body)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while True:
            shown = self.look()
            if holds(shown):
                return shown
            assert time.monotonic() < deadline, f"{shown}"
            time.sleep(0.02)

    def sees(self, phase: str, key: str | None = None) -> dict[str, Any]:
        """The machine once it is in a phase, showing a text."""
        return self.until(lambda m: m["phase"] == phase and key in (None, m["display"]["key"]))

    def fills(self, **wish: str) -> dict[str, Any]:
        """Lift, fill, hang up."""
        self.does("lift")
        self.does("fill", **(wish or {"litres": "12.5"}))
        self.sees("lifted", "pump.filled")
        return self.does("hang_up")

    def comes_back(self) -> dict[str, Any]:
        """The machine after it has lost its power at the armed point and got it back."""
        self.sees("off")
        return self.does("power", on=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the journals lie."""
    return tmp_path / "journals"


@pytest.fixture
def pace() -> Pace:
    """How fast the machines work."""
    return QUICK


@pytest.fixture
def desk(folder: Path, pace: Pace) -> Iterator[Desk]:
    with Simulator(also=lambda account: routes(Machines(account, folder, pace)), **MERCADO_PAGO) as mp:
        one = Desk(mp.url)
        yield one
        one.session.close()


@pytest.fixture
def pump(desk: Desk) -> Iterator[At]:
    """Somebody at a pump."""
    with Caja("postpay") as caja:
        yield desk.attach(caja, "pump")


@pytest.fixture
def vending(desk: Desk) -> Iterator[At]:
    """Somebody at a vending machine."""
    with Caja("prepay") as caja:
        yield desk.attach(caja, "vending")
