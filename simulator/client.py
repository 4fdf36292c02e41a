"""A typed client of the control API, for demos and tests: ``phone = mp.scan("CAJA0001")``, then ``phone.pay()``."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import requests

from simulator import exact_json
from simulator.phone import (
    ABANDONED,
    AMOUNT,
    CANNOT_TAKE_PAYMENT,
    PAID,
    WAITING,
    Phone,
    Screen,
    SimulatorError,
    look_until,
)
from simulator.wire import Message

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ABANDONED",
    "AMOUNT",
    "CANNOT_TAKE_PAYMENT",
    "PAID",
    "WAITING",
    "Phone",
    "Screen",
    "SimulatorClient",
    "SimulatorError",
]

SECONDS = 10.0


class SimulatorClient:
    """The control API of a simulator at ``url``; use one per thread."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # loopback needs no proxy

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Make one control call and return what it answers; ``SimulatorError`` unless it is a 2xx."""
        data = None if body is None else exact_json.render(body).encode()
        answer = self._session.request(method, f"{self.url}/sim{path}", data=data, timeout=SECONDS)
        if not answer.ok:
            raise SimulatorError(f"{answer.status_code}: {answer.text}")
        return exact_json.parse(answer.content) if answer.content else None

    def scan(self, pos: str) -> Phone:
        """Point a phone at the box with this external_id."""
        return Phone(self, self.control("POST", "/scans", {"pos": pos})["id"])

    def scan_qr(self, resolved: str) -> Phone:
        """Point a phone at a QR code: the box's uuid, its number, or the address of its image."""
        return Phone(self, self.control("POST", "/scans", {"qr": resolved})["id"])

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings by name, and return them all."""
        changed: dict[str, Any] = self.control("PATCH", "/settings", _plain(changes))
        return changed

    def wire(self, since: int = 0) -> list[Message]:
        """Return every message after ``since``, oldest first."""
        messages: list[Message] = []
        while True:
            page = [Message(**item) for item in self.control("GET", f"/wire?since={since}")]
            if not page:
                return messages
            messages += page
            since = page[-1].seq

    def wait_for_messages(
        self, wanted: Callable[[Message], bool], *, count: int = 1, since: int = 0, timeout: float = 15.0
    ) -> list[Message]:
        """Return the messages that are wanted once there are ``count`` of them; ``TimeoutError`` if not in time."""
        return look_until(
            lambda: [message for message in self.wire(since) if wanted(message)],
            lambda found: len(found) >= count,
            timeout,
            f"{count} message(s) on the wire",
        )

    def reset(self) -> None:
        """Go back to how the simulator was started: no boxes, orders, phones, messages; its first stores and settings."""
        self.control("POST", "/reset")

    def seed_store(self, external_id: str) -> dict[str, Any]:
        """Open a branch at an address that passes."""
        store: dict[str, Any] = self.control("POST", "/stores", {"external_id": external_id})
        return store

    def forge_merchant_order(self, **fields: Any) -> dict[str, Any]:
        """Put a merchant order of any shape there; see ``simulator.forge`` for the fields."""
        order: dict[str, Any] = self.control("POST", "/merchant_orders", _plain(fields))
        return order

    def notify(
        self, *, merchant_order_id: int | None = None, payment_id: int | None = None, url: str | None = None
    ) -> None:
        """Send the hints of a merchant order or a payment again, to its notification_url or to ``url``."""
        named = {"merchant_order_id": merchant_order_id, "payment_id": payment_id, "url": url}
        self.control(
            "POST", "/notifications", {name: value for name, value in named.items() if value is not None}
        )

    def end_refund(self, refund_id: int, status: str) -> dict[str, Any]:
        """End a pending refund as approved, rejected or cancelled."""
        refund: dict[str, Any] = self.control("POST", f"/refunds/{refund_id}", {"status": status})
        return refund

    def be_rude(self, **fields: Any) -> None:
        """Spoil the next answers; see ``simulator.rude`` for the kinds and fields."""
        self.control("POST", "/rude", _plain(fields))

    def be_polite(self) -> None:
        """Spoil no more answers."""
        self.control("DELETE", "/rude")

    def scan_url(self, url: str, external_id: str | None = None) -> Phone:
        """Point a phone at a poll URL that belongs to no box Mercado Pago knows."""
        named = {} if external_id is None else {"external_id": external_id}
        return Phone(self, self.control("POST", "/scans", {"url": url, **named})["id"])

    def phones(self) -> list[Phone]:
        """Return all phones, the newest last."""
        return [Phone(self, scan["id"]) for scan in self.control("GET", "/scans")]

    def faults(self) -> list[dict[str, Any]]:
        """Return all faults: ``name``, whether it is ``on``, its ``settings``."""
        faults: list[dict[str, Any]] = self.control("GET", "/faults")
        return faults

    def fault_on(self, name: str, **parameters: Any) -> None:
        """Turn a fault on, with parameters such as ``seconds``."""
        self.control("PUT", f"/faults/{name}", _plain(parameters))

    def fault_off(self, name: str | None = None) -> None:
        """Turn a fault off, or all of them."""
        self.control("DELETE", "/faults" if name is None else f"/faults/{name}")

    def clock(self) -> dict[str, Any]:
        """Return the account's clock: ``now``, and by how many seconds it is ``ahead``."""
        clock: dict[str, Any] = self.control("GET", "/clock")
        return clock

    def advance(self, seconds: float) -> dict[str, Any]:
        """Turn the clock forward; what was due in between happens now."""
        clock: dict[str, Any] = self.control("POST", "/clock", _plain({"advance": seconds}))
        return clock

    def start_scenario(self, name: str, box: str, **options: Any) -> dict[str, Any]:
        """Start a scenario at a box, named by its external_id or by its poll URL; see ``simulator.scenarios``."""
        place = "url" if box.startswith(("http://", "https://")) else "pos"
        run: dict[str, Any] = self.control(
            "POST", "/scenarios", _plain({"name": name, place: box, **options})
        )
        return run

    def scenario(self, run_id: str) -> dict[str, Any]:
        """Look at a scenario that was started: ``state``, ``reason``, ``steps``."""
        run: dict[str, Any] = self.control("GET", f"/scenarios/{run_id}")
        return run

    def stop_scenario(self, run_id: str) -> None:
        """Stop a scenario."""
        self.control("DELETE", f"/scenarios/{run_id}")

    def trigger(self, name: str, box: str, *, timeout: float = 600.0, **options: Any) -> dict[str, Any]:
        """Play a scenario to its good end; ``SimulatorError`` says how it failed, ``TimeoutError`` that it went on."""
        started = self.start_scenario(name, box, **options)
        run = look_until(
            lambda: self.scenario(started["id"]),
            lambda run: run["state"] != "running",
            timeout,
            f"scenario {name} to end",
        )
        if run["state"] != "done":
            raise SimulatorError(f"{name}: {run['reason']}")
        return run


def _plain(value: Any) -> Any:
    """Turn what callers pass into what the JSON writer takes: floats become the decimals they are printed as."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return Decimal(str(value)) if isinstance(value, float) else value
