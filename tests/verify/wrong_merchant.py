"""A small merchant that does everything right, in both dialects, unless one fault is seeded into it.

It polls nobody and trusts nobody: a notification only makes it look sooner at Mercado Pago, which it asks by itself anyway.
It is its own driver too: the run's verbs are methods.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

import requests

from tests.verify.merchant_server import UNKNOWN, MerchantServer
from tests.verify.spoiling import Answer, spoil
from verify.drivers import CannotError

if TYPE_CHECKING:
    from types import TracebackType

    from simulator.server import Simulator

PLACE = {"branch": "STORE001", "box": "CAJA0001", "key": "d41d8cd98f00b204"}
WORDS = {
    "v1": {"ended": "unavailable", "waiting": "unavailable", "in_process": "in_process"},
    "v2": {"ended": "notihing_to_pay", "waiting": "Waiting_for_order", "in_process": "in_process"},
}


@dataclass
class Sale:
    """One sale: offered until it is paid or given up."""

    reference: str
    amount: Decimal
    state: str = "open"
    kept: int | None = None
    refunded: set[int] = field(default_factory=set)


class WrongMerchant:
    """The merchant at ``url``; ``fault`` is the name of one of ``faults``, or nothing."""

    is_prompt = True

    def __init__(self, mercadopago: Simulator, dialect: str = "v1", fault: str = "") -> None:
        self.dialect, self.fault = dialect, fault
        self.state = "idle"
        self.sale: Sale | None = None
        self.sales: list[Sale] = []
        self.collector_id = mercadopago.collector_id
        self.polling, self.polls = threading.Lock(), 0
        self._mercadopago = mercadopago
        self._hints: queue.Queue[dict[str, str]] = queue.Queue()
        self._stopping = threading.Event()
        self._server = MerchantServer(self)
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.base}/pay?" + "&".join(f"{name}={value}" for name, value in PLACE.items())
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True),
            threading.Thread(target=self._check_all, daemon=True),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join(5)
        self._server.server_close()

    # ─── The box ──────────────────────────────────────────────────────────────────────────────────────────────

    def do(self, verb: str, amount: Decimal | None = None) -> Decimal | None:
        """Move the box."""
        if verb in ("idle", "mend"):
            self.state = "idle"
            self._give_up(unless="idle_shows_old_order")
        elif verb == "prepare":
            self.state = "idle" if self.fault == "preparing_unseen" else "preparing"
        elif verb == "sell":
            self.state = "idle"
            self._give_up()
            self.sale = Sale(self._make_reference(), amount or Decimal(1))
            self.sales.append(self.sale)
        elif verb == "cancel":
            self._give_up(unless="order_after_cash")
        elif verb == "break":
            self.state = "broken"
        elif verb == "refund" and self.fault != "keeps_the_second_payment":
            self._give_back_last()
        else:
            raise CannotError(verb)
        return amount

    def attend(self) -> None:
        """Nothing."""

    def _make_reference(self) -> str:
        if self.fault == "references_differ_in_case":
            return "aB" if len(self.sales) % 2 else "Ab"
        return f"S{uuid.uuid4().hex[:12].upper()}"

    def _give_up(self, *, unless: str = "never") -> None:
        if self.sale and self.sale.state in ("open", "shown") and self.fault != unless:
            self.sale.state = "given up"

    # ─── The poll ─────────────────────────────────────────────────────────────────────────────────────────────

    def answer_poll(self, query: str, agent: str) -> Answer:
        """What a poll is answered, spoilt if the fault says so."""
        answer = self._decide(query, agent)
        spoil(answer, self.fault)
        return answer

    def _decide(self, query: str, agent: str) -> Answer:
        pairs, fault = parse_qsl(query, keep_blank_values=True), self.fault
        is_stranger = fault == "wants_its_user_agent" and "MercadoPago" not in agent
        if is_stranger or not self._is_ours(pairs):
            return self._refuse(dict(pairs))
        if self.state == "broken":
            return self._word("waiting") if fault == "out_of_reach_unavailable" else _v1("timeout")
        sale = self.sale
        if sale and sale.state == "open" and fault != "order_unseen":
            if fault == "poll_takes_the_order":
                sale.state = "shown"
            return self._order(sale)
        if self.state == "preparing":
            return self._word("in_process")
        if fault == "idle_in_process" or (
            fault == "in_process_after_payment" and sale and sale.state == "paid"
        ):
            return self._word("in_process")
        return self._word("ended" if sale else "waiting")

    def _is_ours(self, pairs: list[tuple[str, str]]) -> bool:
        fault = self.fault
        known = [(name, value) for name, value in pairs if name in PLACE]
        if fault == "refuses_unknown_parameters" and known != pairs:
            return False
        if fault == "wants_parameters_in_order" and known != list(PLACE.items()) and dict(known) == PLACE:
            return False
        if fault == "any_key_will_do":
            return {**dict(known), "key": PLACE["key"]} == PLACE
        if fault == "last_of_repeated":
            return dict(reversed(known)) == PLACE
        return len(known) == len(PLACE) and dict(known) == PLACE

    def _refuse(self, given: dict[str, str]) -> Answer:
        if self.fault == "unknown_box_is_unavailable":
            return self._word("waiting")
        answer = _v1("invalid")
        statuses = {"invalid_with_200": 200, "invalid_with_500": 500, "invalid_with_404": 404}
        answer.status = statuses.get(self.fault, 400)
        if self.fault == "key_told_apart" and {**given, "key": PLACE["key"]} == PLACE:
            answer.data["error"]["message"] = "wrong key"
        return answer

    def _word(self, situation: str) -> Answer:
        word = WORDS[self.dialect][situation]
        if self.dialect == "v1":
            return _v1(word)
        return Answer(202, {"status": {"status_detail": word, "message": "¿Qué tal?"}})

    def _order(self, sale: Sale) -> Answer:
        price = float(sale.amount)
        data: dict[str, Any] = {
            "external_reference": sale.reference,
            "notification_url": f"{self.base}/notify/{sale.reference}/a8f5f167f44f4964e6c998dee827110c",
            "items": [{"title": "Nafta súper", "quantity": 1, "unit_price": price}],
        }
        if self.fault == "poll_key_in_body":
            data["_key"] = PLACE["key"]
        if self.dialect == "v1":
            data["collector_id"] = self.collector_id
            data["items"][0]["currency_id"] = "ARS"
            return Answer(200, data)
        data |= {"total_amount": price, "title": "Nafta", "description": "Surtidor 1"}
        data["items"][0] |= {"unit_measure": "unit", "total_amount": price}
        answer = Answer(200, data)
        answer.headers.append(("order-version", "2"))
        return answer

    # ─── Mercado Pago ─────────────────────────────────────────────────────────────────────────────────────────

    def hear(self, method: str, path: str) -> int:
        """Keep a notification, to be looked into later; the status it is answered with."""
        parts = urlsplit(path)
        if method == "GET":
            return 405 if self.fault == "notification_by_post_only" else 200
        self._hints.put(dict(parse_qsl(parts.query)))
        return 500 if self.fault == "notification_500" and UNKNOWN in parts.query else 200

    def _check_all(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            session.headers["Authorization"] = f"Bearer {self._mercadopago.access_token}"
            while not self._stopping.is_set():
                hint: dict[str, str] = {}
                with contextlib.suppress(queue.Empty):
                    hint = self._hints.get(timeout=0.05)
                if hint or self.fault != "waits_for_notifications":
                    self._check(session, hint)

    def _check(self, session: requests.Session, hint: dict[str, str]) -> None:
        if hint and self.fault == "believes_notifications" and UNKNOWN in hint.values() and self.sale:
            self.sale.state = "paid"
        if (
            hint
            and self.fault == "believes_any_payment"
            and hint.get("topic") == "merchant_order"
            and self.sale
        ):
            found = session.get(f"{self._mercadopago.url}/merchant_orders/{hint['id']}", timeout=5)
            if found.ok and found.json()["status"] == "closed" and self.sale.state == "open":
                self.sale.state = "paid"
        for sale in self.sales[-2:]:
            path = f"{self._mercadopago.url}/merchant_orders/search?external_reference={sale.reference}"
            found = session.get(path, timeout=5)
            for merchant_order in (found.json()["elements"] or []) if found.ok else []:
                self._settle(session, sale, merchant_order)

    def _settle(self, session: requests.Session, sale: Sale, merchant_order: dict[str, Any]) -> None:
        paid = merchant_order["status"] == "closed"
        if self.fault == "settles_on_opened":
            paid = True
        if self.fault == "rejection_ends_the_sale" and merchant_order["payments"]:
            paid = True
        if not paid:
            return
        if sale.kept is None and sale.state == "open":
            sale.kept = merchant_order["id"]
            sale.state = "open" if self.fault == "order_after_payment" else "paid"
        elif sale.kept != merchant_order["id"] and self.fault != "keeps_the_second_payment":
            self._give_back(session, sale, merchant_order)

    def _give_back(self, session: requests.Session, sale: Sale, merchant_order: dict[str, Any]) -> None:
        for payment in merchant_order["payments"]:
            if payment["status"] == "approved" and payment["id"] not in sale.refunded:
                sale.refunded.add(payment["id"])
                path = f"{self._mercadopago.url}/v1/payments/{payment['id']}/refunds"
                session.post(path, headers={"X-Idempotency-Key": str(payment["id"])}, timeout=5)

    def _give_back_last(self) -> None:
        if self.sale is None or self.fault == "only_says_refunded":
            return
        with requests.Session() as session:
            session.trust_env = False
            session.headers["Authorization"] = f"Bearer {self._mercadopago.access_token}"
            found = session.get(f"{self._mercadopago.url}/merchant_orders/{self.sale.kept}", timeout=5)
            self._give_back(session, self.sale, found.json())


def _v1(word: str) -> Answer:
    return Answer(400, {"error": {"type": word, "message": "¿Qué tal?"}})
