"""How the box is moved between cases: by a program of the merchant's, or by a person who is told what to do.

The verbs, in the order a sale meets them:

==============  ======================================================================================
``idle``        no sale is under way and nothing is to be paid; whatever is open is given up
``prepare``     a sale begins, its amount not known yet
``sell AMOUNT`` the sale's order is there: this is to be paid
``cancel``      the customer pays in cash: the order is given up
``break``       the machine cannot be reached
``mend``        it can be reached again, and is idle
``refund``      the money of the last sale goes back to the buyer
==============  ======================================================================================
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VERBS = ("idle", "prepare", "sell", "cancel", "break", "mend", "refund")
CANNOT = 3
"""The exit code with which a hook says that it has no such verb."""
AMOUNT = re.compile(r"[0-9]+(\.[0-9]+)?")


class DriverError(Exception):
    """The box could not be moved; the message says why."""


class CannotError(DriverError):
    """The driver has no such verb: what needs it is not played."""


class Driver(Protocol):
    """Moves one box. ``is_prompt``: what it is told is done when it returns, not when a person gets round to it."""

    @property
    def is_prompt(self) -> bool:
        """Whether ``do`` returns with the thing done."""
        ...

    def do(self, verb: str, amount: Decimal | None = None) -> Decimal | None:
        """Do a verb; of ``sell``, return the amount really sold, None if it is not known. Raises DriverError."""
        ...

    def attend(self) -> None:
        """What a box does while it waits to be paid; called in every loop that waits."""
        ...


class HookDriver:
    """Calls the merchant's own program: ``COMMAND verb [amount]``.

    Exit code 0: done; 3: no such verb; anything else: an error, and what it wrote is shown. Environment: this one's and
    ``CAJA_VERIFY_POLL_URL``. If the last line it writes is a number, that is the amount really sold.
    """

    is_prompt = True

    def __init__(self, command: str, environment: Mapping[str, str], seconds: float) -> None:
        self._command = shlex.split(command)
        self._environment = {**os.environ, **environment}
        self._seconds = seconds

    def do(self, verb: str, amount: Decimal | None = None) -> Decimal | None:
        """Run the program and wait for its end."""
        command = [*self._command, verb, *([] if amount is None else [str(amount)])]
        try:
            done = subprocess.run(  # noqa: S603 - running it is what the person asked for
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._seconds,
                check=False,
                text=True,
                errors="replace",
            )
        except subprocess.TimeoutExpired as error:
            raise DriverError(f"{shlex.join(command)} took longer than {self._seconds:g} s") from error
        except OSError as error:
            raise DriverError(f"{command[0]} cannot be run: {error.strerror}") from error
        if done.returncode == CANNOT:
            raise CannotError(verb)
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        if done.returncode:
            raise DriverError(f"{shlex.join(command)} ended with {done.returncode}: {' '.join(said[-3:])}")
        last = (done.stdout.split() or [""])[-1]
        return Decimal(last) if AMOUNT.fullmatch(last) else amount

    def attend(self) -> None:
        """Nothing: the merchant's own box asks for itself."""


class PersonDriver:
    """Tells a person what to do at the box; whether it was done is seen in the poll."""

    is_prompt = False

    def __init__(self, tell: Callable[[str, Decimal | None], None]) -> None:
        self._tell = tell

    def do(self, verb: str, amount: Decimal | None = None) -> Decimal | None:
        """Say it; a person sells what the machine sells, so the amount is not known."""
        self._tell(verb, amount)
        return None

    def attend(self) -> None:
        """Nothing."""


class NobodyDriver:
    """Nobody is at the box: only what needs no hand is played."""

    is_prompt = True

    def do(self, verb: str, _amount: Decimal | None = None) -> Decimal | None:
        """Cannot."""
        raise CannotError(verb)

    def attend(self) -> None:
        """Nothing."""
