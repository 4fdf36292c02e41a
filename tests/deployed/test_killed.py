"""Functions of the deployed stack that are killed in the middle of their work: somebody goes on with it."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.deployed.shop import PATIENCE, open_box, refunds_at_mercadopago, sell, wait_until

if TYPE_CHECKING:
    from local.stack import Stack
    from simulator.client import SimulatorClient

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="finds a function's process in /proc"
)

HANG = 3.5
"""Seconds Mercado Pago lets a function wait, in which it is killed."""


def kill(stack: Stack, function: str) -> int:
    """Kill the processes of a function of this stack, as a machine of Amazon's dies; their number."""
    killed = 0
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            environment = (process / "environ").read_bytes().split(b"\0") if process.name.isdigit() else []
            told = dict(line.partition(b"=")[::2] for line in environment)
            is_of_stack = stack.endpoint_url.encode() in environment or any(
                stack.endpoint_url.encode() in line for line in environment
            )
            if told.get(b"POWERTOOLS_SERVICE_NAME") == function.encode() and is_of_stack:
                os.kill(int(process.name), signal.SIGKILL)
                killed += 1
    return killed


def test_a_check_killed_while_it_asks_mercado_pago_is_made_by_another(
    branch: Stack, mp: SimulatorClient
) -> None:
    box = open_box(branch)
    order_id, phone = sell(mp, box)
    since = mp.wire()[-1].seq
    mp.be_rude(kind="hang", seconds=HANG, method="GET", path="/merchant_orders", times=2)
    phone.pay()
    mp.wait_for_messages(
        lambda m: m.kind == "request" and "/merchant_orders" in m.url, since=since, timeout=PATIENCE
    )
    assert kill(branch, "check_order") > 0
    mp.be_polite()
    order = box.wait_for(order_id, "paid")
    assert [payment["role"] for payment in order["payments"]] == ["kept"]


def test_a_refund_killed_after_mercado_pago_made_it_is_not_made_again(
    branch: Stack, mp: SimulatorClient
) -> None:
    box = open_box(branch)
    order_id, phone = sell(mp, box)
    box.ask("DELETE", f"/orders/{order_id}")
    since = mp.wire()[-1].seq
    mp.be_rude(kind="hang", seconds=HANG, method="POST", path="/v1/payments", handled=True)
    phone.pay()
    mp.wait_for_messages(
        lambda m: m.kind == "request" and m.method == "POST" and "/refunds" in m.url,
        since=since,
        timeout=PATIENCE,
    )
    assert kill(branch, "refund_payment") > 0
    mp.be_polite()
    order = wait_until(lambda: box.look(order_id), lambda o: [p["refund"] for p in o["payments"]] == ["done"])
    refunds = refunds_at_mercadopago(mp, order["payments"][0]["payment_id"])
    assert [refund["status"] for refund in refunds] == ["approved"], refunds
