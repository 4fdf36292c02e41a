"""Listening in under ``/sim/``: the wire by pages, everything that changes as it changes, and exchanges seen elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import StreamingResponse
from starlette.routing import Route

from simulator import events
from simulator.api import answer, is_id, page_of, read_object
from simulator.errors import BAD_REQUEST, MisuseError
from simulator.events import Event
from simulator.exact_json import is_integer
from simulator.wire import PARTIES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from simulator.account import Account

MOST_MESSAGES = 1000
STILL_HERE_EVERY = 15.0
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
STATUSES = range(100, 600)


def routes(account: Account) -> list[Route]:
    """Lay the routes of who listens."""

    async def get_wire(request: Request) -> Response:
        _, limit = page_of(request, largest=MOST_MESSAGES)
        since = _seq(request.query_params.get("since", "0"))
        return answer([message.shown() for message in account.wire.since(since, limit)])

    async def post_wire(request: Request) -> Response:
        exchange = _note(account, await read_object(request))
        return answer({"exchange": exchange, "seq": account.wire.seq}, 201)

    async def get_events(request: Request) -> Response:
        wished = request.query_params.get("since") or request.headers.get("Last-Event-ID")
        since = None if wished is None else _seq(wished)
        return StreamingResponse(_tell(account, since), media_type="text/event-stream", headers=HEADERS)

    return [
        Route("/wire", get_wire, methods=["GET"]),
        Route("/wire", post_wire, methods=["POST"]),
        Route("/events", get_events, methods=["GET"]),
    ]


async def _tell(account: Account, since: int | None) -> AsyncIterator[str]:
    with account.events.subscribe() as listener:
        # Nothing is said between these lines: what follows on the wire comes to the listener.
        hello = Event("hello", {"seq": account.wire.seq})
        missed = [] if since is None else account.wire.since(since)
        yield hello.text + "".join(
            Event(events.WIRE, message.shown(), message.seq).text for message in missed
        )
        while (told := await listener.next_ones(STILL_HERE_EVERY)) is not None:
            yield "".join(event.text for event in told) or ": still here\n\n"


def _seq(text: str) -> int:
    """Read the number of the last message already seen."""
    if not is_id(text):
        raise MisuseError("since: the seq of a message", BAD_REQUEST)
    return int(text)


def _note(account: Account, body: dict[str, Any]) -> int:
    """Note an exchange that somebody else saw; its number. Without a status nobody answered, and ``answer`` says why."""
    who = (body.get("sender"), body.get("receiver"))
    texts = {name: body.get(name, "") for name in ("method", "url", "body", "answer")}
    headers, answered = body.get("headers", {}), body.get("answer_headers", {})
    status, took = body.get("status"), body.get("took_ms")
    problems = {
        f"sender and receiver: two of {PARTIES}": who[0] in PARTIES and who[1] in PARTIES,
        "method and url: not empty; body and answer: texts": all(
            isinstance(text, str) for text in texts.values()
        )
        and texts["method"] != ""
        and texts["url"] != "",
        "headers and answer_headers: texts by name": _are_headers(headers) and _are_headers(answered),
        "status: an HTTP status": status is None or (is_integer(status) and status in STATUSES),
        "took_ms: an integer": took is None or (is_integer(took) and took >= 0),
    }
    wrong = [sentence for sentence, holds in problems.items() if not holds]
    if wrong:
        raise MisuseError("; ".join(wrong), BAD_REQUEST)
    wire = account.wire
    exchange = wire.request(
        (str(who[0]), str(who[1])), texts["method"], texts["url"], headers, _bytes(texts["body"])
    )
    if status is None:
        wire.failure(exchange, texts["answer"] or "no answer", took_ms=took)
    else:
        wire.answer(exchange, status, answered, _bytes(texts["answer"]), took_ms=took)
    return exchange


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _are_headers(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
