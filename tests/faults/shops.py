"""Shops at the moments where faults begin, and time that passes in them as in a deployed stack."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from caja.usecases import protocols
from tests.builders import PRICE, a_box, a_merchant_order, after
from tests.cutting import Cutter
from tests.shop import ORDER, Shop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from caja.orders import Refund

PARTS = {
    "boxes": protocols.Boxes,
    "orders": protocols.Orders,
    "checks": protocols.Checks,
    "refund_requests": protocols.RefundRequests,
    "health": protocols.HealthRecord,
    "mercadopago": protocols.MerchantOrders,
    "payments": protocols.Payments,
}
"""What the use-cases of a shop reach the world through."""


def a_shop(**changes: Any) -> Shop:
    """A shop whose one order is a minute old."""
    mode = changes.get("mode", "postpay")
    shop = Shop(a_box(mode=mode))
    shop.with_order(**changes)
    shop.pass_time(minutes=1)
    return shop


def a_vending_shop() -> Shop:
    """A prepay shop whose one order can be paid for ten minutes."""
    return a_shop(mode="prepay", expires_at=after(minutes=10))


def a_sold_shop() -> Shop:
    """A prepay shop whose one order was paid two minutes after it was submitted: to be claimed before minute 4."""
    shop = a_vending_shop()
    shop.pass_time(minutes=1)
    shop.payments.have("9001", PRICE)
    shop.mercadopago.show(a_merchant_order())
    shop.notify("7001")
    assert shop.order().state == "paid"
    return shop


def live(shop: Shop, **time: float) -> None:
    """Let time pass: whenever something is due it is swept, checked and given back, and nobody notifies."""
    _live(shop, timedelta(**time), lambda: None)


def live_probed(shop: Shop, **time: float) -> None:
    """Let time pass, and the sweep find out as well whether Mercado Pago can be reached."""
    _live(shop, timedelta(**time), shop.probe)


def _live(shop: Shop, time: timedelta, probe: Callable[[], None]) -> None:
    end = shop.clock.now + time
    while True:
        waiting = [at for at, _ in shop.checks.waiting]
        waiting += [o.watch.check_at for o in shop.orders.stored.values() if o.watch.check_at]
        if not waiting or min(waiting) > end:
            break
        shop.clock.now = max(shop.clock.now, min(waiting))
        probe()
        shop.check()
        shop.give_back()
    shop.clock.now = end


def given_back(shop: Shop) -> list[str]:
    """The payments for which Mercado Pago was asked to give money back, each as often as it was asked."""
    looked = ""
    asked = []
    for kind, what in shop.payments.calls:
        if kind == "look":
            looked = what
        else:
            asked.append(looked)
    return asked


def refunds(shop: Shop, order_id: str = ORDER) -> dict[str, Refund]:
    """How far the return of each payment is."""
    return {payment.payment_id: payment.refund for payment in shop.order(order_id).payments}


def everywhere() -> Iterator[tuple[int, bool]]:
    """Every place where a function can be cut: before and after its first call, its second … without end."""
    return ((at, is_after) for at in count() for is_after in (False, True))


def watch(shop: Shop) -> Cutter:
    """Have every call of the use-cases to a table, a queue or Mercado Pago pass a cutter."""
    cutter = Cutter()
    for part, protocol in PARTS.items():
        setattr(shop, part, cutter.watch(getattr(shop, part), part, protocol))
    return cutter
