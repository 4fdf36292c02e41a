"""The routes of the API put together, behind its gate, and whatever else is served beside it."""

from __future__ import annotations

import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from simulator import control, merchant_orders, payments, pos, qr_images, refunds, stores
from simulator.api import answer
from simulator.errors import MisuseError, RefusedError
from simulator.gate import TokenMiddleware, WireMiddleware, first_segment
from simulator.outages import OutageMiddleware
from simulator.rude import RudeMiddleware

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from simulator.account import Account


def build(
    account: Account,
    also: Sequence[BaseRoute] = (),
    around: Callable[[], AbstractAsyncContextManager[None]] = contextlib.nullcontext,
) -> Starlette:
    """Put the application together for one account.

    ``also`` are routes and mounts after the API's own: a call whose path begins as one of theirs is none of the API's.
    ``around`` is entered on the server's loop before the first call and left after the last one.
    """
    own = [control.routes(account), *qr_images.routes(account)]

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with around():
            yield
            account.events.close()
            await account.errands.stop()

    app = Starlette(
        routes=[
            *stores.routes(account),
            *pos.routes(account),
            *merchant_orders.routes(account),
            *refunds.routes(account),
            *payments.routes(account),
            *own,
            *also,
        ],
        # From the outside in: everything is noted, some of it spoilt, the rest asked for its token.
        middleware=[
            Middleware(WireMiddleware, account=account, beside=_beside(*own, *also)),
            Middleware(RudeMiddleware, account=account),
            Middleware(OutageMiddleware, account=account),
            Middleware(TokenMiddleware, account=account),
        ],
        exception_handlers={
            RefusedError: _refused,
            MisuseError: _misused,
            HTTPException: _unrouted,
            Exception: _failed,
        },
        lifespan=lifespan,
    )
    # Mercado Pago has no path with a slash at its end; nobody is sent elsewhere.
    app.router.redirect_slashes = False
    return app


def _beside(*routes: BaseRoute) -> frozenset[str]:
    return frozenset(first_segment(route.path) for route in routes if isinstance(route, (Route, Mount)))


def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RefusedError):
        raise error
    return answer(error.body(), error.status)


def _misused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, MisuseError):
        raise error
    return answer({"message": str(error)}, error.status)


def _unrouted(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    word = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    response = answer(RefusedError(error.status_code, word, error.detail).body(), error.status_code)
    response.headers.update(error.headers or {})
    return response


def _failed(_request: Request, _error: Exception) -> Response:
    # A bug of the simulator; the server tells of it, the caller gets an answer that it can read.
    return answer(RefusedError(500, "internal_server_error", "the simulator failed").body(), 500)
