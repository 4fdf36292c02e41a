"""A refund killed before and after every call, and in any weather: the money goes back once (F11, F34)."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caja.errors import MercadoPagoUnavailableError, StorageError
from caja.health import Health
from caja.messages import RefundMessage
from caja.orders import Refund, State
from caja.usecases.refund_payment import refund_payment
from tests.builders import PRICE, a_merchant_order, after
from tests.shop import ORDER, Shop

if TYPE_CHECKING:
    from collections.abc import Callable

MESSAGE = RefundMessage(order_id=ORDER, payment_id="9001")


class LightsOutError(BaseException):
    """None of ours."""


class Cut(NamedTuple):
    """Where a refund dies: the nth call of a method of a part of the shop, before it or after."""

    part: str
    method: str
    nth: int
    is_after: bool

    def into(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        part = getattr(shop, self.part)
        call, numbers = getattr(part, self.method), iter(range(99))

        def die_there(*args: Any, **kwargs: Any) -> Any:
            is_here = next(numbers) == self.nth
            if is_here and not self.is_after:
                raise LightsOutError
            answer = call(*args, **kwargs)
            if is_here:
                raise LightsOutError
            return answer

        monkeypatch.setattr(part, self.method, die_there)


CALLS = [
    ("orders", "get", 0),
    ("health", "read", 0),
    ("payments", "look", 0),
    ("orders", "apply", 0),
    ("payments", "give_back", 0),
    ("orders", "apply", 1),
    ("payments", "look", 1),
    ("orders", "apply", 2),
]
CUTS = [Cut(*call, is_after) for call in CALLS for is_after in (False, True)]


def settle(shop: Shop) -> None:
    """Take every fault away, and let time pass until the money is back."""
    shop.payments.outcome = "approved"
    for faults in (shop.payments.causes, shop.payments.failures, shop.payments.lost, shop.orders.meanwhile):
        faults.clear()
    for _ in range(20):
        shop.payments.settle("approved")
        shop.health.known = Health(succeeded_at=shop.clock.now)
        shop.clock.now = max(shop.order().watch.check_at or shop.clock.now, shop.clock.now)
        shop.pass_time(minutes=2)
        shop.check()
        shop.give_back()


def assert_given_back_once(shop: Shop) -> None:
    [payment] = shop.order().payments
    assert (payment.refund, payment.refunded) == (Refund.DONE, PRICE)
    moved = [r.amount for r in shop.payments.held["9001"].refunds if r.status == "approved"]
    assert sum(moved, Decimal(0)) == PRICE
    used = {key for kind, key in shop.payments.calls if kind == "give back"}
    assert used <= {attempt.key for attempt in payment.attempts}
    assert all(attempt.moved_nothing for attempt in payment.attempts[:-1])


@pytest.mark.parametrize("outcome", ["approved", "in_process", "rejected", "refused"])
@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_a_refund_that_dies_anywhere_is_taken_up_and_made_once(
    unclaimed: Shop, monkeypatch: pytest.MonkeyPatch, cut: Cut, outcome: str
) -> None:
    if outcome == "refused":
        unclaimed.payments.causes = [2063]
    else:
        unclaimed.payments.outcome = outcome
    with monkeypatch.context() as cuts:
        cut.into(unclaimed, cuts)
        with suppress(LightsOutError):
            refund_payment(unclaimed.till, MESSAGE)
    settle(unclaimed)
    assert unclaimed.order().state is State.REFUNDED
    assert_given_back_once(unclaimed)


def refuse_once(shop: Shop) -> None:
    shop.payments.causes = [2063]


def lose_an_answer(shop: Shop) -> None:
    shop.payments.lost = [MercadoPagoUnavailableError("time-out")]


def fail(*failures: Exception | None) -> Callable[[Shop], None]:
    """Have the next calls to Mercado Pago fail so."""

    def begin(shop: Shop) -> None:
        shop.payments.failures = list(failures)

    return begin


def interfere(writes: int, deed: Callable[[Shop], object]) -> Callable[[Shop], None]:
    """Have somebody do that just before one of our next writes."""

    def begin(shop: Shop) -> None:
        shop.orders.meanwhile = [*[lambda: None] * writes, lambda: deed(shop)]

    return begin


def storage_fails(_shop: Shop) -> None:
    raise StorageError("no table")


def become(outcome: str) -> Callable[[Shop], None]:
    """Have refunds end so from now on, those on their way included."""

    def begin(shop: Shop) -> None:
        shop.payments.outcome = outcome
        shop.payments.settle(outcome)

    return begin


AWAY = MercadoPagoUnavailableError("500")
WEATHER: list[Callable[[Shop], None]] = [
    refuse_once,
    lose_an_answer,
    fail(AWAY),
    fail(None, AWAY),
    fail(None, None, AWAY),
    *(interfere(n, lambda shop: shop.orders.touch(ORDER)) for n in range(4)),
    *(interfere(n, storage_fails) for n in range(4)),
    *(interfere(n, lambda shop: refund_payment(shop.till, MESSAGE)) for n in range(3)),
    *map(become, ["approved", "in_process", "rejected"]),
]


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(WEATHER), st.sampled_from([timedelta(seconds=40), timedelta(minutes=20)])),
        max_size=8,
    )
)
def test_whatever_the_weather_excess_goes_back_once(
    steps: list[tuple[Callable[[Shop], None], timedelta]],
) -> None:
    shop = Shop()
    shop.with_order(state=State.CANCELLED, ended_at=after(minutes=1))
    shop.payments.have("9001", PRICE)
    shop.mercadopago.show(a_merchant_order())
    shop.pass_time(minutes=5)
    shop.notify("7001")
    for begin, pause in steps:
        begin(shop)
        with suppress(StorageError):
            shop.check()
        for message in (*shop.refund_requests.take(), MESSAGE):
            with suppress(StorageError):
                refund_payment(shop.till, message)
        shop.clock.now += pause
    settle(shop)
    assert_given_back_once(shop)
