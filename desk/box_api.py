"""The box API's six calls, as a box makes them: each on the wire, each answered, refused or to be repeated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator import exact_json, outbound
from simulator.wire import BOX, MERCHANT

if TYPE_CHECKING:
    from simulator.wire import Wire

SECONDS = 10.0
LONGEST_WAIT = 60.0
FIRST_SERVER_ERROR = 500
PAYMENTS_DOWN = "payments_down"


@dataclass(frozen=True)
class Answer:
    """What the merchant decided: ``code`` is None when it agreed, else the problem's ``code``; ``body`` is the whole answer."""

    status: int
    code: str | None
    body: dict[str, Any]


class RepeatError(Exception):
    """Nothing is known to be decided: wait, ``retry_after`` seconds if it was said how long, then repeat the same request.

    ``code`` is the merchant's own, if it gave one; without it, it may have done what it was asked.
    """

    def __init__(self, message: str, *, code: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after


class BoxApi:
    """The routes of one box at ``api_url``, called with its key; each raises ``RepeatError`` when it must be repeated."""

    def __init__(self, wire: Wire, api_url: str, box_id: str, box_key: str) -> None:
        self._wire = wire
        self.api_url = api_url.rstrip("/")
        self._box_id = box_id
        self.box_key = box_key

    async def report(self, state: str) -> Answer:
        """Say what the box does: idle, preparing or out_of_service."""
        return await self._ask("PUT", "/state", {"state": state})

    async def submit(self, body: dict[str, Any]) -> Answer:
        """Offer an order."""
        return await self._ask("POST", "/orders", body)

    async def look(self, order_id: str) -> Answer:
        """Ask what became of an order."""
        return await self._ask("GET", f"/orders/{order_id}")

    async def cancel(self, order_id: str) -> Answer:
        """Say that an order is paid otherwise, or not owed."""
        return await self._ask("DELETE", f"/orders/{order_id}")

    async def claim(self, order_id: str, claim: str) -> Answer:
        """Say that the box is about to release."""
        return await self._ask("POST", f"/orders/{order_id}/release", {"claim": claim})

    async def deliver(self, order_id: str, claim: str, result: str) -> Answer:
        """Say what came of a release: delivered, failed or unknown."""
        return await self._ask("POST", f"/orders/{order_id}/delivery", {"claim": claim, "result": result})

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        headers = {"Accept": "application/json", "Authorization": f"Bearer {self.box_key}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = b"" if body is None else exact_json.render(body).encode()
        call = outbound.Call(method, f"{self.api_url}/boxes/{self._box_id}{path}", headers, content)
        what = f"{method} {path}"
        try:
            reply = await outbound.send(self._wire, call, SECONDS, who=(BOX, MERCHANT))
        except outbound.UnansweredError as error:
            raise RepeatError(f"{what} was not answered: {error}") from error
        return _decide(what, reply)


def _decide(what: str, reply: outbound.Reply) -> Answer:
    """What an answer means; ``RepeatError`` for a server error and for whatever the merchant's own code did not write."""
    said = _object(reply.body)
    code = said.get("code")
    if 200 <= reply.status < 300 and said:  # noqa: PLR2004 - success, as HTTP has it
        return Answer(reply.status, None, said)
    if isinstance(code, str) and reply.status < FIRST_SERVER_ERROR:
        return Answer(reply.status, code, said)
    raise RepeatError(
        f"{what} was answered {reply.status} {code or 'without a code'}",
        code=code if isinstance(code, str) else None,
        retry_after=_seconds(reply.headers.get("retry-after")),
    )


def _object(content: bytes) -> dict[str, Any]:
    try:
        said = exact_json.parse(content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _seconds(text: str | None) -> float | None:
    """A Retry-After in seconds, within reason; None for a date or for none."""
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 6):  # noqa: PLR2004 - days, not years
        return None
    return min(float(text), LONGEST_WAIT)
