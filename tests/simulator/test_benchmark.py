"""The benchmark runs to its end and prints its table; how fast this machine is, is not a test's business."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from benchmarks import simulator

if TYPE_CHECKING:
    import pytest


def test_it_measures_four_rates_and_the_memory_of_a_soak(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"KEPT": 20, "EVERY": 20, "SETTLED": 20, "ENOUGH": 1, "GROWTH": 1}.items():
        monkeypatch.setattr(simulator, name, value)
    assert simulator.main(["--seconds", "0.2", "--sales", "40"]) == 0
    told = capsys.readouterr().out
    rates = re.findall(r"^(GET|POST|scan)\S* .*?([\d,]+) +\d+%$", told, re.MULTILINE)
    assert [name for name, _ in rates] == ["GET", "GET", "POST", "scan"]
    assert re.findall(r"^ +(\d+) +[\d.]+ +[\d.]+$", told, re.MULTILINE) == ["20", "40"]
    assert "memory from sale 20 to 40" in told


def test_too_slow_or_too_large_is_told_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    slow = simulator.Rate("GET /x", 299, 1.0)
    assert simulator._judge([slow], {}) == 1
    assert "no: GET /x" in capsys.readouterr().out
    fast = simulator.Rate("GET /x", 300, 1.0)
    assert simulator._judge([fast], {6000: 100, 10_000: 106}) == 1
    assert simulator._judge([fast], {6000: 100, 10_000: 104}) == 0
