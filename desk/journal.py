"""A box's journal: what it was about to do, on the disk before it does it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

MOST_ENTRIES = 1000
KEPT_ENTRIES = 200

Entry = dict[str, Any]


class Journal:
    """The file at ``path``, one JSON object a line: ``at``, ``what`` and its facts. Only it survives a power cut.

    A line that was cut short while it was written is as if it had never been: nothing was sent before it was whole.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.entries: list[Entry] = []
        whole = 0
        content = path.read_bytes() if path.exists() else b""
        for line in content.splitlines(keepends=True):
            entry = _read(line)
            if entry is None:
                break
            self.entries.append(entry)
            whole += len(line)
        self._file = path.open("ab")
        self._file.truncate(whole)
        _sync_folder(path.parent)

    def write(self, what: str, **facts: Any) -> Entry:
        """Write an entry down and return it once it is on the disk; ``OSError`` when it cannot be."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        entry = {"at": at, "what": what, **facts}
        self._file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.entries.append(entry)
        return entry

    def trim(self) -> None:
        """Forget all but the newest entries once there are many; call it between sales."""
        if len(self.entries) <= MOST_ENTRIES:
            return
        kept = self.entries[-KEPT_ENTRIES:]
        draft = self._path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.writelines(json.dumps(entry, ensure_ascii=False).encode() + b"\n" for entry in kept)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        _sync_folder(self._path.parent)
        self._file.close()
        self._file = self._path.open("ab")
        self.entries = kept

    def newest(self, count: int) -> list[Entry]:
        """The newest entries, newest first; of a meter that runs only its last word."""
        shown: list[Entry] = []
        for entry in reversed(self.entries):
            if shown and entry["what"] == shown[-1]["what"] == "dispensed":
                continue
            shown.append(entry)
            if len(shown) == count:
                break
        return shown

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _sync_folder(folder: Path) -> None:
    """Have the disk know the file by its name: without that, a file just made can be gone with the power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(line: bytes) -> Entry | None:
    """The entry, or None for a line that is not whole."""
    if not line.endswith(b"\n"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "what" in entry and "at" in entry else None
