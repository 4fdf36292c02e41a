"""The page's modules that know no page: money, bodies, the steps of the document, the folded wire."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.visitor import Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from local.stack import Stack

BOX = "SURTIDOR1"
ORDER = "XK4BNOJE54NHYFPJTVXEO62ZVR"
API = "http://127.0.0.1:4566/_aws/execute-api/abc"
POLL = f"{API}/poll?locationId=STORE001&positionId={BOX}&key=***"
NOT_YET = {"error": {"type": "in_process"}}
OFFER = {"external_reference": ORDER, "items": [{"unit_price": 1, "quantity": 1}]}
CHECK = f"/merchant_orders/search?external_reference={ORDER}"


@pytest.fixture(scope="module")
def page(chromium: Browser, branch: Stack) -> Iterator[Page]:
    """A page that can import its modules."""
    visitor = Visitor.arrive(chromium, branch.mercadopago_url)
    yield visitor.page
    visitor.page.context.close()


@pytest.mark.parametrize(
    ("amount", "currency", "language", "shown"),
    [
        ("15000.50", "ARS", "es", "$ 15.000,50"),
        ("15000.50", "ARS", "en", "ARS 15,000.50"),
        ("90071992547409931.01", "ARS", "es", "$ 90.071.992.547.409.931,01"),
        ("0.29", "BRL", "pt", "R$ 0,29"),
        ("15000", "CLP", "es", "$ 15.000"),
        ("n/a", "ARS", "es", "n/a"),
    ],
)
def test_money_is_shown_exactly(page: Page, amount: str, currency: str, language: str, shown: str) -> None:
    found = _call(page, "money", "formatMoney", amount, currency, language)
    assert found.replace("\N{NO-BREAK SPACE}", " ").replace("$15,", "ARS 15,") == shown


@pytest.mark.parametrize(
    ("typed", "language", "read"),
    [
        ("15.000,50", "es", "15000.50"),
        ("15,000.50", "en", "15000.50"),
        ("15000.5", "es", "15000.5"),
        ("15.000", "es", "15000"),
        ("15,000", "en", "15000"),
        ("12,5", "pt", "12.5"),
        ("12.5", "en", "12.5"),
        (" 1.234.567,8 ", "es", "1234567.8"),
        ("$ 20", "es", "20"),
        ("007", "es", "7"),
        ("1.2.3", "es", None),
        ("1e3", "es", None),
        ("-5", "es", None),
        ("", "es", None),
        (",", "es", None),
    ],
)
def test_a_number_is_read_as_its_language_writes_it(
    page: Page, typed: str, language: str, read: str | None
) -> None:
    assert _call(page, "money", "readDecimal", typed, language) == read


def test_a_body_is_laid_out_as_it_was_written(page: Page) -> None:
    body = '{"amount":15000.50,"id":20000000000000000001,"none":[],"said":"a \\"{,}\\" b","all":[1,{"yes":true}]}'
    laid = "".join(text for _kind, text in _call(page, "exact", "layOut", body))
    assert "15000.50" in laid
    assert "20000000000000000001" in laid
    assert json.loads(laid) == json.loads(body)
    assert laid.count("\n") == 11
    assert _call(page, "exact", "layOut", "<html>") == [["text", "<html>"]]


def test_amounts_are_parsed_as_they_were_written(page: Page) -> None:
    found = _call(page, "exact", "parse", '{"amount": 15000.50, "id": 12345678901234567890, "count": 3}')
    assert found == {"amount": "15000.50", "id": "12345678901234567890", "count": 3}


def test_each_message_of_a_sale_is_a_step_of_the_document(page: Page) -> None:
    wire = _Wire()
    wire.act(f"scan {BOX}")
    wire.call("mercadopago merchant GET", POLL, 400, NOT_YET)
    wire.call("box merchant PUT", f"{API}/boxes/{BOX}/state", 200, {}, body={"state": "preparing"})
    wire.call("mercadopago merchant GET", POLL, 400, NOT_YET)
    wire.call("box merchant POST", f"{API}/boxes/{BOX}/orders", 201, {"order_id": ORDER}, body={})
    wire.call("mercadopago merchant GET", POLL, 200, OFFER)
    wire.call("mercadopago merchant POST", f"{API}/notify/{ORDER}/***", 200, {}, body={})
    wire.call("merchant mercadopago GET", CHECK, 200, {})
    before = _lit(page, wire)
    wire.act("pay 1 ARS")
    wire.call("mercadopago merchant POST", f"{API}/notify/{ORDER}/***", 200, {}, body={})
    wire.call("merchant mercadopago GET", CHECK, 200, {})
    wire.call("box merchant GET", f"{API}/boxes/{BOX}/orders/{ORDER}", 200, {"state": "paid"})

    assert before == ["1", "2", "3B", "3C", "3A", "3D", "4A", "4B", "5A", "5B", "5C"]
    assert _lit(page, wire)[len(before) :] == ["6", "7B", "7A", "7C", "8A", "8B", "9"]


def test_the_next_sale_begins_a_new_strip_and_an_older_order_lights_nothing(page: Page) -> None:
    wire = _Wire()
    wire.call("box merchant POST", f"{API}/boxes/{BOX}/orders", 201, {"order_id": ORDER}, body={})
    wire.act(f"scan {BOX}")
    wire.call("mercadopago merchant GET", POLL, 200, OFFER)
    wire.act("pay 1 ARS")
    wire.call("box merchant PUT", f"{API}/boxes/{BOX}/state", 200, {}, body={"state": "preparing"})
    wire.call("box merchant GET", f"{API}/boxes/{BOX}/orders/{ORDER}", 200, {"state": "paid"})
    wire.call("mercadopago merchant POST", f"{API}/notify/{ORDER}/***", 200, {}, body={})
    assert _lit(page, wire) == ["3A"]


def test_another_box_has_a_strip_of_its_own(page: Page) -> None:
    wire = _Wire()
    wire.call("box merchant PUT", f"{API}/boxes/MAQUINA1/state", 200, {}, body={"state": "preparing"})
    wire.act("scan MAQUINA1")
    assert _lit(page, wire) == []
    assert _lit(page, wire, "MAQUINA1") == ["3A", "1"]


def test_a_merchant_with_other_urls_lights_the_steps_too(page: Page) -> None:
    wire, url = _Wire(), "https://example.com/qr?caja=1&token=***"
    told = {"status": {"status_detail": "in_process"}}
    offer = {"external_reference": "A7", "notification_url": "https://example.com/hook?caja=1"}
    wire.act(f"scan {BOX}")
    wire.call("mercadopago merchant GET", url, 202, told)
    wire.call("mercadopago merchant GET", url, 200, offer)
    hook = "https://example.com/hook?caja=1&topic=merchant_order&id=21795513582"
    wire.call("mercadopago merchant POST", hook, 200, {}, body={})
    wire.act("pay 1 ARS")
    wire.call("merchant mercadopago GET", "/merchant_orders/21795513582", 200, {})
    wire.call("merchant mercadopago GET", "/merchant_orders?external_reference=A7", 200, {})
    lit = _lit(page, wire, url="https://example.com/qr?caja=1&token=secret")
    assert lit == ["1", "2", "3B", "3C", "3D", "4B", "5A", "5B", "5C", "6", "8A", "8B"]


def test_the_same_answer_again_is_counted_and_another_is_a_row_in_its_place(page: Page) -> None:
    wire = _Wire()
    for _ in range(3):
        wire.call("mercadopago merchant GET", POLL, 400, NOT_YET)
    slow = wire.ask("mercadopago merchant GET", POLL)
    wire.call("box merchant POST", f"{API}/boxes/{BOX}/orders", 201, {"order_id": ORDER}, body={})
    wire.end(slow, 200, OFFER)
    wire.call("mercadopago merchant GET", POLL, 400, NOT_YET)
    rows = page.evaluate(
        """async (messages) => {
          const { openLog, take } = await import("/page/log.js");
          const log = openLog();
          for (const message of messages) take(log, message);
          return log.rows.map((row) => [row.calls[0].request.method, row.calls[0].end.status, row.count]);
        }""",
        wire.messages,
    )
    assert rows == [["GET", 400, 3], ["GET", 200, 1], ["POST", 201, 1], ["GET", 400, 1]]


class _Wire:
    """Messages in the shape of the simulator's wire."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self._exchanges = itertools.count(1)

    def act(self, what: str) -> None:
        self._note(next(self._exchanges), "act", "phone mercadopago ", "", body=what)

    def ask(self, line: str, url: str, body: Any = None) -> dict[str, Any]:
        text = "" if body is None else json.dumps(body)
        return self._note(next(self._exchanges), "request", line, url, body=text)

    def end(self, asked: dict[str, Any], status: int, answer: Any) -> None:
        line = f"{asked['receiver']} {asked['sender']} {asked['method']}"
        self._note(asked["exchange"], "answer", line, asked["url"], body=json.dumps(answer), status=status)

    def call(self, line: str, url: str, status: int, answer: Any, *, body: Any = None) -> None:
        """`line`: sender, receiver and method, with blanks between."""
        self.end(self.ask(line, url, body), status, answer)

    def _note(
        self, exchange: int, kind: str, line: str, url: str, *, body: str, status: int | None = None
    ) -> dict[str, Any]:
        sender, receiver, method = line.split(" ")
        message = {
            "seq": len(self.messages) + 1,
            "exchange": exchange,
            "kind": kind,
            "at": "2026-11-24T10:00:00.000Z",
            "sender": sender,
            "receiver": receiver,
            "method": method,
            "url": url,
            "status": status,
            "headers": {},
            "body": body,
            "took_ms": 1,
        }
        self.messages.append(message)
        return message


def _call(page: Page, module: str, function: str, *arguments: Any) -> Any:
    return page.evaluate(
        "async ([module, name, given]) => (await import(`/page/${module}.js`))[name](...given)",
        [module, function, list(arguments)],
    )


def _lit(page: Page, wire: _Wire, box: str = BOX, url: str = POLL) -> list[str]:
    found: list[str] = page.evaluate(
        """async ([messages, box, url]) => {
          const { knowUrl, litOf, openBook, read } = await import("/page/steps.js");
          const book = openBook();
          knowUrl(book, url, box);
          for (const message of messages) read(book, message);
          return [...litOf(book, box)];
        }""",
        [wire.messages, box, url],
    )
    return found
