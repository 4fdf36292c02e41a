"""What the emulator shows of the stack itself: routes, permissions, what `caja` does with it."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

import cli.local
import cli.token
from cli.__main__ import caja
from local import deployment, emulator, stack
from local.template import expand
from tests.deployed.calls import PLACES, aws_client, call, operator_key

if TYPE_CHECKING:
    import requests

    from local.stack import Stack

ROUTES = sorted(
    resource["Properties"]["RouteKey"]
    for resource in expand()["Resources"].values()
    if resource["Type"] == "AWS::ApiGatewayV2::Route" and "Condition" not in resource
)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The `caja` command, for this stack."""
    for module in (cli.local, cli.token):
        monkeypatch.setattr(module, "Places", lambda: PLACES)
    return CliRunner()


def call_route(
    deployed: Stack, route_key: str, signed_by: tuple[str, str] | None = None
) -> requests.Response:
    """Call a route with made-up path parameters."""
    method, _, path = route_key.partition(" ")
    return call(deployed, method, path.replace("{", "").replace("}", ""), signed_by=signed_by)


@pytest.mark.parametrize("route_key", ROUTES)
def test_every_route_reaches_its_function(deployed: Stack, route_key: str) -> None:
    key = operator_key(deployed) if " /admin/" in route_key else None
    answer = call_route(deployed, route_key, signed_by=key)
    # The gateway's own answers, for want of a route, a permission or a working function, are {"message"} alone.
    assert set(answer.json()) != {"message"}, answer.text
    assert answer.status_code < 500


def test_webhooks_of_the_panel_have_no_route_unless_asked_for(deployed: Stack) -> None:
    answer = call(deployed, "POST", "/notify")
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


@pytest.mark.parametrize("route_key", [key for key in ROUTES if " /admin/" in key])
def test_the_operators_routes_refuse_who_does_not_sign(deployed: Stack, route_key: str) -> None:
    assert call_route(deployed, route_key).status_code == 403


def test_the_operators_routes_refuse_who_signs_but_may_not(deployed: Stack) -> None:
    iam = emulator.client(deployed.endpoint_url, "iam")
    iam.create_user(UserName="somebody")
    key = iam.create_access_key(UserName="somebody")["AccessKey"]
    somebody = (key["AccessKeyId"], key["SecretAccessKey"])
    assert call(deployed, "GET", "/admin/boxes", signed_by=somebody).status_code == 403


def test_the_operators_routes_refuse_a_signature_with_another_secret(deployed: Stack) -> None:
    forged = (operator_key(deployed)[0], "not the secret")
    assert call(deployed, "GET", "/admin/boxes", signed_by=forged).status_code == 403


def test_the_operator_may_not_touch_what_the_routes_stand_on(deployed: Stack) -> None:
    outputs = deployment.read_outputs(deployed.endpoint_url)
    dynamodb = aws_client(deployed, "dynamodb")
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.scan(TableName=outputs["OrdersTableName"])
    with pytest.raises(ClientError, match="AccessDenied"):
        aws_client(deployed, "secretsmanager").get_secret_value(SecretId=outputs["AccessTokenSecretArn"])


def test_stack_json_says_what_a_client_needs_and_only_to_its_owner(deployed: Stack) -> None:
    written = json.loads(PLACES.stack_json.read_text())
    assert set(written) == {
        "api_url",
        "mercadopago_url",
        "stack_name",
        "region",
        "endpoint_url",
        "aws_access_key_id",
        "aws_secret_access_key",
        "collector_id",
    }
    assert stack.Stack(**written) == deployed
    assert stat.S_IMODE(PLACES.stack_json.stat().st_mode) == 0o600


def test_what_is_up_is_said_to_be_up(deployed: Stack, command: CliRunner) -> None:
    said = command.invoke(caja, ["local", "status"])
    assert said.exit_code == 0
    assert deployed.api_url in said.output
    again = command.invoke(caja, ["local", "up"])
    assert again.exit_code == 0
    assert "Already up" in again.output


def test_other_options_are_not_taken_for_the_same_stack(deployed: Stack, command: CliRunner) -> None:
    said = command.invoke(caja, ["local", "up", "--site", "mlc"])
    assert said.exit_code == 1
    assert "up with other options" in said.output
    assert stack.read(PLACES) == deployed


def test_a_new_token_goes_into_the_secret_from_standard_input(deployed: Stack, command: CliRunner) -> None:
    secret = deployment.read_outputs(deployed.endpoint_url)["AccessTokenSecretArn"]
    secrets = emulator.client(deployed.endpoint_url, "secretsmanager")
    before = secrets.get_secret_value(SecretId=secret)
    refused = command.invoke(caja, ["token", "set", "--local"], input="not a token\n")
    assert refused.exit_code == 1
    assert "That is no access token" in refused.output
    said = command.invoke(caja, ["token", "set", "--local"], input=stack.ACCESS_TOKEN + "\n")
    assert said.exit_code == 0, said.output
    assert stack.ACCESS_TOKEN not in said.output
    after = secrets.get_secret_value(SecretId=secret)
    assert after["SecretString"] == before["SecretString"] == stack.ACCESS_TOKEN
    assert after["VersionId"] != before["VersionId"]
