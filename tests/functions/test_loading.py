"""What a function loads while it starts: its own libraries, and what its first request needs, but nobody else's."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from local.places import ROOT

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "BOXES_TABLE": "boxes",
    "ORDERS_TABLE": "orders",
    "API_URL": "https://api.example",
    "CHECK_QUEUE_URL": "https://sqs.example/1/checks",
    "NOTIFICATION_QUEUE_URL": "https://sqs.example/1/notifications",
    "REFUND_QUEUE_URL": "https://sqs.example/1/refunds",
    "MERCADOPAGO_URL": "https://api.example",
    "ACCESS_TOKEN_SECRET": "secret",
}
BATCH = "aws_lambda_powertools.utilities.batch"
PARAMETERS = "aws_lambda_powertools.utilities.parameters"
OPERATORS = ["caja.manage_schemas", "caja.provision_schemas", "caja.tables.places", "caja.tables.ledger"]
OF_CHECKS = ["requests", BATCH, PARAMETERS, "caja.mercadopago", "caja.usecases.settle_order"]
NOT_LOADED = {
    "poll": ["boto3", "botocore", "pydantic", "requests", "aws_lambda_powertools", "caja.wiring", "email"],
    "notify": ["boto3", "botocore", "pydantic", "requests", "aws_lambda_powertools", "caja.wiring", "email"],
    "submit_order": [*OF_CHECKS, *OPERATORS],
    "follow_order": ["pydantic", *OF_CHECKS, *OPERATORS],
    "release_order": [*OF_CHECKS, *OPERATORS],
    "check_order": ["pydantic", *OPERATORS],
    "refund_payment": ["pydantic", *OPERATORS],
    "reconcile": ["pydantic", BATCH, *OPERATORS],
}
CLIENTS = {"submit_order": 1, "follow_order": 1, "release_order": 1, "check_order": 2, "reconcile": 2}
LOOK = """
import json, sys
import app
wiring = sys.modules.get("caja.wiring")
made = [name for name in ("dynamodb", "sqs") if getattr(wiring, name).cache_info().misses] if wiring else []
print(json.dumps([sorted(sys.modules), made]))
"""


def start(function: str, **environment: str) -> tuple[set[str], list[str]]:
    """Start a function as Lambda does; the modules it has loaded, and the clients it has made."""
    path = os.pathsep.join([str(ROOT / "functions" / function), str(ROOT / "layers" / "common")])
    done = subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "-c", LOOK],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded, made = json.loads(done.stdout)
    return set(loaded), made


@pytest.mark.parametrize("function", NOT_LOADED)
def test_a_function_does_not_load_what_only_others_need(function: str) -> None:
    loaded, _ = start(function, **ENVIRONMENT)
    assert not loaded & set(NOT_LOADED[function])


@pytest.mark.parametrize(("function", "clients"), CLIENTS.items())
def test_the_clients_that_every_request_needs_are_made_while_the_function_starts(
    function: str, clients: int
) -> None:
    _, made = start(function, **ENVIRONMENT)
    assert made == ["dynamodb", "sqs"][:clients]


@pytest.mark.parametrize("function", NOT_LOADED)
def test_a_setting_that_is_missing_fails_no_start(function: str) -> None:
    start(function, AWS_DEFAULT_REGION="us-east-1")
