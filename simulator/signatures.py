"""The ``x-signature`` of a notification, good or bad (protocol §3); QR notifications come without one, or with a bad one."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def sign(secret: str, query: Mapping[str, str], request_id: str, moment: int) -> str:
    """Sign with the application's secret; ``moment`` in seconds since 1970. What the query lacks is left out."""
    named = {"id": query.get("data.id"), "request-id": request_id, "ts": str(moment)}
    manifest = "".join(f"{name}:{value};" for name, value in named.items() if value)
    return f"ts={moment},v1={hmac.digest(secret.encode(), manifest.encode(), 'sha256').hex()}"


def sign_badly(moment: int) -> str:
    """Give a signature its form and nothing else."""
    return f"ts={moment},v1={secrets.token_hex(32)}"
