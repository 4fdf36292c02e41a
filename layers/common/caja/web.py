"""How our HTTP answers look: one resolver per function, every error one problem (RFC 9457)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from caja import errors
from caja.bodies import read_json_object

if TYPE_CHECKING:
    from collections.abc import Mapping

RETRY_AFTER_SECONDS = 5

_PROBLEMS: dict[type[errors.CajaError], tuple[int, str, str]] = {
    errors.BodyTooLargeError: (413, "body_too_large", "Body too large"),
    errors.NotJsonError: (415, "not_json", "Not JSON"),
    errors.InvalidRequestError: (400, "invalid_request", "Invalid request"),
    errors.UnauthorizedError: (401, "unauthorized", "Unauthorized"),
    errors.BoxBusyError: (409, "box_busy", "The box is busy"),
    errors.AlreadyPaidError: (409, "already_paid", "Already paid"),
    errors.InReviewError: (409, "in_review", "In review"),
    errors.NotInReviewError: (409, "not_in_review", "Not in review"),
    errors.NotPaidError: (409, "not_paid", "Not paid"),
    errors.AlreadyClaimedError: (409, "already_claimed", "Already claimed"),
    errors.TooLateError: (409, "too_late", "Too late"),
    errors.NotPrepayError: (409, "not_prepay", "Not prepay"),
    errors.NotClaimedError: (409, "not_claimed", "Not claimed"),
    errors.ContradictionError: (409, "contradiction", "Contradiction"),
    errors.RefundUnderWayError: (409, "refund_under_way", "A refund is under way"),
    errors.NothingToRefundError: (409, "nothing_to_refund", "Nothing to refund"),
    errors.NotReplaceableError: (409, "not_replaceable", "Nothing to replace"),
    errors.PosInUseError: (409, "pos_in_use", "The POS is in use"),
    errors.LastKeyError: (409, "last_key", "The last key"),
    errors.TicketReusedError: (422, "ticket_reused", "Ticket reused"),
    errors.PaymentsDownError: (503, "payments_down", "Payments are down"),
    errors.StorageError: (503, "storage_failed", "Storage failed"),
    errors.StaleVersionError: (503, "storage_failed", "Storage failed"),
    errors.MercadoPagoUnavailableError: (503, "mercadopago_unavailable", "Mercado Pago does not answer"),
    errors.TokenRefusedError: (502, "token_refused", "Mercado Pago refuses the access token"),
    errors.MercadoPagoNotFoundError: (502, "mercadopago_not_found", "Mercado Pago does not find it"),
}
"""Error → (status, code, title); the first class that fits, most special first."""

_UNMATCHED = re.compile(r"[^\w/.~'!*:@,;=+&$%<> ()\[\]{}|^-]")
"""What Powertools matches in no path parameter; API Gateway hands the path over decoded."""

logger = Logger()


def make_resolver() -> APIGatewayHttpResolver:
    """A resolver that answers every error of ours as a problem."""
    app = APIGatewayHttpResolver()

    app.not_found(_answer_no_route)
    app.exception_handler(errors.CajaError)(_answer_problem)
    app.exception_handler(Exception)(_answer_bug)
    return app


def resolve(app: APIGatewayHttpResolver, event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The resolver's answer, whatever the path holds: no name of ours has a character that stays encoded."""
    path = _UNMATCHED.sub(lambda odd: quote(odd[0], errors="surrogatepass"), event["rawPath"])
    return app.resolve({**event, "rawPath": path}, context)


def _answer_no_route(_error: Exception) -> Response[str]:
    return problem(404, {"code": "not_found", "title": "Not found", "detail": "There is no such path."})


def _answer_problem(error: errors.CajaError) -> Response[str]:
    status, fields = describe(error)
    if isinstance(error, errors.PaymentsDownError):
        logger.warning(
            "request refused", code=fields["code"]
        )  # the sweep tells it as an alarm, once a minute
    elif status >= 500:  # noqa: PLR2004 - the first status that is our fault
        logger.error("request failed", code=fields["code"], reason=str(error))
    return problem(status, fields)


def _answer_bug(error: Exception) -> Response[str]:
    logger.error("bug", exc_info=error)
    detail = "Wait, then repeat the same request."
    return problem(500, {"code": "internal_error", "title": "Our mistake", "detail": detail})


def describe(error: errors.CajaError) -> tuple[int, dict[str, Any]]:
    """The status of an error and the fields of its problem."""
    if isinstance(error, errors.NotFoundError):
        return 404, {"code": f"{error.what}_not_found", "title": "Not found", "detail": str(error)}
    if isinstance(error, errors.MercadoPagoRefusedError):
        # Mercado Pago's own word comes through, so that its support can be asked about it.
        return error.status, {
            "code": error.code,
            "title": "Mercado Pago refuses",
            "detail": str(error),
            "causes": list(error.causes),
            "advice": error.advice,
        }
    status, code, title = next(row for kind, row in _PROBLEMS.items() if isinstance(error, kind))
    fields: dict[str, Any] = {"code": code, "title": title, "detail": str(error)}
    if isinstance(error, errors.InvalidRequestError) and error.flaws:
        fields["errors"] = [{"path": flaw.path, "message": flaw.message} for flaw in error.flaws]
    if isinstance(error, errors.ConflictError) and error.order:
        fields["order"] = error.order
    if isinstance(error, errors.TicketReusedError):
        fields |= {"order_id": error.order_id, "state": error.state, "created_at": error.created_at}
    return status, fields


def problem(status: int, fields: Mapping[str, Any]) -> Response[str]:
    """An `application/problem+json` answer."""
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 503 else {}  # noqa: PLR2004 - see RFC 9110
    if status == 401:  # noqa: PLR2004 - see RFC 9110
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        status_code=status,
        content_type="application/problem+json",
        headers=headers,
        body=_dump({"type": "about:blank", "status": status, **fields}),
    )


def answer(status: int, body: Mapping[str, Any]) -> Response[str]:
    """A JSON answer."""
    return Response(status_code=status, content_type="application/json", body=_dump(body))


def read_body(app: APIGatewayHttpResolver) -> dict[str, Any]:
    """The current request's JSON object, read strictly."""
    event = app.current_event
    return read_json_object(
        event.raw_event.get("body"),
        content_type=event.headers.get("content-type"),
        is_base64=bool(event.raw_event.get("isBase64Encoded")),
    )


def read_authorization(app: APIGatewayHttpResolver) -> str | None:
    """The current request's Authorization header."""
    return app.current_event.headers.get("authorization")


def read_caller(app: APIGatewayHttpResolver) -> str:
    """The ARN of whoever signed the current request; API Gateway lets nobody else through."""
    iam = app.current_event.raw_event["requestContext"]["authorizer"]["iam"]
    return str(iam["userArn"])


def _dump(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
