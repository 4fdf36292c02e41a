"""While nobody can see what is paid, no new order is accepted; what exists goes on, and a probe ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caja.errors import (
    InvalidRequestError,
    MercadoPagoError,
    MercadoPagoNotFoundError,
    MercadoPagoRefusedError,
    MercadoPagoUnavailableError,
    PaymentsDownError,
    StorageError,
    TokenRefusedError,
)
from caja.health import Health
from caja.orders import State
from caja.usecases.check_order import check_panel
from caja.usecases.submit_order import report_state
from tests.builders import a_merchant_order, after
from tests.shop import BEARER, ORDER, Shop, number

if TYPE_CHECKING:
    from collections.abc import Callable

AWAY = MercadoPagoUnavailableError("500")
REFUSED = TokenRefusedError("401")


def go_down(shop: Shop) -> None:
    """Have every call of the last two minutes have failed."""
    shop.health.known = Health(failed_at=shop.clock.now)


def told(shop: Shop) -> str:
    """What a box is told about payments when it says its state."""
    state = report_state(
        shop.boxes,
        shop.health,
        box_id="CAJA0001",
        authorization=BEARER,
        read_body=lambda: {"state": "preparing"},
        now=shop.clock.now,
    )
    return str(state["payments"])


def test_a_new_order_is_refused_and_leaves_no_trace(shop: Shop) -> None:
    go_down(shop)
    with pytest.raises(PaymentsDownError):
        shop.submit(replaces=ORDER)
    assert (list(shop.orders.stored), shop.order().state, shop.boxes.writes) == ([ORDER], State.READY, [])
    shop.cancel(ORDER)
    with pytest.raises(PaymentsDownError):
        shop.submit()


def test_a_ticket_repeated_is_answered_all_the_same() -> None:
    shop = Shop()
    _, first = shop.submit()
    go_down(shop)
    assert shop.submit() == (200, {**first, "replayed": True})


def test_a_flaw_is_named_first_for_waiting_does_not_mend_it() -> None:
    shop = Shop()
    go_down(shop)
    with pytest.raises(InvalidRequestError):
        shop.submit(total="1")


def test_a_box_that_says_its_state_is_told(shop: Shop) -> None:
    assert told(shop) == "up"
    go_down(shop)
    assert told(shop) == "down"


def test_what_exists_is_followed_taken_back_claimed_and_reported(vending: Shop) -> None:
    go_down(vending)
    assert vending.follow()["state"] == "paid"
    assert vending.claim()["state"] == "releasing"
    assert vending.deliver("delivered")["state"] == "delivered"


def test_an_order_is_taken_back_all_the_same(shop: Shop) -> None:
    go_down(shop)
    assert shop.cancel(ORDER)["state"] == "cancelled"


@pytest.mark.parametrize(
    "look", [Shop.check, lambda shop: shop.notify("7001"), lambda shop: check_panel(shop.world, "7001")]
)
def test_no_check_calls(shop: Shop, look: Callable[[Shop], None]) -> None:
    shop.mercadopago.show(a_merchant_order())
    go_down(shop)
    look(shop)
    assert shop.mercadopago.calls == []
    assert shop.order().state is State.READY


def test_a_check_comes_back_a_few_minutes_later_and_settles(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order())
    go_down(shop)
    shop.notify("7001")
    assert shop.order().watch.check_at == after(minutes=5)
    shop.probe()
    shop.pass_time(minutes=4)
    shop.work()
    assert shop.order().state is State.PAID


def test_a_hundred_notifications_make_one_message(shop: Shop) -> None:
    go_down(shop)
    for n in range(100):
        shop.notify(str(7000 + n))
    assert len(shop.checks.messages) == 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (AWAY, "failed_at"),
        (REFUSED, "refused_at"),
        (None, "succeeded_at"),
    ],
)
@pytest.mark.parametrize("call", ["check", "panel", "probe"])
def test_what_came_of_a_call_is_remembered(
    shop: Shop, call: str, error: MercadoPagoError | None, outcome: str
) -> None:
    shop.health.known = Health(succeeded_at=after(minutes=-2))
    shop.mercadopago.show(a_merchant_order())
    shop.mercadopago.failures = [error]
    calls: dict[str, Callable[[], Any]] = {
        "check": lambda: shop.notify(None),
        "panel": lambda: check_panel(shop.world, "7001"),
        "probe": shop.probe,
    }
    calls[call]()
    assert shop.health.writes[:1] == [outcome]


@pytest.mark.parametrize(
    "error",
    [
        MercadoPagoNotFoundError("404"),
        MercadoPagoRefusedError(status=403, code="PA_UNAUTHORIZED_RESULT_FROM_POLICIES", message="no"),
    ],
)
def test_one_thing_that_is_refused_says_nothing_about_what_else_can_be_seen(
    shop: Shop, error: MercadoPagoError
) -> None:
    shop.health.known = Health(succeeded_at=after(minutes=-2))
    shop.mercadopago.failures = [error]
    check_panel(shop.world, "7001")
    assert (len(shop.mercadopago.calls), shop.health.writes) == (1, [])


def test_a_token_that_cannot_be_read_blinds_us_as_if_nobody_answered() -> None:
    shop = Shop()
    shop.mercadopago.failures = [StorageError("The access token cannot be read.")] * 3
    for _ in range(2):
        shop.pass_time(minutes=1)
        shop.probe()
    assert shop.report.alarms == ["PaymentsDown"]
    with pytest.raises(PaymentsDownError):
        shop.submit()


def test_a_success_is_not_written_while_the_last_one_is_fresh(shop: Shop) -> None:
    shop.health.known = Health(succeeded_at=after(seconds=45))
    shop.notify(None)
    shop.probe()
    assert shop.health.writes == []
    assert len(shop.mercadopago.calls) == 1


@pytest.mark.parametrize(("error", "alarms"), [(AWAY, []), (REFUSED, ["TokenRefused", "PaymentsDown"])])
def test_the_first_probe_that_fails_alarms_only_a_token_that_is_refused(
    shop: Shop, error: MercadoPagoError, alarms: list[str]
) -> None:
    shop.mercadopago.failures = [error]
    shop.probe()
    assert shop.report.alarms == alarms
    assert shop.report.notes == ["Mercado Pago does not answer"]


def test_nobody_calling_the_probes_find_out_within_two_minutes_and_lift_it_themselves() -> None:
    """F27, F28, L4."""
    shop = Shop()
    shop.mercadopago.failures = [AWAY] * 10
    for _ in range(2):
        shop.pass_time(minutes=1)
        shop.probe()
    with pytest.raises(PaymentsDownError):
        shop.submit()
    assert shop.report.alarms == ["PaymentsDown"]
    for _ in range(8):
        shop.pass_time(minutes=1)
        shop.probe()
    assert shop.report.alarms == ["PaymentsDown"] * 9
    shop.pass_time(minutes=1)
    shop.probe()
    assert shop.report.alarms == ["PaymentsDown"] * 9
    assert shop.submit(ttl_seconds=number(60))[0] == 201


def test_a_token_refused_to_a_check_stops_orders_at_once_and_the_next_probe_lifts_it(shop: Shop) -> None:
    shop.mercadopago.failures = [REFUSED]
    shop.notify("7001")
    with pytest.raises(PaymentsDownError):
        shop.submit(replaces=ORDER)
    shop.pass_time(minutes=1)
    shop.probe()
    assert shop.submit(replaces=ORDER)[0] == 201


def test_a_probe_that_our_storage_fails_does_not_keep_the_sweep_from_its_deadlines(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Health:
        raise StorageError("throttled")

    monkeypatch.setattr(shop.health, "read", fail)
    shop.probe()
    assert shop.report.notes == ["Mercado Pago not probed"]
