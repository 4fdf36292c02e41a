"""`protocols.Boxes` and `protocols.HealthRecord`, whatever keeps them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import pytest

from caja.boxes import BoxView, Offer, Seen
from caja.health import Health
from caja.transitions import cancel
from tests.builders import BRANCH_KEY, a_box, after
from tests.contract.stores import BOX, offer, with_order

if TYPE_CHECKING:
    from caja.boxes import Box
    from tests.contract.stores import Store


def view(store: Store) -> BoxView:
    found = store.boxes.view(BOX)
    assert found is not None
    return found


def an_odd_box() -> Box:
    """No setting of it is what it is elsewhere."""
    return a_box(
        box_id="CAJA0002",
        box_uid=bytes(range(16)),
        external_store_id="STORE002",
        mode="prepay",
        dialect="v2",
        currency="CLP",
        collector_id=1,
        liveness_seconds=60,
        release_seconds=90,
        report_seconds=100,
        max_amount=Decimal(5000),
    )


def test_a_box_is_read_as_it_was_provisioned(store: Store) -> None:
    store.provision(an_odd_box())
    assert store.boxes.view("CAJA0002") == BoxView(box=an_odd_box(), offer=None, seen=None)
    assert view(store) == BoxView(box=a_box(), offer=None, seen=None)


@pytest.mark.parametrize("box_id", ["CAJA0002", "caja0001", "STORE#STORE001", "STATUS#mercadopago"])
def test_what_is_no_box_is_not_seen(store: Store, box_id: str) -> None:
    store.health.record("failed_at", after(minutes=1))
    assert store.boxes.view(box_id) is None


def test_a_retired_box_is_not_seen(store: Store) -> None:
    with_order(store)
    store.boxes.record_state(BOX, "idle", after(minutes=1))
    store.retire(a_box())
    assert store.boxes.view(BOX) is None


def test_a_branchs_keys_are_read_and_an_unknown_branch_has_none(store: Store) -> None:
    assert store.boxes.branch_key_hashes("STORE001") == {BRANCH_KEY.key_id: BRANCH_KEY.sha256}
    assert store.boxes.branch_key_hashes("STORE002") == {}


def test_what_a_box_says_is_remembered_and_takes_the_place_of_what_it_said(store: Store) -> None:
    for seconds, state in enumerate(["idle", "preparing", "preparing", "out_of_service"], 1):
        store.boxes.record_state(BOX, state, after(seconds=seconds))
        said_at = after(seconds=seconds)
        assert view(store).seen == Seen(state=state, state_at=said_at, seen_at=said_at)


def test_a_sign_of_life_leaves_what_the_box_said(store: Store) -> None:
    store.boxes.record_state(BOX, "preparing", after(seconds=1))
    store.boxes.record_sign_of_life(BOX, after(seconds=9))
    assert view(store).seen == Seen(state="preparing", state_at=after(seconds=1), seen_at=after(seconds=9))


def test_a_box_never_heard_of_that_gives_a_sign_of_life_is_idle(store: Store) -> None:
    store.boxes.record_sign_of_life(BOX, after(seconds=9))
    assert view(store).seen == Seen(state="idle", state_at=after(seconds=9), seen_at=after(seconds=9))


def test_what_one_box_says_and_offers_is_not_another_ones(store: Store) -> None:
    store.provision(an_odd_box())
    store.boxes.record_state("CAJA0002", "preparing", after(seconds=1))
    with_order(store, box_id="CAJA0002")
    assert (view(store).seen, view(store).offer) == (None, None)


@pytest.mark.parametrize("mode", ["postpay", "prepay"])
def test_a_box_shows_the_order_it_offers_and_what_became_of_it(store: Store, mode: str) -> None:
    order = with_order(store, mode=mode)
    store.boxes.record_state(BOX, "preparing", after(seconds=5))
    shown = Offer(order_id=order.order_id, state="ready", expires_at=order.expires_at, mode=mode)
    assert view(store) == BoxView(
        box=a_box(),
        offer=shown,
        seen=Seen(state="preparing", state_at=after(seconds=5), seen_at=after(seconds=5)),
    )
    store.orders.apply(order, cancel(order, after(minutes=1)), by="box", facts={})
    ended = offer(store)
    assert ended is not None
    assert (ended.order_id, ended.state, ended.mode) == (order.order_id, "cancelled", mode)


def test_nothing_is_known_of_mercado_pago_before_the_first_call(store: Store) -> None:
    assert store.health.read() == Health()


@pytest.mark.parametrize("outcome", ["succeeded_at", "failed_at", "refused_at"])
def test_the_last_call_of_each_outcome_is_remembered(
    store: Store, outcome: Literal["succeeded_at", "failed_at", "refused_at"]
) -> None:
    store.health.record(outcome, after(seconds=1))
    store.health.record(outcome, after(seconds=2, milliseconds=345))
    assert store.health.read() == Health(**{outcome: after(seconds=2, milliseconds=345)})


def test_one_outcome_leaves_the_others_as_they_were(store: Store) -> None:
    store.health.record("succeeded_at", after(seconds=1))
    store.health.record("failed_at", after(seconds=2))
    store.health.record("refused_at", after(seconds=3))
    assert store.health.read() == Health(
        succeeded_at=after(seconds=1), failed_at=after(seconds=2), refused_at=after(seconds=3)
    )
