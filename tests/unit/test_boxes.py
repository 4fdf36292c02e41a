"""What a box is, and when hearing from it is worth a write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from caja.boxes import BoxView, Seen
from tests.builders import BOX_KEY, BRANCH_KEY, NOON, OTHER_KEY, a_box, after

if TYPE_CHECKING:
    from datetime import datetime


def seen(state: str = "idle", *, state_at: datetime = NOON, seen_at: datetime = NOON) -> Seen:
    return Seen(state=state, state_at=state_at, seen_at=seen_at)


def view(last: Seen | None = None, **changes: Any) -> BoxView:
    return BoxView(box=a_box(**changes), offer=None, seen=last)


BRANCH = {BRANCH_KEY.key_id: BRANCH_KEY.sha256}


@pytest.mark.parametrize("key", [BOX_KEY, BRANCH_KEY])
def test_a_box_is_known_by_its_own_key_and_by_its_branchs(key: Any) -> None:
    assert view().knows(f"Bearer {key.box_key}", BRANCH)


@pytest.mark.parametrize("header", [None, "", f"Bearer {OTHER_KEY.box_key}", BOX_KEY.box_key])
def test_nobody_else_is_known(header: str | None) -> None:
    assert not view().knows(header, BRANCH)


def test_a_branchs_key_is_unknown_where_the_branch_has_none() -> None:
    assert not view().knows(f"Bearer {BRANCH_KEY.box_key}", {})


def test_the_first_sign_of_life_is_written() -> None:
    assert view(liveness_seconds=60).needs_sign_of_life(NOON)
    assert view().needs_state("idle", NOON)


@pytest.mark.parametrize(("liveness", "seconds"), [(60, 20), (90, 30), (0, 300)])
def test_a_sign_of_life_is_written_at_most_every_third_of_what_counts(liveness: int, seconds: int) -> None:
    box = view(seen(), liveness_seconds=liveness)
    assert not box.needs_sign_of_life(after(seconds=seconds, milliseconds=-1))
    assert box.needs_sign_of_life(after(seconds=seconds))


def test_a_new_state_is_written_at_once() -> None:
    assert view(seen("idle")).needs_state("preparing", after(seconds=1))
    assert not view(seen("idle")).needs_state("idle", after(seconds=1))


def test_preparing_is_written_often_enough_never_to_lapse() -> None:
    assert not view(seen("preparing")).needs_state("preparing", after(seconds=29))
    assert view(seen("preparing")).needs_state("preparing", after(seconds=30))
    assert not view(seen("out_of_service")).needs_state("out_of_service", after(seconds=30))


def test_preparing_lapses_by_when_it_was_said_and_not_by_the_last_sign_of_life() -> None:
    last = seen("preparing", seen_at=after(seconds=29))
    assert view(last).needs_state("preparing", after(seconds=30))


def test_a_state_repeated_is_a_sign_of_life() -> None:
    assert view(seen("idle"), liveness_seconds=60).needs_state("idle", after(seconds=20))
