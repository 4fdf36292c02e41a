"""A request's body, read strictly."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from caja.bodies import MAX_BYTES, MAX_DEPTH, JsonNumber, read_json_object
from caja.errors import BodyTooLargeError, InvalidRequestError, NotJsonError


def read(body: str | None, content_type: str | None = "application/json", **how: Any) -> dict[str, Any]:
    return read_json_object(body, content_type=content_type, **{"is_base64": False} | how)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON", "application/json; charset=utf-8", " application/json ;x"],
)
def test_json_is_read(content_type: str) -> None:
    assert read('{"a": [1, {"b": "ñ"}]}', content_type) == {"a": ["1", {"b": "ñ"}]}


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/jsonp", "application/x-json"])
def test_what_does_not_say_it_is_json_is_refused(content_type: str | None) -> None:
    with pytest.raises(NotJsonError):
        read("{}", content_type)


@pytest.mark.parametrize("written", ["1500.10", "1e400", "-0", "0.10000000000000000000001", "9" * 5000])
def test_numbers_stay_as_they_were_written(written: str) -> None:
    value = read(f'{{"a": {written}}}')["a"]
    assert (type(value), value) == (JsonNumber, written)


def test_a_text_of_digits_is_no_number() -> None:
    assert type(read('{"a": "1500"}')["a"]) is str


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_number_is_refused_by_name(constant: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"^{constant} is not JSON"):
        read(f'{{"a": {constant}}}')


@pytest.mark.parametrize("body", [None, "", "{", "nothing", '{"a": 1,}', "{'a': 1}", '{"a": 01}', "\ufeff{}"])
def test_what_is_no_json_is_refused(body: str | None) -> None:
    with pytest.raises(InvalidRequestError):
        read(body)


@pytest.mark.parametrize("body", ["[]", '"a"', "1", "null", "true"])
def test_json_that_is_no_object_is_refused(body: str) -> None:
    with pytest.raises(InvalidRequestError, match="must be a JSON object"):
        read(body)


@pytest.mark.parametrize("body", ['{"a": 1, "a": 1}', '{"a": {"b": 1, "b": 2}}', '{"a": 1, "\\u0061": 2}'])
def test_a_key_that_stands_twice_is_refused(body: str) -> None:
    with pytest.raises(InvalidRequestError, match="stands twice"):
        read(body)


def test_a_body_may_have_sixteen_kilobytes_and_no_more() -> None:
    largest = json.dumps({"a": "x" * (MAX_BYTES - 9)})
    assert len(largest) == MAX_BYTES
    assert read(largest)
    with pytest.raises(BodyTooLargeError, match="16385 bytes"):
        read(largest + " ")


def test_bytes_count_and_not_characters() -> None:
    with pytest.raises(BodyTooLargeError):
        read(json.dumps({"a": "ñ" * (MAX_BYTES // 2)}, ensure_ascii=False))


def nested(depth: int) -> str:
    return '{"a":' * (depth - 1) + "{}" + "}" * (depth - 1)


def test_a_body_may_be_eight_levels_deep_and_no_more() -> None:
    assert read(nested(MAX_DEPTH))
    with pytest.raises(InvalidRequestError, match="too deeply"):
        read(nested(MAX_DEPTH + 1))


@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_a_body_that_only_goes_down_is_refused(opened: str) -> None:
    with pytest.raises(InvalidRequestError):
        read('{"a":' + opened * (MAX_BYTES // len(opened) - 2))


def test_lists_are_levels_too() -> None:
    with pytest.raises(InvalidRequestError, match="too deeply"):
        read('{"a":' + "[" * 8 + "]" * 8 + "}")


def test_a_body_may_come_in_base64() -> None:
    body = base64.b64encode('{"a": "ñ"}'.encode()).decode()
    assert read(body, is_base64=True) == {"a": "ñ"}


@pytest.mark.parametrize("body", ["{}", "e30", "e3 0=", "ñ", "e30=="])
def test_broken_base64_is_refused(body: str) -> None:
    with pytest.raises(InvalidRequestError, match="not readable"):
        read(body, is_base64=True)


@pytest.mark.parametrize("raw", [b'{"a": "\xff"}', b'{"a": "\xed\xa0\x80"}', b"\xc0\x80"])
def test_what_is_no_utf_8_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidRequestError, match="not UTF-8"):
        read(base64.b64encode(raw).decode(), is_base64=True)


def test_a_lone_surrogate_is_no_utf_8() -> None:
    with pytest.raises(InvalidRequestError, match="not UTF-8"):
        read('{"a": "\ud800"}')


@given(
    body=st.text(max_size=60) | st.text(alphabet='{}[]":,0eE+-.ntfu\\ ', max_size=60), is_base64=st.booleans()
)
def test_whatever_is_sent_is_an_object_or_a_refusal(body: str, *, is_base64: bool) -> None:
    with suppress(InvalidRequestError):
        assert isinstance(read(body, is_base64=is_base64), dict)
