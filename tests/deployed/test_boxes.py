"""What a poll and a box's routes give away, and to whom, on the deployed stack."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.deployed.calls import call
from tests.deployed.shop import PATIENCE, DeployedBox, a_submit, open_box

if TYPE_CHECKING:
    from local.stack import Stack
    from simulator.client import SimulatorClient


def poll(url: str, **changes: str) -> tuple[int, str | None, bytes]:
    """The status, content type and body a poll of `url` with other parameters gets."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()} | changes
    answer = requests.get(url.partition("?")[0], params=query, timeout=30)
    return answer.status_code, answer.headers.get("content-type"), answer.content


def test_wrong_key_wrong_branch_and_unknown_box_cannot_be_told_apart(box: DeployedBox) -> None:
    box.submit()
    wrong = {
        poll(box.poll_url, key="0" * 32),
        poll(box.poll_url, locationId="STORE002"),
        poll(box.poll_url, positionId="NOSUCHBOX"),
    }
    assert len(wrong) == 1, wrong
    assert wrong == {(400, "application/json", next(iter(wrong))[2])}
    assert b'"invalid"' in next(iter(wrong))[2]
    assert poll(box.poll_url)[0] == 200


@pytest.mark.parametrize(
    ("dialect", "waiting", "over"),
    [
        ("v1", (400, b"in_process"), (400, b"unavailable")),
        ("v2", (202, b"in_process"), (202, b"notihing_to_pay")),
    ],
)
def test_a_poll_tells_a_sale_from_filling_to_paid(
    branch: Stack,
    mp: SimulatorClient,
    dialect: str,
    waiting: tuple[int, bytes],
    over: tuple[int, bytes],
) -> None:
    box = open_box(branch, dialect=dialect)
    box.report("preparing")
    status, _, body = poll(box.poll_url)
    assert (status, waiting[1] in body) == (waiting[0], True), body
    order_id = box.submit()["order_id"]
    first, second = poll(box.poll_url), poll(box.poll_url)
    assert first == second
    assert (first[0], order_id.encode() in first[2]) == (200, True), first
    phone = mp.scan(box.box_id)
    phone.wait_for_amount(timeout=PATIENCE)
    phone.pay()
    box.wait_for(order_id, "paid")
    status, _, body = poll(box.poll_url)
    assert (status, over[1] in body) == (over[0], True), body


def test_another_boxs_key_is_refused_on_every_route_like_no_key(branch: Stack, box: DeployedBox) -> None:
    other = open_box(branch)
    order_id = box.submit()["order_id"]
    routes = [
        ("PUT", "/state", {"state": "idle"}),
        ("POST", "/orders", a_submit()),
        ("GET", f"/orders/{order_id}", None),
        ("DELETE", f"/orders/{order_id}", None),
    ]
    keys = (other.key, "caja_box_00000000_00000000000000000000000000000000", "nonsense")
    answers = []
    for method, path, body in routes:
        answers += [box.ask(method, path, body, key=key) for key in keys]
        answers.append(call(branch, method, f"/boxes/{box.box_id}{path}", body))
        answers.append(call(branch, method, f"/boxes/NOSUCHBOX{path}", body, bearer=box.key))
    refusals = {(answer.status_code, answer.headers["content-type"], answer.content) for answer in answers}
    assert len(refusals) == 1, refusals
    assert next(iter(refusals))[:2] == (401, "application/problem+json")
    assert other.ask("GET", f"/orders/{order_id}").status_code == 404
    assert box.look(order_id)["state"] == "ready"


def test_a_postpay_order_lives_as_the_table_of_verbs_says(mp: SimulatorClient, box: DeployedBox) -> None:
    order_id = box.submit()["order_id"]
    busy = box.ask("POST", "/orders", a_submit())
    assert (busy.status_code, busy.json()["code"], busy.json()["order"]["order_id"]) == (
        409,
        "box_busy",
        order_id,
    )
    phone = mp.scan(box.box_id)
    phone.wait_for_amount(timeout=PATIENCE)
    phone.pay()
    box.wait_for(order_id, "paid")
    paid = box.ask("DELETE", f"/orders/{order_id}")
    assert (paid.status_code, paid.json()["code"]) == (409, "already_paid")
    replacing = box.ask("POST", "/orders", a_submit(replaces=order_id))
    assert (replacing.status_code, replacing.json()["code"]) == (409, "already_paid")
    next_id = box.submit()["order_id"]
    for _ in range(2):
        cancelled = box.ask("DELETE", f"/orders/{next_id}")
        assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
