"""Mercado Pago's own refusals, in Mercado Pago's own shapes.

Two families are in print: the in-store API (stores, POS) lists ``causes``, the payments API lists ``cause``. Both carry
``message``, ``error`` and ``status``. Refund causes are numbers; in which status each comes is printed inconsistently, so
the table below is data and a client should branch on the number (protocol §5).

- ``RefusedError``: what the API refuses
- ``MisuseError``: what the control API refuses
"""

from __future__ import annotations

from typing import Any

BAD_REQUEST = 400
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
CONFLICT = 409


class RefusedError(Exception):
    """Mercado Pago refuses a call: ``status`` and ``error`` as on the wire, ``causes`` of ``{code, description}``."""

    def __init__(
        self,
        status: int,
        error: str,
        message: str,
        causes: tuple[dict[str, Any], ...] = (),
        causes_key: str = "cause",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message
        self.causes = causes
        self.causes_key = causes_key

    def body(self) -> dict[str, Any]:
        """Build the body that says so."""
        return {
            "message": self.message,
            "error": self.error,
            "status": self.status,
            self.causes_key: list(self.causes),
        }


REFUND_CAUSES: dict[int, tuple[int, str, str]] = {
    2000: (NOT_FOUND, "not_found", "Payment not found"),
    2024: (BAD_REQUEST, "bad_request", "Payment too old to be refunded"),
    2032: (BAD_REQUEST, "bad_request", "Refund not found or its idempotency key already used"),
    2063: (
        BAD_REQUEST,
        "bad_request",
        "The action requested is not valid for the current payment state",
    ),
    4040: (BAD_REQUEST, "bad_request", "amount attribute must be positive and within what is left"),
    4041: (BAD_REQUEST, "bad_request", "amount attribute must be numeric"),
    4292: (BAD_REQUEST, "bad_request", "Header X-Idempotency-Key can't be null"),
    4296: (BAD_REQUEST, "bad_request", "Payment already refunded"),
}


def refuse_refund(code: int, message: str | None = None) -> RefusedError:
    """Refuse a refund with one of the published numeric causes."""
    status, error, text = REFUND_CAUSES[code]
    text = message or text
    return RefusedError(status, error, text, ({"code": code, "description": text, "data": None},))


def refuse_without_balance() -> RefusedError:
    """Refuse a refund the seller has no money for; no page says with which cause, so there is none."""
    return RefusedError(BAD_REQUEST, "bad_request", "The collector does not have enough balance")


def refuse_pos(code: str, description: str, *, status: int = BAD_REQUEST) -> RefusedError:
    """Refuse a POS; the published code is both the ``error`` and the cause's ``code``."""
    return RefusedError(status, code, description, ({"code": code, "description": description},), "causes")


def refuse_store(descriptions: list[str]) -> RefusedError:
    """Refuse a store: one error for everything, used external_id and wrong city alike (protocol §6)."""
    causes = tuple({"code": BAD_REQUEST, "description": text} for text in descriptions)
    return RefusedError(BAD_REQUEST, "VALIDATION_ERROR", "Validation error", causes, "causes")


def not_found(message: str) -> RefusedError:
    """Say that there is no such thing."""
    return RefusedError(NOT_FOUND, "not_found", message)


def invalid_format(message: str) -> RefusedError:
    """Say that an id or a body cannot be read."""
    return RefusedError(BAD_REQUEST, "invalid_format", message)


def invalid_token() -> RefusedError:
    """Say that the bearer token is missing or not this account's."""
    return RefusedError(UNAUTHORIZED, "invalid_token", "invalid access token")


class MisuseError(Exception):
    """A control call that makes no sense, such as paying on a phone without a pay screen; answered 4xx."""

    def __init__(self, message: str, status: int = CONFLICT) -> None:
        super().__init__(message)
        self.status = status
