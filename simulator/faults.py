"""What can go wrong at Mercado Pago, by name: each fault is a named set of settings that can be switched on and off.

Off means the settings that the account was opened with. Faults that use the same setting exclude each other by
themselves: switching one on overwrites what the other one had set.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.errors import BAD_REQUEST, NOT_FOUND, MisuseError
from simulator.exact_json import is_integer, is_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.account import Account
    from simulator.settings import Settings


@dataclass(frozen=True)
class Fault:
    """One fault: the ``fixed`` settings that make it, and the settings that its parameters go to.

    ``parameters`` gives for each parameter the name of its setting and its default. The fault is there when every
    fixed setting holds and every parameter's setting is above its minimum in ``above``.
    """

    name: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, tuple[str, int | float]] = field(default_factory=dict)
    above: Mapping[str, int] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Return the names of all settings that the fault uses."""
        return [*self.fixed, *(setting for setting, _ in self.parameters.values())]

    def holds(self, settings: Settings, opened_with: Settings) -> bool:
        """Whether the fault is there, and was not there when the account was opened."""
        if any(getattr(settings, name) != value for name, value in self.fixed.items()):
            return False
        if any(getattr(settings, name) <= least for name, least in self.above.items()):
            return False
        told_by = (*self.fixed, *self.above)
        return any(getattr(settings, name) != getattr(opened_with, name) for name in told_by)


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("notifications_lost", {"notification_dialect": "none"}),
        Fault(
            "notifications_late",
            parameters={"seconds": ("notification_delay", 10)},
            above={"notification_delay": 0},
        ),
        Fault(
            "notifications_doubled",
            parameters={"copies": ("notification_copies", 3)},
            above={"notification_copies": 1},
        ),
        Fault(
            "notifications_reordered",
            {"notification_reordered": True},
            {"seconds": ("notification_hold", 30)},
        ),
        Fault("notifications_ipn_only", {"notification_dialect": "ipn"}),
        Fault("notifications_webhook_only", {"notification_dialect": "webhook"}),
        Fault("notifications_badly_signed", {"notification_signature": "bad"}),
        Fault("api_slow", parameters={"seconds": ("api_delay", 3)}, above={"api_delay": 0}),
        Fault("api_429", {"api_answer": "429"}, {"retry_after": ("api_retry_after", 2)}),
        Fault("api_5xx", {"api_answer": "5xx"}, {"status": ("api_5xx_status", 503)}),
        Fault("api_html", {"api_answer": "html"}, {"status": ("api_html_status", 502)}),
        Fault("api_401", {"api_answer": "401"}),
        Fault("reads_lag", parameters={"seconds": ("read_lag", 5)}, above={"read_lag": 0}),
        Fault("polls_time_out", {"poll_answers_lost": True}),
        Fault("refunds_pending", {"pending_refunds": True}, {"seconds": ("pending_refund_seconds", 0)}),
        Fault("no_balance", {"seller_has_balance": False}),
    )
}


def find(name: str) -> Fault:
    """Find a fault; ``MisuseError`` when there is none of this name."""
    if name not in FAULTS:
        raise MisuseError(f"no fault is called {name!r}; there are {', '.join(FAULTS)}", NOT_FOUND)
    return FAULTS[name]


def turn_on(account: Account, name: str, wished: dict[str, Any]) -> Fault:
    """Let it go wrong, with the parameters that are wished; ``MisuseError`` names what cannot be."""
    fault = find(name)
    unknown = sorted(set(wished) - set(fault.parameters))
    if unknown:
        raise MisuseError(f"{', '.join(unknown)}: not a parameter of {fault.name}", BAD_REQUEST)
    changes = dict(fault.fixed)
    for parameter, (setting, default) in fault.parameters.items():
        changes[setting] = _number(parameter, wished.get(parameter, default))
        if changes[setting] <= fault.above.get(setting, -1):
            raise MisuseError(f"{parameter}: above {fault.above[setting]}", BAD_REQUEST)
    account.change_settings(account.settings.changed(changes))
    return fault


def turn_off(account: Account, *names: str) -> None:
    """Let it go right again: those of the faults that are there; ``MisuseError`` for a name that is none."""
    first = account.opened_with
    there = [fault for fault in map(find, names) if fault.holds(account.settings, first)]
    if there:
        settings = [name for fault in there for name in fault.names()]
        account.change_settings(account.settings.back_to(first, settings))


def shown(account: Account, fault: Fault) -> dict[str, Any]:
    """Return a fault as JSON-ready values: on or off, its parameters and its settings as they are or would be."""
    on = fault.holds(account.settings, account.opened_with)
    parameters = {
        name: getattr(account.settings, setting) if on else default
        for name, (setting, default) in fault.parameters.items()
    }
    values = {setting: parameters[name] for name, (setting, _) in fault.parameters.items()}
    return {"name": fault.name, "on": on, "parameters": parameters, "settings": {**fault.fixed, **values}}


def shown_all(account: Account) -> list[dict[str, Any]]:
    """Return every fault as JSON-ready values."""
    return [shown(account, fault) for fault in FAULTS.values()]


def _number(name: str, value: Any) -> int | Decimal:
    if not is_number(value) or not 0 <= value < 10**9:
        raise MisuseError(f"{name}: a number of at least 0", BAD_REQUEST)
    return int(value) if is_integer(value) or value == int(value) else Decimal(value)
