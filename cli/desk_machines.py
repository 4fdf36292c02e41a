"""The machines on the page: a client of the desk's routes, for the demo."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TIMEOUT_SECONDS = 10
LOOK_EVERY_SECONDS = 0.05
REST_SECONDS = 60
"""How long a machine may take to end what it was at: each step of it is a call or two of the deployed stack."""

_ENDS = ("hang_up", "cash", "cancel")
_BEGINNINGS = ("lift", "choose")


class MachineError(Exception):
    """A machine did not do what it was asked; the message quotes why."""


class DeskMachine:
    """One machine of the desk at `desk_url`, as its routes show it."""

    def __init__(self, desk_url: str, box_id: str) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # loopback needs no proxy
        self._url = f"{desk_url}/desk/machines"
        self.box_id = box_id

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def attach(self, **wish: Any) -> None:
        """Attach it to its box; one that is attached already gets the new key, and goes on."""
        self._ask("POST", self._url, {"box_id": self.box_id, **wish})

    def act(self, action: str, **body: Any) -> None:
        """Do something at the machine; raise MachineError if it makes no sense now."""
        self._ask("POST", f"{self._url}/{self.box_id}/{action}", body)

    def look(self) -> dict[str, Any]:
        """The machine as the page shows it."""
        return self._ask("GET", f"{self._url}/{self.box_id}")

    def wait_for(self, holds: Callable[[dict[str, Any]], bool], timeout: float) -> dict[str, Any]:
        """Look until it holds, or `timeout` seconds have passed; return the last look."""
        deadline = time.monotonic() + timeout
        while True:
            shown = self.look()
            if holds(shown) or time.monotonic() > deadline:
                return shown
            time.sleep(LOOK_EVERY_SECONDS)

    def bring_to_rest(self) -> None:
        """Have it ready for a customer: what it was at is ended, its order cancelled; raise MachineError if that fails."""
        self.act("power", at=None)
        self.act("power", on=True)
        shown = self.wait_for(_can_do_something, REST_SECONDS)
        for _ in _ENDS:
            end = next((action for action in _ENDS if action in shown["actions"]), None)
            if end is None:
                break
            self.act(end)
            shown = self.wait_for(_can_do_something, REST_SECONDS)
        self.act("out_of_service", on=False)
        if not set(_BEGINNINGS) & set(self.look()["actions"]):
            raise MachineError(f"{self.box_id} stays {shown['phase']}: {shown['error'] or 'no reason given'}")

    def _ask(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer = self._session.request(method, url, json=body, timeout=TIMEOUT_SECONDS)
        if not answer.ok:
            raise MachineError(f"{self.box_id} was answered {answer.status_code} {answer.text}")
        shown: dict[str, Any] = answer.json()
        return shown


def _can_do_something(shown: Mapping[str, Any]) -> bool:
    is_idle = shown["phase"] == "idle"  # out of service it can do nothing, and is at rest
    return is_idle or bool({*_ENDS, *_BEGINNINGS} & set(shown["actions"]))
