"""The keys boxes sign in with."""

from __future__ import annotations

import hashlib

import pytest

from caja.keys import hash_key, is_known, make_key, read_bearer
from tests.builders import BOX_KEY, OTHER_KEY

HASHES = {BOX_KEY.key_id: BOX_KEY.sha256}


def test_a_key_begins_with_what_scanners_know_and_names_itself() -> None:
    key = make_key("0123abcd" + "4" * 32)
    assert key.key_id == "0123abcd"
    assert key.box_key == "caja_box_0123abcd_" + "4" * 32


def test_only_the_hash_of_the_whole_key_is_stored() -> None:
    assert hash_key("caja_box_x") == hashlib.sha256(b"caja_box_x").hexdigest()
    assert BOX_KEY.sha256 == hash_key(BOX_KEY.box_key)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_a_key_is_read_from_its_header(scheme: str) -> None:
    assert read_bearer(f"{scheme} {BOX_KEY.box_key}") == BOX_KEY.box_key


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        BOX_KEY.box_key,
        f"Basic {BOX_KEY.box_key}",
        f"Bearer {BOX_KEY.box_key}x",
        f"Bearer {BOX_KEY.box_key[:-1]}",
        f"Bearer x{BOX_KEY.box_key}",
        f"Bearer {BOX_KEY.box_key.upper()}",
        f"Bearer {BOX_KEY.box_key} {BOX_KEY.box_key}",
        f"Bearer {BOX_KEY.box_key[:-1]}\u0663",
    ],
)
def test_anything_else_is_no_key(header: str | None) -> None:
    assert read_bearer(header) is None


def test_a_stored_key_is_known() -> None:
    assert is_known(BOX_KEY.box_key, HASHES)


@pytest.mark.parametrize(
    "box_key", [OTHER_KEY.box_key, BOX_KEY.box_key[:-1] + "1", "", "caja_box_", BOX_KEY.sha256]
)
def test_any_other_key_is_unknown(box_key: str) -> None:
    assert not is_known(box_key, HASHES)


def test_a_key_is_known_under_its_own_id_only() -> None:
    assert not is_known(BOX_KEY.box_key, {OTHER_KEY.key_id: BOX_KEY.sha256})


@pytest.mark.parametrize("stored", ["", "x"])
def test_a_broken_hash_lets_nobody_in(stored: str) -> None:
    assert not is_known(BOX_KEY.box_key, {BOX_KEY.key_id: stored})
