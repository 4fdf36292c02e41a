"""One call to Mercado Pago: bounded in time, size and tries, the access token in its header and nowhere else."""

from __future__ import annotations

import re
from concurrent.futures import Future
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

import requests
from urllib3.exceptions import HTTPError

from caja.errors import MercadoPagoUnavailableError, TokenRefusedError
from caja.exact_json import render
from caja.mercadopago.answers import Asked, RawAnswer, read_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 4.0
"""Within which the whole answer is here, retry included (design §4, Checks)."""
MAX_BYTES = 256 * 1024

_TOKEN = re.compile(r"[!-~]{1,512}", re.ASCII)
_UNAUTHORIZED = 401


class ReadToken(Protocol):
    """Gives the access token; `fresh` means: not from memory. Raises StorageError."""

    def __call__(self, *, fresh: bool) -> str:
        """The access token."""
        ...


class MercadoPago:
    """Mercado Pago at one base URL, for the seller whose token `read_token` gives.

    Every method raises MercadoPagoUnavailableError, MercadoPagoNotFoundError, TokenRefusedError or
    MercadoPagoRefusedError, and StorageError when the token cannot be read; none of them holds the token.
    """

    def __init__(
        self,
        base_url: str,
        read_token: ReadToken,
        session: requests.Session | None = None,
        *,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._read_token = read_token
        self._session = session or requests.Session()
        # A proxy or a .netrc of the environment would get to see the token, or replace it.
        self._session.trust_env = False
        self._answer_seconds = answer_seconds

    def get(
        self, *path: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """The JSON at `path`; repeated once if the connection breaks."""
        return self._call(Asked("GET", _join(path), query=query, headers=headers))

    def post(self, *path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        """The JSON that answers `body`."""
        return self._call(Asked("POST", _join(path), body=body, headers=headers))

    def put(self, *path: str, body: Mapping[str, Any]) -> Any:
        """The JSON that answers `body`."""
        return self._call(Asked("PUT", _join(path), body=body))

    def delete(self, *path: str) -> None:
        """Delete what is at `path`."""
        self._call(Asked("DELETE", _join(path)))

    def _call(self, asked: Asked) -> Any:
        token = self._read_token(fresh=False)
        answer = self._send(asked, token)
        if answer.status == _UNAUTHORIZED:
            # The secret may have been rotated since it was read.
            token = self._read_token(fresh=True)
            answer = self._send(asked, token)
        return read_answer(asked, answer, token=token)

    def _send(self, asked: Asked, token: str) -> RawAnswer:
        if not _TOKEN.fullmatch(token):
            raise TokenRefusedError("The secret does not hold an access token; set it with `caja token set`.")
        deadline = monotonic() + self._answer_seconds
        # A thread, because name resolution, the TLS handshake and headers sent byte by byte obey no time-out of requests.
        answer = _in_thread(lambda: self._try(asked, token, deadline))
        try:
            return answer.result(timeout=self._answer_seconds)
        except TimeoutError:
            raise _too_slow(self._answer_seconds) from None
        except (requests.RequestException, HTTPError, OSError) as error:
            # Its text may quote the header with the token: only its kind is told.
            raise MercadoPagoUnavailableError(
                f"Mercado Pago cannot be reached: {type(error).__name__}."
            ) from None

    def _try(self, asked: Asked, token: str, deadline: float) -> RawAnswer:
        try:
            return self._exchange(asked, token, deadline)
        except (requests.ConnectionError, HTTPError):
            # A kept connection that Mercado Pago had closed looks like this; repeating a read does no harm.
            if asked.method != "GET" or monotonic() > deadline:
                raise
        return self._exchange(asked, token, deadline)

    def _exchange(self, asked: Asked, token: str, deadline: float) -> RawAnswer:
        body = None if asked.body is None else render(asked.body).encode()
        headers = {
            **(asked.headers or {}),
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        with self._session.request(
            asked.method,
            f"{self._base_url}{asked.path}",
            params=asked.query,
            data=body,
            headers=headers,
            timeout=(min(CONNECT_SECONDS, self._answer_seconds), self._answer_seconds),
            allow_redirects=False,
            verify=True,
            stream=True,
        ) as response:
            content = bytearray()
            while chunk := response.raw.read1(MAX_BYTES, decode_content=True):
                content += chunk
                if monotonic() > deadline:
                    raise _too_slow(self._answer_seconds)
                if len(content) > MAX_BYTES:
                    raise MercadoPagoUnavailableError(f"Mercado Pago answered more than {MAX_BYTES} bytes.")
            return RawAnswer(response.status_code, response.headers.get("Retry-After"), bytes(content))


def _join(path: tuple[str, ...]) -> str:
    return "".join(f"/{quote(part, safe='')}" for part in path)


def _too_slow(seconds: float) -> MercadoPagoUnavailableError:
    return MercadoPagoUnavailableError(f"Mercado Pago did not answer within {seconds:g} s.")


def _in_thread(work: Callable[[], RawAnswer]) -> Future[RawAnswer]:
    """The outcome of `work`; its thread is left to itself when nobody waits any longer, for its own time-outs end it."""
    outcome: Future[RawAnswer] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised again where the outcome is read
            outcome.set_exception(error)

    Thread(target=run, name="mercadopago", daemon=True).start()
    return outcome
