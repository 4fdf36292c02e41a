"""What the desk serves: machines, their codes, the page; each to its own page only."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest
import segno

from desk.app import PAGE
from tests.desk.caja import KEY, Caja

if TYPE_CHECKING:
    from pathlib import Path

    from tests.desk.conftest import At, Desk

SVG = "{http://www.w3.org/2000/svg}"


def drawn(path: str, side: int) -> list[list[bool]]:
    """The modules that a path of horizontal strokes draws."""
    modules = [[False] * side for _ in range(side)]
    x = y = 0.0
    for move, numbers in re.findall(r"([Mmh])([-0-9. ]+)", path):
        values = [float(number) for number in re.findall(r"-?[0-9.]+", numbers)]
        if move == "h":
            for column in range(int(x), int(x + values[0])):
                modules[int(y)][column] = True
            x += values[0]
        else:
            x, y = (values[0], values[1]) if move == "M" else (x + values[0], y + values[1])
    return modules


def test_an_attached_machine_is_listed_and_attaching_again_keeps_its_sale(pump: At) -> None:
    pump.fills()
    pump.sees("ready")
    again = pump.desk.attach(pump.caja, "pump", name="Another name")
    shown = again.look()
    assert (shown["phase"], shown["name"]) == ("ready", "Another name")
    assert [each["box_id"] for each in pump.desk.ask("GET", "/desk/machines").json()] == ["BOX1"]
    assert pump.desk.ask("GET", "/desk/machines/box1").json()["box_id"] == "BOX1"


def test_a_box_of_another_stack_has_a_journal_of_its_own(pump: At, folder: Path) -> None:
    pump.fills()
    pump.sees("ready")
    with Caja("postpay") as other:
        moved = pump.desk.attach(other, "pump")
        moved.sees("idle")
        assert other.orders == {}
        assert len(list(folder.glob("BOX1-*.jsonl"))) == 2


def test_a_machine_shows_no_key(pump: At) -> None:
    pump.sees("idle")
    assert KEY not in pump.desk.ask("GET", "/desk/machines").text
    assert KEY not in pump.desk.ask("GET", "/sim/wire").text


def test_what_a_machine_says_is_on_the_wire(pump: At) -> None:
    pump.fills()
    pump.sees("ready")
    said = [m for m in pump.desk.ask("GET", "/sim/wire").json() if m["sender"] == "box"]
    assert {m["receiver"] for m in said} == {"merchant"}
    assert ("POST", f"{pump.caja.url}/boxes/BOX1/orders") in [(m["method"], m["url"]) for m in said]


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "rocket"},
        {"box_id": "no spaces"},
        {"box_id": ""},
        {"api_url": "file:///etc/passwd"},
        {"api_url": 7},
        {"box_key": "line\nbreak"},
        {"name": "x" * 501},
        {"qr": None},
        {"prices": []},
        {"prices": {"agua": "-1"}},
        {"price_per_litre": "free"},
        {"surprise": True},
    ],
)
def test_a_machine_that_cannot_be_is_not_attached(desk: Desk, changes: dict[str, Any]) -> None:
    wish = {
        "kind": "vending",
        "api_url": "http://127.0.0.1:1",
        "box_id": "B1",
        "box_key": KEY,
        "name": "B",
        "qr": "q",
    }
    answer = desk.ask("POST", "/desk/machines", wish | changes)
    assert (answer.status_code, list(answer.json())) == (400, ["message"])
    assert desk.ask("GET", "/desk/machines").json() == []


def test_prices_can_be_wished_for(desk: Desk) -> None:
    with Caja("prepay") as caja:
        shown = desk.attach(caja, "vending", prices={"agua": "999.99"}).look()
    assert shown["products"][0]["price"] == "999.99"


def test_a_machine_nobody_attached_is_not_found(desk: Desk) -> None:
    assert desk.ask("POST", "/desk/machines/NOBODY/lift").status_code == 404


def test_another_sites_page_in_the_same_browser_can_do_nothing(pump: At) -> None:
    pump.sees("idle")
    path = f"{pump.path}/lift"
    for headers in (
        {"Origin": "https://evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ):
        assert pump.desk.ask("POST", path, {}, **headers).status_code == 403
    assert pump.look()["phase"] == "idle"
    assert pump.desk.ask("POST", path, {}, Origin=pump.desk.url).status_code == 200


@pytest.mark.parametrize("text", ["https://www.mercadopago.com/instore/merchant/qr/50/abc.png", "ñ" * 200])
def test_a_code_holds_its_text(desk: Desk, text: str) -> None:
    answer = desk.session.get(f"{desk.url}/desk/qr.svg", params={"text": text}, timeout=5)
    assert answer.headers["content-type"] == "image/svg+xml"
    code = segno.make(text, error="m", boost_error=False, micro=False)
    side = int(code.symbol_size(border=4)[0])
    picture = ET.fromstring(answer.text)  # noqa: S314 - our own
    assert picture.get("viewBox") == f"0 0 {side} {side}"
    light, dark = picture.findall(f"{SVG}path")
    assert (light.get("fill"), dark.get("stroke")) == ("#fff", "#000")
    assert drawn(dark.get("d") or "", side) == [
        [bool(module) for module in row] for row in code.matrix_iter(border=4)
    ]


@pytest.mark.parametrize("text", ["", "x" * 1001])
def test_a_text_that_makes_no_code_is_refused(desk: Desk, text: str) -> None:
    assert desk.session.get(f"{desk.url}/desk/qr.svg", params={"text": text}, timeout=5).status_code == 400


def test_the_page_may_load_from_nowhere_else_and_is_never_kept(desk: Desk) -> None:
    answer = desk.ask("GET", "/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert answer.headers["cache-control"] == "no-store"


def test_every_file_of_the_page_is_served_with_its_type(desk: Desk) -> None:
    kinds = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
    files = [path for path in PAGE.rglob("*") if path.is_file() and path.suffix in kinds]
    assert files
    for path in files:
        answer = desk.ask("GET", f"/page/{path.relative_to(PAGE)}")
        assert answer.headers["content-type"].startswith(kinds[path.suffix]), path
        assert answer.content == path.read_bytes()


@pytest.mark.parametrize(
    "path", ["nothing.js", "../app.py", "..%2fapp.py", "%2e%2e/app.py", "", "/etc/passwd"]
)
def test_nothing_but_the_pages_files_is_served(desk: Desk, path: str) -> None:
    answer = desk.ask("GET", f"/page/{path}")
    assert answer.status_code in (401, 404)
    assert "import" not in answer.text


def test_the_desk_needs_no_token_and_is_not_on_the_wire(desk: Desk) -> None:
    desk.ask("GET", "/")
    desk.ask("GET", "/desk/machines")
    assert desk.ask("GET", "/sim/wire").json() == []


def test_changes_are_told_as_they_happen(pump: At) -> None:
    pump.sees("idle")
    with pump.desk.session.get(f"{pump.desk.url}/sim/events", stream=True, timeout=5) as events:
        pump.tries("lift")
        lines = (line.decode() for line in events.iter_lines() if line)
        told = next(line for line in lines if line == "event: machine")
        assert told
        assert '"phase":"lifted"' in next(lines)
