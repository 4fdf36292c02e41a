"""One call of the deployed API, as a box (with its key) or as the operator (signed with AWS credentials)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from local.stack import Stack

TIMEOUT_SECONDS = 30
"""A function's first call on this machine takes a second or two."""

Key = tuple[str, str] | tuple[str, str, str | None]
"""An AWS access key: its id, its secret and, of an assumed role, its session token."""

REPEAT = "Wait a moment, then repeat the same command."

_UNSHAPED: dict[int, str] = {
    HTTPStatus.FORBIDDEN: (
        "Your AWS credentials may not execute-api:Invoke this API, or they have expired. Ask whoever runs the account for "
        "that permission, or name other credentials with AWS_PROFILE."
    ),
    HTTPStatus.NOT_FOUND: "This API has no such route: its stack is older than this command, or is not caja's.",
}
"""What an answer without `code` means: API Gateway made it, not caja (design §4)."""

_ADVICE: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "Is it in another stack? Name that with --stack-name and --region.",
    HTTPStatus.CONFLICT: "Look at it as it is now with `caja orders show`.",
}


class Api(Protocol):
    """Where an API is, and the region its calls are signed for."""

    @property
    def api_url(self) -> str:
        """What stands before every path."""
        ...

    @property
    def region(self) -> str:
        """Its AWS region."""
        ...


def call(
    api: Api,
    method: str,
    path: str,
    body: Any = None,
    *,
    signed_by: Key | None = None,
    bearer: str | None = None,
    by_proxy: bool = False,
) -> requests.Response:
    """Call the API with a JSON body, signed with an AWS access key or carrying a box's key, if one is given.

    `by_proxy`: through the environment's proxies, which must never be given a box's key.
    """
    data = None if body is None else json.dumps(body)
    headers = {} if data is None else {"Content-Type": "application/json"}

    def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if bearer:
            request.headers["Authorization"] = f"Bearer {bearer}"
        if signed_by:
            # What is signed is what is sent, its URL written as requests writes it.
            signed = AWSRequest(method=method, url=request.url, data=data, headers=headers)
            SigV4Auth(Credentials(*signed_by), "execute-api", api.region).add_auth(signed)
            request.headers.update(dict(signed.headers.items()))
        return request

    with requests.Session() as session:
        session.trust_env = by_proxy
        return session.request(
            method,
            api.api_url + path,
            data=data,
            headers=headers,
            auth=authorize,  # given always, or .netrc would be asked for one
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )


def operator_key(stack: Stack) -> tuple[str, str]:
    """The access key of whoever may call the operator's routes."""
    return stack.aws_access_key_id, stack.aws_secret_access_key


def explain(answer: requests.Response) -> str:
    """What an answer that is no success says to a person: what is wrong, where, and what to do."""
    status = answer.status_code
    try:
        problem = answer.json()
    except requests.JSONDecodeError:
        problem = None
    if not isinstance(problem, dict) or "code" not in problem:
        return _UNSHAPED.get(status) or f"caja did not answer, something before it did: {status}. {REPEAT}"
    lines = [f"{problem.get('detail') or problem.get('title')} ({status} {problem['code']})"]
    lines += [f"  {flaw['path']}: {flaw['message']}" for flaw in problem.get("errors", ())]
    is_ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    advice = problem.get("advice") or (REPEAT if is_ours else _ADVICE.get(status))
    return "\n".join([*lines, advice] if advice else lines)
