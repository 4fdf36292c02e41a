"""The messages on the queues of checks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caja.messages import CheckMessage, read_check, read_object, write_check


@given(
    order_id=st.text(), merchant_order_id=st.none() | st.from_regex(r"[0-9]{1,20}"), is_hinted=st.booleans()
)
def test_a_check_is_read_as_it_was_written(
    order_id: str, merchant_order_id: str | None, *, is_hinted: bool
) -> None:
    message = CheckMessage(order_id=order_id, merchant_order_id=merchant_order_id, is_hinted=is_hinted)
    assert read_check(read_object(write_check(message))) == message


def test_a_check_may_name_its_order_alone() -> None:
    assert read_check({"order_id": "O"}) == CheckMessage(order_id="O")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"order"'])
def test_what_is_no_object_raises_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_object(text)


def test_a_check_of_nothing_raises() -> None:
    with pytest.raises(KeyError):
        read_check({})
