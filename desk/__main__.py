"""``python -m desk``: Mercado Pago's simulator with the page and the machines, on a port of this machine until it is told to stop."""

from __future__ import annotations

import sys
from pathlib import Path

from desk.app import journals, routes
from desk.machines import Machines
from simulator.__main__ import options_parser, run


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return 0 after a clean end, 2 with one line when it cannot start."""
    parser = options_parser(
        "python -m desk",
        "Mercado Pago's side of the unattended QR model, with machines and a page, on loopback.",
    )
    parser.add_argument(
        "--journal",
        type=Path,
        metavar="DIR",
        help="where the machines' journals lie; else they end with the process",
    )
    options = parser.parse_args(arguments)
    with journals(options.journal) as folder:
        return run(options, lambda account: routes(Machines(account, folder)))


if __name__ == "__main__":
    sys.exit(main())
