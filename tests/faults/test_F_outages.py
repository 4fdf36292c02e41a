"""Something is away for minutes or hours, or refuses us: consumers, storage, a queue, Mercado Pago (F12, F18, F19, F27, F28)."""
# ruff: noqa: N802 - faults are named as reliability §2 names them

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from caja import wiring
from functions.check_order.app import handler as check_order
from functions.reconcile.app import handler as reconcile
from tests.aws import aws_client
from tests.builders import PRICE, sqs_event
from tests.faults.stack import CONTEXT
from tests.faults.street import PUMP, VENDING
from tests.functions.calls import a_sale, alarms, ask_box
from tests.mutants.marks import kills

if TYPE_CHECKING:
    import pytest

    from simulator.server import Simulator
    from tests.faults.street import Street
    from tests.tables import Tables


@kills("mercadopago-fails-the-message")
def test_F12_consumers_throttled_and_mercado_pago_away_for_an_hour_return_no_message(street: Street) -> None:
    order_id = street.sell(PUMP)
    street.pay(street.scan(PUMP))
    street.during("consumer throttled", minutes=10)
    assert street.order(order_id).state == "ready"
    street.pass_time(minutes=2)
    assert street.order(order_id).state == "paid"

    order_id = street.sell(PUMP)
    screens = [street.scan(PUMP) for _ in range(3)]
    street.weather.begin("Mercado Pago away")
    for screen in screens:
        street.pay(screen)
        street.pass_time(minutes=20)
    street.weather.end("Mercado Pago away")
    street.pass_time(minutes=15)
    assert street.order(order_id).state == "paid"
    assert sorted(len(payment.refunds) for _, payment in street.line.payments.values()) == [0, 0, 1, 1]
    assert (street.dead, street.returned) == ([], 0)
    street.end()


@kills("messages-come-back-too-soon")
def test_F18_storage_away_for_three_hours_fails_closed_and_all_is_settled_within_15_min_after(
    street: Street,
) -> None:
    orders = {box_id: street.sell(box_id) for box_id in (PUMP, VENDING)}
    screens = [street.scan(box_id) for box_id in orders]
    street.weather.begin("storage away")
    pump, vending = [street.pay(screen) for screen in screens]
    for _ in range(6):
        for box_id, order_id in orders.items():
            assert street.polled(box_id) == (400, "timeout")
            assert street.submit(box_id)[0] == 503
            assert street.functions.claim(box_id, order_id, "claim-0001")[0] == 503
        street.pass_time(minutes=30)
    street.weather.end("storage away")
    assert [street.order(order_id).state for order_id in orders.values()] == ["ready", "ready"]
    street.pass_time(minutes=15)
    assert [street.order(order_id).state for order_id in orders.values()] == ["paid", "expired"]
    assert (len(pump.refunds), len(vending.refunds), vending.refunded) == (0, 1, vending.amount)
    street.pass_time(hours=2)
    assert (street.dead, sum(queue.in_flight for queue in street.functions.queues)) == ([], 0)
    street.end()


@kills("lost-checks-not-sent-again")
def test_F19_a_queue_that_refuses_for_35_min_leaves_it_to_the_sweep(street: Street) -> None:
    order_id = street.sell(PUMP)
    street.pay(street.scan(PUMP))  # Mercado Pago tries to tell 41 min later for the last time
    street.during("queue refuses", minutes=35)
    assert street.order(order_id).state == "ready"
    street.pass_time(minutes=4)
    assert street.order(order_id).state == "paid"
    street.end()


def work(tables: Tables) -> None:
    """A minute later: what the schedule and the queue of checks have done."""
    tables.clock.now += timedelta(minutes=1)
    reconcile({}, CONTEXT)
    for message in tables.take():
        assert check_order(sqs_event(messages=[message]), None)["batchItemFailures"] == []


@kills("no-probe-while-down")
def test_F27_a_token_rotated_or_revoked_is_read_again_once_alarmed_stops_sales_and_recovers(
    tables: Tables, seller: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    tables.provision(collector_id=seller.collector_id)
    secrets = aws_client("secretsmanager")
    secret = wiring.settings().access_token_secret
    tokens = [f"TEST-1111111111111111-010101-{word}-{seller.collector_id}" for word in ("first", "second")]
    at = "2026-11-24T12:00:10.000Z"

    def requests() -> int:
        return sum(message.kind == "request" for message in seller.wire())

    work(tables)  # the token is remembered now
    seller.account.access_token = tokens[0]
    secrets.put_secret_value(SecretId=secret, SecretString=tokens[0])
    order_id = ask_box("POST", a_sale())[1]["order_id"]
    seller.forge_merchant_order(external_reference=order_id, total_amount=PRICE, date_created=at)
    before = requests()
    assert check_order(sqs_event(json.dumps({"order_id": order_id})), None)["batchItemFailures"] == []
    assert (tables.order(order_id).state, requests() - before, alarms(capsys)) == ("paid", 2, [])

    seller.account.access_token = tokens[1]  # revoked: the secret does not know the new one
    revoked_at = tables.clock.now
    while ask_box("PUT", {"state": "idle"})[1]["payments"] == "up":
        work(tables)
        assert tables.clock.now - revoked_at <= timedelta(minutes=2)
    assert ask_box("POST", a_sale(ticket="ticket-0000000002"))[1]["code"] == "payments_down"
    assert {"TokenRefused", "PaymentsDown"} <= set(alarms(capsys))
    secrets.put_secret_value(SecretId=secret, SecretString=tokens[1])
    work(tables)
    assert ask_box("POST", a_sale(ticket="ticket-0000000002"))[0] == 201
    assert "PaymentsDown" not in alarms(capsys)


@kills("prepay-window-ignored")
def test_F28_payments_approved_while_reads_are_down_for_an_hour_are_not_refunded_blindly(
    street: Street,
) -> None:
    orders = {box_id: street.sell(box_id) for box_id in (PUMP, VENDING)}
    screens = [street.scan(box_id) for box_id in orders]
    street.weather.begin("Mercado Pago away")
    pump, vending = [street.pay(screen) for screen in screens]
    street.pass_time(hours=1)
    assert (pump.refunds, vending.refunds) == ([], [])
    assert not any(path.startswith("POST") for _, path in street.line.calls)
    street.weather.end("Mercado Pago away")
    street.pass_time(minutes=15)
    assert [street.order(order_id).state for order_id in orders.values()] == ["paid", "expired"]
    assert (len(pump.refunds), len(vending.refunds), vending.refunded) == (0, 1, vending.amount)
    street.end()
