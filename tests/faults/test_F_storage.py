"""DynamoDB: time-to-live, lost answers, conflicts, replicas that lag, throttling (F13-F17)."""
# ruff: noqa: N802 - faults are named as reliability §2 names them

from __future__ import annotations

import json
import random
from datetime import timedelta
from itertools import chain, count, repeat
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ReadTimeoutError
from moto.core.models import botocore_stubber

from caja import wiring
from caja.instants import write_instant
from caja.light import now
from functions.poll.app import handler as poll
from tests.aws import read_template
from tests.builders import POLL_QUERY, api_event, box_item, ready_item
from tests.faults.street import PUMP, VENDING
from tests.functions.calls import ask_box
from tests.mutants.marks import kills

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from tests.aws import AwsStandIn
    from tests.faults.stack import Stack
    from tests.faults.street import Street

CONFLICT = ClientError(
    {
        "Error": {"Code": "TransactionCanceledException", "Message": "TransactionConflict"},
        "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}],
    },
    "TransactWriteItems",
)


def forget(stack: Stack, *, is_late: bool) -> int:
    """Have DynamoDB delete what is past its time to live, at once or 48 h late; how many items that was."""
    gone = 0
    latest = stack.clock.now - timedelta(hours=48 if is_late else 0)
    for table, key in (("BoxesTable", "box_id"), ("OrdersTable", "order_id")):
        properties = read_template()["Resources"][table]["Properties"]
        attribute = properties.get("TimeToLiveSpecification", {}).get("AttributeName")
        for item in stack.tables.items(table):
            if attribute in item and float(item[attribute]) <= latest.timestamp():
                names = {name: {"S": item[name]} for name in (key, "item")}
                stack.tables.dynamodb.delete_item(TableName=table, Key=names)
                gone += 1
    return gone


@kills("polls-without-expiry", "ledger-forgets")
def test_F13_time_to_live_at_once_or_48_h_late_shows_nothing_old_and_loses_nothing(stack: Stack) -> None:
    assert "TimeToLiveSpecification" not in read_template()["Resources"]["OrdersTable"]["Properties"]
    order_id = stack.sell()
    assert stack.poll().status == 200
    expires_at = stack.tables.order(order_id).expires_at
    # The offer is kept for 90 days, and 48 h longer if DynamoDB is late.
    for days, gone in ((0, 0), (89, 0), (91, 0), (92, 1)):
        stack.clock.now = expires_at + timedelta(days=days)
        assert stack.poll().status == 400
        assert forget(stack, is_late=True) == gone
    assert (stack.poll().status, stack.state(order_id)) == (400, "ready")
    stack.pay(order_id)
    assert stack.check(stack.hint(order_id)) == []
    assert stack.state(order_id) == "paid"

    second = stack.sell(ticket="ticket-0000000002")
    stack.pay(second, "7002")
    stack.clock.now += timedelta(hours=1, days=90)
    assert (forget(stack, is_late=False), stack.poll().status) == (1, 400)
    assert stack.check(stack.hint(second, "7002")) == []
    assert stack.state(second) == "paid"
    assert stack.state(stack.sell(ticket="ticket-0000000003")) == "ready"


@kills("no-retries-of-the-sdk")
def test_F14_a_conditional_write_that_was_applied_and_whose_answer_was_lost_counts_as_done(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wire is cut behind each transaction; DynamoDB knows the token of the one that comes again."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    known: dict[str, Any] = {}
    cuts = count()

    def lose(request: Any, **more: Any) -> Any:
        token = json.loads(request.body)["ClientRequestToken"]
        if token in known:
            return known[token]
        known[token] = botocore_stubber(request=request, **more)
        next(cuts)
        raise ReadTimeoutError(endpoint_url=request.url)

    events = wiring.dynamodb().meta.events
    events.register_first("before-send.dynamodb.TransactWriteItems", lose)
    order_id = stack.sell()
    assert ask_box("DELETE", order_id=order_id)[0] == 200
    second = stack.sell(ticket="ticket-0000000002")
    stack.pay(second)
    assert stack.check(stack.hint(second)) == []
    assert [stack.state(each) for each in (order_id, second)] == ["cancelled", "paid"]
    assert [stack.tables.order(each).version for each in (order_id, second)] == [2, 2]
    assert next(cuts) == 4


@kills("conflicts-not-retried")
def test_F15_a_transaction_in_conflict_is_retried_three_times_and_then_returned_to_the_queue(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = stack.sell()
    stack.pay(order_id)
    write = wiring.dynamodb().transact_write_items
    tries = count()
    conflicts: Iterator[Exception | None] = repeat(CONFLICT)

    def meet_another(**given: Any) -> Any:
        next(tries)
        if conflict := next(conflicts):
            raise conflict
        return write(**given)

    monkeypatch.setattr(wiring.dynamodb(), "transact_write_items", meet_another)
    assert stack.check(stack.hint(order_id)) == ["message-0"]
    assert (next(tries), stack.state(order_id), stack.poll().status) == (4, "ready", 200)
    conflicts = chain([CONFLICT] * 3, repeat(None))
    stack.clock.now += timedelta(minutes=1)
    assert stack.check(stack.hint(order_id)) == []
    assert (stack.state(order_id), stack.poll().status) == ("paid", 400)


class Replica:
    """DynamoDB whose replica answers reads that are not strongly consistent as it answered the first of their kind."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._stale: dict[str, Any] = {}

    def _make_api_call(self, operation: str, request: dict[str, Any]) -> Any:
        answer = self._dynamodb._make_api_call(operation, request)
        stale = self._stale.setdefault(operation, answer)
        return answer if request.get("ConsistentRead") else stale


def put(aws: AwsStandIn, *items: dict[str, Any]) -> None:
    for item in items:
        typed = {n: {"N": str(v)} if isinstance(v, int) else {"S": v} for n, v in item.items()}
        aws.clients["DynamoDB_20120810"].put_item(TableName="BoxesTable", Item=typed)


def offer(aws: AwsStandIn, **changes: Any) -> None:
    put(aws, ready_item(expires_at=write_instant(now() + timedelta(minutes=10)), **changes))


def ask() -> tuple[int, str]:
    """Status of the answer to a poll, and the word in it if there is one."""
    answer = poll(api_event("GET", "/poll", query=POLL_QUERY), None)
    return answer["statusCode"], json.loads(answer["body"]).get("error", {}).get("type", "")


@kills("polls-from-a-replica")
def test_F16_a_replica_that_lags_leaves_polls_unaffected(aws: AwsStandIn) -> None:
    put(aws, box_item())
    dynamodb = aws.clients["DynamoDB_20120810"]
    aws.clients["DynamoDB_20120810"] = Replica(dynamodb)
    assert ask() == (400, "unavailable")
    aws.clients["DynamoDB_20120810"] = dynamodb
    offer(aws)
    aws.clients["DynamoDB_20120810"] = lagging = Replica(dynamodb)
    assert ask() == (200, "")
    aws.clients["DynamoDB_20120810"] = dynamodb
    offer(aws, state="paid", ended_at=write_instant(now()))
    aws.clients["DynamoDB_20120810"] = lagging
    assert ask() == (400, "unavailable")


@kills("polls-fail-with-storage")
def test_F17_while_half_of_all_calls_are_throttled_polls_answer_timeout_and_nothing_is_lost(
    aws: AwsStandIn, street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(aws, box_item())
    offer(aws)
    monkeypatch.setattr("caja.light.sleep", lambda _: None)
    chance = random.Random(17)  # noqa: S311 - which calls are throttled
    answers = set()
    for _ in range(20):
        aws.refusals = [(400, "ThrottlingException") for _ in range(2) if chance.random() < 0.5]
        answers.add(ask())
    assert answers == {(200, ""), (400, "timeout")}

    street.weather.begin("storage throttles")
    orders = {box_id: insist_on_selling(street, box_id) for box_id in (PUMP, VENDING)}
    for box_id, order_id in orders.items():
        polled = {street.polled(box_id) for _ in range(30)}
        assert polled == {(200, order_id), (400, "timeout")}
        while street.polled(box_id)[0] != 200:
            street.pass_time(seconds=1)
        street.pay(street.shown(box_id, order_id))
    street.pass_time(minutes=4)
    street.weather.end("storage throttles")
    street.pass_time(minutes=10)
    assert street.order(orders[PUMP]).state == "paid"
    assert street.order(orders[VENDING]).state == "refunded"  # nobody claimed it
    assert street.dead == []
    street.end()


def insist_on_selling(street: Street, box_id: str) -> str:
    """Have the box send the same request until it is answered; the order's id."""
    while True:
        status, answer = street.submit(box_id, ticket=f"ticket-0000-{box_id}")
        if status != 503:
            assert status in (200, 201)
            return str(answer["order_id"])
        street.pass_time(seconds=5)
