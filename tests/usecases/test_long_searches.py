"""An order scanned by hundreds, whose search alone takes most of the hour's calls."""

from __future__ import annotations

import pytest

from caja.orders import Refund, State
from tests.builders import PRICE, a_box, a_merchant_order, a_payment, a_scan, after
from tests.fake_ledger import Office
from tests.shop import ORDER

SCANS, EVERY = 250, 20
"""One every so many seconds, each told once; the last but 25 pays."""


def pass_seconds(office: Office, seconds: int, step: int) -> None:
    """Let time pass; the box asks for its order while it waits, and the sweep comes every minute."""
    for _ in range(0, seconds, step):
        office.pass_time(seconds=step)
        if office.order().state is State.READY:
            office.follow()
        if (office.clock.now - after()).seconds % 60 == 0:
            office.probe()
            office.sweep()
        office.work()
        office.give_back()


def be_scanned(office: Office) -> None:
    for number in range(SCANS):
        pass_seconds(office, EVERY, 5)
        now = office.clock.now
        if number == SCANS - 25:
            office.payments.have("9001", PRICE)
            paid = a_merchant_order(created_at=now, payments=(a_payment(approved_at=now),))
            office.mercadopago.show(paid)
            office.notify("7001")
        else:
            office.mercadopago.show(a_scan(number, created_at=now))
            office.notify(str(8000 + number))


@pytest.mark.parametrize("mode", ["postpay", "prepay"])
@pytest.mark.parametrize("is_cancelled", [False, True])
def test_nine_pages_are_read_to_their_end_within_hours(mode: str, *, is_cancelled: bool) -> None:
    office = Office(a_box(mode=mode))
    office.with_order(mode=mode, expires_at=after(hours=1, minutes=35))
    be_scanned(office)
    if is_cancelled and office.order().state is State.READY:
        office.cancel(ORDER)
    pass_seconds(office, 8 * 3600, 20)
    order = office.order()
    assert order.watch.pages == 9
    assert [p.refund for p in order.payments] == [Refund.NONE if order.state is State.PAID else Refund.DONE]
    assert "SearchTooLong" in office.report.alarms
