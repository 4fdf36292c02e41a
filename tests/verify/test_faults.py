"""Each fault seeded into a merchant is found and named; the right merchant has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.verify.conftest import CALM, codes, verify
from tests.verify.faults import FAULTS, Fault
from tests.verify.wrong_merchant import WrongMerchant
from verify.findings import SEVERITIES
from verify.run import FAILED, PASSED

if TYPE_CHECKING:
    from simulator.server import Simulator


TWICE = ("one_reference_for_all", "references_differ_in_case", "idle_shows_old_order")
"""Faults that show in a second sale only."""


@pytest.mark.parametrize("dialect", ["v1", "v2"])
def test_the_right_merchant_passes_every_case_without_a_word(mp: Simulator, dialect: str) -> None:
    with WrongMerchant(mp, dialect) as merchant:
        report = verify(merchant, mp, pace=CALM)
    assert codes(report) == {}
    assert {result.case.id: (result.outcome, result.reason) for result in report.results} == {
        result.case.id: (PASSED, "") for result in report.results
    }
    assert (report.outcome, report.dialect) == (PASSED, dialect)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.name}-{fault.dialect}")
def test_a_seeded_fault_is_found_by_its_name(mp: Simulator, fault: Fault) -> None:
    with WrongMerchant(mp, fault.dialect, fault.name) as merchant:
        report = verify(merchant, mp, "reach", *["during"] * (fault.name in TWICE), fault.case)
    assert codes(report).get(fault.code) == fault.case, codes(report)
    if SEVERITIES[fault.code] == "failure":
        assert report.outcome == FAILED
