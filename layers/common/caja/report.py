"""What the operator is told: one JSON line a decision, one metric an alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import Metrics, MetricUnit

from caja.web import logger

if TYPE_CHECKING:
    from collections.abc import Mapping


EVERY_FUNCTION = "caja"
"""The one `service` of these metrics: an alarm watches what happened, wherever it was noticed."""


class LambdaReport:
    """`usecases.protocols.Report` on CloudWatch: Powertools' logger, and metrics in the embedded format."""

    def __init__(self) -> None:
        self._metrics = Metrics(service=EVERY_FUNCTION)

    def note(self, message: str, **facts: Any) -> None:
        """One line in the log."""
        logger.info(message, extra=_named(facts))

    def alarm(self, metric: str, message: str, **facts: Any) -> None:
        """One line in the log and one count of `metric`: a box or an order makes no dimension, nor does a function."""
        logger.error(message, extra={"alarm": metric, **_named(facts)})
        self._metrics.add_metric(name=metric, unit=MetricUnit.Count, value=1)
        # Written at once, not at the invocation's end: a function that dies has told what it knew.
        self._metrics.flush_metrics()


def _named(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in facts.items() if fact is not None}
