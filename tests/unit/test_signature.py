"""The signer against AWS's published examples and against botocore's."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from urllib.parse import quote

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from caja.signature import Credentials, sign

# AWS's own example, as published with its test suite for Signature Version 4.
PUBLISHED = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None)


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),  # get-vanilla
        ("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),  # post-vanilla
    ],
)
def test_awss_published_examples_are_signed_as_published(method: str, signature: str) -> None:
    signed = sign(
        method,
        "/",
        {"host": "example.amazonaws.com"},
        b"",
        service="service",
        region="us-east-1",
        credentials=PUBLISHED,
        moment="20150830T123600Z",
    )
    assert signed == {
        "host": "example.amazonaws.com",
        "x-amz-date": "20150830T123600Z",
        "authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}",
    }


def test_ten_thousand_random_requests_are_signed_as_botocore_signs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = random.Random(20261124)  # noqa: S311 - a fixed seed, so that a failure can be repeated

    def text(alphabet: str, longest: int) -> str:
        return "".join(chance.choices(alphabet, k=chance.randint(1, longest)))

    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    for _ in range(10_000):
        at = datetime.fromtimestamp(chance.randrange(4_000_000_000), UTC)
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda at=at: at)
        path = "".join("/" + quote(text(letters + "ABC-_~ +=:@é日", 9)) for _ in range(chance.randint(0, 4)))
        path = path or "/"
        host = text(letters, 20) + chance.choice(["", ".amazonaws.com", ":8000"])
        headers = {"host": host} | {
            f"x-amz-{text(letters, 8)}": text(letters + '  "/;,=A\t', 40).strip() or "-"
            for _ in range(chance.randint(0, 5))
        }
        body = chance.randbytes(chance.choice([0, 1, 200, 5_000]))
        method = chance.choice(["GET", "POST", "PUT"])
        service, region = chance.choice(["dynamodb", "sqs", "service"]), text(letters + "-", 12)
        token = chance.choice([None, text(letters + "/+=A", 400)])
        access_key_id, secret = text(letters, 20), text(letters + "/+A", 40)

        request = AWSRequest(method, f"http://{host}{path}", headers=dict(headers), data=body)
        botocore.auth.SigV4Auth(BotocoreCredentials(access_key_id, secret, token), service, region).add_auth(
            request
        )
        signed = sign(
            method,
            path,
            headers,
            body,
            service=service,
            region=region,
            credentials=Credentials(access_key_id, secret, token),
            moment=at.strftime("%Y%m%dT%H%M%SZ"),
        )
        assert signed == {name.lower(): value for name, value in request.headers.items()}


def test_credentials_shown_by_mistake_show_nothing_that_signs() -> None:
    assert repr(Credentials("AKIDEXAMPLE", "fake-secret", "fake-token")) == "Credentials(AKIDEXAMPLE)"
