"""The simulator by itself: installed elsewhere, it gives pytest a fixture, and three lines test somebody's endpoint."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]

PUMP = """
import json
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

ORDER = {
    "collector_id": 123456789,
    "external_reference": "SALE1",
    "items": [{"title": "Fuel", "currency_id": "ARS", "quantity": 1, "unit_price": 15000.50}],
}


class Pump(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(ORDER).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def my_pump():
    with HTTPServer(("127.0.0.1", 0), Pump) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/poll?pump=1"
        server.shutdown()
"""

EXAMPLE = """
from decimal import Decimal

import pytest
import simulator


def test_my_pump(mercadopago, my_pump):
    phone = mercadopago.scan_url(my_pump)
    assert phone.wait_for_amount().amount == Decimal("15000.50")


def test_it_can_be_paid(mercadopago, my_pump):
    phone = mercadopago.scan_url(my_pump)
    phone.wait_for_amount()
    assert phone.pay().payments[0]["transaction_amount"] == Decimal("15000.50")


def test_each_test_begins_afresh(mercadopago):
    assert mercadopago.phones() == []
    assert [store.external_id for store in mercadopago.account.stores.values()] == ["STORE001"]
    assert [fault for fault in mercadopago.faults() if fault["on"]] == []


@pytest.mark.mercadopago(site="mlb", poll_interval=0.25)
def test_a_marker_chooses_the_country_and_the_settings(mercadopago):
    assert mercadopago.account.country.currency == "BRL"
    assert mercadopago.settings()["poll_interval"] == Decimal("0.25")


@pytest.mark.mercadopago(dialect="v2")
def test_an_answer_in_the_other_dialect_is_refused(mercadopago, my_pump):
    assert "v1" in mercadopago.scan_url(my_pump).wait_for("cannot_take_payment").detail


def test_faults_the_clock_and_scenarios_are_at_hand(mercadopago, my_pump):
    mercadopago.fault_on("notifications_late", seconds=7)
    mercadopago.advance(60)
    mercadopago.fault_off()
    with pytest.raises(simulator.client.SimulatorError, match="offered it"):
        mercadopago.trigger("sale", my_pump, patience=0.3)


def test_it_is_the_installed_one_and_takes_its_seller_from_the_ini_file(mercadopago):
    assert simulator.__file__.startswith(INSTALLED)
    assert mercadopago.collector_id == 123456789
    assert mercadopago.settings()["poll_dialect"] == "v1"
"""
INI = """
[pytest]
addopts = --strict-markers -p no:cacheprovider
filterwarnings = error
mercadopago_access_token = TEST-made-up-123456789
mercadopago_dialect = v1
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the simulator was installed into, from a copy: a build leaves things beside what it builds."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("target")
    shutil.copytree(
        ROOT / "simulator",
        source / "simulator",
        ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"),
    )
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", "--quiet", *offline, "--target", str(target)]
    run([*command, str(source / "simulator")], source, os.environ)
    return target


def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    ended = subprocess.run(  # noqa: S603 - our own words
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_three_lines_test_somebody_elses_endpoint(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(PUMP)
    (tmp_path / "test_pump.py").write_text(f"{EXAMPLE}\n\nINSTALLED = {str(installed)!r}\n")
    (tmp_path / "pytest.ini").write_text(INI)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment["PYTHONPATH"] = str(installed)
    said = run([sys.executable, "-m", "pytest", "-q"], tmp_path, environment)
    assert "7 passed" in said


def test_it_needs_what_it_imports_and_nothing_else(installed: Path) -> None:
    needed = next(installed.glob("caja_simulator-*.dist-info/METADATA")).read_text()
    named = {
        line.partition(": ")[2].partition(">")[0] for line in needed.splitlines() if "Requires-Dist" in line
    }
    found = set[str]()
    for path in (ROOT / "simulator").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            found |= {name.partition(".")[0] for name in names}
            found |= {str(node.module).partition(".")[0]} if isinstance(node, ast.ImportFrom) else set()
    assert named == found - sys.stdlib_module_names - {"simulator", "pytest"}
