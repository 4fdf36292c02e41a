"""The switches under ``/sim/``: settings, faults by name, the clock, rude answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from simulator import events, faults
from simulator.api import answer, read_object
from simulator.errors import BAD_REQUEST, MisuseError
from simulator.exact_json import is_number
from simulator.rude import read_rude_answer

if TYPE_CHECKING:
    from starlette.requests import Request

    from simulator.account import Account


def routes(account: Account) -> list[Route]:
    """Lay the routes of the switches."""
    return [*_settings(account), *_faults(account), *_clock(account), *_rude(account)]


def _settings(account: Account) -> list[Route]:
    async def get(_request: Request) -> Response:
        return answer(account.settings.shown())

    async def patch(request: Request) -> Response:
        account.change_settings(account.settings.changed(await read_object(request)))
        return answer(account.settings.shown())

    return [Route("/settings", get, methods=["GET"]), Route("/settings", patch, methods=["PATCH"])]


def _faults(account: Account) -> list[Route]:
    async def list_all(_request: Request) -> Response:
        return answer(faults.shown_all(account))

    async def put(request: Request) -> Response:
        fault = faults.turn_on(account, request.path_params["name"], await read_object(request))
        return answer(faults.shown(account, fault))

    async def delete(request: Request) -> Response:
        fault = faults.find(request.path_params["name"])
        faults.turn_off(account, fault.name)
        return answer(faults.shown(account, fault))

    async def delete_all(_request: Request) -> Response:
        faults.turn_off(account, *faults.FAULTS)
        return answer(faults.shown_all(account))

    return [
        Route("/faults", list_all, methods=["GET"]),
        Route("/faults", delete_all, methods=["DELETE"]),
        Route("/faults/{name}", put, methods=["PUT"]),
        Route("/faults/{name}", delete, methods=["DELETE"]),
    ]


def _clock(account: Account) -> list[Route]:
    async def get(_request: Request) -> Response:
        return answer(account.clock.shown())

    async def post(request: Request) -> Response:
        seconds = (await read_object(request)).get("advance")
        if seconds is None or not is_number(seconds):
            raise MisuseError("advance: a number of seconds", BAD_REQUEST)
        account.clock.advance(seconds)
        account.events.publish(events.CLOCK, account.clock.shown())
        return answer(account.clock.shown())

    return [Route("/clock", get, methods=["GET"]), Route("/clock", post, methods=["POST"])]


def _rude(account: Account) -> list[Route]:
    async def post(request: Request) -> Response:
        rude = read_rude_answer(await read_object(request))
        account.rude_answers.append(rude)
        return answer(rude.shown(), 201)

    async def list_all(_request: Request) -> Response:
        return answer([rude.shown() for rude in account.rude_answers])

    async def delete(_request: Request) -> Response:
        account.rude_answers.clear()
        return Response(status_code=204)

    return [
        Route("/rude", post, methods=["POST"]),
        Route("/rude", list_all, methods=["GET"]),
        Route("/rude", delete, methods=["DELETE"]),
    ]
