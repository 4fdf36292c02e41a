"""The environment of a function, as template.yaml sets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from caja.money import CURRENCY_OF_SITE

if TYPE_CHECKING:
    from collections.abc import Mapping


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
