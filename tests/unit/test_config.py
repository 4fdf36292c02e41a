"""Settings and the access token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from caja.access_token import AccessToken, collector_id
from caja.config import SettingMissingError, Settings
from caja.errors import StorageError, TokenRefusedError
from tests.aws import REGION, aws_client

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLES = {
    "boxes_table": "BOXES_TABLE",
    "orders_table": "ORDERS_TABLE",
    "check_queue_url": "CHECK_QUEUE_URL",
    "notification_queue_url": "NOTIFICATION_QUEUE_URL",
    "mercadopago_url": "MERCADOPAGO_URL",
    "access_token_secret": "ACCESS_TOKEN_SECRET",
    "api_url": "API_URL",
}


@pytest.mark.parametrize(("name", "variable"), VARIABLES.items())
def test_a_setting_is_read_from_its_variable(name: str, variable: str) -> None:
    assert getattr(Settings({variable: " value "}), name) == "value"


@pytest.mark.parametrize(("name", "variable"), [*VARIABLES.items(), ("currency", "SITE")])
@pytest.mark.parametrize("environment", [{}, {"": ""}])
def test_a_missing_variable_is_named(name: str, variable: str, environment: dict[str, str]) -> None:
    for given in (environment, {variable: " "}):
        with pytest.raises(SettingMissingError, match=variable):
            getattr(Settings(given), name)


def test_the_api_url_has_no_slash_at_its_end() -> None:
    assert Settings({"API_URL": "https://pay.example.com/"}).api_url == "https://pay.example.com"


@pytest.mark.parametrize(("site", "currency"), [("mla", "ARS"), ("MLC", "CLP")])
def test_the_currency_follows_the_site(site: str, currency: str) -> None:
    assert Settings({"SITE": site}).currency == currency


def test_an_unknown_site_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingMissingError, match=r"mlz.*mla"):
        _ = Settings({"SITE": "mlz"}).currency


def test_settings_do_not_show_the_environment() -> None:
    assert "secret" not in repr(Settings({"AWS_SECRET_ACCESS_KEY": "secret"}))


@pytest.mark.parametrize(
    ("token", "number"),
    [
        ("APP_USR-1111111111111111-010101-fake-123456789", 123456789),
        ("TEST-1111111111111111-010101-fake-1234567890", 1234567890),
    ],
)
def test_the_seller_is_the_digits_after_the_last_hyphen(token: str, number: int) -> None:
    assert collector_id(token) == number


@pytest.mark.parametrize(
    "token", ["", "TEST", "TEST-abc", "TEST-123x", "TEST-123\n", "123", "TEST-١٢٣", "TEST-"]
)
def test_a_token_without_a_seller_is_refused_and_not_told(token: str) -> None:
    with pytest.raises(TokenRefusedError) as caught:
        collector_id(token)
    assert not token or token not in str(caught.value)


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield aws_client("secretsmanager").create_secret(Name="token", SecretString="TEST-fake-1\n")["ARN"]


def rotate(secret: str) -> None:
    aws_client("secretsmanager").put_secret_value(SecretId=secret, SecretString="TEST-fake-2")


def test_the_token_is_remembered_until_it_is_wanted_fresh(secret: str) -> None:
    token = AccessToken(secret)
    assert token() == "TEST-fake-1"
    rotate(secret)
    assert token(fresh=False) == "TEST-fake-1"
    assert token(fresh=True) == "TEST-fake-2"
    assert token() == "TEST-fake-2"


def test_a_secret_that_is_not_there_is_a_failure_of_our_storage(secret: str) -> None:
    with pytest.raises(StorageError):
        AccessToken(f"{secret}x")()


def test_secrets_manager_out_of_reach_is_a_failure_of_our_storage(
    secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = AccessToken(secret)

    def fail(*_args: object, **_kwargs: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://secretsmanager.example")

    monkeypatch.setattr(token._provider, "get", fail)
    with pytest.raises(StorageError):
        token()
