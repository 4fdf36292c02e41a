"""``python -m simulator``: Mercado Pago on a port of this machine until it is told to stop."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import TYPE_CHECKING

from simulator import country
from simulator.errors import MisuseError
from simulator.server import ACCESS_TOKEN, LOOPBACK, Server, listen, open_account
from simulator.settings import NOTIFICATION_DIALECTS, NOTIFICATION_SIGNATURES, POLL_DIALECTS, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.routing import BaseRoute

    from simulator.account import Account

CANNOT = 2


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return 0 after a clean end, 2 with one line when it cannot start."""
    parser = options_parser(
        "python -m simulator", "Mercado Pago's side of the unattended QR model, on loopback."
    )
    return run(parser.parse_args(arguments))


def run(
    options: argparse.Namespace, compose: Callable[[Account], Sequence[BaseRoute]] = lambda _account: ()
) -> int:
    """Do as ``main`` does with options that are read already; ``compose`` gives routes to serve beside the API."""
    try:
        account = open_account(
            access_token=options.access_token,
            site=options.site,
            enabled_hosts=options.host_enabled,
            stores=options.store,
            settings=_settings(options),
        )
        listener = listen(options.port)
    except (MisuseError, ValueError) as error:
        return _cannot(str(error))
    except OSError as error:
        return _cannot(f"port {options.port} cannot be taken: {error.strerror}")
    # Uvicorn ends cleanly on these two and then raises them again for the handlers it found: these, which do nothing,
    # so that a clean end is exit code 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    port = listener.getsockname()[1]
    ready = (
        f"simulator ready at http://{LOOPBACK}:{port} (site {options.site}, collector {account.collector_id})"
    )
    Server(account, lambda: _say(ready), compose(account)).run([listener])
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        notification_dialect=options.notifications,
        notification_copies=options.copies,
        notification_wait_scale=options.wait_scale,
        notification_signature=options.signature,
        webhook_secret=options.webhook_secret,
        poll_dialect=options.poll_dialect,
        poll_interval=options.poll_interval,
        pending_refunds=options.pending_refunds,
        kept_records=options.kept_records,
    )


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _cannot(why: str) -> int:
    sys.stderr.write(f"simulator: {why}\n")
    return CANNOT


def options_parser(prog: str, description: str) -> argparse.ArgumentParser:
    """Return the parser of the options that ``run`` takes."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one (default)")
    parser.add_argument("--access-token", default=ACCESS_TOKEN, help="its last group of digits is the seller")
    parser.add_argument("--site", choices=country.sites(), default="mla")
    parser.add_argument("--host-enabled", nargs="*", action="extend", default=[], metavar="HOST")
    parser.add_argument("--store", nargs="*", action="extend", default=[], metavar="EXTERNAL_ID")
    parser.add_argument("--notifications", choices=NOTIFICATION_DIALECTS, default="both")
    parser.add_argument("--copies", type=int, default=1, help="how often each notification is sent")
    parser.add_argument("--wait-scale", type=float, default=1.0, help="shortens the waits before retries")
    parser.add_argument("--signature", choices=NOTIFICATION_SIGNATURES, default="none", help="x-signature")
    parser.add_argument("--webhook-secret", default="", help="what a good signature is made with")
    parser.add_argument("--poll-dialect", choices=POLL_DIALECTS, default="any")
    parser.add_argument("--poll-interval", type=float, default=1.0, help="seconds")
    parser.add_argument("--pending-refunds", action="store_true", help="refunds wait, as with Pix in Brazil")
    parser.add_argument("--kept-records", type=int, default=5000, help="merchant orders that are kept")
    return parser


if __name__ == "__main__":
    sys.exit(main())
