"""AWS Signature Version 4 of one request, from the standard library; pure.

The rules are AWS's (IAM user guide, "Create a signed AWS API request"), for requests without a query string, which
is all that the JSON protocols of DynamoDB and SQS need. Tests hold it equal to botocore's signer.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import digest
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping


class Credentials(NamedTuple):
    """Who signs. A function's role has a session token, a person's key has none."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None

    def __repr__(self) -> str:
        """Name the key and nothing that could sign."""
        return f"Credentials({self.access_key_id})"


def sign(
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    service: str,
    region: str,
    credentials: Credentials,
    moment: str,
) -> dict[str, str]:
    """The headers to send: `headers`, which must include `host`, and what the signature adds, all of them signed.

    Names are lower-case; `path` is absolute and percent-encoded as it is sent; `moment` is UTC, `20150830T123600Z`.
    """
    signed = {**headers, "x-amz-date": moment}
    if credentials.session_token:
        signed["x-amz-security-token"] = credentials.session_token
    names = sorted(signed)
    canonical = "\n".join(
        [
            method,
            quote(path, safe="/~"),
            "",
            *(f"{name}:{' '.join(signed[name].split())}" for name in names),
            "",
            ";".join(names),
            sha256(body).hexdigest(),
        ]
    )
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", moment, scope, sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in scope.split("/"):
        key = digest(key, part.encode(), "sha256")
    signed["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key_id}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={digest(key, to_sign.encode(), 'sha256').hex()}"
    )
    return signed
