"""What is done to the simulator under ``/sim/``: phones, forgeries, hints sent again, refunds ended, a fresh start.

No token: the process listens on loopback only.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Mount, Route

from simulator import listening, notifications, pos, refunds, scenarios, switches, wallet
from simulator.api import answer, read_object
from simulator.errors import BAD_REQUEST, NOT_FOUND, MisuseError
from simulator.exact_json import is_integer, is_number
from simulator.forge import forge
from simulator.gate import OriginMiddleware
from simulator.pos_rules import is_url
from simulator.settings import NOTIFICATION_DIALECTS

if TYPE_CHECKING:
    from starlette.requests import Request

    from simulator.account import Account
    from simulator.wallet import Scan

REFUND_ENDS = ("approved", "rejected", "cancelled")
LONGEST_NAME = 100


def routes(account: Account) -> Mount:
    """Lay the control routes."""
    return Mount(
        "/sim",
        routes=[
            *_phones(account),
            *switches.routes(account),
            *listening.routes(account),
            *_tampering(account),
            *scenarios.routes(account),
        ],
        middleware=[Middleware(OriginMiddleware)],
    )


def _phones(account: Account) -> list[Route]:
    async def post_scan(request: Request) -> Response:
        return answer(_scan(account, await read_object(request)).shown(account), 201)

    async def list_scans(_request: Request) -> Response:
        return answer([scan.shown(account) for scan in account.scans.values()])

    async def get_scan(request: Request) -> Response:
        return answer(wallet.find(account, request.path_params["id"]).shown(account))

    async def post_pay(request: Request) -> Response:
        return await _attempt(account, request, "approved")

    async def post_reject(request: Request) -> Response:
        return await _attempt(account, request, "rejected")

    async def post_abandon(request: Request) -> Response:
        scan = wallet.find(account, request.path_params["id"])
        wallet.abandon(account, scan)
        return answer(scan.shown(account))

    async def list_pos(_request: Request) -> Response:
        return answer([box.shown() for box in account.pos.values()])

    return [
        Route("/scans", post_scan, methods=["POST"]),
        Route("/scans", list_scans, methods=["GET"]),
        Route("/scans/{id}", get_scan, methods=["GET"]),
        Route("/scans/{id}/pay", post_pay, methods=["POST"]),
        Route("/scans/{id}/reject", post_reject, methods=["POST"]),
        Route("/scans/{id}/abandon", post_abandon, methods=["POST"]),
        Route("/pos", list_pos, methods=["GET"]),
    ]


def _tampering(account: Account) -> list[Route]:
    async def post_reset(_request: Request) -> Response:
        await account.forget()
        return Response(status_code=204)

    async def post_store(request: Request) -> Response:
        body = await read_object(request)
        return answer(account.seed_store(str(body.get("external_id"))).shown(), 201)

    async def post_merchant_order(request: Request) -> Response:
        order = forge(account, await read_object(request))
        return answer(order.shown(account.country.site), 201)

    async def post_notification(request: Request) -> Response:
        _notify(account, await read_object(request))
        return answer({}, 202)

    async def post_refund(request: Request) -> Response:
        refund = _pending_refund(account, request.path_params["id"])
        status = (await read_object(request)).get("status")
        if status not in REFUND_ENDS:
            raise MisuseError(f"a refund ends as one of {REFUND_ENDS}", BAD_REQUEST)
        refunds.settle(account, refund, str(status))
        return answer(refund.shown())

    return [
        Route("/reset", post_reset, methods=["POST"]),
        Route("/stores", post_store, methods=["POST"]),
        Route("/merchant_orders", post_merchant_order, methods=["POST"]),
        Route("/notifications", post_notification, methods=["POST"]),
        Route("/refunds/{id}", post_refund, methods=["POST"]),
    ]


def _scan(account: Account, body: dict[str, Any]) -> Scan:
    named, code, url = body.get("pos"), body.get("qr"), body.get("url")
    if isinstance(named, str):
        found = pos.by_external_id(account, named)
    elif isinstance(code, str):
        found = pos.by_qr(account, code)
    elif isinstance(url, str) and is_url(url):
        name = body.get("external_id")
        if name is not None and not (isinstance(name, str) and 0 < len(name) <= LONGEST_NAME):
            raise MisuseError(f"external_id: a text of at most {LONGEST_NAME} characters", BAD_REQUEST)
        return wallet.scan_url(account, url, name)
    else:
        raise MisuseError(
            "name the box: pos (its external_id), qr (what its code leads to) or url (where it is polled)",
            BAD_REQUEST,
        )
    if found is None:
        raise MisuseError(f"there is no such box: {body}", NOT_FOUND)
    return wallet.scan(account, found)


def _notify(account: Account, body: dict[str, Any]) -> None:
    url, dialect = body.get("url"), body.get("dialect")
    if url is not None and not (isinstance(url, str) and is_url(url)):
        raise MisuseError("url: an absolute http or https address", BAD_REQUEST)
    if dialect not in (None, *NOTIFICATION_DIALECTS):
        raise MisuseError(f"dialect: one of {NOTIFICATION_DIALECTS}", BAD_REQUEST)
    order = account.merchant_orders.get(_number(body, "merchant_order_id"))
    payment = account.payments.get(_number(body, "payment_id"))
    if payment:
        order = account.merchant_orders[payment.merchant_order_id]
        notifications.announce_payment(account, order, payment, url=url, dialect=dialect)
    elif order:
        notifications.announce_merchant_order(account, order, url=url, dialect=dialect)
    else:
        raise MisuseError("name a merchant_order_id or a payment_id that exists", NOT_FOUND)


async def _attempt(account: Account, request: Request, status: str) -> Response:
    scan = wallet.find(account, request.path_params["id"])
    body = await read_object(request)
    amount = body.get("amount")
    if amount is not None and not is_number(amount):
        raise MisuseError("amount: a number", BAD_REQUEST)
    method = body.get("method", "account_money")
    wallet.pay(account, scan, None if amount is None else Decimal(amount), status, method)
    return answer(scan.shown(account))


def _number(body: dict[str, Any], name: str) -> int:
    value = body.get(name, 0)
    if not is_integer(value):
        raise MisuseError(f"{name}: an integer", BAD_REQUEST)
    return int(value)


def _pending_refund(account: Account, text: str) -> refunds.Refund:
    for payment in account.payments.values():
        for refund in payment.refunds:
            if str(refund.id) == text and refund.status == "in_process":
                return refund
    raise MisuseError(f"no refund {text} is in process", NOT_FOUND)
