"""The table of design §4, row by row."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from caja.instants import read_instant, write_instant
from caja.poll_answers import INVALID, TIMEOUT, Poll, decide, read_poll
from tests.builders import NOW, POLL_KEY, POLL_QUERY, box_item, ready_item, seen_item

AT = read_instant(NOW)
POLL = Poll("STORE001", "CAJA0001", POLL_KEY)


def ago(seconds: float) -> str:
    return write_instant(AT - timedelta(seconds=seconds))


def answer_to(
    box: dict[str, Any] | None = None,
    ready: dict[str, Any] | None = None,
    seen: dict[str, Any] | None = None,
    *,
    poll: Poll = POLL,
    now: datetime = AT,
) -> tuple[int, str]:
    """Status and Mercado Pago's word for the situation."""
    answer = decide(box or box_item(), ready, seen, poll=poll, now=now)
    said = json.loads(answer.body)
    if "error" in said:
        assert said["error"]["message"]
        return answer.status, said["error"]["type"]
    assert said["status"]["message"]
    return answer.status, said["status"]["status_detail"]


@pytest.mark.parametrize(
    ("box", "poll"),
    [
        (None, POLL),
        (box_item(), POLL._replace(location_id="STORE002")),
        (box_item(), POLL._replace(key="fake-poll-key-0000000002")),
        (box_item(), POLL._replace(key=POLL_KEY + "\ud800")),
        (box_item(retired_at=ago(1)), POLL),
        (box_item(old_poll_key="old", old_poll_key_until=ago(0)), POLL._replace(key="old")),
        (box_item(dialect="v2"), POLL._replace(key="x")),
    ],
)
def test_unknown_box_wrong_branch_and_wrong_key_cannot_be_told_apart(
    box: dict[str, Any] | None, poll: Poll
) -> None:
    assert decide(box, ready_item(), seen_item(state="out_of_service"), poll=poll, now=AT) == INVALID
    assert INVALID.status == 400
    assert json.loads(INVALID.body)["error"]["type"] == "invalid"


def test_a_renewed_poll_key_leaves_the_old_one_valid_for_its_time() -> None:
    box = box_item(old_poll_key="old", old_poll_key_until=write_instant(AT + timedelta(milliseconds=1)))
    assert decide(box, ready_item(), None, poll=POLL._replace(key="old"), now=AT).status == 200
    assert decide(box, ready_item(), None, poll=POLL, now=AT).status == 200
    assert decide(box, ready_item(), None, poll=POLL._replace(key="older"), now=AT) == INVALID


@pytest.mark.parametrize(
    ("liveness_seconds", "seen", "is_out"),
    [
        (0, None, False),
        (0, seen_item(seen_at=ago(86_400)), False),
        (0, seen_item(state="out_of_service"), True),
        (60, None, True),
        (60, seen_item(seen_at=ago(60)), False),
        (60, seen_item(seen_at=ago(60.001)), True),
    ],
)
def test_a_box_that_is_out_of_service_or_silent_offers_nothing(
    liveness_seconds: int, seen: dict[str, Any] | None, *, is_out: bool
) -> None:
    answer = decide(box_item(liveness_seconds=liveness_seconds), ready_item(), seen, poll=POLL, now=AT)
    assert (answer == TIMEOUT) is is_out
    assert (answer.status == 200) is not is_out


@pytest.mark.parametrize("box_dialect", ["v1", "v2"])
@pytest.mark.parametrize("dialect", ["v1", "v2"])
def test_a_ready_order_is_served_as_stored_in_the_dialect_it_was_submitted_in(
    box_dialect: str, dialect: str
) -> None:
    ready = ready_item(dialect=dialect)
    answer = decide(box_item(dialect=box_dialect), ready, seen_item(state="preparing"), poll=POLL, now=AT)
    assert answer.status == 200
    assert answer.body == ready["body"]
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers.get("order-version") == {"v1": None, "v2": "2"}[dialect]


def test_an_order_is_no_longer_offered_at_its_very_expiry() -> None:
    ready = ready_item(expires_at=write_instant(AT))
    assert decide(box_item(), ready, None, poll=POLL, now=AT - timedelta(milliseconds=1)).status == 200
    assert answer_to(ready=ready) == (400, "unavailable")


@pytest.mark.parametrize(
    ("dialect", "in_process", "ended", "waiting"),
    [
        ("v1", (400, "in_process"), (400, "unavailable"), (400, "unavailable")),
        ("v2", (202, "in_process"), (202, "notihing_to_pay"), (202, "Waiting_for_order")),
    ],
)
def test_without_a_ready_order_the_rows_are_tried_from_the_top(
    dialect: str, in_process: tuple[int, str], ended: tuple[int, str], waiting: tuple[int, str]
) -> None:
    box = box_item(dialect=dialect)
    paid = ready_item(state="paid", ended_at=ago(119.999))

    assert answer_to(box, paid, seen_item(state="preparing", state_at=ago(119.999))) == in_process
    assert answer_to(box, paid, seen_item(state="preparing", state_at=ago(120))) == (400, "timeout")
    assert answer_to(box, paid, seen_item()) == ended
    assert answer_to(box, paid) == ended
    assert answer_to(box, ready_item(expires_at=ago(119.999))) == ended
    assert answer_to(box, ready_item(state="paid", ended_at=ago(120))) == waiting
    assert answer_to(box, ready_item(expires_at=ago(120))) == waiting
    assert answer_to(box) == waiting
    assert answer_to(box, None, seen_item()) == waiting


@pytest.mark.parametrize("state", ["paid", "expired", "cancelled", "replaced", "review"])
def test_an_order_that_left_the_box_is_not_offered_even_before_its_expiry(state: str) -> None:
    assert answer_to(ready=ready_item(state=state, ended_at=ago(0))) == (400, "unavailable")


def test_a_box_that_is_out_answers_as_v1_in_both_dialects() -> None:
    assert answer_to(box_item(dialect="v2"), None, seen_item(state="out_of_service")) == (400, "timeout")


@pytest.mark.parametrize(
    "raw_query",
    [
        POLL_QUERY,
        "key=" + POLL_KEY + "&positionId=caja0001&locationId=STORE001",
        "x=1&x=2&" + POLL_QUERY + "&Key=other",
        POLL_QUERY.replace("STORE", "%53TORE"),
    ],
)
def test_a_poll_is_read_whatever_else_its_query_says(raw_query: str) -> None:
    assert read_poll(raw_query) == POLL


@pytest.mark.parametrize(
    "raw_query",
    [
        "",
        "locationId=STORE001&positionId=CAJA0001",
        "locationId=&positionId=CAJA0001&key=k",
        "locationId=STORE001&positionId=&key=k",
        "locationId=STORE001&positionId=CAJA0001&key=",
        POLL_QUERY + "&key=" + POLL_KEY,
        POLL_QUERY + "&locationId=STORE001",
        POLL_QUERY + "&positionId=",
        POLL_QUERY.replace("CAJA0001", "STORE%23STORE001"),
        POLL_QUERY.replace("CAJA0001", "%EF%BC%A3AJA0001"),
        POLL_QUERY.replace("CAJA0001", "A" * 40),
        POLL_QUERY.replace("CAJA0001", "%ff"),
    ],
)
def test_a_poll_with_a_missing_empty_repeated_or_impossible_parameter_is_not_read(raw_query: str) -> None:
    assert read_poll(raw_query) is None
