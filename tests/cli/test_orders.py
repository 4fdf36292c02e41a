"""`caja orders` asks the deployed API as the operator, and says what it answers to a person at night."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock
from urllib.parse import parse_qsl, urlsplit

import click
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import cli.orders
import cli.stacks
from caja.orders import Doubt, Refund, State
from local import stack
from local.places import Places
from tests.cli.night import (
    FLAWS,
    ORDER_ID,
    PAID,
    REFUSED,
    SECRET,
    SHOW,
    SILENT,
    TOKEN,
    Aws,
    on_a_terminal,
    page,
    run,
    serving,
    shown,
)
from tests.cli.test_demo import STACK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    with serving(monkeypatch) as aws:
        yield aws


def test_a_list_says_why_each_order_needs_a_person(aws: Aws) -> None:
    _, said = run(aws, "list", page(SILENT, needs="review"))
    assert all(word in said for word in ("review:", "silence: its box", "[42]"))
    _, said = run(aws, "list", page(replace(PAID, state=State.DELIVERED), needs="refund_refused"))
    assert all(word in said for word in ("delivered:", "refund refused: Mercado"))
    assert run(aws, "list", page()) == (0, "Nothing needs you.")
    assert run(aws, "list --state review", page()) == (0, "No order fits.")


def test_pages_are_asked_for_until_there_are_enough(aws: Aws) -> None:
    pages = page(SILENT, cursor="a|b"), page(cursor="c"), page(SILENT, SILENT)
    _, said = run(aws, "list --limit 2", *pages)
    assert (said.count(ORDER_ID), "There are more than 2" in said) == (2, True)
    assert [path for _, path, *_ in aws.asked] == [
        f"/admin/orders{q}" for q in ("", "?cursor=a%7Cb", "?cursor=c")
    ]
    _, said = run(aws, "list --limit 3", *pages)
    assert (said.count(ORDER_ID), "There are more" in said) == (3, False)


def test_times_without_a_zone_are_the_terminals_and_the_last_day_counts_whole(aws: Aws) -> None:
    _, said = run(aws, "list --box b1 --from 2026-11-24T03:00 --to 2026-11-24", page(PAID))
    span = {"from": "2026-11-24T06:00:00.000Z", "to": "2026-11-25T02:59:59.999Z"}
    assert dict(parse_qsl(urlsplit(aws.asked[0][1]).query)) == {"box_id": "b1", **span}
    assert ("24 Nov 09:00" in said, "UTC-03:00" in said) == (True, True)


def test_json_is_what_the_api_says_an_order_a_line(aws: Aws) -> None:
    _, said = run(aws, "list --json --limit 1", listed := page(PAID, SILENT))
    assert json.loads(said) == listed[1]["orders"][0]
    assert run(aws, "list --json", page()) == (0, "")
    assert json.loads(run(aws, "show ID --json", shown())[1]) == shown()[1]


def test_an_order_is_shown_with_its_payments_and_what_happened(aws: Aws) -> None:
    _, said = run(aws, f"show {ORDER_ID.lower()}", shown(payments=(*PAID.payments, REFUSED)))
    assert aws.asked[0][1] == f"/admin/orders/{ORDER_ID}"
    for part in (
        "number [42] 1500.50 ARS, prepay, review: its box took it",
        "9001 1500.50 approved, kept merchant order 7001, approved 24 Nov 2026 09:02:00",
        "excess, refund refused merchant order 7001, approved 24 Nov 2026 09:02:00 24 Nov 2026 09:00:00 give back 1500.50",
        "operator ready → review by: assumed-role/Operator/ana reason: it never [reported] excess: 9002, 9003",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({}, "delivered The customer has the goods, and the order keeps the money. refunding The"),
        ({"claim": None}, "paid The order keeps the money"),
        ({"doubt": Doubt.REFUND}, "refunded Mercado Pago has given the money back"),
        ({"doubt": Doubt.MONEY, "mode": "postpay"}, 'orders resolve ID --state STATE --reason "…"'),
        ({"state": State.PAID}, "should its box not claim it in time, the money goes back."),
        (
            {"state": State.PAID, "mode": "postpay"},
            'done. To give the money back: caja orders refund ID --reason "…"',
        ),
        ({"state": State.CANCELLED, "payments": (REFUSED,)}, 'orders refund ID --payment 9001 --reason "…"'),
        ({"state": State.REFUNDING, "payments": (replace(REFUSED, refund=Refund.DUE),)}, "on its way back"),
        ({"state": State.READY, "payments": ()}, "the customer may still pay"),
        ({"state": State.EXPIRED, "payments": ()}, "Nothing has to be done."),
    ],
)
def test_what_can_be_done_is_said(aws: Aws, changes: dict[str, Any], advice: str) -> None:
    assert advice.replace("ID", ORDER_ID) in run(aws, "show ID", shown(**{"doubt": None, **changes}))[1]


@pytest.mark.parametrize(
    ("command", "body", "says"),
    [
        ("refund ID", {}, "This gives back 1500.50 ARS: payment 9001."),
        ("refund ID --payment 9001", {"payment_id": "9001"}, "This gives back 1500.50 ARS: payment 9001."),
        ("resolve ID --state paid --merchant-order 7", {"state": "paid", "merchant_order_id": "7"}, "keeps"),
        ("resolve ID --state delivered", {"state": "delivered"}, "The customer has the goods"),
        (
            "resolve ID --state refunding --yes",
            {"state": "refunding"},
            "given back all the money. This gives back 1500.50 ARS",
        ),
        (
            "resolve ID --state refunded",
            {"state": "refunded"},
            "goes back now. This gives back 1500.50 ARS: payment 9001. It",
        ),
    ],
)
def test_a_decision_is_told_confirmed_sent_with_its_reason_and_what_follows_is_said(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, command: str, body: dict[str, str], says: str
) -> None:
    on_a_terminal(monkeypatch, is_one="--yes" not in command)
    under_way = shown(state=State.REFUNDING, payments=(replace(REFUSED, refund=Refund.PENDING),))
    status, said = run(aws, f"{command} --reason why", shown(payments=(REFUSED,)), under_way, typed="y\n")
    assert (status, says in said, "Do it?" in said) == (0, True, "--yes" not in command)
    assert f"is refunding. Money is on its way back; wait until Mercado Pago confirms it. {SHOW}" in said
    method, path, _, sent = aws.asked[-1]
    assert (method, path) == ("POST", f"/admin/orders/{ORDER_ID}/{command.split(maxsplit=1)[0]}")
    assert json.loads(sent) == {**body, "reason": "why"}


@pytest.mark.parametrize(("confirmed", "status"), [([False], 1), (click.Abort, 130), (None, 1)])
def test_nothing_is_sent_that_was_not_confirmed_on_a_terminal(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, confirmed: Any, status: int
) -> None:
    on_a_terminal(monkeypatch, is_one=confirmed is not None)
    monkeypatch.setattr(click, "confirm", Mock(side_effect=confirmed))
    ended, said = run(aws, "refund ID --reason why", shown())
    assert (ended, "othing was sent" in said) == (status, True)
    assert "POST" not in [method for method, *_ in aws.asked]


def test_an_order_without_money_to_give_back_is_not_asked_about(aws: Aws) -> None:
    for command in ("refund ID --reason why --yes --payment 9001", "refund ID --reason why --yes"):
        status, said = run(aws, command, shown(state=State.EXPIRED))
        assert (status, "There is nothing to give back." in said) == (1, True)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((400, {"code": "c", "detail": "Bad.", "errors": FLAWS}), "Bad. (400 c) state: No. to: No."),
        ((404, {"code": "no_order", "detail": "None."}), "None. (404 no_order) Is it in another stack?"),
        ((409, {"code": "paid", "detail": "It is paid."}), "It is paid. (409 paid) Look at it as it is now"),
        ((503, {"code": "storage_failed", "detail": "Busy."}), "Busy. (503 storage_failed) Wait a moment"),
        ((403, {"message": "Forbidden"}), "may not execute-api:Invoke this API"),
        ((404, {"message": "Not Found"}), "has no such route"),
        ((429, {"message": "Too Many Requests"}), "something before it did: 429. Wait a moment"),
        ((502, "<html>"), "something before it did: 502"),
        ((200, "<html>"), "is not caja"),
        ((302, ""), "is not caja"),
    ],
)
def test_a_refusal_is_told_with_what_is_wrong_and_what_to_do(
    aws: Aws, answer: tuple[int, Any], says: str
) -> None:
    status, said = run(aws, "list", answer)
    assert (status, says in said) == (1, True)


def test_after_a_decision_without_an_answer_nobody_is_told_that_it_failed(aws: Aws) -> None:
    for answer in (500, {"message": "no"}), (200, "<html>"), (0, ""):
        status, said = run(aws, "resolve ID --state paid --reason why --yes", shown(), answer)
        assert (status, "It may have been recorded all the same" in said) == (1, True)


@pytest.mark.parametrize(
    ("unset", "command", "says"),
    [
        ("AWS_ACCESS_KEY_ID", "list", "There are no AWS credentials here."),
        ("AWS_REGION", "list", "In which region is the stack?"),
        ("COLUMNS", "list --stack-name other", "There is no stack other in us-east-1."),
        ("COLUMNS", "list --local", "Nothing is up."),
        ("COLUMNS", "list --from yesterday", "Say 2026-11-24"),
        ("COLUMNS", "list --to 0001-01-01T00:00+14:00", "Say 2026-11-24"),
        ("COLUMNS", "list --from 2026-11-24 --to 2026-11-23", "--from is later than --to."),
        ("COLUMNS", "show ../boxes", "An ORDER_ID has 26 letters and digits."),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_sentence(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, unset: str, command: str, says: str
) -> None:
    monkeypatch.delenv(unset)
    monkeypatch.setattr(cli.orders, "Places", lambda: Places(root=tmp_path))
    status, said = run(aws, command)
    assert (status > 0, says in said, aws.asked) == (True, True, [])


def test_a_stack_that_is_not_cajas_is_not_asked(aws: Aws) -> None:
    aws.output = "WebsiteUrl"
    assert run(aws, "list") == (1, "Stack caja has no output ApiUrl. Is it caja's?")


def test_ctrl_c_ends_quietly(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.stacks, "call", Mock(side_effect=KeyboardInterrupt))
    assert run(aws, "list") == (130, "Stopped.")


def test_a_call_is_signed_as_it_is_sent_whatever_netrc_says_with_the_session_of_an_assumed_role(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    run(aws, "list --box b1 --from 2026-11-24", page())
    method, path, headers, _ = aws.asked[0]
    at = headers["x-amz-date"]
    request = AWSRequest(method, aws.url + path, {"X-Amz-Security-Token": TOKEN, "X-Amz-Date": at})
    request.context["timestamp"] = at
    auth = SigV4Auth(Credentials("AKIAMADEUP", SECRET, TOKEN), "execute-api", "us-east-1")
    signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    assert headers["x-amz-security-token"] == TOKEN
    assert headers["authorization"] == (
        f"AWS4-HMAC-SHA256 Credential=AKIAMADEUP/{at[:8]}/us-east-1/execute-api/aws4_request, "
        f"SignedHeaders=host;x-amz-date;x-amz-security-token, Signature={signature}"
    )


def test_on_this_machine_no_proxy_is_asked_and_the_commands_to_copy_say_local(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setattr(stack, "read", lambda _: replace(STACK, endpoint_url=aws.url))
    assert "caja orders show ORDER --local" in run(aws, "list --local", page(SILENT))[1]
