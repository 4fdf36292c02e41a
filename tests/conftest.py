"""Fixtures that more than one room's tests use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st
from moto import mock_aws

from caja.exchange import close_kept
from cli.screen import Steps
from local import stack
from simulator.client import SimulatorClient
from simulator.server import Simulator
from tests.aws import REGION, AwsStandIn, aws_client, create_table
from tests.deployed.calls import PLACES
from tests.deployed.shop import open_branch
from tests.operators import Operator
from tests.tables import Tables, forget_wiring

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def _unicode() -> None:
    """Hypothesis makes its table of Unicode once per checkout, in seconds: not while it times a test's inputs."""
    st.text().validate()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsStandIn]:
    """DynamoDB with the template's two tables and SQS with a queue, over HTTP, and the environment that leads there."""
    for name, value in {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing-token",
        "BOXES_TABLE": "BoxesTable",
        "ORDERS_TABLE": "OrdersTable",
        "POWERTOOLS_METRICS_NAMESPACE": "caja",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws(), AwsStandIn() as stand_in:
        dynamodb = stand_in.clients["DynamoDB_20120810"]
        create_table(dynamodb, "BoxesTable")
        create_table(dynamodb, "OrdersTable")
        queue = stand_in.clients["AmazonSQS"].create_queue(QueueName="NotificationQueue")
        monkeypatch.setenv("NOTIFICATION_QUEUE_URL", queue["QueueUrl"])
        monkeypatch.setenv("AWS_ENDPOINT_URL", stand_in.url)
        yield stand_in
        close_kept()


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Mercado Pago, which has enabled this machine's host and knows one branch."""
    with Simulator(enabled_hosts=["127.0.0.1"], stores=["STORE001"], notification_dialect="none") as running:
        yield running


@pytest.fixture
def seller(tables: Tables, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """Mercado Pago as the functions reach it: its address, the secret with the token, and the functions' clock."""
    token = simulator.access_token
    simulator.account.now = lambda: tables.clock.now
    secret = aws_client("secretsmanager").create_secret(Name="token", SecretString=token)
    monkeypatch.setenv("ACCESS_TOKEN_SECRET", secret["ARN"])
    monkeypatch.setenv("MERCADOPAGO_URL", simulator.url)
    return simulator


@pytest.fixture
def operator(simulator: Simulator) -> Iterator[Operator]:
    """An operator with an empty stack."""
    with mock_aws():
        dynamodb = aws_client("dynamodb")
        create_table(dynamodb, "BoxesTable")
        yield Operator(dynamodb, simulator)


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    """The tables and queues of a stack, empty, with every function wired to them."""
    with mock_aws():
        yield Tables(monkeypatch)
    forget_wiring()


@pytest.fixture(scope="session")
def deployed() -> Iterator[stack.Stack]:
    """The stack, with nothing in it: one for the whole run, beside the developer's own, by the real `sam build` and `sam deploy`."""
    stack.down(PLACES)
    yield stack.up(PLACES, stack.Options(), Steps())
    stack.down(PLACES)


@pytest.fixture(scope="session")
def branch(deployed: stack.Stack) -> stack.Stack:
    """The stack with a branch."""
    open_branch(deployed)
    return deployed


@pytest.fixture(scope="session")
def shared_mp(deployed: stack.Stack) -> SimulatorClient:
    """Mercado Pago's simulator of the stack, as the last test left it."""
    return SimulatorClient(deployed.mercadopago_url)
