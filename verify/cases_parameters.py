"""The case of the wrong parameters: whatever points at no box is answered `invalid`, and always alike."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from verify.rules import IN_PROCESS, INVALID, NOTHING, ORDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.answers import Reading
    from verify.stage import Stage

BAD_REQUEST = 400
TELLING = ("content-type", "cache-control", "www-authenticate")


def play_wrong_parameters(stage: Stage) -> None:
    """Wrong parameters point at an unknown place: `invalid`, always the same."""
    right = stage.offer()
    refused: dict[tuple[object, ...], str] = {}
    for how, name, url in _wrong_urls(stage.url, stage.optional):
        reading = stage.look(url, judged=False)
        is_believed = reading.kind in (ORDER, NOTHING, IN_PROCESS)
        if how == "repeated":
            if is_believed:
                stage.find("repeated_parameter_believed", reading, parameter=name)
            continue
        if is_believed:
            stage.find("wrong_parameters_accepted", reading, parameter=name, how=how, word=reading.word)
        elif reading.kind != INVALID or reading.exchange.status != BAD_REQUEST:
            stage.find("invalid_answered_otherwise", reading, parameter=name, how=how, saw=_saw(reading))
        else:
            for flaw in reading.flaws:
                stage.find(flaw.code, reading, **flaw.facts)
            refused.setdefault(_looks(reading), name)
            if len(refused) > 1:
                stage.find("invalid_told_apart", reading, one=next(iter(refused.values())), other=name)
    if stage.look().exchange.body != right.exchange.body:
        stage.find("body_changes", stage.look())


def _wrong_urls(url: str, optional: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """How, which parameter, and the URL that is wrong so; without a query, the last part of the path is altered."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if not pairs:
        folder, _, last = parts.path.rstrip("/").rpartition("/")
        yield "altered", last, parts._replace(path=f"{folder}/{_altered(last)}").geturl()
        return
    for place, (name, value) in enumerate(pairs):
        if name in optional:
            continue
        others = pairs[:place], pairs[place + 1 :]
        for how, here in {
            "altered": [(name, _altered(value))],
            "missing": [],
            "repeated": [(name, value), (name, _altered(value))],
        }.items():
            query = urlencode([*others[0], *here, *others[1]])
            yield how, name, parts._replace(query=query).geturl()


def _altered(value: str) -> str:
    """Another value of the same look that no box has."""
    if value.isdigit():
        return "98765432109"[: max(len(value), 9)] if not value.startswith("9876") else "123456789"
    return value[:-1] + ("Q" if value[-1:] != "Q" else "Z") if len(value) >= 8 else f"{value}ZQ9"  # noqa: PLR2004 - a key


def _looks(reading: Reading) -> tuple[object, ...]:
    exchange = reading.exchange
    return (exchange.status, exchange.body, *(exchange.header(name) for name in TELLING))


def _saw(reading: Reading) -> str:
    status = reading.exchange.status
    return (
        reading.word
        if status is None
        else f"{status} {reading.word}"
        if reading.word != str(status)
        else reading.word
    )
