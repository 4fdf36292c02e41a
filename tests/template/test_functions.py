"""The functions and what they stand on: layer, logs, queues, tables, the secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local.places import ROOT
from tests.template.reading import find, name

if TYPE_CHECKING:
    from tests.template.reading import Template

DAY = 24 * 3600
QUEUES = {
    "NotificationQueue": "NotificationDeadLetterQueue",
    "CheckQueue": "CheckDeadLetterQueue",
    "RefundQueue": "RefundDeadLetterQueue",
}
WORKED_OFF_BY = {
    "NotificationQueue": "check_order",
    "CheckQueue": "check_order",
    "RefundQueue": "refund_payment",
}

TABLES = {"BOXES_TABLE": "BoxesTable", "ORDERS_TABLE": "OrdersTable"}
REFUND_QUEUE = {"REFUND_QUEUE_URL": "RefundQueue"}
MERCADO_PAGO = {"MERCADOPAGO_URL": "MercadoPagoUrl", "ACCESS_TOKEN_SECRET": "AccessTokenSecret.Id"}
ENVIRONMENT: dict[str, dict[str, str]] = {
    "poll": {"BOXES_TABLE": "BoxesTable"},
    "notify": {"NOTIFICATION_QUEUE_URL": "NotificationQueue"},
    "submit_order": {**TABLES, "API_URL": "<the API's URL>"},
    "follow_order": {**TABLES, "CHECK_QUEUE_URL": "CheckQueue"},
    "release_order": {**TABLES, **REFUND_QUEUE},
    "check_order": {
        **TABLES,
        **REFUND_QUEUE,
        **MERCADO_PAGO,
        "CHECK_QUEUE_URL": "CheckQueue",
        "NOTIFICATION_QUEUE_URL": "NotificationQueue",
    },
    "refund_payment": {**TABLES, **REFUND_QUEUE, **MERCADO_PAGO},
    "reconcile": {**TABLES, **MERCADO_PAGO, "CHECK_QUEUE_URL": "CheckQueue"},
    "provision_pos": {
        **MERCADO_PAGO,
        "BOXES_TABLE": "BoxesTable",
        "SITE": "Site",
        "API_URL": "<the API's URL>",
    },
    "manage_orders": {**TABLES, **REFUND_QUEUE, "CHECK_QUEUE_URL": "CheckQueue"},
}
FUNCTIONS = list(ENVIRONMENT)


def test_every_function_is_listed_here(template: Template) -> None:
    assert set(template.functions) == set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_told_what_it_needs_and_no_more(template: Template, function: str) -> None:
    api_url = template.document["Outputs"]["ApiUrl"]["Value"]
    variables = template.functions[function]["Environment"]["Variables"]
    told = {key: "<the API's URL>" if value == api_url else name(value) for key, value in variables.items()}
    assert told == {
        "POWERTOOLS_SERVICE_NAME": function,
        "POWERTOOLS_METRICS_NAMESPACE": "caja/${AWS::StackName}",
        **ENVIRONMENT[function],
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_one_file_and_leaves_its_dependencies_to_the_layer(
    written: dict[str, Any], function: str
) -> None:
    folders = [
        resource["Properties"]["CodeUri"]
        for resource in written["Resources"].values()
        if resource["Type"] == "AWS::Serverless::Function"
    ]
    assert f"functions/{function}" in folders
    files = {path.name for path in (ROOT / "functions" / function).iterdir() if path.name != "__pycache__"}
    assert files == {"app.py"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_layer_is_made_for_the_machine_that_runs_the_function(template: Template, function: str) -> None:
    properties = template.functions[function]
    (layer,) = properties["Layers"]
    made_for = template.properties(layer["Ref"])
    assert properties["Handler"] == "app.handler"
    assert [properties["Runtime"]] == made_for["CompatibleRuntimes"] == ["python3.13"]
    assert properties["Architectures"] == made_for["CompatibleArchitectures"] == ["arm64"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_no_trace_and_no_reserved_concurrency(template: Template, function: str) -> None:
    assert not {"TracingConfig", "ReservedConcurrentExecutions"} & set(template.functions[function])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_logs_json_into_a_group_of_its_own_that_forgets(template: Template, function: str) -> None:
    logging = template.functions[function]["LoggingConfig"]
    levels = (logging["LogFormat"], logging["ApplicationLogLevel"], logging["SystemLogLevel"])
    assert levels == ("JSON", "INFO", "WARN")
    assert template.properties(name(logging["LogGroup"]))["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    users = [other for other in template.functions.values() if other["LoggingConfig"] == logging]
    assert len(users) == 1


def test_poll_and_notify_outlast_their_own_patience_and_not_mercado_pagos(template: Template) -> None:
    for function in ("poll", "notify"):
        assert 2.5 < template.functions[function]["Timeout"] < 5


def test_no_function_outlasts_what_waits_for_it(template: Template) -> None:
    for function in ("submit_order", "follow_order", "release_order", "provision_pos", "manage_orders"):
        assert template.functions[function]["Timeout"] < 30
    assert template.functions["reconcile"]["Timeout"] < 60


def test_reconcile_runs_every_minute_and_its_next_run_is_its_only_retry(template: Template) -> None:
    (rule,) = template.of_type("AWS::Events::Rule").values()
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    assert [name(target["Arn"]) for target in rule["Targets"]] == ["ReconcileFunction.Arn"]
    (invoking,) = template.of_type("AWS::Lambda::EventInvokeConfig").values()
    assert (name(invoking["FunctionName"]), invoking["MaximumRetryAttempts"]) == ("ReconcileFunction", 0)


@pytest.mark.parametrize(("queue", "dead_letter_queue"), QUEUES.items())
def test_a_message_is_not_seen_again_while_it_may_still_be_worked_off(
    template: Template, queue: str, dead_letter_queue: str
) -> None:
    properties = template.properties(queue)
    assert properties["VisibilityTimeout"] >= 6 * template.functions[WORKED_OFF_BY[queue]]["Timeout"]
    assert properties["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [dead_letter_queue, "Arn"]},
        "maxReceiveCount": 8,
    }


@pytest.mark.parametrize(("queue", "dead_letter_queue"), QUEUES.items())
def test_dead_letters_are_kept_fourteen_days_and_outlive_their_queue(
    template: Template, queue: str, dead_letter_queue: str
) -> None:
    kept = template.properties(dead_letter_queue)["MessageRetentionPeriod"]
    assert kept == 14 * DAY > template.properties(queue)["MessageRetentionPeriod"]


def test_notifications_checks_and_refunds_never_share_a_queue(template: Template) -> None:
    dead_letter_queues = set(QUEUES.values())
    assert set(template.of_type("AWS::SQS::Queue")) == {*QUEUES, *dead_letter_queues}
    assert len(dead_letter_queues) == len(QUEUES)
    urls = ("NOTIFICATION_QUEUE_URL", "CHECK_QUEUE_URL", "REFUND_QUEUE_URL")
    for function in template.functions.values():
        told = function["Environment"]["Variables"]
        assert [name(told[url]) for url in urls if url in told] == [
            queue for url, queue in zip(urls, QUEUES, strict=True) if url in told
        ]


def test_each_queue_is_worked_off_with_a_concurrency_of_its_own(template: Template) -> None:
    mappings = {
        name(mapping["EventSourceArn"]).removesuffix(".Arn"): mapping
        for mapping in template.of_type("AWS::Lambda::EventSourceMapping").values()
    }
    worked_off_by = {queue: name(mapping["FunctionName"]) for queue, mapping in mappings.items()}
    assert worked_off_by == {
        "NotificationQueue": "CheckOrderFunction",
        "CheckQueue": "CheckOrderFunction",
        "RefundQueue": "RefundPaymentFunction",
    }
    assert len(template.of_type("AWS::Lambda::EventSourceMapping")) == len(QUEUES)
    for mapping in mappings.values():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2  # the least there is


def test_a_new_accounts_ten_functions_at_once_leave_some_for_polls(template: Template) -> None:
    mappings = template.of_type("AWS::Lambda::EventSourceMapping").values()
    assert sum(mapping["ScalingConfig"]["MaximumConcurrency"] for mapping in mappings) <= 8


def test_the_ledger_forgets_nothing_and_outlives_the_stack(template: Template) -> None:
    table = template.resources["OrdersTable"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert "TimeToLiveSpecification" not in table["Properties"]
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_only_ready_orders_of_boxes_are_ever_forgotten(template: Template) -> None:
    boxes = template.properties("BoxesTable")
    assert boxes["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}


def test_tables_are_paid_by_use_and_nothing_has_a_fixed_name(template: Template) -> None:
    for table in template.of_type("AWS::DynamoDB::Table").values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["SSESpecification"] == {"SSEEnabled": True}
    fixed = {"TableName", "QueueName", "FunctionName", "RoleName", "LogGroupName", "TopicName"}
    for logical, resource in template.resources.items():
        properties = resource.get("Properties", {})
        named = {key for key in fixed & set(properties) if isinstance(properties[key], str)}
        assert not named, logical
    assert "Name" not in template.properties("AccessTokenSecret")


def test_the_access_token_goes_into_the_secret_and_nowhere_else(template: Template) -> None:
    parameter = template.document["Parameters"]["AccessToken"]
    assert parameter["NoEcho"] is True
    assert "Default" not in parameter
    places = list(find(template.document, {"Ref": "AccessToken"}))
    assert places == [("Resources", "AccessTokenSecret", "Properties", "SecretString")]
    assert "${AccessToken}" not in json.dumps(template.document)


def test_no_other_parameter_holds_a_secret(template: Template) -> None:
    hidden = {key for key, parameter in template.document["Parameters"].items() if parameter.get("NoEcho")}
    assert hidden == {"AccessToken"}
