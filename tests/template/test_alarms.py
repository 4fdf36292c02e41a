"""What needs a person rings, says where to look, and stands on the dashboard."""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from local.places import ROOT
from tests.template.reading import name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.template.reading import Template

NAMESPACE = {"Fn::Sub": "caja/${AWS::StackName}"}
EVERY_FUNCTION = [{"Name": "service", "Value": "caja"}]
QUEUES = ["NotificationQueue", "CheckQueue", "RefundQueue"]
DEAD_LETTER_QUEUES = ["NotificationDeadLetterQueue", "CheckDeadLetterQueue", "RefundDeadLetterQueue"]
NORMAL = {"CheckFailed"}
"""What happens every day, and rings only in heaps."""

# What AWS itself counts, of what the dashboard shows.
COUNTED_BY_AWS = {
    ("AWS/Lambda", "Invocations", "FunctionName"),
    ("AWS/Lambda", "Duration", "FunctionName"),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName"),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName"),
    ("AWS/ApiGateway", "5xx", "ApiId"),
}


def texts(node: ast.expr, module: ast.Module) -> set[str]:
    """Every text an expression can be; what cannot be told fails the test."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp():
            return texts(node.body, module) | texts(node.orelse, module)
        case ast.Name(id=variable):
            assigned = [
                assign.value
                for assign in ast.walk(module)
                if isinstance(assign, ast.Assign)
                and any(isinstance(to, ast.Name) and to.id == variable for to in assign.targets)
            ]
            assert assigned, f"{variable}: nothing is assigned to it"
            return set().union(*(texts(value, module) for value in assigned))
    raise AssertionError(f"line {node.lineno}: which metric is {ast.unparse(node)}?")


def calls(folder: str, function: str) -> Iterator[tuple[ast.Call, ast.Module]]:
    """Every call of a method of that name in a folder's sources, with its module."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        module = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(module):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == function
            ):
                yield node, module


def told_as_alarms() -> set[str]:
    """The metrics that `Report.alarm` counts, under service=caja."""
    return set().union(
        *(texts(call.args[0], module) for call, module in calls("layers/common/caja", "alarm"))
    )


def counted_by_poll() -> set[str]:
    """The metrics that the catch-all of poll and notify counts, under their own service."""
    return set().union(
        *(
            texts(keyword.value, module)
            for call, module in calls("functions", "answering")
            for keyword in call.keywords
            if keyword.arg == "metric"
        )
    )


METRICS = sorted(told_as_alarms())


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    return template.of_type("AWS::CloudWatch::Alarm")


def alarm_of(template: Template, namespace: Any, metric: str, dimension: Any) -> dict[str, Any]:
    """The one alarm of a metric."""
    (alarm,) = (
        found
        for found in alarms(template).values()
        if (found["Namespace"], found["MetricName"], found["Dimensions"]) == (namespace, metric, [dimension])
    )
    return alarm


def test_the_sources_tell_what_is_alarmed() -> None:
    assert {"ExcessPayment", "NotReleased", "OrderInReview", "TokenRefused", "CheckFailed"} <= set(METRICS)
    assert counted_by_poll() == {"PollFailed"}


@pytest.mark.parametrize("metric", METRICS)
def test_what_needs_a_person_rings_whatever_function_noticed_it(template: Template, metric: str) -> None:
    alarm = alarm_of(template, NAMESPACE, metric, *EVERY_FUNCTION)
    assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Sum", "GreaterThanThreshold")
    assert alarm["TreatMissingData"] == "notBreaching"
    assert (alarm["Threshold"] == 0) is (metric not in NORMAL)


def test_no_alarm_waits_for_a_metric_of_ours_that_nobody_counts(template: Template) -> None:
    waited_for = {
        (alarm["MetricName"], alarm["Dimensions"][0]["Value"])
        for alarm in alarms(template).values()
        if not str(alarm["Namespace"]).startswith("AWS/")
    }
    assert waited_for == {
        *((metric, "caja") for metric in METRICS),
        *((metric, "poll") for metric in counted_by_poll()),
    }


def test_two_stacks_of_one_account_never_ring_each_others_alarms(template: Template) -> None:
    for function in template.functions.values():
        assert function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == NAMESPACE
    for logical, alarm in alarms(template).items():
        if str(alarm["Namespace"]).startswith("AWS/"):
            (dimension,) = alarm["Dimensions"]
            assert name(dimension["Value"]).partition(".")[0] in template.resources, logical
        else:
            assert alarm["Namespace"] == NAMESPACE, logical


def test_every_alarm_is_heard_and_says_where_to_look(template: Template) -> None:
    for logical, alarm in alarms(template).items():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}], logical
        sentence, _, where = alarm["AlarmDescription"].rpartition(" See ")
        assert re.fullmatch(r"[^.]+(\.[0-9][^.]*)?\.", sentence), logical
        assert where == f"docs/runbook.md, {logical}."


def test_the_runbook_has_a_section_for_every_alarm_and_none_for_another(template: Template) -> None:
    sections = re.findall(r"^### (.+)$", (ROOT / "docs/runbook.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(sections) == sorted(alarms(template))


def test_every_queue_is_listed_here(template: Template) -> None:
    assert set(template.of_type("AWS::SQS::Queue")) == {*QUEUES, *DEAD_LETTER_QUEUES}


@pytest.mark.parametrize("queue", DEAD_LETTER_QUEUES)
def test_a_dead_letter_rings(template: Template, queue: str) -> None:
    dimension = {"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}
    alarm = alarm_of(template, "AWS/SQS", "ApproximateNumberOfMessagesVisible", dimension)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)


@pytest.mark.parametrize("queue", QUEUES)
def test_a_message_that_waits_too_long_rings(template: Template, queue: str) -> None:
    dimension = {"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}
    alarm = alarm_of(template, "AWS/SQS", "ApproximateAgeOfOldestMessage", dimension)
    assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Maximum", "GreaterThanThreshold")
    longest_delay = 900 if queue == "CheckQueue" else 0
    assert 15 * 60 <= alarm["Threshold"] - longest_delay <= 30 * 60


def test_a_sweep_that_does_not_run_rings_for_it_counts_nothing(template: Template) -> None:
    dimension = {"Name": "FunctionName", "Value": {"Ref": "ReconcileFunction"}}
    alarm = alarm_of(template, "AWS/Lambda", "Invocations", dimension)
    assert alarm["TreatMissingData"] == "breaching"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 300


@pytest.mark.parametrize("function", ["ReconcileFunction", "CheckOrderFunction", "RefundPaymentFunction"])
def test_a_function_that_nobody_waits_for_rings_when_it_fails(template: Template, function: str) -> None:
    dimension = {"Name": "FunctionName", "Value": {"Ref": function}}
    alarm = alarm_of(template, "AWS/Lambda", "Errors", dimension)
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 0)


def test_polls_that_fail_or_are_slow_ring_and_so_does_the_api(template: Template) -> None:
    failed = alarm_of(template, NAMESPACE, "PollFailed", {"Name": "service", "Value": "poll"})
    assert (failed["Threshold"], failed["Period"]) == (5, 300)
    slow = alarm_of(
        template, "AWS/Lambda", "Duration", {"Name": "FunctionName", "Value": {"Ref": "PollFunction"}}
    )
    assert (slow["ExtendedStatistic"], slow["Threshold"]) == ("p99", 2500)
    assert (slow["DatapointsToAlarm"], slow["EvaluationPeriods"], slow["Period"]) == (3, 5, 300)
    api = alarm_of(template, "AWS/ApiGateway", "5xx", {"Name": "ApiId", "Value": {"Ref": "Api"}})
    assert (api["Threshold"], api["Period"]) == (5, 300)


@pytest.fixture(scope="module")
def widgets(template: Template) -> list[dict[str, Any]]:
    """The dashboard's widgets as CloudWatch gets them, every reference a word."""
    (dashboard,) = template.of_type("AWS::CloudWatch::Dashboard").values()
    written = dashboard["DashboardBody"]["Fn::Sub"]
    for reference in re.findall(r"\$\{([^}]+)\}", written):
        assert reference.startswith("AWS::") or reference.partition(".")[0] in template.resources, reference
    found: list[dict[str, Any]] = json.loads(re.sub(r"\$\{([^}]+)\}", r"\1", written))["widgets"]
    return found


def test_the_dashboard_shows_money_first(widgets: list[dict[str, Any]]) -> None:
    rows: dict[int, set[str]] = {}
    for widget in widgets:
        rows.setdefault(widget["y"], set()).update(metric[1] for metric in widget["properties"]["metrics"])
    money = {"ExcessPayment", "NotReleased", "OrderInReview", "RefundRefused", "RefundUnconfirmed"}
    assert rows[min(rows)] == money


def test_the_dashboard_shows_no_metric_that_nobody_counts(widgets: list[dict[str, Any]]) -> None:
    counted = {
        *COUNTED_BY_AWS,
        *(("caja/AWS::StackName", metric, "service", "caja") for metric in METRICS),
        *(("caja/AWS::StackName", metric, "service", "poll") for metric in counted_by_poll()),
    }
    for widget in widgets:
        for metric in widget["properties"]["metrics"]:
            shown = tuple(metric[:3] if metric[0].startswith("AWS/") else metric)
            assert shown in counted, shown


def test_the_dashboard_is_a_grid_of_24_columns_without_overlap(widgets: list[dict[str, Any]]) -> None:
    cells = [
        (x, y)
        for widget in widgets
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert {widget["properties"]["region"] for widget in widgets} == {"AWS::Region"}
