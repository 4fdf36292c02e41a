"""A running simulator as a pytest fixture, for whoever tests an endpoint that Mercado Pago is to poll.

    def test_my_pump(mercadopago):
        phone = mercadopago.scan_url("http://127.0.0.1:8000/poll?pump=1")
        assert phone.wait_for_amount().amount == Decimal("15000.50")

``mercadopago`` is a ``simulator.server.Simulator``: phones, faults, the clock, scenarios and the wire, fresh in each test. Its
seller and country come from the ini options ``mercadopago_access_token`` and ``mercadopago_site``, its settings from
``mercadopago_dialect`` (v1, v2 or any), and all of that from the marker, for one test, one class or one module:
``@pytest.mark.mercadopago(site="mlb", dialect="v2", poll_interval=0.2)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simulator.server import ACCESS_TOKEN, LOOPBACK, Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

STORE = "STORE001"
FAST = {"poll_interval": 0.1}
"""Mercado Pago's own interval is not published; a test waits no longer than it must."""
INI = {
    "access_token": ("The seller's access token; the digits at its end are the collector_id.", ACCESS_TOKEN),
    "site": ("The seller's country: mla, mlb, mlc, mlm, mlu, mco or mpe.", "mla"),
    "dialect": ("The dialect of polls that the account takes: v1, v2 or any.", "any"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ini options."""
    for name, (text, default) in INI.items():
        parser.addini(f"mercadopago_{name}", text, default=default)


def pytest_configure(config: pytest.Config) -> None:
    """Add the marker."""
    text = "mercadopago(site, access_token, dialect, **settings): how the fixture mercadopago is to be."
    config.addinivalue_line("markers", text)


@pytest.fixture(scope="session")
def _mercadopago_servers() -> Iterator[dict[str, Simulator]]:
    servers: dict[str, Simulator] = {}
    yield servers
    for server in servers.values():
        server.stop()


@pytest.fixture
def mercadopago(request: pytest.FixtureRequest, _mercadopago_servers: dict[str, Simulator]) -> Simulator:
    """Mercado Pago on a free port, with one branch ``STORE001`` and nothing else, until the test ends."""
    wished: dict[str, Any] = {name: request.config.getini(f"mercadopago_{name}") for name in INI}
    for marker in reversed(list(request.node.iter_markers("mercadopago"))):
        wished |= marker.kwargs
    # One server for all tests that wish the same: it starts at once, and takes its time to stop.
    key = repr(sorted(wished.items()))
    if key not in _mercadopago_servers:
        settings = FAST | {"poll_dialect": wished.pop("dialect")} | wished
        hosts = [LOOPBACK, "localhost"]
        _mercadopago_servers[key] = Simulator(enabled_hosts=hosts, stores=[STORE], **settings).start()
    server = _mercadopago_servers[key]
    server.reset()
    server.account.boxes.clear()
    return server
