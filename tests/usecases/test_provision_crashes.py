"""Provisioning killed before and after every call to our table and to Mercado Pago: the same call heals it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caja.errors import StorageError
from tests.cutting import CrashError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.operators import Operator

    Deed = Callable[[Operator], Any]

NEW_BOX = ["places.box", "places.save_box", "pos.create", "places.save_box"]
CHANGE = ["places.box", "pos.update", "places.save_box"]
RENEWAL = ["places.box", "places.save_box", "pos.update", "places.save_box"]
RETIREMENT = ["places.box", "places.save_box", "pos.delete", "places.save_box"]
NEW_STORE = ["places.branch", "stores.find", "stores.create", "places.save_branch"]
STORE_CHANGE = ["places.branch", "stores.find", "stores.update", "places.save_branch"]


def cuts(calls: list[str]) -> pytest.MarkDecorator:
    """Every point at which a deed of these calls can be killed."""
    return pytest.mark.parametrize(
        ("at", "is_after"),
        [(at, is_after) for at in range(len(calls)) for is_after in (False, True)],
        ids=[f"{when} {n + 1} {call}" for n, call in enumerate(calls) for when in ("before", "after")],
    )


def kill(operator: Operator, deed: Deed, calls: list[str], at: int, *, is_after: bool) -> None:
    """Do the deed and be killed on the way; `calls` is what it would have called."""
    operator.cutter.cut(at, is_after=is_after)
    with pytest.raises(CrashError):
        deed(operator)
    assert operator.cutter.calls == calls[: at + 1]
    operator.cutter.cut(None)


@cuts(NEW_BOX)
def test_a_new_box(at: int, *, is_after: bool, operator: Operator) -> None:
    kill(operator, lambda o: o.put_box(), NEW_BOX, at, is_after=is_after)
    if operator.pos_at_mercadopago():
        assert operator.is_polled()
    status, box = operator.put_box()
    is_finished = at == len(NEW_BOX) - 1 and is_after
    assert status == (200 if is_finished else 201)
    assert is_finished or operator.is_key_good(box["key"]["box_key"])
    assert len(operator.get_box()["keys"]) == 1
    assert box["pos_id"] == str(operator.pos_at_mercadopago().id)
    assert len(operator.simulator.account.pos) == 1
    assert operator.is_polled()


@cuts(CHANGE)
def test_a_change(at: int, *, is_after: bool, operator: Operator) -> None:
    operator.put_box()
    kill(operator, lambda o: o.put_box(name="Otro", dialect="v2"), CHANGE, at, is_after=is_after)
    assert operator.is_polled()
    operator.put_box(name="Otro", dialect="v2")
    shown = operator.get_box()
    assert (shown["name"], shown["dialect"]) == ("Otro", "v2")
    assert operator.pos_at_mercadopago().fields["name"] == "Otro"
    assert operator.is_polled()


@cuts(RENEWAL)
def test_a_renewal_never_leaves_a_box_without_polls_not_even_for_a_day(
    at: int, *, is_after: bool, operator: Operator
) -> None:
    operator.put_box()
    kill(operator, lambda o: o.renew(), RENEWAL, at, is_after=is_after)
    operator.later(days=1)
    assert operator.is_polled()
    renewed = operator.renew()
    assert operator.pos_at_mercadopago().url == renewed["poll_url"] == operator.get_box()["poll_url"]
    operator.later(minutes=10)
    assert operator.is_polled()


@cuts(RENEWAL)
def test_a_renewal_then_the_box_again(at: int, *, is_after: bool, operator: Operator) -> None:
    operator.put_box()
    kill(operator, lambda o: o.renew(), RENEWAL, at, is_after=is_after)
    assert operator.put_box()[0] == 200
    operator.later(days=1)
    assert operator.is_polled()


@cuts(RETIREMENT)
def test_a_retirement(at: int, *, is_after: bool, operator: Operator) -> None:
    _, box = operator.put_box()
    kill(operator, lambda o: o.retire(), RETIREMENT, at, is_after=is_after)
    shown = operator.retire()
    assert (shown["state"], shown["pos_id"]) == ("retired", None)
    assert operator.pos_at_mercadopago() is None
    assert not operator.is_polled(box["poll_url"])


@cuts(RETIREMENT)
def test_a_retirement_then_the_box_again(at: int, *, is_after: bool, operator: Operator) -> None:
    operator.put_box()
    kill(operator, lambda o: o.retire(), RETIREMENT, at, is_after=is_after)
    status, box = operator.put_box()
    is_retired = at > 1 or (at == 1 and is_after)
    assert status == (201 if is_retired else 200)
    assert not is_retired or operator.is_key_good(box["key"]["box_key"])
    assert len(operator.simulator.account.pos) == 1
    assert operator.is_polled()


@cuts(NEW_BOX)
def test_a_new_box_then_its_retirement(at: int, *, is_after: bool, operator: Operator) -> None:
    kill(operator, lambda o: o.put_box(), NEW_BOX, at, is_after=is_after)
    if operator.item():
        assert operator.retire()["state"] == "retired"
    assert operator.pos_at_mercadopago() is None


@cuts(NEW_STORE)
def test_a_new_branch(at: int, *, is_after: bool, operator: Operator) -> None:
    kill(operator, lambda o: o.put_store(external_id="STORE002"), NEW_STORE, at, is_after=is_after)
    status, branch = operator.put_store(external_id="STORE002")
    assert status == (200 if at == len(NEW_STORE) - 1 and is_after else 201)
    (store,) = [s for s in operator.simulator.account.stores.values() if s.external_id == "STORE002"]
    assert branch["store_id"] == str(store.id)


@cuts(STORE_CHANGE)
def test_a_changed_branch(at: int, *, is_after: bool, operator: Operator) -> None:
    operator.put_store()
    kill(operator, lambda o: o.put_store(name="Otra"), STORE_CHANGE, at, is_after=is_after)
    assert operator.put_store(name="Otra")[1]["name"] == "Otra"
    (store,) = operator.simulator.account.stores.values()
    assert store.fields["name"] == "Otra"


def test_two_provisionings_at_once_hand_out_one_key_that_is_good(operator: Operator) -> None:
    other: list[tuple[int, dict[str, Any]]] = []

    def interfere(name: str) -> None:
        if name == "pos.create":
            operator.cutter.on_call = None
            other.append(operator.put_box())

    operator.cutter.on_call = interfere
    ours = operator.put_box()
    keys = [box for _, box in (ours, *other) if "key" in box]
    assert [status for status, _ in (ours, *other)] == [200, 201]
    assert [operator.is_key_good(box["key"]["box_key"]) for box in keys] == [True]
    assert len(operator.simulator.account.pos) == 1
    assert operator.is_polled()


def test_a_retirement_in_the_middle_of_a_provisioning_leaves_one_of_both(operator: Operator) -> None:
    def interfere(name: str) -> None:
        if name == "pos.create":
            operator.cutter.on_call = None
            operator.retire()

    operator.cutter.on_call = interfere
    status, box = operator.put_box()
    assert (status, operator.is_key_good(box["key"]["box_key"])) == (201, True)
    assert operator.is_polled()
    assert len(operator.simulator.account.pos) == 1


def test_a_key_deleted_by_two_at_once_leaves_the_last_one(operator: Operator) -> None:
    _, box = operator.put_box()
    second = operator.create_key()

    def interfere(name: str) -> None:
        if name == "places.save_box":
            operator.cutter.on_call = None
            operator.delete_key(second["key_id"])

    operator.cutter.on_call = interfere
    with pytest.raises(Exception, match="locked out"):
        operator.delete_key(box["key"]["key_id"])
    assert len(operator.get_box()["keys"]) == 1


def test_a_box_that_never_stops_changing_is_given_up(operator: Operator) -> None:
    operator.put_box()
    busy = False

    def interfere(name: str) -> None:
        nonlocal busy
        if name == "places.save_box" and not busy:
            busy = True
            operator.create_key()
            busy = False

    operator.cutter.on_call = interfere
    with pytest.raises(StorageError):
        operator.renew()
    operator.cutter.on_call = None
    assert operator.is_polled()
