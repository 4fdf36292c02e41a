"""The access token: sent in one header, to one host, read again once when refused, told to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caja.errors import (
    MercadoPagoError,
    MercadoPagoRefusedError,
    MercadoPagoUnavailableError,
    TokenRefusedError,
)
from simulator.server import ACCESS_TOKEN
from tests.rude import RudeServer, say
from tests.tokens import REVOKED, Secret, client

if TYPE_CHECKING:
    from caja.mercadopago.calls import MercadoPago
    from simulator.server import Simulator


def ask(mercadopago: MercadoPago) -> Any:
    return mercadopago.get("pos", query={"external_id": "CAJA0001"})


def test_a_redirect_is_not_followed_and_no_token_goes_elsewhere() -> None:
    with RudeServer(say("200 OK")) as elsewhere:
        moved = say("302 Found", b"{}", f"Location: {elsewhere.url}/")
        with RudeServer(moved) as server, pytest.raises(MercadoPagoUnavailableError):
            ask(client(server.url))
        assert elsewhere.requests == []


def test_a_proxy_of_the_environment_does_not_see_the_token(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert ask(client(simulator.url))["results"] == []


def test_the_token_is_sent_in_the_authorization_header_only() -> None:
    with RudeServer(say("200 OK")) as server:
        client(server.url).post("pos", body={"name": "Caja"})
        # Ports are reused, and a client of another test may still call this one.
        (request,) = [each for each in server.requests if each.head.startswith("POST /pos ")]
    assert request.head.count(ACCESS_TOKEN) == 1
    assert f"authorization: Bearer {ACCESS_TOKEN}".lower() in request.head.lower()
    assert ACCESS_TOKEN.encode() not in request.body


def test_a_token_rotated_meanwhile_is_read_again_once(simulator: Simulator) -> None:
    secret = Secret(REVOKED, stored=ACCESS_TOKEN)
    mercadopago = client(simulator.url, secret=secret)
    assert ask(mercadopago)["results"] == []
    assert secret.reads == [False, True]
    ask(mercadopago)
    assert secret.reads == [False, True, False]


def test_a_token_that_stays_revoked_is_told_after_one_more_try(simulator: Simulator) -> None:
    secret = Secret(REVOKED)
    with pytest.raises(TokenRefusedError) as caught:
        ask(client(simulator.url, secret=secret))
    assert secret.reads == [False, True]
    assert REVOKED not in str(caught.value)
    assert len([m for m in simulator.wire() if m.kind == "request"]) == 2


@pytest.mark.parametrize("token", ["", "two words", "línea", "line\nbreak"])
def test_a_secret_that_cannot_be_a_token_is_not_sent_and_not_told(token: str) -> None:
    with RudeServer(say("200 OK")) as server:
        with pytest.raises(TokenRefusedError) as caught:
            ask(client(server.url, secret=Secret(token)))
        assert server.requests == []
    assert not token or token not in str(caught.value)


def test_a_token_in_what_mercado_pago_says_is_cut_out(simulator: Simulator) -> None:
    body = f'{{"error": "{ACCESS_TOKEN}", "message": "bad {ACCESS_TOKEN}", "cause": [{{"description": "{ACCESS_TOKEN}"}}]}}'
    simulator.be_rude(status=400, body=body)
    with pytest.raises(MercadoPagoRefusedError) as caught:
        ask(client(simulator.url))
    told = caught.value
    assert ACCESS_TOKEN not in f"{told}{told.code}{told.causes}{told.advice}"


def test_every_failure_is_one_of_ours_without_the_token_in_its_chain(simulator: Simulator) -> None:
    for kind in ("reset", "truncated", "answer"):
        simulator.be_rude(kind=kind, body='{"x', times=2)
        with pytest.raises(MercadoPagoError) as caught:
            ask(client(simulator.url))
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        simulator.be_polite()
