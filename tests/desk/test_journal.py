"""A journal is on the disk before anything follows from it, and survives being cut short."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from desk.journal import KEPT_ENTRIES, MOST_ENTRIES, Journal

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "box.jsonl"
    journal = Journal(path)
    journal.write("sale", ticket="añ")
    journal.write("accepted", order_id="A")
    journal.close()
    again = Journal(path)
    assert [entry["what"] for entry in again.entries] == ["sale", "accepted"]
    assert again.entries[0]["ticket"] == "añ"
    again.close()


def test_an_entry_is_on_the_disk_when_it_counts_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "box.jsonl"
    journal = Journal(path)
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(
        "os.fsync", lambda _: seen.append((len(path.read_text().splitlines()), len(journal.entries)))
    )
    journal.write("claim", claim="c")
    journal.close()
    assert seen == [(1, 0)]


def test_a_line_cut_short_is_as_if_it_had_never_been(tmp_path: Path) -> None:
    path = tmp_path / "box.jsonl"
    journal = Journal(path)
    journal.write("sale", ticket="a")
    journal.close()
    with path.open("ab") as file:
        file.write(b'{"at": "2026-11-24T10:00:00.000Z", "what": "mo')
    again = Journal(path)
    again.write("claim", claim="c")
    again.close()
    assert [json.loads(line)["what"] for line in path.read_text().splitlines()] == ["sale", "claim"]


def test_a_long_journal_keeps_its_newest_entries(tmp_path: Path) -> None:
    path = tmp_path / "box.jsonl"
    journal = Journal(path)
    path.write_text("")
    for number in range(MOST_ENTRIES + 1):
        journal.entries.append({"at": "", "what": "end", "number": number})
    journal.trim()
    journal.write("sale")
    journal.close()
    again = Journal(path)
    assert len(again.entries) == KEPT_ENTRIES + 1
    assert again.entries[-2]["number"] == MOST_ENTRIES
    again.close()


def test_a_meter_that_runs_is_shown_by_its_last_word(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "box.jsonl")
    for amount in ("1.00", "2.00", "3.00"):
        journal.write("dispensed", litres="1", amount=amount)
    journal.write("sale")
    assert [entry.get("amount") for entry in journal.newest(20)] == [None, "3.00"]
    journal.close()
