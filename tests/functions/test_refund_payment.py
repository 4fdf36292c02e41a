"""The refund_payment function, from a batch of RefundQueue over a simulated Mercado Pago to the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from caja import wiring
from caja.orders import Refund, Role
from caja.refunds import REFUSED_STEPS, UNUSUAL
from caja.transitions import UNCONFIRMED, meet_deadline
from tests.builders import PRICE, a_recorded_payment
from tests.functions.calls import alarms
from tests.functions.returns import (
    PAYMENT,
    asked,
    give_back,
    give_back_when_due,
    given_back,
    hold,
    keys,
    message,
    owe,
    payment,
)
from tests.functions.stages import by, reach

if TYPE_CHECKING:
    from datetime import datetime

    from caja.orders import Order
    from simulator.server import Simulator
    from tests.tables import Tables

LOOK = ["GET 9001", "GET refunds"]
OTHER = 9002


@pytest.fixture(autouse=True)
def box(tables: Tables) -> None:
    """A box that sells before it hands out, and a Mercado Pago that answered a moment ago."""
    tables.provision(mode="prepay")
    wiring.health().record("succeeded_at", tables.clock.now)


def test_a_payment_is_listed_given_back_and_confirmed(tables: Tables, seller: Simulator) -> None:
    owe(tables, seller)
    assert give_back() == []
    assert asked(seller) == [*LOOK, "POST refunds", *LOOK]
    assert given_back(seller) == [PRICE]
    order = tables.order()
    assert (order.state, order.refunded_amount, payment(tables).refund) == ("refunded", PRICE, Refund.DONE)
    event = wiring.ledger().events(order.order_id)[-1]
    assert (event.by, event.to_state) == ("refund", "refunded")
    assert event.facts["payment_id"] == str(PAYMENT)


def test_every_call_of_an_attempt_carries_its_stored_key_and_asks_to_see_what_is_pending(
    tables: Tables, seller: Simulator
) -> None:
    owe(tables, seller)
    give_back()
    (attempt,) = payment(tables).attempts
    assert keys(seller) == [attempt.key]
    assert len(attempt.key) == 22
    shown = [each.headers for each in seller.wire() if each.kind == "request" and "/refunds" in each.url]
    assert {headers.get("x-render-in-process-refunds") for headers in shown} == {"true"}


def test_an_attempt_is_stored_before_it_is_made(tables: Tables, seller: Simulator) -> None:
    owe(tables, seller)
    seller.be_rude(status=500, method="POST", path="/v1/payments")
    give_back()
    (attempt,) = payment(tables).attempts
    assert (keys(seller), attempt.outcome, attempt.amount) == ([attempt.key], None, None)


def test_a_payment_is_given_back_once_however_often_it_is_asked_for(
    tables: Tables, seller: Simulator
) -> None:
    owe(tables, seller)
    assert give_back(*[message()] * 5) == []
    assert (len(keys(seller)), given_back(seller)) == (1, [PRICE])


def test_a_pending_refund_is_waited_for_and_not_asked_for_again(tables: Tables, seller: Simulator) -> None:
    owe(tables, seller)
    seller.settings(pending_refunds=True)
    give_back()
    for _ in range(3):
        assert (tables.order().state, payment(tables).refund) == ("refunding", Refund.PENDING)
        give_back_when_due(tables)
    seller.end_refund(seller.account.payments[PAYMENT].refunds[0].id, "approved")
    give_back_when_due(tables)
    assert (tables.order().state, given_back(seller), len(keys(seller))) == ("refunded", [PRICE], 1)


@pytest.mark.parametrize("end", ["rejected", "cancelled"])
def test_a_pending_refund_that_fell_through_is_asked_for_again_under_a_new_key(
    end: str, tables: Tables, seller: Simulator
) -> None:
    owe(tables, seller)
    seller.settings(pending_refunds=True)
    give_back()
    seller.end_refund(seller.account.payments[PAYMENT].refunds[0].id, end)
    seller.settings(pending_refunds=False)
    give_back_when_due(tables)
    assert (payment(tables).refund, len(keys(seller))) == (Refund.REFUSED, 1)
    give_back_when_due(tables)
    assert (tables.order().state, given_back(seller)) == ("refunded", [PRICE])
    assert len(set(keys(seller))) == 2


def test_a_seller_without_balance_is_tried_again_under_a_new_key_once_he_may_have_topped_up(
    tables: Tables, seller: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    owe(tables, seller)
    seller.settings(seller_has_balance=False)
    began = tables.clock.now
    give_back()
    assert (tables.order().state, payment(tables).refund) == ("refunding", Refund.REFUSED)
    assert payment(tables).refund_at == began + REFUSED_STEPS[0]
    assert alarms(capsys) == ["RefundRefused"]
    seller.settings(seller_has_balance=True)
    give_back_when_due(tables)
    assert (tables.order().state, given_back(seller)) == ("refunded", [PRICE])
    assert [attempt.key for attempt in payment(tables).attempts] == keys(seller)
    assert len(set(keys(seller))) == 2


def test_after_a_day_of_refusals_a_person_decides_and_nothing_more_is_tried(
    tables: Tables, seller: Simulator
) -> None:
    owe(tables, seller)
    seller.settings(seller_has_balance=False)
    give_back()
    tables.clock.now += UNCONFIRMED
    by(meet_deadline)(tables)
    order, calls = tables.order(), asked(seller)
    assert (order.state, order.doubt, payment(tables).refund) == ("review", "refund", Refund.REFUSED)
    seller.settings(seller_has_balance=True)
    tables.clock.now += timedelta(days=30)
    assert give_back() == []
    assert (asked(seller), tables.order()) == (calls, order)


def test_a_payment_too_old_to_be_given_back_is_a_persons_to_decide(
    tables: Tables, seller: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    owe(tables, seller, date_created="2020-01-01T00:00:00-04:00")
    give_back()
    assert (tables.order().state, tables.order().doubt) == ("review", "refund")
    assert (payment(tables).refund, payment(tables).refund_at) == (Refund.REFUSED, None)
    assert alarms(capsys) == ["RefundRefused", "OrderInReview"]


@pytest.mark.parametrize("status", ["in_mediation", "charged_back"])
def test_money_that_others_decide_about_is_not_given_back(
    status: str, tables: Tables, seller: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    owe(tables, seller, status=status)
    give_back()
    assert (asked(seller), tables.order().state) == (LOOK, "review")
    assert alarms(capsys) == ["RefundRefused", "OrderInReview"]


def test_what_the_seller_gave_back_by_hand_is_not_given_back_again(tables: Tables, seller: Simulator) -> None:
    owe(tables, seller, status="refunded", amount_refunded=PRICE)
    give_back()
    assert (asked(seller), tables.order().state) == (LOOK, "refunded")
    assert tables.order().refunded_amount == PRICE


def test_of_what_went_back_in_part_only_the_rest_is_given_back(tables: Tables, seller: Simulator) -> None:
    owe(tables, seller, amount_refunded=Decimal("500.25"))
    give_back()
    assert (given_back(seller), tables.order().state) == ([PRICE - Decimal("500.25")], "refunded")


def test_excess_is_given_back_and_leaves_its_order_as_it_is(tables: Tables, seller: Simulator) -> None:
    def with_excess(order: Order, now: datetime) -> Order:
        excess = a_recorded_payment(
            payment_id=str(OTHER), refunded=Decimal(0), role=Role.EXCESS, refund=Refund.DUE, refund_at=now
        )
        return replace(order, payments=(*order.payments, excess), version=order.version + 1)

    hold(seller)
    hold(seller, OTHER)
    reach(tables, "delivered", mode="prepay")
    by(with_excess)(tables)
    assert give_back(message(PAYMENT), message(OTHER)) == []
    assert (given_back(seller, PAYMENT), given_back(seller, OTHER)) == ([], [PRICE])
    assert (tables.order().state, tables.order().refunded_amount) == ("delivered", PRICE)


@pytest.mark.parametrize(
    "stage", ["paid", "releasing", "delivered", "refunded", "money", "silence", "unknown"]
)
def test_what_is_not_owed_back_is_not_even_looked_at(stage: str, tables: Tables, seller: Simulator) -> None:
    hold(seller)
    reach(tables, stage, mode="prepay")
    order = tables.order()
    assert give_back() == []
    assert (asked(seller), tables.order()) == ([], order)


def test_a_refund_unconfirmed_for_a_day_is_told(
    tables: Tables, seller: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    owe(tables, seller)
    seller.settings(pending_refunds=True)
    give_back()
    tables.clock.now += UNUSUAL - timedelta(milliseconds=1)
    give_back()
    assert alarms(capsys) == []
    tables.clock.now += timedelta(hours=1)
    give_back()
    assert alarms(capsys) == ["RefundUnconfirmed"]
    assert payment(tables).refund_at == tables.clock.now + UNUSUAL


@pytest.mark.parametrize(
    "body", [message(PAYMENT + 7), message(order_id="A" * 26), message(order_id="ORDER#1")]
)
def test_a_payment_nobody_knows_is_told_and_not_given_back(
    body: str, tables: Tables, seller: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    owe(tables, seller)
    hold(seller, PAYMENT + 7)
    assert give_back(body) == []
    assert (asked(seller), alarms(capsys)) == ([], ["OrphanRefund"])


def test_of_two_messages_only_the_one_that_cannot_be_read_returns(tables: Tables, seller: Simulator) -> None:
    owe(tables, seller)
    for bad in ("", "{", "[]", "null", "{}", '{"order_id": "A"}', '{"payment_id": "9001"}'):
        assert give_back(bad, message()) == ["message-0"]
    assert (tables.order().state, given_back(seller)) == ("refunded", [PRICE])
