"""Mercado Pago for the acceptance run, and a run of it against a merchant, with nobody's patience tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator import country
from simulator.server import Simulator
from verify.cases import CASES
from verify.mercadopago import MercadoPago
from verify.rules import Pace, Rules
from verify.run import play
from verify.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.verify.wrong_merchant import WrongMerchant
    from verify.cases import Case
    from verify.run import Report, Result

PACE = Pace(patience=0.8, quiet=0.2, interval=0.02, slow=0.5, limit=1.0, give_up=2.0)
"""Short: what a wrong merchant never does is not waited for long."""
CALM = Pace(patience=15.0, quiet=0.4, interval=0.02)
"""For who does everything right, however busy this machine is: nothing is waited for in vain."""


class Silent:
    """Listens and says nothing."""

    def begin(self, case: Case) -> None:
        pass

    def end(self, result: Result) -> None:
        pass


def verify(merchant: WrongMerchant, mp: Simulator | None, *case_ids: str, pace: Pace = PACE) -> Report:
    """Play all cases, or these, against a merchant that drives itself."""
    rules = Rules(
        country.load("mla"), collector_id=merchant.collector_id, secrets=("d41d8cd98f00b204",), pace=pace
    )
    stage = Stage(merchant.url, rules, merchant, MercadoPago(mp) if mp else None)
    return play(stage, [case for case in CASES if not case_ids or case.id in case_ids], Silent())


def codes(report: Report) -> dict[str, str]:
    """Every code that was found, with the case in which it was found first."""
    found: dict[str, str] = {}
    for result in report.results:
        for code in result.notes.findings:
            found.setdefault(code, result.case.id)
    return found


@pytest.fixture(scope="session")
def shared_mercadopago() -> Iterator[Simulator]:
    with Simulator(poll_interval=0.02, poll_timeout=2.0, notification_wait_scale=0.001) as one:
        yield one


@pytest.fixture
def mp(shared_mercadopago: Simulator) -> Simulator:
    shared_mercadopago.reset()
    return shared_mercadopago
