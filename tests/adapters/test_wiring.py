"""The clock every function reads."""

from __future__ import annotations

from caja import wiring
from caja.instants import read_instant, write_instant


def test_the_time_is_what_the_tables_keep_of_it_so_that_an_instant_read_again_is_the_same() -> None:
    instants = [wiring.now() for _ in range(50)]
    assert [read_instant(write_instant(at)) for at in instants] == instants
