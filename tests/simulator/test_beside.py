"""What is served beside the API on the same port: other routes, a life around them, pictures of QR codes."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import requests
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from simulator.qr_images import draw
from simulator.server import Simulator
from tests.simulator.conftest import Api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from simulator.account import Account

PAGES = ["/", "/page/texts.js", "/desk/machines/1"]


async def say_where(request: Request) -> Response:
    return PlainTextResponse(f"page {request.url.path}")


def pages(account: Account) -> list[Route | Mount]:
    async def say_who(_request: Request) -> Response:
        return PlainTextResponse(str(account.collector_id))

    return [
        Route("/", say_where),
        Mount("/page", routes=[Route("/{name}", say_where)]),
        Route("/desk/machines/{id}", say_where),
        Route("/who", say_who),
    ]


@pytest.fixture
def mp() -> Iterator[Simulator]:
    with Simulator(stores=["STORE001"], also=pages) as one:
        yield one


@pytest.mark.parametrize("path", PAGES)
def test_it_needs_no_token_is_not_on_the_wire_and_never_spoilt(mp: Simulator, path: str) -> None:
    mp.be_rude(status=500)
    mp.control("PUT", "/faults/api_html")
    assert requests.get(mp.url + path, timeout=5).text == f"page {path}"
    assert mp.wire() == []


def test_it_gets_the_account(mp: Simulator) -> None:
    assert requests.get(f"{mp.url}/who", timeout=5).text == str(mp.collector_id)


@pytest.mark.parametrize("path", ["/desk", "/desk/nothing", "/page/a/b", "/sim/nothing"])
def test_what_is_not_there_beside_the_api_is_a_404_without_a_token(mp: Simulator, path: str) -> None:
    assert requests.get(mp.url + path, timeout=5).status_code == 404
    assert mp.wire() == []


@pytest.mark.parametrize("path", ["/nothing", "/deskside", "/pages", "/simulator", "/pos"])
def test_any_other_path_is_the_api_s(mp: Simulator, path: str) -> None:
    assert requests.get(mp.url + path, timeout=5).json()["error"] == "invalid_token"
    assert len(mp.wire()) == 2


def test_without_routes_of_its_own_the_front_page_is_the_api_s() -> None:
    with Simulator() as mp:
        assert requests.get(mp.url, timeout=5).json()["error"] == "invalid_token"


def test_routes_can_be_given_as_they_are() -> None:
    with Simulator(also=[Route("/", say_where)]) as mp:
        assert requests.get(mp.url, timeout=5).text == "page /"


def test_what_lives_around_it_begins_before_and_ends_after_the_calls() -> None:
    life = list[str]()

    @asynccontextmanager
    async def around(account: Account) -> AsyncIterator[None]:
        life.append(f"begin {account.collector_id}")
        yield
        life.append("end")

    with Simulator(around=around) as mp:
        assert life == ["begin 123456789"]
        assert mp.settings()
    assert life == ["begin 123456789", "end"]


def test_the_picture_of_a_box_s_code_is_served_without_a_token(mp: Simulator) -> None:
    api = Api(mp)
    box = api.box().body
    api.session.close()
    for name in ("image", "template_image"):
        path = box["qr"][name].removeprefix("https://www.mercadopago.com")
        picture = requests.get(mp.url + path, timeout=5)
        assert picture.headers["Content-Type"] == "image/png"
        assert picture.content == draw(box["qr"]["image"])
    assert picture.content.startswith(b"\x89PNG")


def test_there_is_no_picture_of_another_name(mp: Simulator) -> None:
    assert requests.get(f"{mp.url}/instore/merchant/qr/1/x.png", timeout=5).status_code == 404


@pytest.mark.parametrize("origin", ["https://shop.example", "null", "http://127.0.0.1:1"])
def test_a_page_from_elsewhere_cannot_turn_the_switches(mp: Simulator, origin: str) -> None:
    answer = requests.post(f"{mp.url}/sim/rude", json={}, headers={"Origin": origin}, timeout=5)
    assert answer.status_code == 403
    assert mp.control("GET", "/rude") == []


def test_its_own_page_can(mp: Simulator) -> None:
    answer = requests.post(f"{mp.url}/sim/rude", json={}, headers={"Origin": mp.url}, timeout=5)
    assert answer.status_code == 201
