"""The API on a bad day: slow, or answering everything with the same refusal, until the setting is switched back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from simulator.api import answer
from simulator.errors import RefusedError, invalid_token
from simulator.gate import is_api

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from simulator.account import Account
    from simulator.settings import Settings

PAGE = """<!DOCTYPE html>
<html><head><title>Service Unavailable</title></head>
<body><h1>Service Unavailable</h1><p>The service is temporarily unavailable.</p></body></html>
"""


class OutageMiddleware:
    """Answers as ``api_delay`` and ``api_answer`` say; calls that are not the API's pass by."""

    def __init__(self, app: ASGIApp, account: Account) -> None:
        self._app = app
        self._account = account

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""
        if not is_api(scope):
            await self._app(scope, receive, send)
            return
        if self._account.settings.api_delay:
            # Real time: it is the caller's own time-out that this is held against. The call is worked off after it,
            # whether its caller still waits or not.
            await asyncio.sleep(self._account.settings.api_delay)
        app = _answer_of(self._account.settings) or self._app
        await app(scope, receive, send)


def _answer_of(settings: Settings) -> Response | None:
    if settings.api_answer == "429":
        response = answer(RefusedError(429, "too_many_requests", "too many requests").body(), 429)
        if settings.api_retry_after:
            response.headers["Retry-After"] = str(settings.api_retry_after)
        return response
    if settings.api_answer == "5xx":
        status = settings.api_5xx_status
        return answer(RefusedError(status, "internal_error", "something went wrong").body(), status)
    if settings.api_answer == "html":
        return HTMLResponse(PAGE, settings.api_html_status)
    if settings.api_answer == "401":
        return answer(invalid_token().body(), 401)
    return None
