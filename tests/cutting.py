"""A function killed at will: every call it makes to the world is counted, and any of them can be its last."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class CrashError(BaseException):
    """The function was killed here; nothing of ours may catch it."""


class Cutter:
    """Counts the calls to the world; kills the caller before or after the one numbered `at` (from 0)."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.at: int | None = None
        self.is_after = False
        self.on_call: Callable[[str], None] | None = None

    def watch(self, thing: Any, name: str = "", protocol: type | None = None) -> Any:
        """The thing as those reach it who can be killed; `protocol`: only these of its methods reach the world.

        Its calls are counted as `name.method`, under its own name without what the thing is made of unless one is given.
        """
        return _Watched(thing, name or _name_of(thing), protocol, self)

    def cut(self, at: int | None, *, is_after: bool = False) -> None:
        self.calls, self.at, self.is_after = [], at, is_after

    def pass_on(self, name: str, call: Callable[[], Any]) -> Any:
        number = len(self.calls)
        self.calls.append(name)
        if number == self.at and not self.is_after:
            raise CrashError
        if self.on_call:
            self.on_call(name)
        try:
            result = call()
            # Whoever is killed afterwards has read it.
            return iter(list(result)) if isinstance(result, Iterator) else result
        finally:
            if number == self.at:
                raise CrashError


class _Watched:
    def __init__(self, thing: Any, name: str, protocol: type | None, cutter: Cutter) -> None:
        vars(self).update(_thing=thing, _name=name, _protocol=protocol, _cutter=cutter)

    def __getattr__(self, name: str) -> Any:
        thing, cutter = self._thing, self._cutter
        found = getattr(thing, name)
        if self._protocol and not hasattr(self._protocol, name):
            return found
        called = f"{self._name}.{name}"
        return lambda *args, **kwargs: cutter.pass_on(called, lambda: found(*args, **kwargs))

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._thing, name, value)


def _name_of(thing: Any) -> str:
    return type(thing).__name__.removeprefix("MercadoPago").removesuffix("Table").lower()
