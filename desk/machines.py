"""The machines of a desk and their routes under ``/desk``: attach one, look at it, do something at it."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.routing import Route

from desk.box_api import BoxApi
from desk.cabinet import Cabinet, Pace
from desk.goods import STOCK, stock_up
from desk.hands import Hands
from desk.outlet import KINDS, Outlet
from simulator.api import answer, read_object
from simulator.errors import BAD_REQUEST, NOT_FOUND, MisuseError
from simulator.events import MACHINE

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from desk.goods import Goods
    from simulator.account import Account

MOST_MACHINES = 50
LONGEST_TEXT = 500
BOX_ID = re.compile(r"[A-Z0-9]{1,39}", re.ASCII)
FORBIDDEN = 403
OWN_NAMES = ("127.0.0.1", "localhost")
REQUIRED = ("api_url", "box_id", "box_key", "name", "qr")
OPTIONAL = ("poll_url", "fuel", "price_per_litre", "prices")


class Machines:
    """Every machine by its box_id; their journals lie in ``folder``, one file for each box of each API."""

    def __init__(self, account: Account, folder: Path, pace: Pace | None = None) -> None:
        self._account = account
        self._folder = folder
        self._pace = pace or Pace()
        self._outlets: dict[str, Outlet] = {}

    def list(self) -> list[dict[str, Any]]:
        """All machines, in the order they were attached."""
        return [outlet.show() for outlet in self._outlets.values()]

    def find(self, box_id: str) -> Outlet:
        """Find one, letter case ignored; ``MisuseError`` when there is none."""
        outlet = self._outlets.get(box_id.upper())
        if outlet is None:
            raise MisuseError(f"no machine is called {box_id[:40]!r}", NOT_FOUND)
        return outlet

    async def attach(self, wish: dict[str, Any]) -> tuple[Outlet, bool]:
        """Attach a machine to its box and plug it in; say whether it is new.

        One that is attached already gets the new key, name, code and prices, and keeps its stock and its sale.
        """
        kind, texts = _read(wish)
        box_id = texts["box_id"]
        goods = stock_up(self._account.country, wish)
        known = self._outlets.get(box_id)
        if known and (known.cabinet.kind, known.cabinet.api.api_url) == (kind, texts["api_url"]):
            cabinet = known.cabinet
            cabinet.api.box_key = texts["box_key"]
            cabinet.name, cabinet.qr, cabinet.goods = texts["name"], texts["qr"], goods
            known.power_on()
            if known.machine:
                known.machine.wake()
            return known, False
        if known:
            await known.power_off()
        elif len(self._outlets) >= MOST_MACHINES:
            raise MisuseError(f"there are {MOST_MACHINES} machines already")
        outlet = self._put_up(kind, texts, goods)
        outlet.power_on()
        return outlet, True

    def _put_up(self, kind: str, texts: dict[str, str], goods: Goods) -> Outlet:
        account, box_id = self._account, texts["box_id"]
        # A box of another stack has another journal, whatever it is called.
        stack = hashlib.sha256(texts["api_url"].encode()).hexdigest()[:16]
        cabinet = Cabinet(
            box_id=box_id,
            kind=kind,
            name=texts["name"],
            qr=texts["qr"],
            country=account.country,
            goods=goods,
            api=BoxApi(account.wire, texts["api_url"], box_id, texts["box_key"]),
            journal_path=self._folder / f"{box_id}-{stack}.jsonl",
            changed=lambda: self._publish(box_id),
            pace=self._pace,
            left=dict.fromkeys(goods.products, STOCK),
        )
        self._outlets[box_id] = Outlet(cabinet)
        account.boxes[box_id] = Hands(self._outlets[box_id])
        return self._outlets[box_id]

    def _publish(self, box_id: str) -> None:
        if self._account.events.heard and box_id in self._outlets:
            self._account.events.publish(MACHINE, self._outlets[box_id].show())


def routes(machines: Machines) -> list[Route]:
    """Lay the machines' routes."""

    async def list_machines(_request: Request) -> Response:
        return answer(machines.list())

    async def post_machine(request: Request) -> Response:
        _refuse_strangers(request)
        outlet, is_new = await machines.attach(await read_object(request))
        return answer(outlet.show(), 201 if is_new else 200)

    async def get_machine(request: Request) -> Response:
        return answer(machines.find(request.path_params["box_id"]).show())

    async def post_action(request: Request) -> Response:
        _refuse_strangers(request)
        outlet = machines.find(request.path_params["box_id"])
        await outlet.act(request.path_params["action"], await read_object(request))
        return answer(outlet.show())

    return [
        Route("/desk/machines", list_machines, methods=["GET"]),
        Route("/desk/machines", post_machine, methods=["POST"]),
        Route("/desk/machines/{box_id}", get_machine, methods=["GET"]),
        Route("/desk/machines/{box_id}/{action}", post_action, methods=["POST"]),
    ]


def _refuse_strangers(request: Request) -> None:
    """A page of somebody else's, open in the same browser, has no business here, whatever its name leads to."""
    host = request.headers.get("host", "")
    origin = request.headers.get("origin")
    is_elsewhere = urlsplit(f"//{host}").hostname not in OWN_NAMES
    if is_elsewhere or (origin is not None and urlsplit(origin).netloc != host):
        raise MisuseError("this page is not the desk's own", FORBIDDEN)


def _read(wish: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The kind and the texts of a machine to attach; ``MisuseError`` names what is wrong."""
    unknown = sorted(set(wish) - {"kind", *REQUIRED, *OPTIONAL})
    if unknown:
        raise MisuseError(f"a machine has no {', '.join(unknown)}", BAD_REQUEST)
    if wish.get("kind") not in KINDS:
        raise MisuseError(f"kind: one of {', '.join(KINDS)}", BAD_REQUEST)
    texts: dict[str, str] = {}
    for name in REQUIRED:
        value = wish.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT or not value.isprintable():
            raise MisuseError(f"{name}: a text of at most {LONGEST_TEXT} characters", BAD_REQUEST)
        texts[name] = value
    texts["box_id"] = texts["box_id"].upper()
    texts["api_url"] = texts["api_url"].rstrip("/")
    if not BOX_ID.fullmatch(texts["box_id"]):
        raise MisuseError("box_id: 1 to 39 letters and digits", BAD_REQUEST)
    parts = urlsplit(texts["api_url"])
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise MisuseError("api_url: an http or https address", BAD_REQUEST)
    if not texts["box_key"].isascii():
        raise MisuseError("box_key: as the provisioning answered it", BAD_REQUEST)
    return str(wish["kind"]), texts
