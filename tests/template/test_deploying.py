"""What the merchant is asked, told and left with: parameters, outputs, samconfig.toml."""

from __future__ import annotations

import re
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from cli.local import SITES
from cli.token import ACCESS_TOKEN
from local import deployment
from local import template as template_yaml
from local.places import ROOT
from local.stack import ACCESS_TOKEN as LOCAL_ACCESS_TOKEN
from tests.template.reading import Template, find

if TYPE_CHECKING:
    from pathlib import Path

PASTED = ("ApiUrl", "HostToEnable", "PollUrlPattern")
FAKE_TOKEN = "APP_USR-1111111111111111-010101-fake-123456789"


@pytest.fixture(scope="module")
def parameters(template: Template) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = template.document["Parameters"]
    return found


@pytest.fixture(scope="module")
def samconfig() -> dict[str, Any]:
    return tomllib.loads((ROOT / "samconfig.toml").read_text())


def test_every_parameter_says_what_it_is_what_it_may_be_and_what_is_wrong(
    parameters: dict[str, dict[str, Any]], written: dict[str, Any]
) -> None:
    groups = written["Metadata"]["AWS::CloudFormation::Interface"]
    for logical, parameter in parameters.items():
        assert parameter["Description"], logical
        assert {"AllowedPattern", "AllowedValues", "MinValue"} & set(parameter), logical
        assert parameter["ConstraintDescription"], logical
        assert any(logical in group["Parameters"] for group in groups["ParameterGroups"]), logical
        assert logical in groups["ParameterLabels"]


def test_only_the_country_and_the_token_must_be_given(parameters: dict[str, dict[str, Any]]) -> None:
    assert {key for key, parameter in parameters.items() if "Default" not in parameter} == {
        "Site",
        "AccessToken",
    }


@pytest.mark.parametrize(
    ("parameter", "accepted", "refused"),
    [
        (
            "AccessToken",
            [FAKE_TOKEN, LOCAL_ACCESS_TOKEN],
            ["", "APP_USR-1", "x" + FAKE_TOKEN, FAKE_TOKEN + "-a"],
        ),
        (
            "DomainName",
            ["", "pay.example.com"],
            ["https://pay.example.com", "pay.example.com/", "localhost", "A.com"],
        ),
        ("CertificateArn", ["", "arn:aws:acm:sa-east-1:123456789012:certificate/0a1b-2c"], ["0a1b-2c"]),
        ("HostedZoneId", ["", "Z0123456789ABCDEFGHIJ"], ["/hostedzone/Z0123", "example.com"]),
        ("AlarmEmail", ["", "caja@example.com"], ["caja", "a b@example.com"]),
        (
            "MercadoPagoUrl",
            ["https://api.mercadopago.com", "http://127.0.0.1:8080", "http://127.0.0.1:8080/mp"],
            ["", "https://api.mercadopago.com/", "api.mercadopago.com", "https://a.com?b"],
        ),
        ("EmulatorUrl", ["", "http://127.0.0.1:4566"], ["http://127.0.0.1:4566/", "127.0.0.1:4566"]),
    ],
)
def test_a_parameter_takes_what_works_and_refuses_what_would_fail_later(
    parameters: dict[str, dict[str, Any]], parameter: str, accepted: list[str], refused: list[str]
) -> None:
    pattern = parameters[parameter]["AllowedPattern"]
    assert [value for value in accepted if not re.search(pattern, value)] == []
    assert [value for value in refused if re.search(pattern, value)] == []


def test_the_command_line_asks_for_what_the_template_takes(parameters: dict[str, dict[str, Any]]) -> None:
    assert f"^{ACCESS_TOKEN.pattern}$" == parameters["AccessToken"]["AllowedPattern"]
    assert list(SITES) == parameters["Site"]["AllowedValues"]


@pytest.mark.parametrize(
    ("given", "nothing", "needed"),
    [("DomainName", "", "CertificateArn"), ("MonthlyBudget", "0", "AlarmEmail")],
)
def test_a_parameter_without_the_one_it_needs_is_refused_before_anything_is_made(
    template: Template, given: str, nothing: str, needed: str
) -> None:
    is_given = {"Fn::Not": [{"Fn::Equals": [{"Ref": given}, nothing]}]}
    (rule,) = (rule for rule in template.document["Rules"].values() if rule["RuleCondition"] == is_given)
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": needed}, ""]}]}
    assert needed in assertion["AssertDescription"]


def test_the_budget_watches_the_bill_only_when_somebody_is_to_be_told(template: Template) -> None:
    (budget,) = (
        resource for resource in template.resources.values() if resource["Type"] == "AWS::Budgets::Budget"
    )
    conditions = template.document["Conditions"]
    assert conditions[budget["Condition"]] == {
        "Fn::And": [
            {"Condition": "HasAlarmEmail"},
            {"Fn::Not": [{"Fn::Equals": [{"Ref": "MonthlyBudget"}, "0"]}]},
        ]
    }
    assert template.document["Parameters"]["MonthlyBudget"]["Default"] == 0
    assert budget["Properties"]["Budget"]["BudgetLimit"] == {
        "Amount": {"Ref": "MonthlyBudget"},
        "Unit": "USD",
    }
    told = budget["Properties"]["NotificationsWithSubscribers"]
    assert [(t["Notification"]["NotificationType"], t["Notification"]["Threshold"]) for t in told] == [
        ("ACTUAL", 80),
        ("FORECASTED", 100),
    ]
    for subscribers in (t["Subscribers"] for t in told):
        assert subscribers == [{"SubscriptionType": "EMAIL", "Address": {"Ref": "AlarmEmail"}}]


def test_the_runbooks_way_to_a_restored_ledger_leaves_nobody_at_the_old_one(tmp_path: Path) -> None:
    runbook = (ROOT / "docs/runbook.md").read_text("utf-8")
    (command,) = re.findall(r"^(sed .*) template\.yaml > restored\.yaml$", runbook, re.MULTILINE)
    written = subprocess.run(  # noqa: S603 - the runbook's own command
        ["/bin/bash", "-euc", command],
        env={"RESTORED": "restored", "ARN": "arn:aws:dynamodb:sa-east-1:123456789012:table/restored"},
        input=(ROOT / "template.yaml").read_bytes(),
        capture_output=True,
        check=True,
    ).stdout.decode()
    changed = tmp_path / "restored.yaml"
    changed.write_text(written)
    assert re.findall(r"OrdersTable\b", written) == ["OrdersTable"]  # the old one, kept
    template = Template(template_yaml.expand(changed))
    tables = {
        function["Environment"]["Variables"]["ORDERS_TABLE"]
        for function in template.functions.values()
        if "ORDERS_TABLE" in function["Environment"]["Variables"]
    }
    assert tables == {"restored"}


@pytest.mark.parametrize("output", PASTED)
def test_what_is_to_be_pasted_follows_the_domain_then_the_emulator_then_the_api(
    template: Template, output: str
) -> None:
    own, emulated, amazons = _choices(template.document["Outputs"][output]["Value"])
    assert list(find(own, {"Ref": "DomainName"})) or "${DomainName}" in own["Fn::Sub"]
    assert "EmulatorUrl" in str(emulated)
    assert "${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}" in amazons["Fn::Sub"]


def test_the_poll_url_is_the_api_url_and_the_three_parameters(template: Template) -> None:
    outputs = template.document["Outputs"]
    query = "/poll?locationId=<external_store_id>&positionId=<box_id>&key=<poll_key>"
    for url, poll in zip(
        _choices(outputs["ApiUrl"]["Value"]), _choices(outputs["PollUrlPattern"]["Value"]), strict=True
    ):
        assert poll == {"Fn::Sub": url["Fn::Sub"] + query}


def test_outputs_that_are_pasted_say_where(template: Template) -> None:
    for output in PASTED:
        assert template.document["Outputs"][output]["Description"]


def test_sam_never_ships_what_it_built_for_another_machine(samconfig: dict[str, Any]) -> None:
    assert not list(_keys_named(samconfig, "cached"))


def test_sam_is_told_all_that_a_merchant_need_not_type(samconfig: dict[str, Any]) -> None:
    common, deploy = (
        samconfig["default"]["global"]["parameters"],
        samconfig["default"]["deploy"]["parameters"],
    )
    assert common["stack_name"] == deployment.STACK_NAME
    assert deploy["capabilities"] == "CAPABILITY_IAM"
    assert deploy["resolve_s3"] is True
    assert deploy["confirm_changeset"] is True
    assert "parameter_overrides" not in deploy


def _choices(value: dict[str, Any]) -> tuple[Any, Any, Any]:
    """What a value is with a domain, on the emulator, else."""
    has_domain, own, otherwise = value["Fn::If"]
    is_emulated, emulated, amazons = otherwise["Fn::If"]
    assert (has_domain, is_emulated) == ("HasDomain", "IsEmulated")
    return own, emulated, amazons


def _keys_named(value: Any, wanted: str) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [key for key in value if key == wanted] + [
        found for child in value.values() for found in _keys_named(child, wanted)
    ]
