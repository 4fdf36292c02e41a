"""What the functions wrote, as CloudWatch keeps it, and what the processes wrote."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import deployment, emulator
from local.stack import Stack

# Lambda's own lines around each call say nothing that the functions' do not.
LAMBDA_LINES = ("INIT_START ", "START RequestId: ", "END RequestId: ", "REPORT RequestId: ")
FOLLOW_SECONDS = 1.0


@dataclass(frozen=True)
class Line:
    """One line of a function's log; `function` is its log group's logical name without `LogGroup`."""

    function: str
    text: str


def read_functions(stack: Stack, *, follow: bool) -> Iterator[Line]:
    """Yield what the functions wrote, oldest first; with `follow`, go on with what they write until stopped."""
    groups = _log_groups(stack.endpoint_url)
    client = emulator.client(stack.endpoint_url, "logs")
    shown: set[_Event] = set()
    while True:
        events = {event for group in groups for event in _read_events(client, group)} - shown
        for event in sorted(events):
            if not event.message.startswith(LAMBDA_LINES):
                yield Line(groups[event.group], event.message.rstrip())
        shown |= events
        if not follow:
            return
        time.sleep(FOLLOW_SECONDS)


def read_file(path: Path, *, follow: bool) -> Iterator[str]:
    """Yield the lines of a process's log; with `follow`, go on with what it writes until stopped."""
    with path.open(errors="replace") as log:
        while True:
            line = log.readline()
            if line:
                yield line.rstrip("\n")
            elif follow:
                time.sleep(FOLLOW_SECONDS)
            else:
                return


def _log_groups(url: str) -> dict[str, str]:
    """Return the functions' log groups: CloudWatch's name to the function's short one."""
    resources = emulator.client(url, "cloudformation").get_paginator("list_stack_resources")
    return {
        resource["PhysicalResourceId"]: resource["LogicalResourceId"].removesuffix("LogGroup")
        for page in resources.paginate(StackName=deployment.STACK_NAME)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::Logs::LogGroup"
        and resource["LogicalResourceId"] != "AccessLogGroup"
    }


@dataclass(frozen=True, order=True)
class _Event:
    """One event of CloudWatch Logs; the emulator gives it no id."""

    timestamp: int
    group: str
    stream: str
    message: str


def _read_events(client: Any, group: str) -> Iterator[_Event]:
    for page in client.get_paginator("filter_log_events").paginate(logGroupName=group):
        for event in page["events"]:
            yield _Event(event["timestamp"], group, event["logStreamName"], event["message"])
