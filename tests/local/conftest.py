"""A clone of its own for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local import processes
from local.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """An empty clone; whatever was started in it is stopped afterwards."""
    found = Places(root=tmp_path)
    found.prepare()
    yield found
    processes.stop_all(found)


@pytest.fixture
def tool(places: Places) -> Tool:
    return Tool(places)


class Tool:
    """Puts scripts where the installed tools would be."""

    def __init__(self, places: Places) -> None:
        self.places = places

    def install(self, path: str, script: str) -> None:
        """Install a shell script as `.venv/<path>`."""
        file = self.places.root / ".venv" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
