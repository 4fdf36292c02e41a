"""A deployed URL is held to what only a deployed one can break; every finding is made by some test."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import verify.stage
from simulator import country
from tests.verify.conftest import PACE, Silent, codes
from tests.verify.faults import FAULTS
from verify.cases import CASES
from verify.drivers import NobodyDriver
from verify.exchanges import Exchange
from verify.findings import SEVERITIES
from verify.rules import Rules
from verify.run import play
from verify.stage import Stage

if TYPE_CHECKING:
    import pytest

WAITING = b'{"error": {"type": "unavailable"}}'
NOT_SEEDED = {"not_https", "notification_url_not_public", "phone_cannot_pay", "tls_invalid", "url_too_long"}
"""What no merchant on this machine can do wrong by itself: here, and in the tests of checks, asker and reports."""


def test_a_deployed_url_is_https_and_short_enough_for_a_box(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(url: str, _seconds: float, **_: object) -> Exchange:
        headers = (("Content-Type", "application/json"), ("Content-Length", str(len(WAITING))))
        return Exchange(datetime.now(UTC), "GET", url, b"", 400, headers, WAITING, 0.1)

    monkeypatch.setattr(verify.stage, "ask", ask)
    url = f"http://pay.example.com/poll?box={'A' * 300}"
    stage = Stage(url, Rules(country.load("mla"), is_deployed=True, pace=PACE), NobodyDriver())
    report = play(stage, CASES[:2], Silent())
    assert codes(report) == {"not_https": "reach", "url_too_long": "reach"}


def test_every_other_finding_is_seeded() -> None:
    assert set(SEVERITIES) - {fault.code for fault in FAULTS} == NOT_SEEDED
