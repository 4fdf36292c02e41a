"""The routes of the API put together, behind its gate."""

from __future__ import annotations

import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from simulator import control, merchant_orders, payments, pos, refunds, stores
from simulator.api import answer
from simulator.errors import MisuseError, RefusedError
from simulator.gate import TokenMiddleware, WireMiddleware
from simulator.rude import RudeMiddleware

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from simulator.account import Account


def build(account: Account) -> Starlette:
    """Put the application together for one account."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await account.errands.stop()

    return Starlette(
        routes=[
            *stores.routes(account),
            *pos.routes(account),
            *merchant_orders.routes(account),
            *refunds.routes(account),
            *payments.routes(account),
            control.routes(account),
        ],
        # From the outside in: everything is noted, some of it spoilt, the rest asked for its token.
        middleware=[
            Middleware(WireMiddleware, account=account),
            Middleware(RudeMiddleware, account=account),
            Middleware(TokenMiddleware, account=account),
        ],
        exception_handlers={
            RefusedError: _refused,
            MisuseError: _misused,
            HTTPException: _unrouted,
        },
        lifespan=lifespan,
    )


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
    return answer(RefusedError(error.status_code, word, error.detail).body(), error.status_code)
