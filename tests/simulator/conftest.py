"""A simulator, a merchant it talks to, and the merchant's own calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import requests

from simulator import exact_json
from simulator.server import Simulator
from tests.simulator.merchant import Merchant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.client import Phone

FAST: dict[str, Any] = {"poll_interval": 0.02, "notification_wait_scale": 0.001}


class Answer(NamedTuple):
    """What came back: the status and the body, amounts as Decimal."""

    status: int
    body: Any

    @property
    def cause(self) -> Any:
        """The code of the first cause, under either of its names."""
        return (self.body.get("causes") or self.body.get("cause"))[0]["code"]


class Api:
    """The merchant's calls to Mercado Pago, with its token."""

    def __init__(self, mp: Simulator) -> None:
        self.mp = mp
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {mp.access_token}"

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.session.request(method, self.mp.url + path, json=body, headers=named, timeout=5)
        return Answer(answer.status_code, exact_json.parse(answer.content) if answer.content else None)

    def store(self, **changes: Any) -> Answer:
        """Create a branch that nobody can object to, with changes."""
        location = exact_json.parse(exact_json.render(dict(self.mp.account.country.example_location)))
        body = {"name": "Sucursal", "external_id": "STORE002", "location": location, **changes}
        return self("POST", f"/users/{self.mp.collector_id}/stores", _floats(body))

    def box(self, **changes: Any) -> Answer:
        """Create a box that nobody can object to, with changes; ``None`` leaves a field out."""
        body = {
            "name": "Caja Principal",
            "fixed_amount": True,
            "external_store_id": "STORE001",
            "external_id": "CAJA0001",
            **changes,
        }
        return self("POST", "/pos", {name: value for name, value in body.items() if value is not None})


def _floats(value: Any) -> Any:
    return json.loads(exact_json.render(value))


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    with Merchant() as one:
        yield one


@pytest.fixture(scope="session")
def server() -> Iterator[Simulator]:
    hosts = ["127.0.0.1", "www.miempresa.com"]
    with Simulator(enabled_hosts=hosts, stores=["STORE001"], **FAST) as one:
        yield one


@pytest.fixture
def mp(server: Simulator) -> Simulator:
    server.reset()
    return server


@pytest.fixture
def api(mp: Simulator) -> Iterator[Api]:
    one = Api(mp)
    yield one
    one.session.close()


@pytest.fixture
def phone(mp: Simulator, merchant: Merchant, api: Api) -> Phone:
    """A phone that shows 1050.50 ARS for the reference REF1."""
    api.box(url=merchant.poll_url)
    merchant.offer()
    found = mp.scan("CAJA0001")
    found.wait_for_amount()
    return found
