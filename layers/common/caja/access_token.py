"""The seller's access token, and whose it is."""

from __future__ import annotations

import re

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from caja.errors import StorageError, TokenRefusedError

TOKEN_MAX_AGE_SECONDS = 300
"""How long a function goes on with the token it has read (design §6)."""


class AccessToken:
    """The seller's access token out of Secrets Manager, kept for five minutes."""

    def __init__(self, secret: str) -> None:
        """`secret` is its ARN."""
        self._secret = secret
        patience = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})
        self._provider = SecretsProvider(boto_config=patience)

    def __call__(self, *, fresh: bool = False) -> str:
        """The token; `fresh` reads it again now. Raises StorageError when it cannot be read."""
        try:
            value = self._provider.get(self._secret, max_age=TOKEN_MAX_AGE_SECONDS, force_fetch=fresh)
        except (GetParameterError, BotoCoreError) as error:
            raise StorageError("The secret with the access token cannot be read.") from error
        return str(value or "").strip()


def collector_id(access_token: str) -> int:
    """The seller's account: the digits after the token's last hyphen (protocol §7).

    Raises TokenRefusedError when there are none, without a word of the token.
    """
    match = re.search(r"-([0-9]{1,20})\Z", access_token, re.ASCII)
    if match is None:
        raise TokenRefusedError(
            "The access token does not end in a hyphen and the seller's number; set it with `caja token set`."
        )
    return int(match.group(1))
