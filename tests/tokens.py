"""A secret that can be rotated, and a client of Mercado Pago that reads it."""

from __future__ import annotations

from caja.mercadopago.calls import MercadoPago
from simulator.server import ACCESS_TOKEN

REVOKED = "TEST-1111111111111111-010101-revoked-123456789"


class Secret:
    """A secret whose old value is remembered after it was rotated, until it is wanted fresh."""

    def __init__(self, remembered: str, stored: str | None = None) -> None:
        self.remembered = remembered
        self.stored = stored or remembered
        self.reads: list[bool] = []

    def __call__(self, *, fresh: bool) -> str:
        self.reads.append(fresh)
        if fresh:
            self.remembered = self.stored
        return self.remembered


def client(url: str, *, answer_seconds: float = 4.0, secret: Secret | None = None) -> MercadoPago:
    """A client of the Mercado Pago at `url`, with the simulator's token unless another is given."""
    return MercadoPago(url, secret or Secret(ACCESS_TOKEN), answer_seconds=answer_seconds)
