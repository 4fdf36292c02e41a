"""What `caja orders` is tried on: AWS on 127.0.0.1 with a stack and its API, orders in doubt, a terminal or none."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import click
from click.testing import CliRunner

from caja.manage_schemas import show_listed, show_managed
from caja.orders import Doubt, Event, Listed, Refund, RefundAttempt, Role, State
from caja.settlement import judge
from cli.__main__ import caja
from tests.builders import NOON, a_merchant_order, an_order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

    import pytest

ORDER_ID, SECRET, TOKEN = an_order().order_id, "made-up-secret", "made-up-token"
ENVIRONMENT = f"""AWS_ACCESS_KEY_ID=AKIAMADEUP AWS_SECRET_ACCESS_KEY={SECRET} AWS_SESSION_TOKEN={TOKEN} TZ=<-03>3
    AWS_REGION=us-east-1 AWS_CONFIG_FILE=/nowhere AWS_SHARED_CREDENTIALS_FILE=/nowhere
    AWS_EC2_METADATA_DISABLED=true NO_PROXY=127.0.0.1 COLUMNS=80"""
SHOW = f"caja orders show {ORDER_ID}"
BY = "operator arn:aws:sts::123456789012:assumed-role/Operator/ana"
FLAWS = [{"path": "state", "message": "No."}, {"path": "to", "message": "No."}]
FACTS = {"reason": "it never [reported]", "excess": ["9002", "9003"]}
EVENTS = (
    Event(version=1, at=NOON, by="box", from_state=None, to_state="ready", facts={}),
    Event(version=2, at=NOON, by=BY, from_state="ready", to_state="review", facts=FACTS),
)
FOUND = {"found": [a_merchant_order()], "complete": True, "successor_paid": False, "now": NOON}
PAID = judge(an_order(mode="prepay", number="[42]"), **FOUND).order  # type: ignore[arg-type]  # as they are named
SILENT = replace(PAID, state=State.REVIEW, doubt=Doubt.SILENCE, claim="claim-0001")
ATTEMPT = RefundAttempt(key="made-up-key", amount=None, at=NOON, outcome="refused")
REFUSED = replace(PAID.payments[0], role=Role.EXCESS, refund=Refund.REFUSED, attempts=(ATTEMPT,))


class Aws(ThreadingHTTPServer):
    """AWS on 127.0.0.1: the stack `caja`, and its API, which gives `answers` in turn; 0 is hanging up."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.output = "ApiUrl"
        self.answers: list[tuple[int, Any]] = []
        self.asked: list[tuple[str, str, Message, str]] = []

    def describe(self, asked: str) -> tuple[int, str]:
        if "StackName=caja&" not in f"{asked}&":
            return (
                400,
                "<E><Error><Code>ValidationError</Code><Message>It does not exist</Message></Error></E>",
            )
        output = f"<OutputKey>{self.output}</OutputKey><OutputValue>{self.url}</OutputValue>"
        stacks = f"<Stacks><member><Outputs><member>{output}</member></Outputs></member></Stacks>"
        return 200, f"<R><DescribeStacksResult>{stacks}</DescribeStacksResult></R>"


class Handler(BaseHTTPRequestHandler):
    server: Aws

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"] or 0)).decode()
        if self.path == "/":
            status, said = self.server.describe(body)
        else:
            self.server.asked.append((self.command, self.path, self.headers, body))
            status, said = self.server.answers.pop(0)
        if status:
            self.send_response(status)
            self.end_headers()
            self.wfile.write((said if isinstance(said, str) else json.dumps(said)).encode())

    do_POST = do_GET  # noqa: N815 - http.server's own name

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
        pass


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """AWS, with an environment that leads to it and nowhere else."""
    with Aws() as aws:
        Thread(target=aws.serve_forever, args=(0.02,), daemon=True).start()
        for variable in f"{ENVIRONMENT} AWS_ENDPOINT_URL={aws.url}".split():
            monkeypatch.setenv(*variable.split("="))
        for name in ("AWS_DEFAULT_REGION", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        time.tzset()
        yield aws
        aws.shutdown()
    monkeypatch.undo()
    time.tzset()


def run(aws: Aws, command: str, *answers: tuple[int, Any], typed: str | None = None) -> tuple[int, str]:
    """The exit code, and what was said, however it was folded."""
    aws.answers = list(answers)
    ended = CliRunner().invoke(caja, ["orders", *command.replace("ID", ORDER_ID).split()], input=typed)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    assert not any(secret in ended.output for secret in (SECRET, TOKEN))
    assert max(map(len, ended.output.splitlines()), default=0) <= 80 or "--json" in command
    return ended.exit_code, " ".join(ended.output.split())


def page(*orders: Any, cursor: str | None = None, needs: str | None = None) -> tuple[int, Any]:
    """An answer to a list."""
    listed = [show_listed(Listed(order=order, needs=needs)) for order in orders]
    return 200, {"orders": listed, "next_cursor": cursor}


def shown(order: Any = SILENT, **changes: Any) -> tuple[int, Any]:
    return 200, show_managed(replace(order, **changes), EVENTS)


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, *, is_one: bool) -> None:
    monkeypatch.setattr(click, "get_text_stream", lambda _name: type("Stdin", (), {"isatty": lambda: is_one}))
