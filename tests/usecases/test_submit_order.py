"""A box says: my state; this is to be paid; never mind."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from caja.errors import (
    BoxBusyError,
    InvalidRequestError,
    TicketReusedError,
    UnauthorizedError,
)
from caja.orders import State, order_id_of
from tests.builders import BOX_KEY, OTHER_KEY, a_box, a_merchant_order, after
from tests.shop import Shop, number

ORDER = "ORDER234567ORDER234567ORDE"


def a_line(price: str = "1500.50", quantity: int = 1) -> dict[str, Any]:
    return {"title": "Nafta súper", "quantity": number(quantity), "unit_price": price}


def paths(refused: pytest.ExceptionInfo[InvalidRequestError]) -> list[str]:
    return [flaw.path for flaw in refused.value.flaws]


def test_a_submit_offers_an_order_at_its_box() -> None:
    shop = Shop()
    status, shown = shop.submit(items=[a_line("10.50", 2), a_line("1")], number="7", title="Venta")
    assert status == 201
    assert (shown["state"], shown["total"], shown["version"], shown["number"]) == ("ready", "22.00", 1, "7")
    assert shown["order_id"] == order_id_of(bytes(16), "ticket-0000000001")
    assert shown["expires_at"] == "2026-11-24T13:00:00.000Z"
    offer = shop.boxes.offers["CAJA0001"]
    assert (offer.order_id, offer.state, offer.expires_at) == (shown["order_id"], "ready", after(hours=1))
    [event] = shop.orders.events_of[shown["order_id"]]
    assert (event.from_state, event.to_state, event.by) == (None, State.READY, "box")


def test_an_order_copies_from_its_box_what_decides_about_it() -> None:
    shop = Shop(a_box(dialect="v2", currency="CLP", collector_id=123456789))
    _, shown = shop.submit(items=[a_line("1500")])
    order = shop.order(shown["order_id"])
    assert (order.dialect, order.currency, order.collector_id, order.mode) == (
        "v2",
        "CLP",
        123456789,
        "postpay",
    )
    assert order.notify_key == "fake-key-0000000000000"
    assert order.watch.check_at == after(seconds=30)


def test_what_is_served_to_a_poll_names_the_order_and_where_to_notify(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop()
    bodies: list[str] = []
    submit = shop.orders.submit

    def keep(order: Any, poll_body: str, *, replaced: Any) -> Any:
        bodies.append(poll_body)
        return submit(order, poll_body, replaced=replaced)

    monkeypatch.setattr(shop.orders, "submit", keep)
    _, shown = shop.submit()
    assert f'"https://pagos.example/notify/{shown["order_id"]}/fake-key-0000000000000"' in bodies[0]


def test_an_order_is_offered_as_long_as_its_box_says() -> None:
    _, shown = Shop().submit(ttl_seconds=number(30))
    assert shown["expires_at"] == "2026-11-24T12:00:30.000Z"


@pytest.mark.parametrize(("state", "writes"), [("preparing", ["idle"]), ("idle", []), (None, ["idle"])])
def test_a_submit_makes_its_box_idle(state: str | None, writes: list[str]) -> None:
    shop = Shop()
    if state:
        shop.boxes.record_state("CAJA0001", state, shop.clock.now)
        shop.boxes.writes.clear()
    shop.submit()
    assert shop.boxes.writes == writes


def test_a_submit_is_a_sign_of_life_of_a_box_long_idle() -> None:
    shop = Shop()
    shop.boxes.record_state("CAJA0001", "idle", shop.clock.now)
    shop.boxes.writes.clear()
    shop.pass_time(minutes=10)
    shop.submit()
    assert shop.boxes.writes == ["idle"]


def test_the_same_ticket_brings_the_same_order() -> None:
    shop = Shop()
    _, first = shop.submit()
    shop.pass_time(minutes=5)
    status, again = shop.submit(total="1500.5")
    assert status == 200
    assert again == {**first, "replayed": True}
    assert len(shop.orders.events_of[first["order_id"]]) == 1


def test_a_ticket_repeated_after_the_payment_shows_the_paid_order() -> None:
    shop = Shop()
    _, shown = shop.submit()
    shop.mercadopago.show(a_merchant_order(external_reference=shown["order_id"]))
    shop.notify("7001", order=shop.order(shown["order_id"]))
    status, again = shop.submit()
    assert (status, again["state"], again["replayed"]) == (200, "paid", True)


@pytest.mark.parametrize(
    "changes",
    [
        {"items": [a_line("1500.51")]},
        {"items": [a_line(), a_line()]},
        {"number": "8"},
        {"title": "Otra"},
        {"ttl_seconds": number(60)},
        {"replaces": ORDER},
    ],
)
def test_a_ticket_repeated_with_another_content_is_refused_and_names_the_order(
    changes: dict[str, Any],
) -> None:
    shop = Shop()
    _, first = shop.submit()
    with pytest.raises(TicketReusedError) as refused:
        shop.submit(**changes)
    assert (refused.value.order_id, refused.value.state, refused.value.created_at) == (
        first["order_id"],
        "ready",
        "2026-11-24T12:00:00.000Z",
    )


def test_a_till_that_starts_its_counter_again_is_refused() -> None:
    shop = Shop()
    _, first = shop.submit()
    shop.cancel(first["order_id"])
    shop.pass_time(minutes=10)
    assert shop.submit()[0] == 200
    shop.pass_time(seconds=1)
    with pytest.raises(TicketReusedError, match=f"{first['order_id']} .cancelled"):
        shop.submit()


def test_a_box_made_again_shares_no_order_with_its_former_self() -> None:
    shop = Shop()
    _, first = shop.submit()
    shop.pass_time(hours=1)
    shop.boxes.boxes["CAJA0001"] = a_box(box_uid=b"\x01" * 16)
    status, second = shop.submit()
    assert status == 201
    assert second["order_id"] != first["order_id"]


def test_a_box_that_offers_an_order_is_busy() -> None:
    shop = Shop()
    _, first = shop.submit()
    with pytest.raises(BoxBusyError) as refused:
        shop.submit(ticket="ticket-0000000002")
    assert refused.value.order == first
    assert len(shop.orders.stored) == 1


def test_a_box_whose_order_is_over_by_the_clock_is_free() -> None:
    shop = Shop()
    shop.submit()
    shop.pass_time(hours=1)
    assert shop.submit(ticket="ticket-0000000002")[0] == 201


@pytest.mark.parametrize("state", [s for s in State if s is not State.READY])
def test_a_box_whose_order_has_ended_is_free(state: State) -> None:
    shop = Shop()
    shop.with_order()
    shop.boxes.offers["CAJA0001"] = type(shop.boxes.offers["CAJA0001"])(
        order_id=ORDER, state=state.value, expires_at=after(hours=1)
    )
    assert shop.submit()[0] == 201


def test_amounts_with_more_decimals_than_the_currency_has_are_refused_and_change_nothing() -> None:
    shop = Shop(a_box(currency="CLP"))
    with pytest.raises(InvalidRequestError) as refused:
        shop.submit(items=[a_line("10.50"), a_line("10"), a_line("10.0")])
    assert paths(refused) == ["items.0.unit_price", "items.2.unit_price"]
    assert (shop.orders.stored, shop.boxes.writes) == ({}, [])


def test_a_total_that_is_not_the_sum_is_refused() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        Shop().submit(items=[a_line("10.10", 3)], total="30.31")
    assert paths(refused) == ["total"]
    assert Shop().submit(items=[a_line("10.10", 3)], total="30.3")[0] == 201


def test_a_box_sells_up_to_its_limit() -> None:
    shop = Shop(a_box(max_amount=Decimal("1500.50")))
    with pytest.raises(InvalidRequestError) as refused:
        shop.submit(items=[a_line("1500.51")])
    assert paths(refused) == ["total"]
    assert shop.submit()[0] == 201


@pytest.mark.parametrize("authorization", [None, f"Bearer {OTHER_KEY.box_key}", BOX_KEY.box_key])
def test_nobody_else_submits(authorization: str | None) -> None:
    shop = Shop()
    with pytest.raises(UnauthorizedError):
        shop.submit(authorization=authorization)
    assert shop.orders.stored == {}
