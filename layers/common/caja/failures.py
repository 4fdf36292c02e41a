"""The catch-all around `poll` and `notify`: its answer, its one error line, its metric; standard library only."""

from __future__ import annotations

import json
import os
import sys
from functools import wraps
from time import time
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

from caja.instants import write_instant
from caja.light import AwsCallError, SettingMissingError, now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from caja.answers import Answer

    Handle = Callable[[dict[str, Any], Any], Answer]
    Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def answering(on_failure: Answer, *, metric: str | None = None) -> Callable[[Handle], Handler]:
    """The catch-all around a handler: whatever it raises is answered with `on_failure`, and told in one error line.

    `metric` counts these failures. The handler comes out as Lambda wants it, for an HTTP API's payload 2.0.
    """

    def dress(handle: Handle) -> Handler:
        @wraps(handle)
        def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
            try:
                answer = handle(event, context)
            except Exception as error:  # noqa: BLE001 - whatever fails, our code answers no poll 5xx (P3)
                tell_failure(error, getattr(context, "aws_request_id", None))
                if metric:
                    count(metric)
                answer = on_failure
            return {"statusCode": answer.status, "headers": dict(answer.headers), "body": answer.body}

        return handler

    return dress


def tell_failure(error: Exception, request_id: str | None) -> None:
    """One error line: what failed and where. Only our own errors speak for themselves, others might quote a key."""
    frames = extract_tb(error.__traceback__)
    facts = {
        "exception_name": type(error).__name__,
        "exception": str(error) if isinstance(error, AwsCallError | SettingMissingError) else None,
        "stack_trace": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        "function_request_id": request_id,
    }
    _write(
        {
            "level": "ERROR",
            "timestamp": write_instant(now()),
            "message": "failed",
            "service": os.environ.get("POWERTOOLS_SERVICE_NAME"),
            **{name: fact for name, fact in facts.items() if fact},
        }
    )


def count(metric: str) -> None:
    """Count one `metric`, in CloudWatch's embedded metric format; the only dimension is the service."""
    namespace = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "caja")
    declared = {
        "Namespace": namespace,
        "Dimensions": [["service"]],
        "Metrics": [{"Name": metric, "Unit": "Count"}],
    }
    _write(
        {
            "_aws": {"Timestamp": int(time() * 1000), "CloudWatchMetrics": [declared]},
            "service": os.environ.get("POWERTOOLS_SERVICE_NAME"),
            metric: 1,
        }
    )


def _write(line: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
