"""The keys boxes and branches sign in with, and the unguessable parts of URLs; pure.

A key reads `caja_box_<key_id>_<secret>`: the prefix is for secret scanners, the id for the operator, the
128-bit secret for us. Only the SHA-256 of the whole key is stored.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEY = re.compile(r"caja_box_([a-z0-9]{8})_([a-z0-9]{32})", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the only moment it can be seen: `box_key` goes to the box, `sha256` to the table."""

    key_id: str
    box_key: str
    sha256: str


def make_key(random_hex: str) -> NewKey:
    """A key out of 40 random hexadecimal digits: 8 name it, 32 (128 bits) are its secret."""
    key_id, secret = random_hex[:8], random_hex[8:40]
    box_key = f"caja_box_{key_id}_{secret}"
    return NewKey(key_id=key_id, box_key=box_key, sha256=hash_key(box_key))


def hash_key(box_key: str) -> str:
    """The hexadecimal SHA-256 under which a key is stored."""
    return hashlib.sha256(box_key.encode()).hexdigest()


def read_bearer(authorization: str | None) -> str | None:
    """The key in an `Authorization: Bearer …` header, or None if there is no well-formed one."""
    scheme, _, presented = (authorization or "").partition(" ")
    presented = presented.strip()
    return presented if scheme.lower() == "bearer" and _KEY.fullmatch(presented) else None


def is_known(box_key: str, hashes: Mapping[str, str]) -> bool:
    """Whether `box_key` is one of `hashes` (key_id → SHA-256); takes the same time for any wrong secret."""
    match = _KEY.fullmatch(box_key)
    stored = hashes.get(match.group(1), "") if match else ""
    return hmac.compare_digest(stored.encode(), hash_key(box_key).encode())
