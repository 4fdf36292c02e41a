"""Where everything lives. Nothing is written outside .caja, and nothing is installed outside .venv."""

import os
from dataclasses import dataclass
from pathlib import Path

from local.errors import NotInstalledError

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Places:
    """The folders of one clone; `root` holds template.yaml. Another `state` is another stack beside the first."""

    root: Path = ROOT
    state: str = ".caja"

    @property
    def caja(self) -> Path:
        """All that a run writes."""
        return self.root / self.state

    @property
    def run(self) -> Path:
        """What is up: process ids and options. Gone after `down`."""
        return self.caja / "run"

    @property
    def temporary(self) -> Path:
        """Temporary files of the emulator and its functions. Gone after `down`."""
        return self.caja / "tmp"

    @property
    def log(self) -> Path:
        """Logs of the last run; kept after `down`."""
        return self.caja / "log"

    @property
    def build(self) -> Path:
        """`sam build` for this machine; never .aws-sam, from where a merchant deploys."""
        return self.caja / "build"

    @property
    def stack_json(self) -> Path:
        """What a client of the stack needs to know."""
        return self.caja / "stack.json"

    @property
    def sam(self) -> Path:
        """AWS SAM's command line."""
        return self._installed(self.root / ".venv" / "bin" / "sam")

    @property
    def python(self) -> Path:
        """The interpreter of the command line and of the simulator."""
        return self._installed(self.root / ".venv" / "bin" / "python")

    @property
    def emulator_python(self) -> Path:
        """The interpreter that runs emulated AWS, and with it the functions."""
        self._installed(self.root / ".venv" / "aws" / "bin" / "ministack")
        return self._installed(self.root / ".venv" / "aws" / "bin" / "python")

    def prepare(self) -> None:
        """Make the folders that a run writes into."""
        for folder in (self.run, self.temporary, self.log):
            folder.mkdir(parents=True, exist_ok=True)

    def environment(self) -> dict[str, str]:
        """Return the environment of child processes: this one's, less whatever steers AWS tools or Python.

        A profile, a region or an endpoint of the developer's own must never reach a local deployment, nor a
        local deployment the developer's account.
        """
        steering = ("AWS_", "SAM_", "__SAM", "PYTHON", "VIRTUAL_ENV", "BASH_FUNC")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(steering)}
        kept.setdefault("PIP_CACHE_DIR", str(self.root / ".caja" / "cache" / "pip"))
        kept.setdefault("UV_CACHE_DIR", str(self.root / ".caja" / "cache" / "uv"))
        own = ",".join(filter(None, (kept.get("no_proxy") or kept.get("NO_PROXY"), "127.0.0.1,localhost")))
        return kept | {
            "NO_PROXY": own,
            "no_proxy": own,
            "PYTHONPYCACHEPREFIX": str(self.caja / "pycache"),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(self.temporary),
        }

    @staticmethod
    def _installed(path: Path) -> Path:
        if not path.exists():
            raise NotInstalledError(f"{path} is missing. Install again: `rm -rf .venv && make .venv`.")
        return path
