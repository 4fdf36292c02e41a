"""One HTTP exchange within its deadline: hosts that hang, drip, hide and pretend."""

from __future__ import annotations

import json
import os
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from caja import exchange, light
from tests.light_calls import EMPTY_PAGE, call, serve
from tests.rude import RudeServer, drip, hang, say, say_and_close

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rude import Act

AMAZONS = {
    "Starfield Services Root Certificate Authority - G2",
    "Amazon Root CA 1",
    "Amazon Root CA 2",
    "Amazon Root CA 3",
    "Amazon Root CA 4",
}

pytestmark = pytest.mark.usefixtures("light_environment")


def test_an_endless_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = say_and_close(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b" " * 9_999_999)
    with (
        serve(endless, endless, monkeypatch=monkeypatch),
        pytest.raises(light.AwsUnreachableError, match="BrokenAnswerError"),
    ):
        call()


@pytest.mark.parametrize(
    "act",
    [hang, drip(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 99, every=0.05), drip(b" " * 99, every=0.05)],
    ids=["silence", "slow headers", "slow rubbish"],
)
def test_silence_and_a_slow_answer_are_given_up_at_the_deadline(
    act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = time.monotonic()
    with (
        serve(act, act, monkeypatch=monkeypatch),
        pytest.raises(light.AwsUnreachableError, match="TimeoutError"),
    ):
        call(within=0.4)
    assert 0.3 < time.monotonic() - started < 1.5


def test_a_poll_is_given_up_after_two_and_a_half_seconds_retry_included(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n" + EMPTY_PAGE, every=1)
    started = time.monotonic()
    with (
        serve(body, body, monkeypatch=monkeypatch) as server,
        pytest.raises(light.AwsUnreachableError, match="TimeoutError"),
    ):
        light.read_box("CAJA0001")
    assert 2.4 < time.monotonic() - started < 3.5
    assert len(server.requests) == 2


def test_a_host_that_does_not_take_connections_is_given_up_after_a_second_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for queued in waiting:  # fill the queue of connections: the next one gets no answer
            queued.settimeout(0)
            queued.connect_ex(full.getsockname())
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{full.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(light.AwsUnreachableError, match="TimeoutError"):
            call(within=10)
        assert 1.9 < time.monotonic() - started < 5
        for queued in waiting:
            queued.close()


def test_a_name_that_is_not_resolved_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up_for_long(*_: object, **__: object) -> list[Any]:
        time.sleep(1)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up_for_long)
    started = time.monotonic()
    with pytest.raises(light.AwsUnreachableError, match="TimeoutError"):
        call(within=0.2)
    assert time.monotonic() - started < 0.9


@pytest.mark.parametrize(
    ("found", "error"),
    [(socket.gaierror("unknown"), "gaierror"), ([], "OSError")],
    ids=["unknown", "without address"],
)
def test_a_name_without_an_address_is_unreachable(
    found: Any, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(*_: object, **__: object) -> Any:
        if isinstance(found, OSError):
            raise found
        return found

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(light.AwsUnreachableError, match=error):
        call()


def test_every_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(say("200 OK", EMPTY_PAGE), monkeypatch=monkeypatch) as server:
        port = int(server.url.rpartition(":")[2])
        with socket.create_server(("127.0.0.1", 0)) as closed:
            dead = closed.getsockname()
        addresses = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in (dead, ("127.0.0.1", port))
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
        assert call() == json.loads(EMPTY_PAGE)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody has heard of, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "caja test")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def tls(certificate: Path) -> Iterator[ssl.SSLContext]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    exchange._system_context.cache_clear()
    yield context
    exchange._system_context.cache_clear()


def test_a_certificate_that_nobody_vouches_for_is_refused(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RudeServer(say("200 OK"), tls=tls) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        with pytest.raises(light.AwsUnreachableError, match="SSLCertVerificationError"):
            call()
    assert not server.requests


def test_over_tls_the_connection_and_the_context_are_kept(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", os.fspath(certificate))
    with RudeServer(say("200 OK", EMPTY_PAGE), say("200 OK", EMPTY_PAGE), tls=tls) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        assert call() == json.loads(EMPTY_PAGE)
        assert call() == json.loads(EMPTY_PAGE)
    # The first connection was Amazon's authorities' to refuse.
    assert [request.connection for request in server.requests] == [2, 2]
    assert exchange._system_context.cache_info().misses == 1


def test_whoever_amazon_vouches_for_needs_no_other_authority(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "AMAZON_ROOTS", os.fspath(certificate))
    exchange.tls_context.cache_clear()
    with RudeServer(say("200 OK", EMPTY_PAGE), tls=tls) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        assert call() == json.loads(EMPTY_PAGE)
    assert exchange._system_context.cache_info().misses == 0
    exchange.tls_context.cache_clear()


def test_amazons_authorities_are_those_that_certifi_knows_and_none_is_about_to_end() -> None:
    ours, known = (
        ssl.create_default_context(cafile=path).get_ca_certs()
        for path in (exchange.AMAZON_ROOTS, certifi.where())
    )
    amazons = [found for found in known if any(f"'{name}'" in repr(found["subject"]) for name in AMAZONS)]
    assert len(amazons) == len(AMAZONS)
    assert sorted(map(repr, ours)) == sorted(map(repr, amazons))
    soon = time.time() + 365 * 86_400
    assert all(ssl.cert_time_to_seconds(str(found["notAfter"])) > soon for found in ours)


@pytest.mark.parametrize("service", ["dynamodb", "sqs"])
def test_a_function_makes_its_context_while_it_starts(service: str) -> None:
    exchange.tls_context.cache_clear()
    light.prepare(service)
    assert exchange.tls_context.cache_info().misses == 1
    assert exchange.tls_context().verify_mode is ssl.CERT_REQUIRED
    assert exchange.tls_context().check_hostname


def test_over_plain_http_no_context_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    exchange.tls_context.cache_clear()
    light.prepare("dynamodb")
    assert exchange.tls_context.cache_info().misses == 0


def test_what_cannot_be_made_ready_fails_in_the_call_and_not_in_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange, "AMAZON_ROOTS", "nowhere.pem")
    exchange.tls_context.cache_clear()
    light.prepare("dynamodb")
    with pytest.raises(light.AwsUnreachableError, match="FileNotFoundError"):
        call()
    monkeypatch.delenv("AWS_REGION")
    light.prepare("dynamodb")


def test_without_any_time_nothing_is_tried() -> None:
    with pytest.raises(light.AwsUnreachableError, match="TimeoutError"):
        call(within=0)
