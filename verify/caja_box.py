"""Moves a box of caja's, as the box itself would: by the box API and with the box's key (docs/boxes.md)."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

import requests

from verify.drivers import CannotError, DriverError

if TYPE_CHECKING:
    from decimal import Decimal

SECONDS = 20.0
TRIES = 4
PAUSE = 0.5
"""Seconds before the same request is repeated; doubled each time."""


def read_poll_url(url: str) -> tuple[str, str]:
    """The API's address and the box's id in a poll URL of caja's; DriverError if it is none."""
    parts = urlsplit(url)
    boxes = parse_qs(parts.query).get("positionId", [])
    if not parts.path.endswith("/poll") or len(boxes) != 1:
        raise DriverError("this is no poll URL of caja's: …/poll?locationId=…&positionId=…&key=…")
    return f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix('/poll')}", boxes[0].upper()


class CajaDriver:
    """A box with its key."""

    is_prompt = True

    def __init__(self, api_url: str, box_id: str, box_key: str) -> None:
        self.box_id = box_id
        self._boxes = f"{api_url}/boxes/{quote(box_id)}"
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy is given a box's key
        self._session.headers["Authorization"] = f"Bearer {box_key}"
        self._order: dict[str, Any] | None = None
        self._ask_at = 0.0

    @property
    def order_id(self) -> str | None:
        """The last order sold."""
        return self._order["order_id"] if self._order else None

    def do(self, verb: str, amount: Decimal | None = None) -> Decimal | None:
        """Do a verb by the box API."""
        if verb in ("idle", "mend"):
            self._become_idle()
        elif verb == "prepare":
            self._call("PUT", "/state", {"state": "preparing"})
        elif verb == "break":
            self._call("PUT", "/state", {"state": "out_of_service"})
        elif verb == "sell":
            self._become_idle()
            self._sell(str(amount))
        elif verb == "cancel" and self._order:
            self._call("DELETE", f"/orders/{self.order_id}")
        else:
            raise CannotError(verb)
        return amount

    def attend(self) -> None:
        """Ask what became of the order, as often as caja wants to be asked."""
        if self._order and time.monotonic() >= self._ask_at:
            order = self._call("GET", f"/orders/{self.order_id}")
            self._ask_at = time.monotonic() + order["next_poll_ms"] / 1000

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _sell(self, amount: str) -> None:
        items = [{"title": "Acceptance run", "quantity": 1, "unit_price": amount}]
        body = {"ticket": str(uuid.uuid4()), "items": items, "total": amount}
        self._order = self._call("POST", "/orders", body)
        self._ask_at = 0.0

    def _become_idle(self) -> None:
        """Give up or hand out whatever is open, then report `idle`."""
        current = self._call("PUT", "/state", {"state": "idle"})["order"]
        if not current:
            return
        path = f"/orders/{current['order_id']}"
        if current["state"] in ("ready", "expired"):
            self._call("DELETE", path, refused=("already_paid",))
            current = self._call("GET", path)
        if current["state"] == "paid" and self._call("GET", path)["mode"] == "prepay":
            claim = uuid.uuid4().hex
            self._call("POST", f"{path}/release", {"claim": claim}, refused=("too_late",))
            report = {"claim": claim, "result": "delivered"}
            self._call("POST", f"{path}/delivery", report, refused=("not_claimed", "contradiction"))

    def _call(self, method: str, path: str, body: Any = None, *, refused: tuple[str, ...] = ()) -> Any:
        """One call; an answer without a code is waited for and repeated; a refusal of these codes is an answer too."""
        why = ""
        for turn in range(TRIES):
            try:
                answer = self._session.request(
                    method, self._boxes + path, json=body, timeout=SECONDS, allow_redirects=False
                )
                said = answer.json()
            except requests.RequestException as error:
                why = f"{method} {path}: {type(error).__name__}"
            else:
                if answer.ok or said.get("code") in refused:
                    return said
                why = f"{method} {path}: {answer.status_code} {said.get('code') or said}"
                if "code" in said and answer.status_code < 500:  # noqa: PLR2004 - HTTP
                    break
            time.sleep(PAUSE * 2**turn)
        raise DriverError(why)
