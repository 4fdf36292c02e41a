"""One call to Mercado Pago, against the simulator at its rudest and a server that does as it is told."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from caja.errors import (
    MercadoPagoNotFoundError,
    MercadoPagoUnavailableError,
)
from simulator.server import ACCESS_TOKEN
from tests.rude import RudeServer, drip, hang, say, say_and_close
from tests.tokens import client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caja.mercadopago.calls import MercadoPago
    from simulator.server import Simulator

SOON = 0.4
"""Seconds within which the whole answer must be here, where a test has to wait for the end of it."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = monotonic()
    yield
    assert monotonic() - began < seconds


def ask(mercadopago: MercadoPago) -> Any:
    return mercadopago.get("pos", query={"external_id": "CAJA0001"})


def failure(mercadopago: MercadoPago) -> MercadoPagoUnavailableError:
    with pytest.raises(MercadoPagoUnavailableError) as caught:
        ask(mercadopago)
    assert ACCESS_TOKEN not in repr(caught.value) + str(caught.value)
    return caught.value


def test_a_body_of_one_byte_a_second_is_cut_after_four_seconds(simulator: Simulator) -> None:
    simulator.be_rude(kind="drip", body='{"results": []}', seconds=1)
    with within(4.6):
        assert "within 4 s" in str(failure(client(simulator.url)))


def test_headers_of_one_byte_at_a_time_are_cut_too() -> None:
    with (
        RudeServer(drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 200, every=0.05)) as server,
        within(SOON + 0.3),
    ):
        assert "within" in str(failure(client(server.url, answer_seconds=SOON)))


def test_a_server_that_never_answers_is_given_up() -> None:
    with RudeServer(hang) as server, within(SOON + 0.3):
        failure(client(server.url, answer_seconds=SOON))
        assert len(server.requests) == 1


def test_an_endless_body_that_keeps_coming_is_cut_at_256_kb(simulator: Simulator) -> None:
    simulator.be_rude(body="[]", size=5_000_000)
    with within(2):
        assert "bytes" in str(failure(client(simulator.url)))


def test_a_whole_answer_of_200_kb_is_read(simulator: Simulator) -> None:
    simulator.be_rude(body='{"results": []}', size=200_000)
    assert ask(client(simulator.url)) == {"results": []}


@pytest.mark.parametrize(
    "rude",
    [
        {"body": "<html>Service Unavailable</html>"},
        {"body": ""},
        {"body": "NaN"},
        {"body": '{"a": Infinity}'},
        {"body": '{"a": 1e400}'},
        {"body": '{"a": 1e999999999999999999}'},
        {"body": "[" * 100_000},
        {"body": "{"},
        {"kind": "truncated", "body": '{"results": []}'},
        {"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}},
        {"status": 408, "body": "{}"},
        {"status": 500, "body": "{}"},
        {"status": 503, "body": "<html>"},
    ],
    ids=lambda rude: str(rude)[:40],
)
def test_rubbish_is_no_answer(rude: dict[str, Any], simulator: Simulator) -> None:
    simulator.be_rude(**rude, times=2)
    assert failure(client(simulator.url)).retry_after is None


def test_a_body_that_is_not_utf8_is_no_answer() -> None:
    with RudeServer(say("200 OK", b'"\xff"')) as server:
        failure(client(server.url))


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_tells_us_to_wait_is_passed_on_and_not_repeated(status: int, simulator: Simulator) -> None:
    simulator.be_rude(status=status, headers={"Retry-After": "3"}, body="{}")
    # Once: a second call would have succeeded.
    assert failure(client(simulator.url)).retry_after == 3


def test_too_many_requests_without_a_hint_how_long_to_wait(simulator: Simulator) -> None:
    simulator.be_rude(status=429, body="{}")
    assert failure(client(simulator.url)).retry_after is None


def test_a_read_is_repeated_once_when_the_connection_is_reset(simulator: Simulator) -> None:
    simulator.be_rude(kind="reset")
    assert ask(client(simulator.url))["results"] == []


def test_a_read_is_not_repeated_twice(simulator: Simulator) -> None:
    simulator.be_rude(kind="reset", times=2)
    failure(client(simulator.url))
    assert ask(client(simulator.url))["results"] == []


def test_a_read_is_not_repeated_when_its_time_is_over() -> None:
    def hang_up_late(conversation: Any) -> bool:
        conversation.over.wait(SOON + 0.1)
        return False

    with RudeServer(hang_up_late) as server:
        failure(client(server.url, answer_seconds=SOON))
        server_saw = len(server.requests)
    assert server_saw == 1


def test_a_write_is_never_repeated() -> None:
    with RudeServer(say_and_close(), say("201 Created")) as server:
        with pytest.raises(MercadoPagoUnavailableError):
            client(server.url).post("pos", body={})
        assert len(server.requests) == 1


def test_a_name_that_leads_nowhere_is_no_answer() -> None:
    failure(client("http://caja.invalid"))


def test_a_port_nobody_listens_at_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    failure(client(f"http://127.0.0.1:{port}"))


def test_what_is_not_there_is_not_found(simulator: Simulator) -> None:
    with pytest.raises(MercadoPagoNotFoundError):
        client(simulator.url).get("merchant_orders", "123")


def test_a_path_is_quoted() -> None:
    with RudeServer(say("200 OK")) as server:
        client(server.url).get("merchant_orders", "1/../pos?x")
        assert server.requests[0].head.startswith("GET /merchant_orders/1%2F..%2Fpos%3Fx HTTP")


def test_the_base_url_may_end_in_a_slash(simulator: Simulator) -> None:
    assert ask(client(f"{simulator.url}/"))["results"] == []
