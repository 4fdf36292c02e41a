"""Mercado Pago is slow, busy, cut off or cannot be found: 429, 5xx, hangs, resets, false certificates (F20-F24)."""
# ruff: noqa: N802 - faults are named as reliability §2 names them

from __future__ import annotations

import json
import random
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from caja import wiring
from caja.mercadopago.calls import ANSWER_SECONDS
from caja.usecases.ask_merchant_orders import MOST_PAGES
from functions.check_order.app import handler as check_order
from tests.aws import read_template
from tests.builders import PRICE, after, sqs_event
from tests.faults.searches import PAID_AT, a_search
from tests.functions.calls import a_sale, ask_box
from tests.mutants.marks import kills
from tests.rude import RudeServer, drip, hang, say, say_and_close
from tests.shop import ORDER
from tests.tokens import client

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from caja.mercadopago.calls import MercadoPago
    from simulator.server import Simulator
    from tests.rude import Act, Conversation
    from tests.tables import Tables


def check(order_id: str = ORDER, merchant_order_id: str | None = None) -> None:
    """Have the order checked; the message never returns to its queue."""
    message = {"order_id": order_id, "merchant_order_id": merchant_order_id, "is_hinted": True}
    assert check_order(sqs_event(json.dumps(message)), None)["batchItemFailures"] == []


def check_when_due(tables: Tables, order_id: str = ORDER) -> None:
    """Turn the clock to the order's next check, and make it."""
    check_at = tables.order(order_id).watch.check_at
    assert check_at is not None
    tables.clock.now = max(check_at, tables.clock.now)
    check(order_id)


def use(line: MercadoPago, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the functions call Mercado Pago so."""
    monkeypatch.setattr(wiring, "mercadopago", lambda: line)


def state(tables: Tables, order_id: str = ORDER) -> str:
    return tables.order(order_id).state.value


@pytest.fixture
def paid(tables: Tables, seller: Simulator, monkeypatch: pytest.MonkeyPatch) -> str:
    """An order that has been paid, and a Mercado Pago that answered just now; the id of the merchant order."""
    tables.provision(collector_id=seller.collector_id)
    tables.with_order(collector_id=seller.collector_id)
    tables.clock.now = after(seconds=20)
    wiring.health().record("succeeded_at", tables.clock.now)
    use(client(seller.url), monkeypatch)
    forged = seller.forge_merchant_order(
        external_reference=ORDER, total_amount=PRICE, date_created=PAID_AT, payments=[{}]
    )
    return str(forged["id"])


@kills("retry-after-ignored")
def test_F20_too_many_requests_with_and_without_retry_after_slow_us_down_until_we_recover(
    paid: str, tables: Tables, seller: Simulator
) -> None:
    for n in range(4):
        seller.be_rude(status=429, path="/merchant_orders")
        began = tables.clock.now
        check_when_due(tables) if n else check()
        wait = (tables.order().watch.check_at or began) - tables.clock.now
        assert timedelta(seconds=5 * 2**n) <= wait <= timedelta(seconds=5 * 2**n * 1.25)
    seller.be_rude(status=429, headers={"Retry-After": "77"}, path="/merchant_orders")
    check_when_due(tables)
    assert tables.order().watch.check_at == tables.clock.now + timedelta(seconds=77)
    asked = len(seller.wire())
    for _ in range(15):  # a box that asks does not bring it forward
        tables.clock.now += timedelta(seconds=5)
        ask_box("GET", order_id=ORDER)
        assert tables.take() == []
    assert (len(seller.wire()), state(tables)) == (asked, "ready")
    wiring.health().record("succeeded_at", tables.clock.now)  # as a probe finds out every minute
    check_when_due(tables)
    assert (state(tables), tables.order().watch.failures) == ("paid", 0)


@kills("failed-search-is-empty")
def test_F21_with_thirty_percent_of_calls_answered_5xx_every_order_is_settled(
    tables: Tables, seller: Simulator
) -> None:
    """Prepay orders paid in their last second: what is taken for unpaid then is never sold."""
    chance = random.Random(21)  # noqa: S311 - which calls fail
    failed = 0
    for number in range(12):
        tables.clock.now = after(hours=number)
        box_id = f"SURTIDOR{number}"
        tables.provision(box_id, mode="prepay", box_uid=box_id.encode(), collector_id=seller.collector_id)
        status, order = ask_box("POST", a_sale(ttl_seconds=30), box_id=box_id)
        assert status == 201
        tables.clock.now += timedelta(seconds=30)
        wiring.health().record("succeeded_at", tables.clock.now)
        made = {"external_reference": order["order_id"], "date_created": order["created_at"]}
        seller.forge_merchant_order(**made, total_amount=PRICE)
        while state(tables, order["order_id"]) == "ready":
            seller.be_polite()
            if chance.random() < 0.3:
                failed += 1
                seller.be_rude(status=chance.choice([500, 502, 503, 504]), path="/merchant_orders")
            check_when_due(tables, order["order_id"])
        assert state(tables, order["order_id"]) == "paid"
    assert failed >= 3


@kills("answers-not-cut")
def test_F22_a_call_that_hangs_for_ever_or_too_long_is_given_up_within_its_budget(
    paid: str, tables: Tables, seller: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything eight times as fast: an answer after 1 s, after 3.9 s, byte by byte, after 30 s, and none."""
    assert ANSWER_SECONDS == 4.0

    def late(seconds: float) -> Callable[[Conversation], bool]:
        def act(conversation: Conversation) -> bool:
            conversation.over.wait(seconds / 8)
            return say("200 OK", b'{"elements": []}')(conversation)

        return act

    acts: list[tuple[Act, bool | None]] = [
        (late(1.0), True),
        (late(3.9), None),  # in time on a machine that is quick enough
        (drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 900, every=0.01), False),
        (late(30), False),
        (hang, False),
    ]
    for act, is_in_time in acts:
        tables.clock.now += timedelta(minutes=2)
        with RudeServer(act) as server:
            use(client(server.url, answer_seconds=ANSWER_SECONDS / 8), monkeypatch)
            began = monotonic()
            check()
            assert monotonic() - began < ANSWER_SECONDS / 8 + 1
        assert state(tables) == "ready"
        assert is_in_time in (None, tables.order().watch.failures == 0)
        wiring.health().record("succeeded_at", tables.clock.now)
    use(client(seller.url), monkeypatch)
    check_when_due(tables)
    assert state(tables) == "paid"
    properties = read_template()["Resources"]["CheckOrderFunction"]["Properties"]
    batches = [mapping["Properties"]["BatchSize"] for mapping in properties["Events"].values()]
    # Each order: a merchant order by id and as many pages as there may be, and once more after a token was rotated.
    assert max(batches) * (1 + MOST_PAGES + 1) * ANSWER_SECONDS < properties["Timeout"]


@kills("broken-connections-not-tried-again")
def test_F23_a_connection_reset_before_or_after_the_body_does_not_keep_an_order_from_being_settled(
    paid: str, tables: Tables, seller: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller.be_rude(kind="reset", path="/merchant_orders", times=2)
    check()
    assert (state(tables), tables.order().watch.failures) == ("ready", 1)
    seller.be_rude(kind="truncated", body='{"elements": []}', path="/merchant_orders")
    check_when_due(tables)  # repeated at once
    assert (state(tables), tables.order().watch.failures) == ("paid", 0)

    tables.provision("CAJA0002", box_uid=bytes(15) + b"2")
    _, order = ask_box("POST", a_sale(), box_id="CAJA0002")
    answer = a_search(order["order_id"])
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n".encode()
    with RudeServer(say_and_close(head + answer)) as server:
        use(client(server.url), monkeypatch)
        check(order["order_id"])
    assert state(tables, order["order_id"]) == "paid"


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")  # of the mutant
@kills("certificates-unchecked")
def test_F24_a_name_that_leads_nowhere_or_a_false_certificate_gets_no_token_and_is_tried_again(
    paid: str,
    tables: Tables,
    seller: Simulator,
    untrusted: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number, url in enumerate(["http://caja.invalid", ""]):
        with RudeServer(say("200 OK", a_search(ORDER)), tls=untrusted) as elsewhere:
            use(client(url or elsewhere.url), monkeypatch)
            check_when_due(tables)
            assert elsewhere.requests == []
        assert (state(tables), tables.order().watch.failures) == ("ready", number + 1)
    use(client(seller.url), monkeypatch)
    check_when_due(tables)
    assert state(tables) == "paid"
