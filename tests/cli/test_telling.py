"""How the demo is told: in the reader's language, in order, without keys, in 80 columns."""

from __future__ import annotations

import io
import re
from decimal import Decimal

import pytest
from rich.console import Console

from cli.exchange import Exchange, mask, read_wire, show_body, show_path
from cli.story import Story
from cli.texts import ENGLISH, SPANISH, Texts, choose_texts
from simulator.wire import Message

API = "http://127.0.0.1:4566/_aws/execute-api/abc123"


def a_message(kind: str, **fields: object) -> Message:
    message = {
        "seq": 1,
        "exchange": 1,
        "at": "2026-11-24T12:00:00.000Z",
        "sender": "mercadopago",
        "receiver": "merchant",
        "method": "GET",
        "url": f"{API}/poll?locationId=STORE001&positionId=PUMP1&key=f00",
        "status": None,
        "headers": {},
        "body": "",
        "took_ms": None,
    }
    return Message(**{**message, "kind": kind, **fields})  # type: ignore[arg-type]  # changes of any field


@pytest.mark.parametrize(
    ("environment", "texts"),
    [
        ({"LANG": "es_AR.UTF-8"}, SPANISH),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "es_AR.UTF-8"}, ENGLISH),
        ({"LC_ALL": "", "LC_MESSAGES": "es_MX", "LANG": "C"}, SPANISH),
        ({"LANG": "pt_BR.UTF-8"}, ENGLISH),
        ({}, ENGLISH),
    ],
)
def test_the_locale_chooses_the_language(environment: dict[str, str], texts: object) -> None:
    assert choose_texts(environment) is texts


def test_both_languages_tell_the_same_steps_in_order() -> None:
    assert list(ENGLISH.steps) == list(SPANISH.steps)
    numbers = [re.sub(r"\D", "", label) for label in ENGLISH.steps]
    assert numbers == sorted(numbers)
    assert set(numbers) == set("123456789")


@pytest.mark.parametrize(
    "text",
    ["/poll?locationId=A&positionId=B&key=5ecret", f"{API}/notify/ABCDEFGH234567ABCDEFGH2345/5ecret?id=1"],
)
def test_no_key_is_shown(text: str) -> None:
    assert "5ecret" not in mask(text)
    assert "***" in mask(text)


def test_a_request_is_shown_from_its_path_on() -> None:
    assert show_path(f"{API}/poll?key=a", API) == "/poll?key=***"
    assert show_path("/merchant_orders/1?offset=0", API) == "/merchant_orders/1?offset=0"


def test_a_request_goes_with_its_own_answer_and_one_unanswered_has_no_status() -> None:
    wire = [
        a_message("request"),
        a_message("request", exchange=2),
        a_message("answer", exchange=1, status=200, body='{"a": 1}'),
    ]
    first, second = read_wire(wire)
    assert (first.status, first.answered) == (200, {"a": 1})
    assert second.status is None


def test_a_merchant_order_is_shown_by_what_decides() -> None:
    shown = "\n".join(
        show_body(
            {"id": 1, "status": "closed", "order_status": "paid", "payer": {"email": "x"}, "payments": None},
            API,
        )
    )
    assert "closed" in shown
    assert "email" not in shown


def test_a_notification_url_is_shown_without_its_key_and_our_base() -> None:
    url = f"{API}/notify/ABCDEFGH234567ABCDEFGH2345/5ecret"
    assert list(show_body({"notification_url": url}, API)) == [
        '{"notification_url": "…/notify/ABCDEFGH234567ABCDEFGH2345/***"}'
    ]


def test_a_long_line_is_folded_and_nothing_of_it_is_lost() -> None:
    lines = list(show_body({"resource": "x" * 200}, API))
    assert max(map(len, lines)) <= 70
    assert "".join(line.strip() for line in lines) == '{"resource": "' + "x" * 200 + '"}'


@pytest.mark.parametrize(("texts", "shown"), [(ENGLISH, "15,000.50 ARS"), (SPANISH, "15.000,50 ARS")])
def test_money_is_written_as_the_language_writes_it(texts: Texts, shown: str) -> None:
    assert texts.money(Decimal("15000.5"), "ARS") == shown


def test_everything_told_fits_eighty_columns() -> None:
    paper = io.StringIO()
    story = Story(Console(file=paper, width=80), SPANISH, API)
    story.open("http://127.0.0.1:45678/")
    for label in SPANISH.steps:
        story.step(label)
    story.exchange(
        Exchange(
            sender="merchant",
            receiver="mercadopago",
            method="GET",
            url="/merchant_orders/search?" + "x" * 100,
            sent={"long": "y" * 200},
            status=200,
            answered={"elements": [{"order_status": "paid", "payments": [{"id": 1}]}]},
        )
    )
    urls = {"mercadopago_url": "http://127.0.0.1:45678", "page_url": "http://127.0.0.1:45678/"}
    story.close(SPANISH.stays_up.format(api_url=API, **urls))
    assert max(map(len, paper.getvalue().splitlines())) <= 80
