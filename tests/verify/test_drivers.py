"""The box is moved by a program, by its key, by a person, or by nobody."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from verify import caja_box
from verify.caja_box import CajaDriver, read_poll_url
from verify.drivers import CannotError, DriverError, HookDriver, NobodyDriver, PersonDriver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def hook(tmp_path: Path) -> HookDriver:
    program = tmp_path / "my hook.py"
    program.write_text(
        "import os, sys\n"
        "verb, *rest = sys.argv[1:]\n"
        "if verb == 'sell': print(os.environ['CAJA_VERIFY_POLL_URL'], '12.50')\n"
        "if verb == 'prepare': print('lifted')\n"
        "if verb == 'break': sys.exit(3)\n"
        "if verb == 'cancel': sys.exit('no order is open')\n"
        "if verb == 'idle': __import__('time').sleep(9)\n"
    )
    return HookDriver(f"{sys.executable} '{program}'", {"CAJA_VERIFY_POLL_URL": "http://127.0.0.1/p"}, 1.0)


def test_a_hook_may_say_what_was_really_sold(hook: HookDriver) -> None:
    assert hook.do("sell", Decimal("15000.50")) == Decimal("12.50")
    assert hook.do("prepare") is None


def test_a_hook_says_what_it_cannot_do_and_what_went_wrong(hook: HookDriver) -> None:
    with pytest.raises(CannotError, match="break"):
        hook.do("break")
    with pytest.raises(DriverError, match="no order is open"):
        hook.do("cancel")
    with pytest.raises(DriverError, match="longer than 1 s"):
        hook.do("idle")
    with pytest.raises(DriverError, match="cannot be run"):
        HookDriver("/no/such/program", {}, 1.0).do("idle")


def test_a_person_is_told_and_nobody_can_do_anything() -> None:
    told: list[tuple[str, Decimal | None]] = []
    person = PersonDriver(lambda verb, amount: told.append((verb, amount)))
    assert person.do("sell", Decimal(5)) is None
    assert (told, person.is_prompt) == ([("sell", Decimal(5))], False)
    with pytest.raises(CannotError):
        NobodyDriver().do("idle")


class BoxApi(ThreadingHTTPServer):
    """Answers the box API from a script, path by path, and keeps what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.said: list[dict[str, Any]] = []
        self.answers: dict[str, list[tuple[int, Any]]] = {}


class _Handler(BaseHTTPRequestHandler):
    server: BoxApi

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        name = f"{self.command} {self.path.removeprefix('/api/boxes/CAJA1')}"
        self.server.asked.append(name)
        self.server.said.append(json.loads(body or b"{}"))
        given = self.headers["Authorization"] == "Bearer made-up"
        scripted = self.server.answers[name]
        status, value = (
            (scripted.pop(0) if len(scripted) > 1 else scripted[0])
            if given
            else (401, {"code": "unauthorized"})
        )
        text = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - the server's names

    def log_message(self, *_: object) -> None:
        pass


ORDER = {"order_id": "ORDER1", "state": "ready", "mode": "prepay", "next_poll_ms": 60_000}


@pytest.fixture
def api() -> Iterator[BoxApi]:
    server = BoxApi()
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    server.answers = {
        "PUT /state": [(200, {"order": None})],
        "POST /orders": [(201, ORDER)],
        "GET /orders/ORDER1": [(200, ORDER)],
        "DELETE /orders/ORDER1": [(200, {**ORDER, "state": "cancelled"})],
        "POST /orders/ORDER1/release": [(200, {**ORDER, "state": "releasing"})],
        "POST /orders/ORDER1/delivery": [(200, {**ORDER, "state": "delivered"})],
    }
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def box(api: BoxApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[CajaDriver]:
    monkeypatch.setattr(caja_box, "PAUSE", 0.001)
    driver = CajaDriver(f"http://127.0.0.1:{api.server_port}/api", "CAJA1", "made-up")
    yield driver
    driver.close()


def test_a_poll_url_of_caja_names_its_api_and_its_box() -> None:
    url = "https://pay.example.com/stage/poll?locationId=S&positionId=caja1&key=k"
    assert read_poll_url(url) == ("https://pay.example.com/stage", "CAJA1")
    for other in ("https://pay.example.com/pay-mp?positionId=1", "https://pay.example.com/poll?locationId=S"):
        with pytest.raises(DriverError, match="no poll URL of caja"):
            read_poll_url(other)


def test_a_sale_of_a_box_is_its_state_then_its_order(api: BoxApi, box: CajaDriver) -> None:
    box.do("prepare")
    assert box.do("sell", Decimal("15000.50")) == Decimal("15000.50")
    box.attend()
    box.attend()
    box.do("cancel")
    assert api.asked == [
        "PUT /state",
        "PUT /state",
        "POST /orders",
        "GET /orders/ORDER1",
        "DELETE /orders/ORDER1",
    ]
    assert [each.get("state") for each in api.said[:2]] == ["preparing", "idle"]
    assert (api.said[2]["total"], len(api.said[2]["ticket"])) == ("15000.50", 36)


def test_a_box_becomes_idle_by_giving_up_what_is_open(api: BoxApi, box: CajaDriver) -> None:
    api.answers["PUT /state"] = [(200, {"order": ORDER})]
    box.do("idle")
    assert api.asked == ["PUT /state", "DELETE /orders/ORDER1", "GET /orders/ORDER1"]


def test_a_box_becomes_idle_by_handing_out_what_is_paid(api: BoxApi, box: CajaDriver) -> None:
    api.answers["PUT /state"] = [(200, {"order": {**ORDER, "state": "paid"}})]
    box.do("mend")
    assert api.asked[-2:] == ["POST /orders/ORDER1/release", "POST /orders/ORDER1/delivery"]
    assert api.said[-1] == {"claim": api.said[-2]["claim"], "result": "delivered"}


def test_an_answer_without_a_code_is_asked_for_again_and_a_refusal_is_told(
    api: BoxApi, box: CajaDriver
) -> None:
    api.answers["PUT /state"] = [(503, b"<html>"), (429, {"message": "slow"}), (200, {"order": None})]
    box.do("break")
    assert api.asked == ["PUT /state"] * 3
    api.answers["PUT /state"] = [(401, {"code": "unauthorized"})]
    with pytest.raises(DriverError, match="401 unauthorized"):
        box.do("idle")
    with pytest.raises(CannotError):
        box.do("refund")
