"""A prepay box releases what is paid, once, and says what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from caja.errors import (
    AlreadyClaimedError,
    AlreadyPaidError,
    BoxBusyError,
    ConflictError,
    InReviewError,
    InvalidRequestError,
    NotFoundError,
    NotPaidError,
    StorageError,
    TooLateError,
    UnauthorizedError,
)
from caja.orders import State
from caja.usecases.release_order import claim_order
from tests.builders import a_merchant_order, a_payment
from tests.shop import ORDER, Shop

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_paid_order_is_claimed_and_its_report_awaited(vending: Shop) -> None:
    vending.pass_time(minutes=1)
    shown = vending.claim()
    assert (shown["state"], shown["version"], shown["report_by"]) == (
        "releasing",
        3,
        "2026-11-24T12:06:00.000Z",
    )
    assert "replayed" not in shown
    assert vending.boxes.offers["CAJA0001"].state == "releasing"
    event = vending.orders.events_of[ORDER][-1]
    assert (event.from_state, event.to_state, event.by) == ("paid", "releasing", "box")
    assert vending.report.notes == ["order changed"]


def test_the_same_claim_again_is_answered_the_same_and_writes_nothing(vending: Shop) -> None:
    shown = vending.claim()
    vending.pass_time(minutes=2)
    assert vending.claim() == {**shown, "replayed": True}
    assert len(vending.orders.events_of[ORDER]) == 2


def test_a_second_claim_releases_nothing(vending: Shop) -> None:
    vending.claim()
    with pytest.raises(AlreadyClaimedError) as refused:
        vending.claim("claim-0002")
    assert (refused.value.order or {})["state"] == "releasing"


def test_of_two_claims_at_once_one_releases(vending: Shop) -> None:
    vending.orders.meanwhile = [lambda: vending.claim("claim-0002")]
    with pytest.raises(AlreadyClaimedError):
        vending.claim("claim-0001")
    assert vending.order().claim == "claim-0002"


def test_the_same_claim_sent_twice_at_once_releases_once(vending: Shop) -> None:
    vending.orders.meanwhile = [vending.claim]
    assert vending.claim()["replayed"] is True
    assert len(vending.orders.events_of[ORDER]) == 2


def test_a_claim_whose_answer_was_lost_is_told_apart_by_replayed(
    vending: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply = vending.orders.apply

    def written_and_lost(*args: object, **kwargs: object) -> None:
        apply(*args, **kwargs)  # type: ignore[arg-type]  # as called
        raise StorageError("no answer")

    with monkeypatch.context() as lost:
        lost.setattr(vending.orders, "apply", written_and_lost)
        with pytest.raises(StorageError):
            vending.claim()
    assert vending.claim()["replayed"] is True


def test_a_claim_that_keeps_losing_is_our_failure_and_may_be_sent_again(vending: Shop) -> None:
    vending.orders.meanwhile = [lambda: vending.orders.touch(ORDER)] * 4
    with pytest.raises(StorageError):
        vending.claim()
    assert vending.claim()["state"] == "releasing"


def refund_by_deadline(shop: Shop) -> None:
    shop.pass_time(minutes=2)
    shop.check()


def charge_back(shop: Shop) -> None:
    shop.mercadopago.show(a_merchant_order(payments=(a_payment(status="charged_back"),)))
    shop.notify("7001")


@pytest.mark.parametrize(
    ("happened", "error"), [(refund_by_deadline, TooLateError), (charge_back, InReviewError)]
)
@pytest.mark.parametrize("at_once", [False, True])
def test_what_was_given_back_or_taken_away_before_the_claim_is_not_released(
    vending: Shop, happened: Callable[[Shop], None], error: type[ConflictError], *, at_once: bool
) -> None:
    if at_once:
        vending.orders.meanwhile = [lambda: happened(vending)]
    else:
        happened(vending)
    with pytest.raises(error):
        vending.claim()


def test_a_claim_a_moment_before_its_deadline_keeps_the_order_from_being_given_back(vending: Shop) -> None:
    vending.pass_time(minutes=1, seconds=59)
    vending.claim()
    vending.pass_time(seconds=1)
    vending.check()
    assert vending.order().state is State.RELEASING
    assert vending.refund_requests.waiting == []


def test_an_order_that_is_not_paid_is_not_claimed(shop: Shop) -> None:
    with pytest.raises(NotPaidError) as refused:
        shop.claim()
    assert (refused.value.order or {})["state"] == "ready"


@pytest.mark.parametrize("order_id", ["O" * 26, "nothing", ORDER + "A"])
def test_an_order_there_is_not_is_not_claimed(vending: Shop, order_id: str) -> None:
    with pytest.raises(NotFoundError):
        vending.claim(order_id=order_id)


def test_nobody_else_claims(vending: Shop) -> None:
    with pytest.raises(UnauthorizedError):
        claim_order(
            vending.boxes,
            vending.orders,
            vending.report,
            box_id="CAJA0001",
            order_id=ORDER,
            authorization=None,
            read_body=dict,
            now=vending.clock.now,
        )


@pytest.mark.parametrize("claim", ["", "short-1", "a" * 65, "claim 0001", "claim-ñandú"])
def test_a_claim_that_is_none_is_refused_with_a_sentence_about_claims(vending: Shop, claim: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        vending.claim(claim)
    assert [flaw.path for flaw in refused.value.flaws] == ["claim"]
    assert vending.order().state is State.PAID


def test_a_box_that_releases_takes_no_other_order_until_it_has_reported(vending: Shop) -> None:
    with pytest.raises(AlreadyPaidError):
        vending.submit(ticket="ticket-0000000002")
    vending.claim()
    with pytest.raises(BoxBusyError):
        vending.submit(ticket="ticket-0000000002")
    vending.deliver("delivered")
    assert vending.submit(ticket="ticket-0000000002")[0] == 201
