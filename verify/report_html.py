"""The run as one page to print and hand over: self-contained, A4, in the run's language."""

from __future__ import annotations

from datetime import datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verify.report import sum_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from verify.texts import Texts

STYLE = Path(__file__).with_name("report.css")
MARKS = {"passed": "✓", "failed": "✗", "not_played": "–"}
SHOWN_EXCHANGES = 6
SITES = {
    "mla": "Argentina",
    "mlb": "Brasil",
    "mlm": "México",
    "mlc": "Chile",
    "mlu": "Uruguay",
    "mco": "Colombia",
    "mpe": "Perú",
}


def render(described: Mapping[str, Any], texts: Texts) -> str:
    """The page of a run as ``report.describe`` gives it."""
    word = texts.word
    head = f"{word('title')} · {word('subtitle')}"
    made_by = word("made_by" if described["simulator_url"] else "made_by_polls")
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{texts.language}">',
            f'<head><meta charset="utf-8"><title>{escape(head)}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{STYLE.read_text(encoding='utf-8')}</style></head><body>",
            _head(described, texts),
            _table(described, texts),
            _findings(described, texts),
            f"<section class=details><h2>{escape(word('exchanges'))}</h2>",
            *(_case(number, case, texts) for number, case in enumerate(described["cases"], 1)),
            "</section>",
            f"<footer>{escape(made_by)}</footer></body></html>",
            "",
        ]
    )


def _head(described: Mapping[str, Any], texts: Texts) -> str:
    word, outcome = texts.word, described["outcome"]
    began = datetime.fromisoformat(described["began_at"]).astimezone()
    facts = {
        word("url"): described["url"],
        word("dialect"): described["dialect"] or word("unknown"),
        word("country"): SITES.get(described["country"], described["country"]),
        word("collector"): described["collector_id"] or word("unknown"),
        word("date"): f"{began:%Y-%m-%d %H:%M} UTC{began.isoformat()[-6:]}",
    }
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in facts.items())
    return (
        f"<header><div><h1>{escape(word('title'))}</h1><p>{escape(word('subtitle'))}</p></div>"
        f"<p class='verdict {outcome}'><b>{MARKS[outcome]}</b>{escape(sum_up(described, texts))}</p>"
        f"<dl>{rows}</dl></header>"
    )


def _table(described: Mapping[str, Any], texts: Texts) -> str:
    word = texts.word
    rows = []
    for number, case in enumerate(described["cases"], 1):
        codes = "".join(
            f"<span class='code {finding['severity']}'>{escape(finding['code'])}</span>"
            for finding in case["findings"]
        )
        why = f"<span class=why>{escape(case['reason'])}</span>" if case["reason"] else ""
        rows.append(
            f"<tr><td class=n>{number}</td><td><b>{escape(case['title'])}</b><span>{escape(case['expects'])}</span>"
            f"{why}{codes}</td><td class=source>{escape(case['source_title'])}</td>"
            f"<td class='result {case['outcome']}'>{MARKS[case['outcome']]} {escape(word(case['outcome']))}</td></tr>"
        )
    heads = "".join(f"<th>{escape(text)}</th>" for text in ("", word("case"), word("source"), word("result")))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _findings(described: Mapping[str, Any], texts: Texts) -> str:
    word = texts.word
    seen: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for number, case in enumerate(described["cases"], 1):
        for finding in case["findings"]:
            seen.setdefault(finding["code"], (finding, []))[1].append(str(number))
    ordered = sorted(seen.values(), key=lambda one: one[0]["severity"])
    blocks = [
        f"<article class={finding['severity']}><h3><code>{escape(finding['code'])}</code>"
        f"<span>{escape(word(finding['severity']))} · {escape(word('seen_in'))} {', '.join(numbers)}</span></h3>"
        f"<p>{escape(finding['saw'])}</p>"
        f"<p><b>{escape(word('expected'))}:</b> {escape(finding['expected'])}</p>"
        f"<p><b>{escape(word('todo'))}:</b> {escape(finding['todo'])}</p></article>"
        for finding, numbers in ordered
    ]
    nothing = f"<p class=nothing>{escape(word('nothing_found'))}</p>"
    return f"<section><h2>{escape(word('findings'))}</h2>{''.join(blocks) or nothing}</section>"


def _case(number: int, case: Mapping[str, Any], texts: Texts) -> str:
    word, outcome = texts.word, case["outcome"]
    pointed = {finding["exchange"]: finding["severity"] for finding in case["findings"]}
    exchanges = list(enumerate(case["exchanges"]))
    first = [each for each in exchanges if each[0] in pointed] + [
        each for each in exchanges if each[0] not in pointed
    ]
    shown = sorted(first[:SHOWN_EXCHANGES])
    left = len(exchanges) - len(shown)
    more = f"<p class=more>… {escape(word('and_more', count=left))}</p>" if left else ""
    why = (
        f"<p class=why><b>{escape(word('why_not'))}:</b> {escape(case['reason'])}</p>"
        if case["reason"]
        else ""
    )
    return (
        f"<article class=case><h3><span class='result {outcome}'>{MARKS[outcome]}</span> {number}. "
        f"{escape(case['title'])}<span>{case['seconds']:.1f} {escape(word('seconds'))}</span></h3>"
        f"<p><b>{escape(word('does'))}:</b> {escape(case['does'])} "
        f"<b>{escape(word('expects'))}:</b> {escape(case['expects'])}</p>{why}"
        f"{''.join(_exchange(each, pointed.get(place), texts) for place, each in shown)}{more}</article>"
    )


def _exchange(exchange: Mapping[str, Any], severity: str | None, texts: Texts) -> str:
    path = "/" + exchange["url"].split("/", 3)[-1]
    sent = f"\n{exchange['sent']}" if exchange["sent"] else ""
    status = exchange["failure"] if exchange["status"] is None else f"HTTP {exchange['status']}"
    headers = "".join(f"\n{name}: {value}" for name, value in _telling(exchange["headers"]))
    failure = f"\n⚠ {exchange['failure']}" if exchange["failure"] and exchange["status"] is not None else ""
    times = f" · {texts.word('times', times=exchange['times'])}" if exchange["times"] > 1 else ""
    note = f"{exchange['took_ms']} ms{times}"
    return (
        f"<div class='exchange {severity or ''}'><pre>{_breakable(exchange['method'] + ' ' + path)}{escape(sent)}</pre>"
        f"<pre>{escape(str(status))} <i>{escape(note)}</i>{escape(headers)}\n\n{escape(exchange['body'])}"
        f"{escape(failure)}</pre></div>"
    )


def _breakable(text: str) -> str:
    """A long address that may be broken before each of its parameters."""
    return escape(text).replace("&amp;", "<wbr>&amp;").replace("/", "/<wbr>")


def _telling(headers: Iterable[list[str]]) -> list[list[str]]:
    """The headers that say something about the answer; a gateway adds its own by the dozen."""
    dull = ("date", "server", "connection", "x-", "apigw", "via", "cf-", "alt-svc", "report-to", "nel")
    return [each for each in headers if not each[0].lower().startswith(dull)]
