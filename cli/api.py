"""One call of the deployed API, as a box (with its key) or as the operator (signed with AWS credentials)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from local.stack import Stack

TIMEOUT_SECONDS = 30
"""A function's first call on this machine takes a second or two."""


def call(
    stack: Stack,
    method: str,
    path: str,
    body: Any = None,
    *,
    signed_by: tuple[str, str] | None = None,
    bearer: str | None = None,
) -> requests.Response:
    """Call the API with a JSON body, signed with an AWS access key or carrying a box's key, if one is given."""
    data = None if body is None else json.dumps(body)
    headers = {} if data is None else {"Content-Type": "application/json"}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    request = AWSRequest(method=method, url=stack.api_url + path, data=data, headers=headers)
    if signed_by:
        SigV4Auth(Credentials(*signed_by), "execute-api", stack.region).add_auth(request)
    with requests.Session() as session:
        session.trust_env = False  # a proxy would be given the key, and .netrc would replace it
        return session.request(
            method,
            stack.api_url + path,
            data=data,
            headers=dict(request.headers.items()),
            timeout=TIMEOUT_SECONDS,
        )


def operator_key(stack: Stack) -> tuple[str, str]:
    """The access key of whoever may call the operator's routes."""
    return stack.aws_access_key_id, stack.aws_secret_access_key
