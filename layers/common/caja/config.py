"""The environment and the secret of a function, as template.yaml sets them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from caja.errors import StorageError, TokenRefusedError
from caja.money import CURRENCY_OF_SITE

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN_MAX_AGE_SECONDS = 300
"""How long a function goes on with the token it has read (design §6)."""


class SettingMissingError(Exception):
    """A variable of the environment is missing or makes no sense; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one function. Each is asked for where it is needed: no function is given them all."""

    environment: Mapping[str, str] = field(repr=False)

    @property
    def boxes_table(self) -> str:
        """Name of BoxesTable."""
        return self._get("BOXES_TABLE")

    @property
    def orders_table(self) -> str:
        """Name of OrdersTable."""
        return self._get("ORDERS_TABLE")

    @property
    def check_queue_url(self) -> str:
        """URL of CheckQueue."""
        return self._get("CHECK_QUEUE_URL")

    @property
    def refund_queue_url(self) -> str:
        """URL of RefundQueue."""
        return self._get("REFUND_QUEUE_URL")

    @property
    def notification_queue_url(self) -> str:
        """URL of NotificationQueue."""
        return self._get("NOTIFICATION_QUEUE_URL")

    @property
    def mercadopago_url(self) -> str:
        """Base URL of Mercado Pago's API."""
        return self._get("MERCADOPAGO_URL")

    @property
    def access_token_secret(self) -> str:
        """ARN of the secret that holds the access token."""
        return self._get("ACCESS_TOKEN_SECRET")

    @property
    def api_url(self) -> str:
        """Where Mercado Pago and the boxes reach us, without a slash at the end."""
        return self._get("API_URL").rstrip("/")

    @property
    def currency(self) -> str:
        """The currency of the stack's site (ISO 4217)."""
        site = self._get("SITE").lower()
        if site not in CURRENCY_OF_SITE:
            raise SettingMissingError(f"SITE is {site!r}, not one of {', '.join(CURRENCY_OF_SITE)}.")
        return CURRENCY_OF_SITE[site]

    def _get(self, name: str) -> str:
        value = self.environment.get(name, "").strip()
        if not value:
            raise SettingMissingError(f"The environment variable {name} is not set; template.yaml sets it.")
        return value


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
