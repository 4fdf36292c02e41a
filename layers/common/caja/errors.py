"""Every error the merchant's side raises, one tree.

CajaError
├── InvalidRequestError          the request itself is wrong (400)
│   ├── BodyTooLargeError        more than 16 KB (413)
│   └── NotJsonError             the content type is not JSON (415)
├── UnauthorizedError            missing, wrong or another box's key (401)
├── NotFoundError                no such order, box, branch or key (404)
├── ConflictError                right request, wrong moment (409)
│   ├── BoxBusyError             another order is in the way
│   ├── AlreadyPaidError         the order has been paid
│   ├── InReviewError            a person has to decide about the order first
│   ├── NotInReviewError         there is nothing to decide about the order
│   ├── NotPaidError             nothing may be released: the order is not paid
│   ├── AlreadyClaimedError      another claim may have released the goods
│   ├── TooLateError             the money goes back, or has gone back
│   ├── NotPrepayError           a postpay order is not claimed
│   ├── NotClaimedError          a report without the claim it belongs to
│   ├── ContradictionError       a report that contradicts what has been decided
│   ├── RefundUnderWayError      money of the order goes back, or has gone back: it cannot be kept
│   ├── NothingToRefundError     the order holds no money that could go back
│   ├── NotReplaceableError      `replaces` does not name the box's current unpaid order
│   ├── PosInUseError            the POS at Mercado Pago belongs to something else
│   └── LastKeyError             a box must keep one key
├── TicketReusedError            the ticket already made another order (422)
├── PaymentsDownError            nobody could see what is paid: no new order (503)
├── StorageError                 our tables or queues did not answer (503)
├── StaleVersionError            somebody else wrote the order first: read it again
└── MercadoPagoError
    ├── MercadoPagoUnavailableError  no usable answer: time-out, 429, 5xx, rubbish
    ├── MercadoPagoNotFoundError     404; reads lag, so it may appear
    ├── TokenRefusedError            401: the access token is wrong or revoked
    └── MercadoPagoRefusedError      a 4xx about what we sent, with Mercado Pago's code and causes

`web` turns them into `application/problem+json` answers (RFC 9457).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with a request: `path` as in `items.0.unit_price`, `message` one sentence."""

    path: str
    message: str


class CajaError(Exception):
    """Root of the tree; the message is a sentence for whoever sent the request."""


class InvalidRequestError(CajaError):
    """The request is wrong in one or more places."""

    def __init__(self, message: str, flaws: Sequence[Flaw] = ()) -> None:
        super().__init__(message)
        self.flaws = tuple(flaws)


class BodyTooLargeError(InvalidRequestError):
    """The body is over 16 KB."""


class NotJsonError(InvalidRequestError):
    """The content type is not JSON."""


class UnauthorizedError(CajaError):
    """Missing, wrong or another box's key; always the same, so that keys cannot be told apart."""

    def __init__(self) -> None:
        super().__init__("Send `Authorization: Bearer <key>` with the key of this box or of its branch.")


class NotFoundError(CajaError):
    """Nothing there; `what` is order, box, store or key."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"There is no {what} {name} here.")
        self.what = what


class ConflictError(CajaError):
    """Right request, wrong moment; `order` is the order in the way as the contract shows it, if there is one."""

    def __init__(self, message: str, order: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.order = order


class BoxBusyError(ConflictError):
    """Another order is in the way."""


class AlreadyPaidError(ConflictError):
    """The order has been paid."""


class InReviewError(ConflictError):
    """The order's money is in doubt; a person decides first."""


class NotInReviewError(ConflictError):
    """Only an order in review is resolved."""


class NotPaidError(ConflictError):
    """The order is not paid; nothing may be released."""


class AlreadyClaimedError(ConflictError):
    """The order was claimed with another claim."""


class TooLateError(ConflictError):
    """The order's money goes back, or has gone back."""


class NotPrepayError(ConflictError):
    """A postpay order has nothing to claim."""


class NotClaimedError(ConflictError):
    """The report names a claim the order does not have."""


class ContradictionError(ConflictError):
    """The report contradicts what has been decided about the order."""


class RefundUnderWayError(ConflictError):
    """Money that goes back, or has gone back, cannot be kept."""


class NothingToRefundError(ConflictError):
    """The order holds no money that could be given back."""


class NotReplaceableError(ConflictError):
    """`replaces` does not name the box's current unpaid order."""


class PosInUseError(ConflictError):
    """A POS with this external_id exists at Mercado Pago and its URL is not ours."""


class LastKeyError(ConflictError):
    """Deleting this key would lock the box out."""


class TicketReusedError(CajaError):
    """The ticket already made another order; `order_id`, `state`, `created_at` name it."""

    def __init__(self, *, order_id: str, state: str, created_at: str) -> None:
        super().__init__(
            f"This ticket already made order {order_id} ({state}, {created_at}). Make a fresh ticket for every sale."
        )
        self.order_id = order_id
        self.state = state
        self.created_at = created_at


class PaymentsDownError(CajaError):
    """Mercado Pago has not answered for two minutes, or refuses our token: a payment could not be seen."""

    def __init__(self) -> None:
        super().__init__(
            "Payments cannot be seen at the moment; nothing is offered. Send the same request again later."
        )


class StorageError(CajaError):
    """Our tables or queues did not answer in time; nothing is known to be wrong with the request."""


class StaleVersionError(CajaError):
    """The order changed between our read and our write; read it again and decide again."""


class MercadoPagoError(CajaError):
    """Mercado Pago did not do what was asked."""


class MercadoPagoUnavailableError(MercadoPagoError):
    """No usable answer; `retry_after` seconds if Mercado Pago named them."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MercadoPagoNotFoundError(MercadoPagoError):
    """404; a read can lag, so the thing may appear later."""


class TokenRefusedError(MercadoPagoError):
    """401, also after the secret was read again."""


class MercadoPagoRefusedError(MercadoPagoError):
    """A 4xx about what we sent: `status`, Mercado Pago's own `code` and `causes`, and `advice` on what to do.

    `is_its_word`: Mercado Pago itself said so; else something in between may have, such as a proxy.
    """

    def __init__(
        self,
        *,
        status: int,
        code: str,
        message: str,
        causes: Sequence[Mapping[str, Any]] = (),
        advice: str = "",
        is_its_word: bool = True,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.causes = tuple(causes)
        self.advice = advice
        self.is_its_word = is_its_word
