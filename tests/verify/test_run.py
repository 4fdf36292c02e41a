"""What is not played is said to be so and why, never passed; a person at the box; the reports of a run."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from simulator import country
from simulator.server import Simulator
from tests.verify.conftest import CALM, PACE, Silent, codes, verify
from tests.verify.wrong_merchant import PLACE, WrongMerchant
from verify.cases import CASES
from verify.drivers import NobodyDriver, PersonDriver
from verify.exchanges import Mask, secrets_of
from verify.mercadopago import MercadoPago
from verify.report import describe
from verify.report_html import render
from verify.report_terminal import TerminalReport
from verify.rules import Rules
from verify.run import FAILED, NOT_PLAYED, PASSED, play
from verify.stage import Stage
from verify.texts import LANGUAGES, load

if TYPE_CHECKING:
    from decimal import Decimal

    from verify.run import Report

MONEY = ("paid", "rejected", "notification_lost", "double", "refund")


def reasons(report: Report) -> dict[str, str]:
    return {result.case.id: result.reason for result in report.results if result.reason}


def test_a_merchant_that_asks_elsewhere_is_not_said_to_settle(mp: Simulator) -> None:
    with Simulator() as elsewhere, WrongMerchant(elsewhere) as merchant:
        report = verify(merchant, mp, *MONEY)
    assert reasons(report) == dict.fromkeys(("paid", "rejected", "double", "refund"), "never_asked") | {
        "notification_lost": "never_asked"
    }
    assert (report.outcome, codes(report)) == (NOT_PLAYED, {})
    told = load("en").reason("never_asked", report.results[0].facts)
    assert f"point its Mercado Pago URL at {mp.url}" in told


def test_a_merchant_with_another_token_is_told_so(mp: Simulator) -> None:
    other: Any = SimpleNamespace(url=mp.url, access_token="TEST-other-1", collector_id=mp.collector_id)
    with WrongMerchant(other) as merchant:
        report = verify(merchant, mp, "paid")
    assert reasons(report) == {"paid": "token_refused"}


def test_polls_only_leaves_the_money_unplayed(mp: Simulator) -> None:
    with WrongMerchant(mp) as merchant:
        report = verify(merchant, None, pace=CALM)
    left = {*MONEY, "notifications", "forged"}
    assert reasons(report) == dict.fromkeys(left, "polls_only")
    assert (report.outcome, codes(report)) == (NOT_PLAYED, {})


def test_where_nobody_answers_nothing_more_is_played(mp: Simulator) -> None:
    with WrongMerchant(mp, fault="hangs_up") as merchant:
        report = verify(merchant, mp)
    assert report.results[0].outcome == FAILED
    assert set(reasons(report).values()) == {"unreachable"}
    assert len(reasons(report)) == len(CASES) - 1


def test_the_dialect_and_the_country_are_learnt(mp: Simulator) -> None:
    with WrongMerchant(mp, "v2") as merchant:
        report = verify(merchant, mp, "before", pace=CALM)
    assert (report.dialect, report.country, report.collector_id) == ("v2", "mla", 123456789)
    with Simulator(site="mlb", access_token="TEST-1-987654321") as brazil:
        seen = MercadoPago(brazil)
    assert (seen.country.currency, seen.collector_id) == ("BRL", 987654321)


def play_with(
    driver: Any, merchant: WrongMerchant, mp: Simulator, *case_ids: str, patience: float = 15.0
) -> Report:
    rules = Rules(
        country.load("mla"), collector_id=merchant.collector_id, pace=replace(CALM, patience=patience)
    )
    stage = Stage(merchant.url, rules, driver, MercadoPago(mp))
    return play(stage, [case for case in CASES if case.id in case_ids], Silent())


def test_a_person_is_told_what_to_do_and_has_time_to_do_it(mp: Simulator) -> None:
    told = []
    with WrongMerchant(mp) as merchant:

        def tell(verb: str, amount: Decimal | None) -> None:
            told.append(verb)
            threading.Timer(0.1, merchant.do, (verb, amount)).start()

        report = play_with(PersonDriver(tell), merchant, mp, "before", "during", "cash", "paid")
    assert (report.outcome, codes(report), reasons(report)) == (PASSED, {}, {})
    # The box is idle already before the first case, and the order of the second serves the third.
    assert told == ["prepare", "sell", "cancel", "sell"]


def test_what_a_person_does_not_do_is_not_the_merchants_fault(mp: Simulator) -> None:
    with WrongMerchant(mp) as merchant:
        report = play_with(
            PersonDriver(lambda *_: None), merchant, mp, "during", "paid", "out_of_reach", patience=0.4
        )
    assert (report.outcome, set(reasons(report).values()), codes(report)) == (NOT_PLAYED, {"nobody_did"}, {})


def test_without_anybody_at_the_box_only_an_idle_one_is_seen(mp: Simulator) -> None:
    with WrongMerchant(mp) as merchant:
        report = play_with(NobodyDriver(), merchant, mp, "reach", "before", "during")
    assert [result.outcome for result in report.results] == [PASSED, PASSED, NOT_PLAYED]


@pytest.fixture(scope="module")
def described() -> dict[str, dict[str, Any]]:
    """One failing run, described in each language."""
    with Simulator(poll_interval=0.02) as mp, WrongMerchant(mp, fault="amounts_as_text") as merchant:
        report = verify(merchant, mp, "reach", "during", "wrong_parameters", "refund")
        mask = Mask(merchant.url, secrets_of(merchant.url))
    return {language: describe(report, load(language), mask) for language in LANGUAGES}


def test_the_json_has_its_shape_and_no_keys(described: dict[str, dict[str, Any]]) -> None:
    run = described["en"]
    text = json.dumps(run)
    assert PLACE["key"] not in text
    assert PLACE["key"][:-1] not in text
    assert {name: run[name] for name in ("format", "outcome", "dialect", "country", "language")} == {
        "format": 1,
        "outcome": "failed",
        "dialect": "v1",
        "country": "mla",
        "language": "en",
    }
    assert run["counts"] == {"cases": 4, "passed": 1, "failed": 3, "not_played": 0, "warnings": 0}
    case = run["cases"][1]
    finding = case["findings"][0]
    assert (case["id"], finding["code"], finding["severity"]) == ("during", "number_as_text", "failure")
    assert [each["code"] for each in case["findings"]] == ["number_as_text", "phone_cannot_pay"]
    shown = case["exchanges"][finding["exchange"]]
    assert (shown["method"], shown["status"], shown["failure"]) == ("GET", 200, None)
    assert '"unit_price": "' in shown["body"]
    assert shown["url"].endswith("&key=***")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_stands_by_itself_in_each_language(
    described: dict[str, dict[str, Any]], language: str
) -> None:
    texts = load(language)
    page = render(described[language], texts)
    assert f'<html lang="{language}">' in page
    assert all(
        texts.cases[case]["title"].replace("'", "&#x27;") in page for case in ("reach", "during", "refund")
    )
    assert not any(word in page for word in ("<script", "<link", "src=", "@import", "url(", PLACE["key"]))
    assert "&quot;unit_price&quot;: &quot;" in page
    assert page.count("<article class=case>") == 4


def test_the_terminal_tells_each_finding_once_with_its_bytes(mp: Simulator) -> None:
    console = Console(width=100, record=True, force_terminal=False, quiet=False)
    with WrongMerchant(mp, fault="amounts_as_text") as merchant, console.capture() as captured:
        mask, texts = Mask(merchant.url), load("en")
        reporter = TerminalReport(console, texts, mask)
        rules = Rules(country.load("mla"), collector_id=merchant.collector_id, pace=PACE)
        stage = Stage(merchant.url, rules, merchant)
        cases = [case for case in CASES if case.id in ("before", "during", "cash", "paid")]
        reporter.close(describe(play(stage, cases, reporter), texts, mask))
    said = captured.get()
    assert "✓ Scan before the sale" in said
    assert "✗ Scan during the sale" in said
    assert "– Scan after the payment" in said
    assert said.count("A JSON number, without quotation marks.") == 1
    assert '"unit_price": "15110.20"' in said
    assert "2 of 4 cases failed." in said
    assert PLACE["key"] not in said
