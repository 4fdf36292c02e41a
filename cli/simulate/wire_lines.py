"""What goes over the wire, as a person reads it: one line each, the body below it if asked for."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from rich.text import Text

from cli.exchange import mask
from cli.screen import console
from simulator import exact_json

if TYPE_CHECKING:
    from cli.simulate.receiving import Received
    from simulator.wire import Message

PARTIES = 26
NOON = "2026-11-24T12:00:00+00:00"
REASONS = (("error", "type"), ("status", "status_detail"))
COLOURS = {2: "green", 3: "yellow", 4: "yellow", 5: "bold red"}


def show_event(kind: str, data: Any, *, has_bodies: bool) -> None:
    """Show one event of the simulator; what is not about the wire is a line at most."""
    if kind == "wire":
        _show_message(data, has_bodies=has_bodies)
    elif kind == "clock":
        _show_note(data["now"], f"the clock is turned, {float(data['ahead']):g} s ahead")
    elif kind == "faults":
        on = ", ".join(each["name"] for each in data if each["on"])
        _show_note(None, f"faults: {on or 'none'}")
    elif kind == "scenario" and data["steps"]:
        _show_note(data["steps"][-1]["at"], f"{data['name']}: {data['steps'][-1]['text']}")
    elif kind == "reset":
        _show_note(None, "everything is forgotten")


def show_received(received: Received, *, has_bodies: bool) -> None:
    """Show a notification that came to our own address."""
    now = datetime.now().astimezone().isoformat()
    line = Text.assemble((_time(now), "dim"), "  ", ("received".ljust(PARTIES), "magenta"))
    line.append(f"  {received.method} {mask(received.path)}")
    _print(line)
    if has_bodies:
        _show_body(received.body)


def show_end(message: Message) -> str:
    """How a request ended, in a line."""
    end = f"{message.status}, {message.took_ms} ms" if message.kind == "answer" else message.body
    return f"{message.method} {_path(message.url)}  {end}"


def _show_message(message: dict[str, Any], *, has_bodies: bool) -> None:
    kind, status = message["kind"], message["status"]
    line = Text.assemble((_time(message["at"]), "dim"), "  ")
    if kind == "act":
        line.append(f"{'phone'.ljust(PARTIES)}  ", "cyan").append(mask(message["body"]), "bold cyan")
        _print(line)
        return
    line.append(f"{message['sender']} → {message['receiver']}".ljust(PARTIES) + "  ")
    if kind == "request":
        line.append(f"{message['method']} {_path(message['url'])}", "bold")
    elif kind == "answer":
        line.append(str(status), COLOURS.get(status // 100, ""))
        line.append(f" to {message['method']} {_place(message['url'])}, {message['took_ms']} ms")
        line.append(f"  {_gist(message['body'])}".rstrip(), "dim")
    else:
        line.append("no answer", "bold red")
        line.append(f" to {message['method']} {_place(message['url'])}: {message['body']}")
    _print(line)
    if has_bodies and kind != "failure":
        _show_body(message["body"])


def _show_note(at: str | None, text: str) -> None:
    time = _time(at) if at else " " * len(_time(NOON))
    _print(Text.assemble((time, "dim"), f"  {'':{PARTIES}}  ", (text, "italic dim")))


def _show_body(text: str) -> None:
    if not text:
        return
    with suppress(ValueError):  # not JSON: shown as it is
        text = _indent(exact_json.parse(text))
    for line in mask(text).splitlines():
        _print(Text(f"    {line}", "dim"))


def _gist(body: str) -> str:
    """What decides in an answer, in a few words."""
    try:
        said = exact_json.parse(body) if body else None
    except ValueError:
        return "not JSON"
    if not isinstance(said, dict):
        return ""
    words = [said[outer].get(inner) for outer, inner in REASONS if isinstance(said.get(outer), dict)]
    if "order_status" in said:
        words += [f"{said.get('status')}, {said['order_status']}"]
    if "elements" in said:
        words += [f"{said.get('total')} merchant order(s)"]
    words += [f"{name} {said[name]}" for name in ("external_reference", "message", "status") if name in said]
    return str(words[0]) if words else ""


def _indent(value: Any, margin: str = "") -> str:
    """JSON in lines, with exact digits."""
    inner = f"{margin}  "
    if isinstance(value, dict) and value:
        lines = [f"{inner}{json.dumps(name)}: {_indent(item, inner)}" for name, item in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{margin}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"{inner}{_indent(item, inner)}" for item in value) + f"\n{margin}]"
    return exact_json.render(value)


def _place(url: str) -> str:
    return mask(urlsplit(url).path)


def _path(url: str) -> str:
    parts = urlsplit(url)
    return mask(f"{parts.path}?{parts.query}" if parts.query else parts.path or url)


def _time(at: str) -> str:
    return datetime.fromisoformat(at).astimezone().strftime("%H:%M:%S.%f")[:-3]


def _print(line: Text) -> None:
    # On a terminal one line is one line; in a file it is whole.
    if console.is_terminal:
        console.print(line, no_wrap=True, overflow="ellipsis")
    else:
        console.print(line, soft_wrap=True)
