"""A box asks: is it paid?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from caja.errors import NotFoundError, StorageError, UnauthorizedError
from caja.messages import CheckMessage
from caja.orders import State
from tests.builders import BRANCH_KEY, OTHER_KEY, a_box, a_merchant_order, after
from tests.shop import Shop

ORDER = "ORDER234567ORDER234567ORDE"


@pytest.fixture
def shop() -> Shop:
    """A shop with an order just submitted."""
    shop = Shop()
    shop.with_order()
    return shop


def test_a_box_sees_its_order_as_it_is_recorded(shop: Shop) -> None:
    shown = shop.follow()
    assert (shown["order_id"], shown["state"], shown["total"], shown["version"]) == (
        ORDER,
        "ready",
        "1500.50",
        1,
    )


def test_a_small_box_may_ask_for_less(shop: Shop) -> None:
    assert shop.follow(is_brief=True) == {
        "order_id": ORDER,
        "state": "ready",
        "expires_at": "2026-11-24T13:00:00.000Z",
        "next_poll_ms": 2000,
    }


def test_box_and_order_may_be_named_in_any_case(shop: Shop) -> None:
    assert shop.follow(ORDER.lower(), box_id="caja0001")["order_id"] == ORDER


@pytest.mark.parametrize("order_id", ["A" * 26, "", "x", "ORDER234567ORDER234567ORDE7", "ORDER#1"])
def test_an_order_that_is_not_there_is_not_found(shop: Shop, order_id: str) -> None:
    with pytest.raises(NotFoundError):
        shop.follow(order_id)


def test_another_boxs_order_is_not_found_either() -> None:
    shop = Shop(a_box(), a_box(box_id="CAJA0002"))
    shop.with_order(box_id="CAJA0002")
    with pytest.raises(NotFoundError):
        shop.follow()


@pytest.mark.parametrize("authorization", [None, "", "Bearer x", f"Bearer {OTHER_KEY.box_key}"])
@pytest.mark.parametrize("box_id", ["CAJA0001", "CAJA0009", "", "CAJA 001", "A" * 40])
def test_nobody_without_the_key_learns_anything(shop: Shop, box_id: str, authorization: str | None) -> None:
    with pytest.raises(UnauthorizedError) as refused:
        shop.follow(box_id=box_id, authorization=authorization)
    assert str(refused.value) == str(UnauthorizedError())
    assert shop.boxes.writes == []


def test_a_retired_box_is_unknown() -> None:
    shop = Shop(a_box(is_retired=True))
    shop.with_order()
    with pytest.raises(UnauthorizedError):
        shop.follow()


def test_a_branchs_key_opens_its_boxes_and_no_other(shop: Shop) -> None:
    shop.boxes.branch_keys = {"STORE002": {BRANCH_KEY.key_id: BRANCH_KEY.sha256}}
    with pytest.raises(UnauthorizedError):
        shop.follow(authorization=f"Bearer {BRANCH_KEY.box_key}")
    shop.boxes.branch_keys = {"STORE001": {BRANCH_KEY.key_id: BRANCH_KEY.sha256}}
    assert shop.follow(authorization=f"Bearer {BRANCH_KEY.box_key}")["order_id"] == ORDER


def test_asking_is_a_sign_of_life_written_now_and_then(shop: Shop) -> None:
    for _ in range(10):
        shop.follow()
        shop.pass_time(seconds=2)
    assert shop.boxes.writes == ["alive"]


def test_asking_brings_a_check_forward_once(shop: Shop) -> None:
    shop.pass_time(seconds=9)
    shop.follow()
    assert shop.checks.messages == []
    shop.pass_time(seconds=1)
    for _ in range(3):
        shop.follow()
    assert shop.checks.messages == [CheckMessage(order_id=ORDER)]


def test_asking_for_what_has_left_the_box_asks_for_no_check() -> None:
    shop = Shop()
    shop.with_order(state=State.PAID, ended_at=after(minutes=1))
    shop.pass_time(minutes=5)
    shop.follow()
    assert shop.checks.messages == []


def test_asking_for_an_expired_order_that_is_final_asks_for_no_check() -> None:
    shop = Shop()
    order = shop.with_order(state=State.EXPIRED, ended_at=after(minutes=1))
    shop.orders.put(replace(order, watch=replace(order.watch, check_at=None)))
    shop.pass_time(minutes=5)
    shop.follow()
    assert shop.checks.messages == []


def test_asking_asks_for_no_check_beyond_the_hours_calls(shop: Shop) -> None:
    shop.pass_time(seconds=30)
    for n in range(40):
        shop.mercadopago.show(a_merchant_order(merchant_order_id=str(n), status="opened", payments=()))
    shop.mercadopago.page = 1
    for _ in range(4):
        shop.follow()
        shop.work()
        shop.pass_time(minutes=6)
    asked = len(shop.mercadopago.calls)
    shop.follow()
    assert asked <= 40
    assert shop.checks.messages == [] or asked < 40


@pytest.mark.parametrize(("made", "asks"), [(32, 1), (33, 0)])
def test_asking_asks_for_no_check_that_the_hours_calls_would_cut_short(
    shop: Shop, made: int, asks: int
) -> None:
    shop.pass_time(minutes=1)
    order = shop.order()
    shop.orders.put(replace(order, watch=replace(order.watch, pages=8, calls=(after(),) * made)))
    shop.follow()
    assert len(shop.checks.messages) == asks


def test_a_box_gets_its_answer_though_the_check_cannot_be_asked_for(shop: Shop) -> None:
    shop.pass_time(minutes=1)
    shop.checks.refuses = StorageError("no queue")
    assert shop.follow()["state"] == "ready"
    assert shop.report.notes == ["check not brought forward"]


def test_a_box_gets_its_answer_though_somebody_else_wrote_the_order(shop: Shop) -> None:
    shop.pass_time(minutes=1)
    shop.orders.meanwhile = [lambda: shop.orders.touch(ORDER)]
    assert shop.follow()["state"] == "ready"
    assert shop.checks.messages == []
    assert shop.report.notes == []


def test_a_failing_table_fails_the_request_and_not_in_silence(shop: Shop) -> None:
    def break_down() -> None:
        raise StorageError("no table")

    shop.pass_time(minutes=1)
    shop.orders.meanwhile = [break_down]
    assert shop.follow()["state"] == "ready"
    assert shop.report.notes == ["check not brought forward"]
