"""Who may do what: each function exactly what its code calls, on exactly what it calls it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.template.reading import as_list, name

if TYPE_CHECKING:
    from tests.template.reading import Template

BOXES, ORDERS = "BoxesTable.Arn", "OrdersTable.Arn"
NOTIFICATIONS, CHECKS, REFUNDS = "NotificationQueue.Arn", "CheckQueue.Arn", "RefundQueue.Arn"
ACCESS_TOKEN = "AccessTokenSecret.Id"
APPLY = {"dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"}
CONSUME = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"}

ALLOWED: dict[str, dict[str, set[str]]] = {
    "poll": {BOXES: {"dynamodb:Query"}},
    "notify": {NOTIFICATIONS: {"sqs:SendMessage"}},
    "submit_order": {
        BOXES: {
            "dynamodb:Query",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:ConditionCheckItem",
        },
        ORDERS: {"dynamodb:Query", "dynamodb:PutItem"},
    },
    "follow_order": {
        BOXES: {"dynamodb:Query", "dynamodb:GetItem", "dynamodb:UpdateItem"},
        ORDERS: {"dynamodb:Query", "dynamodb:UpdateItem"},
        CHECKS: {"sqs:SendMessage"},
    },
    "release_order": {
        BOXES: APPLY | {"dynamodb:Query"},
        ORDERS: {"dynamodb:Query", "dynamodb:PutItem"},
        REFUNDS: {"sqs:SendMessage"},
    },
    "check_order": {
        ORDERS: {"dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"},
        BOXES: APPLY,
        NOTIFICATIONS: CONSUME,
        CHECKS: CONSUME | {"sqs:SendMessage"},
        REFUNDS: {"sqs:SendMessage"},
        ACCESS_TOKEN: {"secretsmanager:GetSecretValue"},
    },
    "refund_payment": {
        ORDERS: {"dynamodb:Query", "dynamodb:PutItem"},
        BOXES: APPLY,
        REFUNDS: CONSUME,
        ACCESS_TOKEN: {"secretsmanager:GetSecretValue"},
    },
    "reconcile": {
        "${OrdersTable.Arn}/index/Due": {"dynamodb:Query"},
        ORDERS: {"dynamodb:UpdateItem"},
        BOXES: {"dynamodb:GetItem", "dynamodb:UpdateItem"},
        CHECKS: {"sqs:SendMessage"},
        ACCESS_TOKEN: {"secretsmanager:GetSecretValue"},
    },
    "provision_pos": {
        BOXES: {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"},
        "${BoxesTable.Arn}/index/ByKind": {"dynamodb:Query"},
        ACCESS_TOKEN: {"secretsmanager:GetSecretValue"},
    },
    "manage_orders": {
        ORDERS: {"dynamodb:Query", "dynamodb:PutItem"},
        "${OrdersTable.Arn}/index/ByBox": {"dynamodb:Query"},
        "${OrdersTable.Arn}/index/InDoubt": {"dynamodb:Query"},
        BOXES: APPLY,
        CHECKS: {"sqs:SendMessage"},
        REFUNDS: {"sqs:SendMessage"},
    },
}


def role_of(template: Template, function: str) -> dict[str, Any]:
    logical, attribute = template.functions[function]["Role"]["Fn::GetAtt"]
    assert attribute == "Arn"
    return template.properties(logical)


def test_every_function_is_listed_here(template: Template) -> None:
    assert set(template.functions) == set(ALLOWED)


@pytest.mark.parametrize("function", sorted(ALLOWED))
def test_a_function_may_do_exactly_what_its_code_calls(template: Template, function: str) -> None:
    log_group = name(template.functions[function]["LoggingConfig"]["LogGroup"])
    allowed = {**ALLOWED[function], f"{log_group}.Arn": {"logs:CreateLogStream", "logs:PutLogEvents"}}
    found: dict[str, set[str]] = {}
    for policy in role_of(template, function)["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert set(statement) == {"Effect", "Action", "Resource"}
            assert statement["Effect"] == "Allow"
            for resource in as_list(statement["Resource"]):
                found.setdefault(name(resource), set()).update(as_list(statement["Action"]))
    assert found == allowed


def test_only_refund_payment_may_take_what_is_to_be_given_back(template: Template) -> None:
    takers = {
        function
        for function in template.functions
        for policy in role_of(template, function)["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if "sqs:ReceiveMessage" in as_list(statement["Action"])
        and REFUNDS in map(name, as_list(statement["Resource"]))
    }
    assert takers == {"refund_payment"}


@pytest.mark.parametrize("function", sorted(ALLOWED))
def test_a_role_holds_no_managed_policy_and_only_lambda_may_assume_it(
    template: Template, function: str
) -> None:
    role = role_of(template, function)
    assert set(role) - {"Tags"} == {"AssumeRolePolicyDocument", "Policies"}
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    ]


def test_every_function_has_a_role_of_its_own_and_there_is_no_other(template: Template) -> None:
    roles = [name(function["Role"]).removesuffix(".Arn") for function in template.functions.values()]
    assert sorted(roles) == sorted(template.of_type("AWS::IAM::Role"))


def test_no_policy_holds_a_star(template: Template) -> None:
    policies = [
        properties
        for resource in template.resources.values()
        if resource["Type"].startswith("AWS::IAM::") or "Policy" in resource["Type"].rpartition("::")[2]
        for properties in [resource["Properties"]]
    ]
    assert policies
    assert "*" not in json.dumps(policies)


def test_only_this_api_and_this_schedule_may_invoke_a_function(template: Template) -> None:
    for permission in template.of_type("AWS::Lambda::Permission").values():
        source = name(permission["SourceArn"])
        if permission["Principal"] == "apigateway.amazonaws.com":
            assert ":${Api}/$default/" in source
        else:
            assert permission["Principal"] == "events.amazonaws.com"
            assert source == "ReconcileFunctionEveryMinute.Arn"
