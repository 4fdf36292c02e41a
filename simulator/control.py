"""The switches under ``/sim/``: phones, payments, settings, the wire, forgeries, rude answers.

No token: the process listens on loopback only.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Mount, Route

from simulator import notifications, pos, refunds, wallet
from simulator.api import answer, page_of, read_object
from simulator.errors import BAD_REQUEST, NOT_FOUND, MisuseError
from simulator.exact_json import is_number
from simulator.forge import forge
from simulator.rude import read_rude_answer

if TYPE_CHECKING:
    from starlette.requests import Request

    from simulator.account import Account

MOST_MESSAGES = 1000
REFUND_ENDS = ("approved", "rejected", "cancelled")


def routes(account: Account) -> Mount:
    """Lay the control routes."""
    return Mount(
        "/sim",
        routes=[*_phones(account), *_switches(account), *_tampering(account)],
    )


def _phones(account: Account) -> list[Route]:
    async def post_scan(request: Request) -> Response:
        found = _box_of(account, await read_object(request))
        return answer(wallet.scan(account, found).shown(account), 201)

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

    return [
        Route("/scans", post_scan, methods=["POST"]),
        Route("/scans", list_scans, methods=["GET"]),
        Route("/scans/{id}", get_scan, methods=["GET"]),
        Route("/scans/{id}/pay", post_pay, methods=["POST"]),
        Route("/scans/{id}/reject", post_reject, methods=["POST"]),
        Route("/scans/{id}/abandon", post_abandon, methods=["POST"]),
    ]


def _switches(account: Account) -> list[Route]:
    async def get_settings(_request: Request) -> Response:
        return answer(account.settings.shown())

    async def patch_settings(request: Request) -> Response:
        account.settings = account.settings.changed(await read_object(request))
        return answer(account.settings.shown())

    async def get_wire(request: Request) -> Response:
        # ``since`` is the seq of the last message already seen.
        since = request.query_params.get("since", "0")
        if not since.isdigit():
            raise MisuseError("since: the seq of a message", BAD_REQUEST)
        _, limit = page_of(request, largest=MOST_MESSAGES)
        return answer(account.wire.since(int(since), limit))

    async def post_rude(request: Request) -> Response:
        rude = read_rude_answer(await read_object(request))
        account.rude_answers.append(rude)
        return answer(rude.shown(), 201)

    async def get_rude(_request: Request) -> Response:
        return answer([rude.shown() for rude in account.rude_answers])

    async def delete_rude(_request: Request) -> Response:
        account.rude_answers.clear()
        return Response(status_code=204)

    return [
        Route("/settings", get_settings, methods=["GET"]),
        Route("/settings", patch_settings, methods=["PATCH"]),
        Route("/wire", get_wire, methods=["GET"]),
        Route("/rude", post_rude, methods=["POST"]),
        Route("/rude", get_rude, methods=["GET"]),
        Route("/rude", delete_rude, methods=["DELETE"]),
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
        body = await read_object(request)
        order = account.merchant_orders.get(body.get("merchant_order_id", 0))
        payment = account.payments.get(body.get("payment_id", 0))
        if payment:
            order = account.merchant_orders[payment.merchant_order_id]
            notifications.announce_payment(account, order, payment, url=body.get("url"))
        elif order:
            notifications.announce_merchant_order(account, order, url=body.get("url"))
        else:
            raise MisuseError("name a merchant_order_id or a payment_id that exists", NOT_FOUND)
        return answer({}, 202)

    async def post_refund(request: Request) -> Response:
        refund = _pending_refund(account, request.path_params["id"])
        status = (await read_object(request)).get("status")
        if status not in REFUND_ENDS:
            raise MisuseError(f"a refund ends as one of {REFUND_ENDS}", BAD_REQUEST)
        refunds.settle(account, refund, status)
        return answer(refund.shown())

    return [
        Route("/reset", post_reset, methods=["POST"]),
        Route("/stores", post_store, methods=["POST"]),
        Route("/merchant_orders", post_merchant_order, methods=["POST"]),
        Route("/notifications", post_notification, methods=["POST"]),
        Route("/refunds/{id}", post_refund, methods=["POST"]),
    ]


def _box_of(account: Account, body: dict[str, Any]) -> pos.Pos:
    if isinstance(body.get("pos"), str):
        found = pos.by_external_id(account, body["pos"])
    elif isinstance(body.get("qr"), str):
        found = pos.by_qr(account, body["qr"])
    else:
        raise MisuseError("name the box: pos (its external_id) or qr (what its code leads to)", BAD_REQUEST)
    if found is None:
        raise MisuseError(f"there is no such box: {body}", NOT_FOUND)
    return found


async def _attempt(account: Account, request: Request, status: str) -> Response:
    scan = wallet.find(account, request.path_params["id"])
    body = await read_object(request)
    amount = body.get("amount")
    if amount is not None and not is_number(amount):
        raise MisuseError("amount: a number", BAD_REQUEST)
    method = body.get("method", "account_money")
    wallet.pay(account, scan, None if amount is None else Decimal(amount), status, method)
    return answer(scan.shown(account))


def _pending_refund(account: Account, text: str) -> refunds.Refund:
    for payment in account.payments.values():
        for refund in payment.refunds:
            if str(refund.id) == text and refund.status == "in_process":
                return refund
    raise MisuseError(f"no refund {text} is in process", NOT_FOUND)
