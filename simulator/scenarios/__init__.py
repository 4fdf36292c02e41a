"""Scenarios under ``/sim/scenarios``: what is played with phones and a box, at most one at a time per box."""

from __future__ import annotations

import asyncio
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from simulator import pos, wallet
from simulator.api import answer, read_object
from simulator.errors import BAD_REQUEST, CONFLICT, NOT_FOUND, MisuseError
from simulator.exact_json import is_number
from simulator.pos_rules import is_url
from simulator.scenarios import texts
from simulator.scenarios.box import Box, BoxHands, HandsError
from simulator.scenarios.plays import PLAYS
from simulator.scenarios.runs import DONE, FAILED, RUNNING, Run, ScenarioFailedError
from simulator.scenarios.stage import Stage
from simulator.wire import MASK, SECRET_PARAMETER

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from simulator.account import Account
    from simulator.wallet import Scan

__all__ = ["BoxHands", "HandsError", "Scenarios", "routes"]

KEPT = 50
FIELDS = ("name", "pos", "url", "patience")


class Scenarios:
    """What runs and what has run, the newest ``KEPT``."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._runs: dict[str, Run] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._busy: dict[str, str] = {}

    def start(self, body: dict[str, Any]) -> Run:
        """Start ``{"name", "pos" | "url", "patience"?}``; ``MisuseError`` says what cannot be."""
        unknown = sorted(set(body) - set(FIELDS))
        patience = body.get("patience")
        if unknown or not (patience is None or (is_number(patience) and patience > 0)):
            raise MisuseError(
                "a scenario has a name, a pos or a url, and maybe patience in seconds", BAD_REQUEST
            )
        play = PLAYS.get(str(body.get("name")))
        if play is None:
            raise MisuseError(
                f"no scenario is called {body.get('name')!r}; there are {', '.join(PLAYS)}", NOT_FOUND
            )
        name, url, point = self._place(body)
        run = Run(uuid.uuid4().hex[:12], str(body["name"]), SECRET_PARAMETER.sub(rf"\g<1>{MASK}", name))
        if self._busy.setdefault(name, run.id) != run.id:
            raise MisuseError(f"a scenario runs at {run.box} already: stop it, or wait for its end", CONFLICT)
        stage = Stage(self._account, run, point, None if patience is None else float(patience))
        box = Box(stage, url, self._account.boxes.get(name))
        self._keep(run)
        task = self._account.errands.start(self._play(run, stage, partial(play.act, stage, box)))
        task.add_done_callback(lambda _: self._free(name, run))
        self._tasks[run.id] = task
        return run

    def find(self, run_id: str) -> Run:
        """Find one; ``MisuseError`` when there is none."""
        if run_id not in self._runs:
            raise MisuseError(f"no run of a scenario is called {run_id!r}", NOT_FOUND)
        return self._runs[run_id]

    async def stop(self, run_id: str) -> Run:
        """Stop one that runs, and wait until it has stopped."""
        run = self.find(run_id)
        task = self._tasks.get(run_id)
        if task:
            task.cancel()
            await asyncio.wait([task])
        return run

    async def _play(self, run: Run, stage: Stage, act: Callable[[], Any]) -> None:
        try:
            await act()
        except ScenarioFailedError as error:
            self._fail(run, stage, error)
        except asyncio.CancelledError:
            self._fail(run, stage, ScenarioFailedError("failed_stopped"))
            raise
        except Exception as error:  # noqa: BLE001 - whatever a box or a phone refuses is how the scenario ends, and told
            self._fail(run, stage, ScenarioFailedError("failed_unexpectedly", detail=_say(error)))
        else:
            run.state = DONE
            stage.say("done")
        finally:
            stage.put_away()

    def _free(self, name: str, run: Run) -> None:
        # Also of one that was cut off before its first step.
        del self._tasks[run.id], self._busy[name]
        if run.state == RUNNING:
            run.state = FAILED

    def _fail(self, run: Run, stage: Stage, error: ScenarioFailedError) -> None:
        run.state, run.reason = FAILED, str(error)
        stage.say(error.text_key, **error.facts)

    def _keep(self, run: Run) -> None:
        ended = [one.id for one in self._runs.values() if one.state != RUNNING]
        for old in ended[: max(0, len(self._runs) + 1 - KEPT)]:
            del self._runs[old]
        self._runs[run.id] = run

    def _place(self, body: dict[str, Any]) -> tuple[str, str, Callable[[], Scan]]:
        """The box's name, its URL, and how a phone is pointed at it."""
        account, url = self._account, body.get("url")
        if isinstance(body.get("pos"), str):
            found = pos.by_external_id(account, body["pos"])
            if found is None or found.url is None:
                raise MisuseError(f"there is no box {body['pos']!r} with a url", NOT_FOUND)
            return str(found.external_id).upper(), found.url, partial(wallet.scan, account, found)
        if isinstance(url, str) and is_url(url):
            return url, url, partial(wallet.scan_url, account, url)
        raise MisuseError("name the box: pos (its external_id) or url (what is polled)", BAD_REQUEST)


def routes(account: Account) -> list[Route]:
    """Lay the scenarios' routes, to be mounted under ``/sim``."""
    scenarios = Scenarios(account)

    async def list_plays(_request: Request) -> Response:
        return answer(
            [
                {"name": name, "needs": play.needs, "text": texts.SCENARIOS[name]}
                for name, play in PLAYS.items()
            ]
        )

    async def post(request: Request) -> Response:
        return answer(scenarios.start(await read_object(request)).shown(), 201)

    async def get(request: Request) -> Response:
        return answer(scenarios.find(request.path_params["id"]).shown())

    async def delete(request: Request) -> Response:
        return answer((await scenarios.stop(request.path_params["id"])).shown())

    return [
        Route("/scenarios", list_plays, methods=["GET"]),
        Route("/scenarios", post, methods=["POST"]),
        Route("/scenarios/{id}", get, methods=["GET"]),
        Route("/scenarios/{id}", delete, methods=["DELETE"]),
    ]


def _say(error: Exception) -> str:
    return str(error) if isinstance(error, MisuseError) else f"{type(error).__name__}: {error}"
