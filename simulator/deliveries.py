"""Bringing a hint to the merchant: held back, repeated until acknowledged, signed or not, out of order on request."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from simulator import exact_json, outbound, signatures

if TYPE_CHECKING:
    from simulator.account import Account
    from simulator.merchant_orders import MerchantOrder

ACKNOWLEDGED = (200, 201)
AGENTS = {"ipn": "MercadoPago Feed v2.0", "webhook": "MercadoPago WebHook v1.0"}


@dataclass(frozen=True)
class Hint:
    """One notification: what is appended to the URL's query, and the body."""

    dialect: str
    query: dict[str, str]
    body: dict[str, Any]


class Turns:
    """Which merchant orders' opening hints wait for a later hint to have arrived."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Event] = {}
        self._holding: dict[int, int] = {}

    async def wait(self, account: Account, number: int) -> None:
        """Wait until ``arrived`` is called for the number, at most ``notification_hold``."""
        later = self._waiting.setdefault(number, asyncio.Event())
        self._holding[number] = self._holding.get(number, 0) + 1
        hold = asyncio.ensure_future(account.clock.sleep(account.settings.notification_hold))
        arrival = asyncio.ensure_future(later.wait())
        try:
            await asyncio.wait((hold, arrival), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (hold, arrival):
                task.cancel()
            self._holding[number] -= 1
            if not self._holding[number]:
                del self._holding[number], self._waiting[number]

    def arrived(self, number: int) -> None:
        """Say that a later hint has arrived, or has been given up for the time being."""
        if number in self._waiting:
            self._waiting[number].set()


def send_all(
    account: Account, order: MerchantOrder, url: str | None, hints: tuple[Hint, ...], dialect: str | None
) -> None:
    """Send the hints of the dialects that are wanted, as often as is wanted; without a ``url`` nobody is told."""
    settings = account.settings
    wanted = dialect or settings.notification_dialect
    opening = order.status == "opened" and not order.payments
    # What is told when a merchant order closes is told twice over: its payment's hint does not count as the later one.
    closing = order.status != "opened" and hints[0].query["topic"] == "payment"
    for hint in hints if url else ():
        if wanted not in (hint.dialect, "both"):
            continue
        for _ in range(settings.notification_copies):
            held = order.id if opening and settings.notification_reordered else None
            frees = None if opening or closing else order.id
            account.errands.start(_deliver(account, str(url), hint, held=held, frees=frees))


def with_query(url: str, parameters: dict[str, str]) -> str:
    """Append parameters to a URL's query, keeping what is there; a fragment is not sent."""
    parts = urlsplit(url)
    added = urlencode(parameters)
    query = f"{parts.query}&{added}" if parse_qsl(parts.query, keep_blank_values=True) else added
    return parts._replace(query=query, fragment="").geturl()


async def _deliver(account: Account, url: str, hint: Hint, *, held: int | None, frees: int | None) -> None:
    settings = account.settings
    if held is not None:
        await account.turns.wait(account, held)
    due = account.clock.elapsed() + settings.notification_delay
    for wait, seconds in zip(settings.notification_waits, settings.notification_timeouts, strict=True):
        due += wait * settings.notification_wait_scale
        await account.clock.sleep_until(due)
        began = time.monotonic()
        acknowledged = await _attempt(account, url, hint, seconds)
        if frees is not None:
            account.turns.arrived(frees)
        if acknowledged:
            return
        # The next wait begins where this attempt ended, but on a clock that was turned further it is over already.
        due += time.monotonic() - began


async def _attempt(account: Account, url: str, hint: Hint, seconds: float) -> bool:
    request_id = str(uuid.uuid4())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": AGENTS[hint.dialect],
        "X-Request-Id": request_id,
        **_signature(account, hint, request_id),
    }
    call = outbound.Call("POST", with_query(url, hint.query), headers, exact_json.render(hint.body).encode())
    with contextlib.suppress(outbound.UnansweredError):  # the wire tells why
        return (await outbound.send(account.wire, call, seconds)).status in ACKNOWLEDGED
    return False


def _signature(account: Account, hint: Hint, request_id: str) -> dict[str, str]:
    moment = int(account.now().timestamp())
    kind = account.settings.notification_signature
    if kind == "good":
        signed = signatures.sign(account.settings.webhook_secret, hint.query, request_id, moment)
    else:
        signed = signatures.sign_badly(moment)
    return {} if kind == "none" else {"X-Signature": signed}
