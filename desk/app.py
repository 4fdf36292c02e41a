"""The desk: Mercado Pago's simulator, the page and the machines on one port, one loop, one wire."""

from __future__ import annotations

import mimetypes
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from desk import machines, qr
from desk.machines import Machines
from simulator.errors import NOT_FOUND, MisuseError
from simulator.server import Server

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from simulator.account import Account

PAGE = Path(__file__).with_name("page")
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}


def serve(
    account: Account, listener: socket.socket, on_ready: Callable[[], None], *, journal: Path | None = None
) -> None:
    """Serve the desk on ``listener`` until SIGINT or SIGTERM; the machines' journals lie in ``journal``.

    Without ``journal`` they lie in a folder that is gone afterwards.
    """
    with journals(journal) as folder:
        Server(account, on_ready, routes(Machines(account, folder))).run([listener])


@contextmanager
def journals(wished: Path | None) -> Iterator[Path]:
    """The folder of the journals: the one that is wished, or one that is gone afterwards."""
    if wished:
        yield wished
        return
    with tempfile.TemporaryDirectory(prefix="desk-") as folder:
        yield Path(folder)


def routes(all_machines: Machines) -> list[BaseRoute]:
    """Everything that is served beside the simulator."""
    return [*_page(), qr.route(), *machines.routes(all_machines)]


def _page() -> list[BaseRoute]:
    async def get_index(_request: Request) -> Response:
        return _file("index.html")

    async def get_file(request: Request) -> Response:
        return _file(request.path_params["path"])

    return [
        Route("/", get_index, methods=["GET"]),
        Route("/page/{path:path}", get_file, methods=["GET"]),
    ]


def _file(name: str) -> Response:
    """A file of the page; ``MisuseError`` when it has none of this name."""
    path = (PAGE / name).resolve()
    if not path.is_relative_to(PAGE) or not path.is_file():
        raise MisuseError(f"the page has no {name[:80]!r}", NOT_FOUND)
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Response(path.read_bytes(), media_type=kind, headers=HEADERS)
