"""The cases that are seen in the poll alone: before a sale, during it, again and again, by many, given up, out of reach."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from simulator.client import CANNOT_TAKE_PAYMENT, WAITING
from verify.asker import ask
from verify.rules import (
    IN_PROCESS,
    LONGEST_URL,
    NOTHING,
    ORDER,
    TIMEOUT,
    WRONG,
)
from verify.stage import NotPlayedError, Stage, StopError

if TYPE_CHECKING:
    from verify.answers import Reading

SCANS = 6
PHONES = 4
UNREACHABLE = ("no_answer", "hangs", "tls_invalid", "not_http")
NOWHERE = "http://127.0.0.1:9/nobody-listens-here"
STRANGE = {
    "Accept": "*/*",
    "Accept-Language": "es-AR",
    "User-Agent": "x/1",
    "X-Request-Id": "verify",
    "X-Unknown": "1",
}


def play_reach(stage: Stage) -> None:
    """The URL answers, by itself, in time; a phone in front of one that does not cannot pay."""
    if stage.rules.is_deployed and urlsplit(stage.url).scheme != "https":
        stage.find("not_https", url=stage.url)
    if len(stage.url) >= LONGEST_URL:
        stage.find("url_too_long", length=len(stage.url), most=LONGEST_URL)
    reading = stage.look()
    if reading.word in UNREACHABLE:
        raise StopError
    if stage.mercadopago:
        # What a customer sees when a URL does not answer: shown once, on an address where nobody listens.
        phone = stage.mercadopago.scan(NOWHERE)
        phone.wait_for(CANNOT_TAKE_PAYMENT, timeout=stage.rules.pace.give_up)


def play_before(stage: Stage) -> None:
    """Nobody sells: there is nothing to pay, and a phone waits."""
    try:
        reading = stage.clear()
    except NotPlayedError:
        reading = stage.look()  # nobody moves the box: let it be idle
        if reading.kind == ORDER:
            stage.find("order_while_idle", reading)
    if reading.kind not in (NOTHING, ORDER):
        stage.find("not_nothing_while_idle", reading, word=reading.word)
    elif stage.mercadopago:
        _see_waiting(stage)


def play_during(stage: Stage) -> None:
    """A sale is under way: the phone waits, then shows the amount."""
    stage.clear()
    stage.do("prepare")
    reading = stage.wait_for(IN_PROCESS, seconds=stage.reaction)
    if reading.kind != IN_PROCESS:
        if reading.kind == NOTHING and not stage.driver.is_prompt:
            raise NotPlayedError("nobody_did", verb="prepare")
        stage.find("not_in_process", reading, word=reading.word)
    phone = stage.mercadopago.scan(stage.url) if stage.mercadopago else None
    stage.sell()
    if phone:
        stage.see_amount(phone)
        phone.abandon()


def play_again(stage: Stage) -> None:
    """One order, scanned again and again: the same bytes each time, whatever else the question carries."""
    first = stage.offer()
    for _ in range(SCANS - 1):
        _compare(stage, first, stage.look())
    parts = urlsplit(stage.url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    more = f"{parts.query}&" if parts.query else ""
    _same(
        stage,
        first,
        "unknown_parameter_breaks",
        parts._replace(query=f"{more}utm_source=verify&x-unknown=1").geturl(),
    )
    _same(stage, first, "headers_matter", stage.url, STRANGE)
    if len(pairs) > 1:
        _same(stage, first, "parameter_order_matters", parts._replace(query=urlencode(pairs[::-1])).geturl())
    if stage.mercadopago:
        stage.scan_amount().abandon()
        after = stage.watch(ORDER)
        if after.kind != ORDER:
            stage.find("order_gone_after_scan", after, word=after.word)
        else:
            stage.scan_amount(again=True).abandon()


def play_phones(stage: Stage) -> None:
    """Several phones at once see the same order."""
    first = stage.offer()
    with ThreadPoolExecutor(PHONES) as phones:
        exchanges = list(phones.map(lambda _: ask(stage.url, stage.rules.pace.give_up), range(PHONES)))
    for exchange in exchanges:
        reading = stage.take(exchange)
        if (exchange.status, exchange.body) != (first.exchange.status, first.exchange.body):
            stage.find("phones_disagree", reading, word=reading.word, phones=PHONES)


def play_out_of_reach(stage: Stage) -> None:
    """The machine cannot be reached: `timeout`, and a phone says that this place cannot take the payment."""
    stage.clear()
    stage.do("break")
    try:
        reading = stage.wait_for(TIMEOUT, seconds=stage.reaction)
        if reading.kind != TIMEOUT:
            if not stage.driver.is_prompt and reading.kind == NOTHING:
                raise NotPlayedError("nobody_did", verb="break")
            stage.find("not_timeout", reading, word=reading.word)
        elif stage.mercadopago:
            phone = stage.mercadopago.scan(stage.url)
            phone.wait_for(CANNOT_TAKE_PAYMENT, timeout=stage.rules.pace.give_up)
    finally:
        stage.do("mend")
    stage.wait_for(NOTHING, seconds=stage.reaction)


def play_cash(stage: Stage) -> None:
    """The customer walks away and pays in cash: the order is given up, and a scan finds nothing to pay."""
    stage.offer()
    if stage.mercadopago:
        stage.scan_amount().abandon()
    stage.do("cancel")
    reading = stage.wait_for(NOTHING, seconds=stage.reaction)
    if reading.kind == ORDER:
        stage.find("order_after_cash", reading)
    elif reading.kind != NOTHING:
        stage.find("not_nothing_after_sale", reading, word=reading.word)
    elif stage.mercadopago:
        _see_waiting(stage)


def _see_waiting(stage: Stage) -> None:
    """A phone waits, and goes on waiting after its second poll."""
    phone = stage.need_mercadopago().scan(stage.url)
    deadline = time.monotonic() + stage.rules.pace.give_up
    screen = phone.screen()
    while screen.polls < 2 and screen.state == WAITING and time.monotonic() < deadline:  # noqa: PLR2004 - its second
        time.sleep(stage.rules.pace.interval / 5)
        screen = phone.screen()
    phone.abandon()
    if screen.state != WAITING:
        stage.find("phone_cannot_pay", state=screen.state, detail=screen.detail)


def _compare(stage: Stage, first: Reading, other: Reading) -> None:
    if other.kind == WRONG and other.flaws:
        return
    if other.kind != ORDER:
        stage.find("order_gone_after_poll", other, word=other.word)
    elif first.offer and other.offer and first.offer.reference != other.offer.reference:
        stage.find("reference_changes", other, one=first.offer.reference, other=other.offer.reference)
    elif other.exchange.body != first.exchange.body:
        stage.find("body_changes", other)


def _same(stage: Stage, first: Reading, code: str, url: str, headers: dict[str, str] | None = None) -> None:
    """Ask in another way and expect the same; if asking plainly no longer does either, that is not this way's fault."""
    reading = stage.look(url, headers, judged=False)
    if (reading.kind, reading.exchange.status) != (
        first.kind,
        first.exchange.status,
    ) and stage.look().kind == ORDER:
        stage.find(code, reading, word=reading.word)
