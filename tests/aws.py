"""AWS on this machine, for tests: moto behind a real HTTP server, with tables made from template.yaml itself."""

from __future__ import annotations

import json
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import yaml
from botocore.exceptions import ClientError

from tests.serving import InThread

REGION = "us-east-1"
TEMPLATE = Path(__file__).parent.parent / "template.yaml"

_Tags = type("_Tags", (yaml.SafeLoader,), {})


def _read_tag(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    if isinstance(node, yaml.MappingNode):
        return {name: loader.construct_mapping(node, deep=True)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: node.value}


yaml.add_multi_constructor("!", _read_tag, Loader=_Tags)


@cache
def read_template() -> dict[str, Any]:
    """template.yaml, its short forms (`!Ref`) written out."""
    template: dict[str, Any] = yaml.load(TEMPLATE.read_text(), Loader=_Tags)  # noqa: S506 - a SafeLoader
    return template


def create_table(dynamodb: Any, logical_name: str) -> None:
    """Create a table named as in the template, with the template's keys and indexes."""
    properties = read_template()["Resources"][logical_name]["Properties"]
    taken = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    dynamodb.create_table(
        TableName=logical_name, **{name: properties[name] for name in taken if name in properties}
    )


@cache
def aws_session() -> boto3.Session:
    """A session to be boto3's own: a new one reads 4 MB of endpoints for its first client."""
    return boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)


@cache
def aws_client(service: str) -> Any:
    """A boto3 client for moto, wherever AWS_ENDPOINT_URL leads; made once, for it costs more than a test."""
    make: Any = boto3.client
    return make(
        service,
        region_name=REGION,
        endpoint_url=f"https://{service}.{REGION}.amazonaws.com",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


class Call(NamedTuple):
    """One request that the stand-in took."""

    operation: str
    request: dict[str, Any]
    headers: dict[str, str]


class AwsStandIn(InThread):
    """DynamoDB and SQS over HTTP on 127.0.0.1, answered by moto; botocore checks the shape of every request."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.refusals: list[tuple[int, str]] = []
        """Status and error code of the next answers, before any is answered by moto."""
        self.clients = {"DynamoDB_20120810": aws_client("dynamodb"), "AmazonSQS": aws_client("sqs")}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, call: Call, service: str) -> tuple[int, dict[str, Any]]:
        self.calls.append(call)
        if self.refusals:
            status, code = self.refusals.pop(0)
            return status, {"__type": f"com.amazon.coral.service#{code}"}
        try:
            answer = self.clients[service]._make_api_call(call.operation, call.request)
        except ClientError as error:
            return 400, {"__type": f"com.amazonaws#{error.response['Error']['Code']}"}
        return 200, {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["content-length"])))
                service, _, operation = self.headers["x-amz-target"].partition(".")
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, answer = stand_in.answer(Call(operation, request, headers), service)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/x-amz-json-1.0")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
                pass

        return Handler
