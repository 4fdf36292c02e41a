"""A box of this run's own on the stack of this machine: made for it, driven by it, retired after it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cli.api import call, operator_key
from simulator import exact_json
from verify.caja_box import CajaDriver
from verify.drivers import DriverError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from local.stack import Stack
    from simulator.country import Country

BRANCH = "VERIFY"


class LocalDriver(CajaDriver):
    """A box whose operator is at hand: he gives payments back."""

    def __init__(self, stack: Stack, box_id: str, box_key: str) -> None:
        super().__init__(stack.api_url, box_id, box_key)
        self._stack = stack

    def do(self, verb: str, amount: Decimal | None = None) -> Decimal | None:
        """Do a verb; a refund is the operator's."""
        if verb != "refund":
            return super().do(verb, amount)
        operate(self._stack, "POST", f"/admin/orders/{self.order_id}/refund", {"reason": "acceptance run"})
        return amount


@contextmanager
def own_box(stack: Stack, country: Country, box_id: str, dialect: str) -> Iterator[tuple[str, LocalDriver]]:
    """A fresh box that speaks a dialect: its poll URL and its driver; DriverError if the stack refuses."""
    location = _plain(dict(country.example_location))
    operate(
        stack,
        "POST",
        "/admin/stores",
        {"external_id": BRANCH, "name": "Acceptance run", "location": location},
    )
    wanted = {"box_id": box_id, "name": f"Acceptance run {dialect}", "external_store_id": BRANCH}
    box = operate(stack, "POST", "/admin/boxes", {**wanted, "mode": "postpay", "dialect": dialect})
    key = box.get("key") or operate(stack, "POST", f"/admin/boxes/{box['box_id']}/keys")
    driver = LocalDriver(stack, box["box_id"], key["box_key"])
    try:
        driver.do("idle")
        yield box["poll_url"], driver
    finally:
        try:
            driver.do("idle")
            operate(stack, "DELETE", f"/admin/boxes/{box['box_id']}")
        finally:
            driver.close()


def operate(stack: Stack, method: str, path: str, body: Any = None) -> Any:
    """One call of the operator's; DriverError unless it is a success."""
    answer = call(stack, method, path, body, signed_by=operator_key(stack))
    if not answer.ok:
        raise DriverError(f"{method} {path}: {answer.status_code} {answer.text}")
    return answer.json() if answer.content else None


def _plain(location: dict[str, Any]) -> Any:
    """Coordinates as plain numbers, for whoever writes JSON without decimals."""
    return {name: float(value) if exact_json.is_number(value) else value for name, value in location.items()}
