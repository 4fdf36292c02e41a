"""What a box may be, and a POS that is there already."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from caja.errors import (
    InvalidRequestError,
    MercadoPagoRefusedError,
    PosInUseError,
)
from tests.operators import API_URL

if TYPE_CHECKING:
    from tests.operators import Operator


def refusal(operator: Operator, **changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequestError) as caught:
        operator.put_box(**changes)
    return [(flaw.path, flaw.message) for flaw in caught.value.flaws]


@pytest.mark.parametrize(("mode", "seconds"), [("prepay", 60), ("postpay", 0)])
def test_what_is_paid_first_needs_a_machine_that_is_alive(
    operator: Operator, mode: str, seconds: int
) -> None:
    assert operator.put_box(mode=mode)[1]["liveness_seconds"] == seconds
    assert operator.put_box(mode=mode, liveness_seconds=0)[1]["liveness_seconds"] == 0


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"box_id": ...}, "box_id"),
        ({"box_id": "CAJA-1"}, "box_id"),
        ({"box_id": "A" * 40}, "box_id"),
        ({"box_id": ""}, "box_id"),
        ({"box_id": 1}, "box_id"),
        ({"box_id": "CAJAß"}, "box_id"),
        ({"box_id": "CAJA\u0661"}, "box_id"),
        ({"name": "x" * 45}, "name"),
        ({"name": " "}, "name"),
        ({"external_store_id": "a#b"}, "external_store_id"),
        ({"external_store_id": "a" * 61}, "external_store_id"),
        ({"external_store_id": 7}, "external_store_id"),
        ({"external_store_id": None}, "external_store_id"),
        ({"category": "fuel"}, "category"),
        ({"category": 0}, "category"),
        ({"mode": ...}, "mode"),
        ({"mode": "later"}, "mode"),
        ({"dialect": "v3"}, "dialect"),
        ({"liveness_seconds": -1}, "liveness_seconds"),
        ({"liveness_seconds": 1.5}, "liveness_seconds"),
        ({"release_seconds": 0}, "release_seconds"),
        ({"report_seconds": 100_000}, "report_seconds"),
        ({"max_amount": "0"}, "max_amount"),
        ({"max_amount": "10.555"}, "max_amount"),
        ({"max_amount": "1e3"}, "max_amount"),
        ({"pos_id": "1"}, "pos_id"),
    ],
    ids=str,
)
def test_a_flaw_is_named_and_nothing_is_written(
    changes: dict[str, Any], path: str, operator: Operator
) -> None:
    assert [named for named, _ in refusal(operator, **changes)] == [path]
    assert operator.cutter.calls == []


def test_the_limit_has_the_decimals_of_the_currency(operator: Operator) -> None:
    operator.currency = "CLP"
    assert refusal(operator, max_amount="10.50")[0][0] == "max_amount"
    assert operator.put_box(max_amount=1050)[1]["max_amount"] == "1050"


def test_a_limit_is_kept_to_the_cent(operator: Operator) -> None:
    operator.put_box(max_amount="0.10")
    view = operator.table.box("CAJA0001")
    assert view is not None
    assert view.box.settings.max_amount == Decimal("0.10")


def test_a_pos_that_polls_somebody_else_is_left_alone(operator: Operator) -> None:
    operator.simulator.settings(enabled_hosts=["127.0.0.1", "other.example"])
    theirs = operator.api_url
    operator.api_url = "https://other.example"
    operator.put_box()
    url = operator.pos_at_mercadopago().url
    operator.forget_box()
    operator.api_url = theirs
    with pytest.raises(PosInUseError):
        operator.put_box()
    assert operator.pos_at_mercadopago().url == url


@pytest.mark.parametrize(
    "url", [None, "", f"{API_URL}/poll?locationId=STORE001&positionId=CAJA0001&key=former"]
)
def test_a_pos_that_polls_nobody_or_a_former_life_of_ours_is_adopted(
    url: str | None, operator: Operator
) -> None:
    operator.put_box()
    pos = operator.pos_at_mercadopago()
    pos.fields["url"] = url
    operator.forget_box()
    status, box = operator.put_box()
    assert (status, box["pos_id"]) == (201, str(pos.id))
    assert operator.pos_at_mercadopago().url == box["poll_url"]
    assert operator.is_polled()


@pytest.mark.parametrize("status", [400, 409])
def test_a_taken_pos_that_the_search_does_not_show_yet_is_told(status: int, operator: Operator) -> None:
    body = '{"error": "point_of_sale_exists", "message": "exists", "causes": []}'
    operator.simulator.be_rude(status=status, body=body, method="POST", path="/pos")
    with pytest.raises(MercadoPagoRefusedError) as caught:
        operator.put_box()
    assert caught.value.code == "point_of_sale_exists"
    assert "again" in caught.value.advice
