"""A box says what it does, and takes its order back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from caja.errors import (
    AlreadyPaidError,
    ConflictError,
    InReviewError,
    InvalidRequestError,
    NotFoundError,
)
from caja.orders import State
from caja.usecases.submit_order import report_state
from tests.builders import a_box, a_merchant_order, after
from tests.shop import BEARER, Shop

ORDER = "ORDER234567ORDER234567ORDE"


def test_a_box_takes_its_order_back() -> None:
    shop = Shop()
    shop.with_order()
    shown = shop.cancel(ORDER.lower())
    assert (shown["state"], shown["version"]) == ("cancelled", 2)
    assert shop.boxes.offers["CAJA0001"].state == "cancelled"
    assert shop.cancel(ORDER) == shown
    assert [event.by for event in shop.orders.events_of[ORDER]] == ["box"]
    assert shop.boxes.writes == ["alive"]


@pytest.mark.parametrize(("state", "error"), [(State.PAID, AlreadyPaidError), (State.REVIEW, InReviewError)])
def test_what_is_paid_or_in_doubt_is_not_taken_back(state: State, error: type[ConflictError]) -> None:
    shop = Shop()
    shop.with_order(state=state, ended_at=after(minutes=1))
    with pytest.raises(error) as refused:
        shop.cancel(ORDER)
    assert (refused.value.order or {})["state"] == state.value


def test_a_cancel_that_meets_the_payment_loses() -> None:
    shop = Shop()
    shop.with_order()
    shop.pass_time(minutes=1)
    shop.mercadopago.show(a_merchant_order())
    shop.orders.meanwhile = [lambda: shop.notify("7001")]
    with pytest.raises(AlreadyPaidError):
        shop.cancel(ORDER)


def test_another_boxs_order_cannot_be_taken_back() -> None:
    shop = Shop(a_box(), a_box(box_id="CAJA0002"))
    shop.with_order(box_id="CAJA0002")
    with pytest.raises(NotFoundError):
        shop.cancel(ORDER)
    assert shop.order().state is State.READY


def say(shop: Shop, state: str) -> dict[str, Any]:
    return report_state(
        shop.boxes,
        shop.health,
        box_id="caja0001",
        authorization=BEARER,
        read_body=lambda: {"state": state},
        now=datetime(2026, 11, 24, 12, 30, tzinfo=UTC),
    )


def test_a_box_that_says_its_state_is_told_about_its_current_order() -> None:
    shop = Shop()
    shop.with_order()
    assert say(shop, "preparing") == {
        "box_id": "CAJA0001",
        "state": "preparing",
        "order": {
            "order_id": ORDER,
            "state": "ready",
            "expires_at": "2026-11-24T13:00:00.000Z",
            "next_poll_ms": 2000,
        },
        "payments": "up",
        "next_poll_ms": 2000,
        "server_time": "2026-11-24T12:30:00.000Z",
    }
    say(shop, "preparing")
    say(shop, "idle")
    assert shop.boxes.writes == ["preparing", "idle"]


def test_a_box_without_an_order_is_told_so() -> None:
    told = say(Shop(), "out_of_service")
    assert (told["order"], told["next_poll_ms"]) == (None, 30_000)


@pytest.mark.parametrize("state", ["", "busy", "IDLE"])
def test_a_state_there_is_not_is_refused(state: str) -> None:
    shop = Shop()
    with pytest.raises(InvalidRequestError):
        say(shop, state)
    assert shop.boxes.writes == []
