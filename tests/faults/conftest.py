"""What the tests of faults begin with."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.faults.stack import Stack
from tests.faults.street import Street

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tables import Tables


@pytest.fixture
def street() -> Street:
    """A town with a pump and a vending machine, where notifications come."""
    return Street()


@pytest.fixture
def stack(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The functions over moto, with one postpay box."""
    stack = Stack(tables, monkeypatch)
    tables.provision()
    return stack


@pytest.fixture
def untrusted(tmp_path: Path) -> ssl.SSLContext:
    """The server's side of TLS with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    until = datetime.now(UTC) + timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(until - timedelta(days=2))
        .not_valid_after(until)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    written = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "certificate.pem"
    path.write_bytes(made.public_bytes(pem) + written)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
