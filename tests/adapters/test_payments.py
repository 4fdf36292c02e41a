"""Payments and their refunds, against the simulator over HTTP and against answers nobody should send."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from caja.errors import (
    MercadoPagoNotFoundError,
    MercadoPagoRefusedError,
    MercadoPagoUnavailableError,
    TokenRefusedError,
)
from caja.mercadopago.payments import MercadoPagoPayments
from caja.orders import RefundAttempt
from caja.refunds import SeenPayment, SeenRefund
from simulator.server import ACCESS_TOKEN
from tests.builders import NOON
from tests.tokens import client

if TYPE_CHECKING:
    from simulator.server import Simulator

PRICE = Decimal("1500.10")
GOOD_PAYMENT = {"status": "approved", "transaction_amount": 100, "transaction_amount_refunded": 0}
GOOD_REFUND = {"id": 5001, "payment_id": 9001, "amount": 100, "status": "approved"}


@pytest.fixture
def payments(simulator: Simulator) -> MercadoPagoPayments:
    return MercadoPagoPayments(client(simulator.url))


def hold(simulator: Simulator, **fields: Any) -> str:
    """The id of a payment that Mercado Pago holds."""
    order = simulator.forge_merchant_order(total_amount=PRICE, payments=[fields])
    return str(order["payments"][0]["id"])


def attempt(key: str = "fake-key-0000000000001", amount: Decimal | None = None) -> RefundAttempt:
    return RefundAttempt(key=key, amount=amount, at=NOON)


def test_a_payment_is_seen_to_the_cent(simulator: Simulator, payments: MercadoPagoPayments) -> None:
    assert payments.look(hold(simulator)) == SeenPayment(
        status="approved", amount=PRICE, refunded=Decimal(0), refunds=()
    )


def test_all_of_a_payment_is_given_back_and_listed(
    simulator: Simulator, payments: MercadoPagoPayments
) -> None:
    payment_id = hold(simulator)
    given = payments.give_back(payment_id, attempt())
    assert (given.amount, given.status) == (PRICE, "approved")
    assert payments.look(payment_id) == SeenPayment(
        status="refunded", amount=PRICE, refunded=PRICE, refunds=(given,)
    )


def test_a_part_is_given_back_to_the_cent(simulator: Simulator, payments: MercadoPagoPayments) -> None:
    payment_id = hold(simulator)
    given = payments.give_back(payment_id, attempt(amount=Decimal("0.10")))
    seen = payments.look(payment_id)
    assert (given.amount, seen.status, seen.given_back) == (Decimal("0.10"), "approved", Decimal("0.10"))


def test_a_refund_on_its_way_is_seen(simulator: Simulator, payments: MercadoPagoPayments) -> None:
    simulator.settings(pending_refunds=True)
    payment_id = hold(simulator)
    given = payments.give_back(payment_id, attempt())
    seen = payments.look(payment_id)
    assert (given.status, seen.on_its_way, seen.given_back) == ("in_process", PRICE, Decimal(0))
    simulator.end_refund(int(given.refund_id), "rejected")
    assert payments.look(payment_id).refunds == (
        SeenRefund(refund_id=given.refund_id, amount=PRICE, status="rejected"),
    )


def test_one_key_gives_back_once(simulator: Simulator, payments: MercadoPagoPayments) -> None:
    payment_id = hold(simulator)
    assert payments.give_back(payment_id, attempt()) == payments.give_back(payment_id, attempt())
    assert len(payments.look(payment_id).refunds) == 1


@pytest.mark.parametrize(("amount", "body"), [(None, "{}"), (PRICE, '{"amount":1500.1}')])
def test_what_is_sent_is_the_amount_its_key_and_the_wish_to_see_what_is_pending(
    amount: Decimal | None, body: str, simulator: Simulator, payments: MercadoPagoPayments
) -> None:
    payments.give_back(hold(simulator), attempt("k" * 22, amount))
    (sent,) = (each for each in simulator.wire() if each.kind == "request")
    assert (sent.body, sent.headers["x-idempotency-key"]) == (body, "k" * 22)
    assert sent.headers["x-render-in-process-refunds"] == "true"


def test_the_payment_is_read_before_its_refunds(simulator: Simulator, payments: MercadoPagoPayments) -> None:
    payment_id = hold(simulator)
    payments.look(payment_id)
    asked = [f"{each.method} {each.url}" for each in simulator.wire() if each.kind == "request"]
    assert asked == [f"GET /v1/payments/{payment_id}", f"GET /v1/payments/{payment_id}/refunds"]


def test_an_unknown_payment_is_not_found(payments: MercadoPagoPayments) -> None:
    with pytest.raises(MercadoPagoNotFoundError):
        payments.look("999999")
    with pytest.raises(MercadoPagoNotFoundError):
        payments.give_back("999999", attempt())


@pytest.mark.parametrize(
    ("payment", "cause"),
    [
        ({"date_created": "2020-01-01T00:00:00-04:00"}, 2024),
        ({"status": "rejected"}, 2063),
        ({"status": "charged_back"}, 2063),
        ({"status": "refunded", "amount_refunded": PRICE}, 4296),
    ],
)
def test_a_refusal_is_told_with_its_numeric_cause(
    payment: dict[str, Any], cause: int, simulator: Simulator, payments: MercadoPagoPayments
) -> None:
    with pytest.raises(MercadoPagoRefusedError) as caught:
        payments.give_back(hold(simulator, **payment), attempt())
    assert [each["code"] for each in caught.value.causes] == [cause]


@pytest.mark.parametrize("amount", ["0", "-1", "1500.11", "0.001"])
def test_an_amount_that_is_not_left_is_refused(
    amount: str, simulator: Simulator, payments: MercadoPagoPayments
) -> None:
    with pytest.raises(MercadoPagoRefusedError) as caught:
        payments.give_back(hold(simulator), attempt(amount=Decimal(amount)))
    assert [each["code"] for each in caught.value.causes] == [4040]


def test_a_seller_without_balance_is_refused_without_a_cause(
    simulator: Simulator, payments: MercadoPagoPayments
) -> None:
    simulator.settings(seller_has_balance=False)
    with pytest.raises(MercadoPagoRefusedError) as caught:
        payments.give_back(hold(simulator), attempt())
    assert (caught.value.status, caught.value.causes) == (400, ())


@pytest.mark.parametrize(("status", "cause"), [(401, 4040), (401, 4041), (404, 2024), (404, 2032)])
def test_a_refusal_is_known_by_its_cause_whatever_status_it_comes_with(
    status: int, cause: int, simulator: Simulator, payments: MercadoPagoPayments
) -> None:
    body = json.dumps({"error": "x", "message": "x", "cause": [{"code": cause, "description": "x"}]})
    simulator.be_rude(status=status, body=body, times=2, method="POST")
    with pytest.raises(MercadoPagoRefusedError) as caught:
        payments.give_back(hold(simulator), attempt())
    assert [each["code"] for each in caught.value.causes] == [cause]


@pytest.mark.parametrize("cause", [[], [{"code": 401001, "description": "not completed yet"}]])
@pytest.mark.parametrize("status", [409, 423, 425])
def test_that_a_key_is_being_worked_on_does_not_say_that_nothing_moved(
    status: int, cause: list[Any], simulator: Simulator, payments: MercadoPagoPayments
) -> None:
    body = json.dumps({"error": "conflict", "message": "The process has not been completed.", "cause": cause})
    simulator.be_rude(status=status, body=body, method="POST")
    with pytest.raises(MercadoPagoUnavailableError):
        payments.give_back(hold(simulator), attempt())


@pytest.mark.parametrize("status", [409, 423, 425])
def test_a_refusal_with_a_cause_of_its_own_says_that_nothing_moved(
    status: int, simulator: Simulator, payments: MercadoPagoPayments
) -> None:
    body = json.dumps({"error": "x", "message": "x", "cause": [{"code": 2063, "description": "x"}]})
    simulator.be_rude(status=status, body=body, method="POST")
    with pytest.raises(MercadoPagoRefusedError):
        payments.give_back(hold(simulator), attempt())


def test_a_refused_token_is_told_and_never_shown(simulator: Simulator, payments: MercadoPagoPayments) -> None:
    for call in (lambda: payments.look("9001"), lambda: payments.give_back("9001", attempt())):
        simulator.be_rude(status=401, body=json.dumps({"message": ACCESS_TOKEN}), times=2)
        with pytest.raises(TokenRefusedError) as caught:
            call()
        assert ACCESS_TOKEN not in str(caught.value)


RUBBISH: list[dict[str, Any]] = [
    *(
        {"body": body}
        for body in ("", "<html>", "{", "null", "5", '"approved"', "NaN", "[[]]", "[null]", "[{}]")
    ),
    {"body": "{}", "size": 5_000_000},
    *({"status": status, "body": "{}"} for status in (302, 408, 429, 500, 502, 503, 504)),
    {"kind": "truncated", "body": json.dumps(GOOD_REFUND), "times": 2},
    {"kind": "reset", "times": 2},
]
"""What is no answer, wherever it comes."""


def with_wrong(good: dict[str, Any], **fields: tuple[Any, ...]) -> list[dict[str, Any]]:
    """The good object with one field wrong or, for `...`, missing; one after the other."""
    return [
        {each: thing for each, thing in (good | {name: value}).items() if thing is not ...}
        for name, values in fields.items()
        for value in values
    ]


NO_AMOUNTS = (..., None, "", "all", "NaN", -1, True, [1], {"value": 1})
BAD_PAYMENTS = with_wrong(
    GOOD_PAYMENT, transaction_amount=NO_AMOUNTS, status=(..., None, 5, ["approved"], {})
)
BAD_REFUNDS = with_wrong(
    GOOD_REFUND,
    id=(..., None, "", "x", 1.5, -1, True, [1], "1" * 21),
    amount=NO_AMOUNTS,
    status=(..., None, 5, True, ["approved"]),
)


def test_from_rubbish_instead_of_a_payment_or_its_refunds_nothing_follows(
    simulator: Simulator, payments: MercadoPagoPayments
) -> None:
    payment_id = hold(simulator)
    payment, refunds = f"/v1/payments/{payment_id}", f"/v1/payments/{payment_id}/refunds"
    for path, bodies in ((payment, BAD_PAYMENTS), (refunds, [[GOOD_REFUND, bad] for bad in BAD_REFUNDS])):
        for rude in [*RUBBISH, *({"body": json.dumps(body)} for body in bodies)]:
            simulator.be_rude(**rude, path=path)
            with pytest.raises(MercadoPagoUnavailableError):
                payments.look(payment_id)
            simulator.be_polite()
    assert payments.look(payment_id).amount == PRICE


def test_from_rubbish_instead_of_a_refund_nothing_follows(
    simulator: Simulator, payments: MercadoPagoPayments
) -> None:
    payment_id = hold(simulator)
    for rude in [*RUBBISH, *({"body": json.dumps(body)} for body in [[GOOD_REFUND], *BAD_REFUNDS])]:
        simulator.be_rude(**rude, method="POST")
        with pytest.raises(MercadoPagoUnavailableError):
            payments.give_back(payment_id, attempt())
        simulator.be_polite()
    assert payments.look(payment_id).refunds == ()


def test_what_mercado_pago_adds_is_left_alone(simulator: Simulator, payments: MercadoPagoPayments) -> None:
    payment_id = hold(simulator, raw={"unheard_of": [1], "payer": None})
    simulator.be_rude(body=json.dumps({**GOOD_REFUND, "new": {"a": [None]}, "id": "5001"}), method="POST")
    assert payments.give_back(payment_id, attempt()).refund_id == "5001"
    assert payments.look(payment_id).amount == PRICE


def test_a_read_is_repeated_once_and_a_refund_never(
    simulator: Simulator, payments: MercadoPagoPayments
) -> None:
    payment_id = hold(simulator)
    simulator.be_rude(kind="reset", method="GET")
    payments.look(payment_id)
    simulator.be_rude(kind="reset", method="POST")
    with pytest.raises(MercadoPagoUnavailableError):
        payments.give_back(payment_id, attempt())
    assert payments.look(payment_id).refunds == ()
