"""The stack on this machine runs the desk, and its machines' journals end with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from local import simulator, stack
from local.places import Places
from tests.desk.caja import Caja
from tests.desk.conftest import Desk

if TYPE_CHECKING:
    from pathlib import Path


def test_a_fresh_stack_finds_no_journal_of_the_one_before(tmp_path: Path) -> None:
    places = Places(state=str(tmp_path / "state"))
    places.prepare()
    try:
        url = simulator.start(places, stack.ACCESS_TOKEN, "mla")
        assert requests.get(url, timeout=5).headers["content-type"].startswith("text/html")
        with Caja("postpay") as caja:
            desk = Desk(url)
            desk.attach(caja, "pump").does("lift")
            desk.session.close()
        assert len(list(places.run.glob("desk/*.jsonl"))) == 1
    finally:
        assert stack.down(places)
    assert not places.run.exists()
