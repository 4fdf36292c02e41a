"""No secret appears in a log line or an answer, over a sale in which everything goes wrong once (H4)."""

from __future__ import annotations

import json
import logging
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from caja import wiring
from caja.web import logger
from functions.check_order.app import handler as check_order
from functions.follow_order.app import handler as follow_order
from functions.manage_orders.app import handler as manage_orders
from functions.notify.app import handler as notify
from functions.poll.app import handler as poll
from functions.refund_payment.app import handler as refund_payment
from functions.release_order.app import handler as release_order
from functions.submit_order.app import handler as submit_order
from tests.aws import REGION, AwsStandIn, aws_client
from tests.builders import BOX_KEY, BRANCH_KEY, OTHER_KEY, POLL_KEY, POLL_QUERY, PRICE, api_event, sqs_event
from tests.functions.calls import BODY, CLAIM, OPERATOR, a_sale, box_event
from tests.tokens import REVOKED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.server import Simulator
    from tests.tables import Tables

FORGED_KEY = "fake-forged-key-000001"
UNREACHABLE = EndpointConnectionError(endpoint_url="https://dynamodb.example")
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "Query")


class Sale:
    """Calls functions, keeps what they answer."""

    def __init__(self, tables: Tables, simulator: Simulator) -> None:
        self.tables = tables
        self.simulator = simulator
        self.answers: list[str] = []

    def ask(self, handler: Any, method: str, body: Any = None, **how: Any) -> dict[str, Any]:
        answer = handler(box_event(method, body, **how), None)
        self.answers.append(json.dumps([answer["headers"], answer["body"]]))
        read: dict[str, Any] = json.loads(answer["body"])
        return read

    def manage(self, method: str, path: str, body: Any = None) -> None:
        headers = {"content-type": "application/json"}
        event = api_event(method, path, headers=headers, body=json.dumps(body), iam_arn=OPERATOR)
        answer = manage_orders(event, None)
        self.answers.append(json.dumps([answer["headers"], answer["body"]]))

    def check(self, *bodies: str, queue: str = "CheckQueue") -> None:
        self.answers.append(json.dumps(check_order(sqs_event(*bodies, queue=queue), None)))

    def refund(self, *bodies: str) -> None:
        self.answers.append(json.dumps(refund_payment(sqs_event(*bodies, queue="RefundQueue"), None)))

    def fail(self, *failures: Exception | None) -> None:
        self.tables.failures = list(failures)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> StringIO:
    """What our logger writes; the libraries' are heard from INFO on."""
    caplog.set_level(logging.INFO)
    written = StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    return written


@pytest.fixture
def sale(tables: Tables, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Sale:
    """A box at a stack whose secret still holds a revoked token."""
    secret = aws_client("secretsmanager").create_secret(Name="token", SecretString=REVOKED)
    monkeypatch.setenv("ACCESS_TOKEN_SECRET", secret["ARN"])
    monkeypatch.setenv("MERCADOPAGO_URL", simulator.url)
    simulator.account.now = lambda: tables.clock.now
    tables.provision(collector_id=simulator.collector_id, mode="prepay")
    return Sale(tables, simulator)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsStandIn]:
    """What poll and notify reach AWS by."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", REGION)
    with AwsStandIn() as stand_in:
        yield stand_in


def box_goes_wrong(sale: Sale) -> str:
    """A box's requests, good and bad; the order's id."""
    for key in (OTHER_KEY, BRANCH_KEY):
        sale.ask(submit_order, "PUT", {"state": "idle"}, authorization=f"Bearer {key.box_key}")
    sale.ask(submit_order, "POST", "{" + BOX_KEY.box_key)
    sale.ask(submit_order, "POST", a_sale(ticket=5, description=BOX_KEY.box_key, items=[]))
    for failure in (UNREACHABLE, THROTTLED, RuntimeError("a bug")):
        sale.fail(failure)
        sale.ask(submit_order, "POST", a_sale())
    sold = a_sale(ttl_seconds=3600)
    order_id = str(sale.ask(submit_order, "POST", sold)["order_id"])
    sale.ask(submit_order, "POST", sold)
    sale.ask(submit_order, "POST", a_sale(number="2"))
    sale.ask(submit_order, "POST", a_sale(ticket="ticket-0000000002"))
    sale.fail(None, UNREACHABLE)
    sale.ask(follow_order, "GET", order_id=order_id)
    sale.ask(follow_order, "GET", order_id=order_id)
    return order_id


def check_goes_wrong(sale: Sale, order_id: str) -> None:
    """Checks against a Mercado Pago that fails in every way, then settles the order."""
    tables, simulator, key = sale.tables, sale.simulator, sale.tables.order(order_id).notify_key
    forged = simulator.forge_merchant_order(
        external_reference=order_id, total_amount=PRICE, date_created="2026-11-24T12:00:30.000Z"
    )
    hint = {"order_id": order_id, "key": key, "merchant_order_id": str(forged["id"])}
    due = json.dumps({"order_id": order_id})
    sale.check(
        json.dumps(hint | {"key": FORGED_KEY}), key, json.dumps({"key": key}), queue="NotificationQueue"
    )
    sale.check(json.dumps(hint | {"order_id": 5}), json.dumps(hint | {"order_id": ""}))
    minute = 0
    for rude in (None, {"status": 500}, {"kind": "reset", "times": 2}, {"body": "<html>"}, {"status": 403}):
        minute += 6
        tables.clock.now = tables.clock.now.replace(minute=minute)
        if rude:
            aws_client("secretsmanager").put_secret_value(
                SecretId="token", SecretString=simulator.access_token
            )
            simulator.be_rude(**rude, path="/merchant_orders")
        sale.check(due)
        simulator.be_polite()
    sale.fail(UNREACHABLE)
    sale.check(due)
    tables.clock.now = tables.clock.now.replace(minute=minute + 10)
    sale.check(json.dumps(hint), queue="NotificationQueue")
    assert tables.order(order_id).state == "paid"
    sale.ask(submit_order, "DELETE", order_id=order_id)


def release_goes_wrong(sale: Sale, order_id: str) -> None:
    """What a prepay box says of its order, good and bad; in the end it failed to deliver."""
    for verb in ("delivery", "release"):
        sale.ask(release_order, verb, {"claim": f"{BOX_KEY.box_key}!"}, order_id=order_id)
        sale.ask(release_order, verb, "{" + BOX_KEY.box_key, order_id=order_id)
        sale.ask(release_order, verb, BODY[verb], authorization=f"Bearer {OTHER_KEY.box_key}")
    for failure in (UNREACHABLE, RuntimeError("a bug")):
        sale.fail(None, failure)
        sale.ask(release_order, "release", {"claim": CLAIM}, order_id=order_id)
    for claim in (CLAIM, CLAIM, "claim-0002"):
        sale.ask(release_order, "release", {"claim": claim}, order_id=order_id)
    for result in ("failed", "delivered"):
        sale.ask(release_order, "delivery", {"claim": CLAIM, "result": result}, order_id=order_id)


def refund_goes_wrong(sale: Sale, order_id: str) -> None:
    """Refunds against a Mercado Pago that fails in every way, then gives the money back; the operator looks on."""
    tables, simulator = sale.tables, sale.simulator
    payment_id = tables.order(order_id).payments[0].payment_id
    due = json.dumps({"order_id": order_id, "payment_id": payment_id})
    sale.refund("", json.dumps({"order_id": order_id, "payment_id": "1"}))
    refused = {"status": 400, "body": json.dumps({"message": f"bad {simulator.access_token}", "cause": []})}
    for rude in ({"status": 401, "times": 2}, {"kind": "reset"}, {"body": "<html>"}, refused, {}):
        if rude:
            simulator.be_rude(**rude, method="POST", path="/v1/payments")
        sale.refund(due)
        wiring.health().record("succeeded_at", tables.clock.now)
        for path in ("", f"/{order_id}", "/nobody"):
            sale.manage("GET", f"/admin/orders{path}")
        for path, body in (
            ("refund", {"reason": "x"}),
            ("resolve", {"reason": "x", "state": "paid"}),
            ("refund", 5),
        ):
            sale.manage("POST", f"/admin/orders/{order_id}/{path}", body)
        tables.clock.now = tables.order(order_id).payments[0].refund_at or tables.clock.now
    assert tables.order(order_id).state == "refunded"


def mercado_pago_goes_wrong(
    sale: Sale, order_id: str, outside: AwsStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Polls and notifications that are refused, by us and by AWS."""
    key = sale.tables.order(order_id).notify_key
    monkeypatch.setenv("AWS_ENDPOINT_URL", outside.url)
    hint = api_event("POST", f"/notify/{order_id}/{key}", path_parameters={"order_id": order_id, "key": key})
    for refusals in ([], [(400, "AccessDeniedException")], [(500, "InternalServerError")] * 9):
        for handler, event in (
            (poll, api_event("GET", "/poll", query=POLL_QUERY + FORGED_KEY)),
            (poll, api_event("GET", "/poll", query=POLL_QUERY)),
            (notify, hint),
        ):
            outside.refusals = list(refusals)
            answer = handler(event, None)
            sale.answers.append(json.dumps([answer["headers"], answer["body"]]))


def test_no_secret_is_told_to_anybody_when_everything_goes_wrong(
    sale: Sale,
    outside: AwsStandIn,
    log: StringIO,
    monkeypatch: pytest.MonkeyPatch,
    *,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    order_id = box_goes_wrong(sale)
    check_goes_wrong(sale, order_id)
    release_goes_wrong(sale, order_id)
    refund_goes_wrong(sale, order_id)
    mercado_pago_goes_wrong(sale, order_id, outside, monkeypatch)
    printed = capsys.readouterr()
    told = "\n".join([log.getvalue(), caplog.text, printed.out, printed.err, *sale.answers])
    for line in (
        *("request failed", "bug", "message failed", "check failed", "TokenRefused", "CheckFailed"),
        *("notification with a wrong key dropped", "order changed", "PollFailed", '"message": "failed"'),
        *("unauthorized", "storage_failed", "internal_error", "ticket_reused", "box_busy", "already_paid"),
        *("replayed", "already_claimed", "contradiction", "DeliveryContradiction", "RefundRefused"),
        *("OrphanRefund", "refund put off", "operator decided", "not_in_review", "order_not_found"),
    ):
        assert line in told, line
    for secret in (
        *(
            part
            for key in (BOX_KEY, BRANCH_KEY, OTHER_KEY)
            for part in (key.box_key, key.box_key[18:], key.sha256)
        ),
        *(sale.simulator.access_token, REVOKED, POLL_KEY, FORGED_KEY, sale.tables.order(order_id).notify_key),
    ):
        assert secret not in told, secret
