"""Sales as a customer sees them: the machine, the phone and the wire, on the deployed stack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.visitor import LABELS, LOOK_MS, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.deployed.shop import DeployedBox

AMOUNT = "$\N{NO-BREAK SPACE}15.000,50"
MOST_CLICKS = 10


def test_a_customer_pays_for_fuel_in_fewer_than_ten_clicks(
    visit: Callable[..., Visitor], pump: DeployedBox
) -> None:
    visitor = visit()
    visitor.press(f"machine-{pump.box_id}")
    visitor.press("lift")
    visitor.see_lit("3A")
    visitor.press("scan")
    visitor.see_screen("waiting")
    visitor.see_lit("3B", "3D")
    visitor.press("fill")
    visitor.wait_until_filled()
    visitor.press("hang-up")
    visitor.see_screen("amount")
    visitor.see("phone-amount", AMOUNT)
    visitor.press("pay")
    visitor.see_screen("paid")
    visitor.see("receipt", AMOUNT)
    visitor.see("display", "Pagado")

    assert visitor.clicks < MOST_CLICKS
    visitor.see_lit(*LABELS)
    polls = visitor.rows(f"positionId={pump.box_id}")
    assert '"type": "in_process"' in visitor.read_answer(polls.first)
    offered = visitor.read_answer(polls.filter(has_text="sí:").first)
    assert re.search(r'"unit_price": 15000\.50?\b', offered)
    assert re.search(r'"external_reference": "[A-Z0-9]{26}"', offered)
    assert re.search(r'/notify/[A-Z0-9]{26}/\*\*\*"', offered)  # no key is shown


def test_a_rejected_payment_can_be_tried_again(visit: Callable[..., Visitor], pump: DeployedBox) -> None:
    visitor = visit()
    _fill(visitor, pump)
    visitor.press("scan")
    visitor.see_screen("amount")
    visitor.press("reject")
    visitor.see("rejected")
    visitor.press("pay")
    visitor.see_screen("paid")
    visitor.see("receipt", AMOUNT)


def test_who_walks_away_leaves_the_sale_to_be_paid_in_cash(
    visit: Callable[..., Visitor], pump: DeployedBox
) -> None:
    visitor = visit()
    _fill(visitor, pump)
    visitor.press("scan")
    visitor.see_screen("amount")
    visitor.press("walk-away")
    visitor.see_screen("abandoned")
    visitor.press("cash")
    visitor.see("display", "Pagado en efectivo")


def test_a_second_phone_that_pays_gets_its_money_back(
    visit: Callable[..., Visitor], pump: DeployedBox
) -> None:
    visitor = visit()
    _fill(visitor, pump)
    visitor.press("scan")
    visitor.see_screen("amount")
    visitor.press("second-phone")
    visitor.press("scan")
    visitor.see_screen("amount")
    visitor.press("pay")
    visitor.see_screen("paid")
    visitor.press("phone-1")
    visitor.press("pay")
    expect(visitor.page.locator(".phone-chip[data-kind=refunded]")).to_have_count(1, timeout=LOOK_MS)
    expect(visitor.page.locator(".phone-chip[data-kind=paid]")).to_have_count(1)
    visitor.page.locator(".phone-chip[data-kind=refunded]").click()
    visitor.see("refund", AMOUNT)
    visitor.see("excess", AMOUNT)
    expect(visitor.rows("Devolver el pago").filter(has_text="devuelto")).to_have_count(1)


def test_a_vending_machine_drops_what_was_paid(visit: Callable[..., Visitor], vending: DeployedBox) -> None:
    visitor = visit()
    visitor.press(f"machine-{vending.box_id}")
    before = visitor.see("choose-gaseosa").inner_text()
    visitor.press("choose-gaseosa")
    visitor.press("scan")
    visitor.see_screen("amount")
    visitor.press("pay")
    visitor.see("display", "Retire su producto")
    expect(visitor.page.locator(".faller[data-way=out]:visible")).to_be_visible()
    visitor.see("receipt", "Gaseosa")
    assert visitor.find("choose-gaseosa").inner_text() != before
    assert {"6", "7A", "8B", "9"} <= visitor.lit()
    asked = visitor.rows("¿Puedo entregar?")
    reported = visitor.rows("Entregado")
    expect(asked).to_have_count(1)
    expect(reported).to_have_count(1)


def test_what_jams_is_paid_back(visit: Callable[..., Visitor], vending: DeployedBox) -> None:
    visitor = visit()
    visitor.press(f"machine-{vending.box_id}")
    visitor.press("jam")
    visitor.press("choose-papas")
    visitor.press("scan")
    visitor.see_screen("amount")
    visitor.press("pay")
    expect(visitor.page.locator(".faller[data-way=stuck]:visible")).to_be_visible(timeout=LOOK_MS)
    visitor.see_screen("refunded")
    expect(visitor.find("receipt")).to_have_count(0)


def test_a_sale_settles_though_every_notification_is_lost(
    visit: Callable[..., Visitor], pump: DeployedBox
) -> None:
    visitor = visit()
    visitor.press("lab-faults")
    visitor.press("fault-notifications_lost")
    expect(visitor.find("fault-notifications_lost")).to_have_attribute("aria-checked", "true")
    _fill(visitor, pump)
    visitor.press("scan")
    visitor.see_screen("amount")
    visitor.press("pay")
    visitor.see_screen("paid")
    visitor.see("receipt", AMOUNT)
    visitor.see_lit("9")
    assert not {"5B", "7B"} & visitor.lit()


def test_a_scenario_is_told_step_by_step(visit: Callable[..., Visitor], pump: DeployedBox) -> None:
    visitor = visit()
    visitor.press(f"machine-{pump.box_id}")
    visitor.press("scenario-sale")
    visitor.see("story", "Listo.")
    visitor.see("receipt")
    visitor.see_screen("paid")
    visitor.press("scenario-close")
    visitor.see("scenario-two_phones")


def _fill(visitor: Visitor, pump: DeployedBox) -> None:
    """A fill that is to be paid."""
    visitor.press(f"machine-{pump.box_id}")
    visitor.press("lift")
    visitor.press("fill")
    visitor.wait_until_filled()
    visitor.press("hang-up")
    visitor.see("display", AMOUNT)
