"""How an instant is written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caja.instants import read_instant, write_instant
from tests.builders import NOON

INSTANTS = st.datetimes(min_value=datetime(1000, 1, 2), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds it


def test_an_instant_is_written_in_utc_to_the_millisecond() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=-3))) + timedelta(microseconds=123_999)
    assert write_instant(there) == "2026-11-24T12:00:00.123Z"
    assert write_instant(NOON) == "2026-11-24T12:00:00.000Z"


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00.000Z"])
def test_what_is_no_instant_raises_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_instant(text)


@given(INSTANTS)
def test_an_instant_is_read_as_it_was_written(at: datetime) -> None:
    assert read_instant(write_instant(at)) == at.replace(microsecond=at.microsecond // 1000 * 1000)


@given(INSTANTS, INSTANTS)
def test_texts_sort_like_the_instants(one: datetime, other: datetime) -> None:
    first, second = sorted([one, other])
    assert write_instant(first) <= write_instant(second)
