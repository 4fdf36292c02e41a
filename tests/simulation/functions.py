"""The functions of the stack, each call of one a step: the real use-cases over tables, queues and a line that can fail."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from caja.errors import CajaError, StorageError
from caja.mercadopago.merchant_orders import MercadoPagoMerchantOrders
from caja.mercadopago.payments import MercadoPagoPayments
from caja.messages import read_object, read_refund
from caja.poll_answers import TIMEOUT
from caja.usecases.check_order import check_message
from caja.usecases.follow_order import follow_order
from caja.usecases.manage_orders import Desk, refund_order, resolve_order
from caja.usecases.notify import pass_on_notification
from caja.usecases.poll import answer_poll
from caja.usecases.reconcile import probe, reconcile
from caja.usecases.refund_payment import Till, refund_payment
from caja.usecases.release_order import claim_order, report_order
from caja.usecases.settle_order import World
from caja.usecases.submit_order import cancel_order, report_state, submit_order
from caja.web import describe
from tests.builders import BOX_KEY, POLL_QUERY
from tests.fake_refunds import HealthInMemory
from tests.fakes import BoxesInMemory
from tests.simulation.history import History
from tests.simulation.line import Line
from tests.simulation.queues import Checks, RefundRequests, Report, TownQueue
from tests.simulation.store import make_orders, read_for_poll
from tests.simulation.weather import CrashError, Faulty, Weather

if TYPE_CHECKING:
    from collections.abc import Callable

    from caja.answers import Answer
    from caja.notifications import Notification
    from tests.simulation.clockwork import Clockwork

API_URL = "https://pagos.example"
WHO = {"authorization": f"Bearer {BOX_KEY.box_key}"}
NO_ANSWER: tuple[int, dict[str, Any]] = (0, {})


class Functions:
    """One deployed stack."""

    def __init__(self, clockwork: Clockwork) -> None:
        self.clockwork = clockwork
        self.weather = Weather(clockwork)
        self.line = Line(clockwork, self.weather)
        self.history = History(self.line)
        self.steps: Counter[str] = Counter()
        self.boxes = BoxesInMemory()
        self.orders = make_orders(self.history, self.weather, self.boxes)
        self.health = HealthInMemory()
        self.notification_queue = self._queue("NotificationQueue", self._check)
        self.check_queue = self._queue("CheckQueue", self._check)
        self.refund_queue = self._queue("RefundQueue", self._refund)
        self._boxes: Any = Faulty(self.boxes, self.weather)
        self._orders: Any = Faulty(self.orders, self.weather)
        self._health: Any = Faulty(self.health, self.weather)
        self._checks: Any = Faulty(Checks(self.check_queue), self.weather, is_queue=True)
        self._refunds: Any = Faulty(RefundRequests(self.refund_queue), self.weather, is_queue=True)
        self._notifications: Any = Faulty(self.notification_queue, self.weather, is_queue=True)
        self._report = Report(self.history.alarmed)
        line: Any = self.line
        self._merchant_orders = MercadoPagoMerchantOrders(line)
        self._payments = MercadoPagoPayments(line)

    @property
    def now(self) -> datetime:
        """The time as some machine of ours has it."""
        now = self.clockwork.now
        if self.weather.strikes("clocks differ"):
            now += timedelta(milliseconds=self.clockwork.chance.randrange(-2_000, 2_000))
        return now

    @property
    def queues(self) -> tuple[TownQueue, TownQueue, TownQueue]:
        return self.notification_queue, self.check_queue, self.refund_queue

    # ─── Mercado Pago ───────────────────────────────────────────────────────────────────────────────────────────

    def poll(self, box_id: str) -> Answer:
        """Mercado Pago asks what is to be paid; our code answers, whatever fails."""
        self.steps["poll"] += 1
        failed = False

        def read_box(name: str, /) -> dict[str, dict[str, Any]]:
            nonlocal failed
            if self.weather.strikes("storage away") or self.weather.strikes("storage throttles", 0.5):
                failed = True
                raise StorageError("storage fails")
            return read_for_poll(self.orders, name)

        query = POLL_QUERY.replace("CAJA0001", box_id)
        try:
            answer = answer_poll(query, read_box=read_box, clock=lambda: self.now)
        except StorageError:
            answer = TIMEOUT
        assert answer.status in (200, 202, 400), "P3: our code never answers a poll 5xx"
        assert not (failed and answer.status == 200), "P3: never 200 while storage fails"
        if answer.status == 200:
            reference = json.loads(answer.body)["external_reference"]
            self.history.poll(box_id, answer.body, self.orders.stored.get(reference), self.clockwork.now)
        return answer

    def notify(self, notification: Notification) -> bool:
        """A notification comes; whether it was acknowledged."""
        self.steps["notify"] += 1
        try:
            pass_on_notification(
                "POST",
                notification,
                queue=lambda message: self._notifications.put(json.dumps(message)),
                clock=lambda: self.now,
            )
        except (StorageError, CrashError):
            return False
        return True

    # ─── Boxes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def report(self, box_id: str, state: str) -> tuple[int, dict[str, Any]]:
        return self._answer(
            "state",
            lambda: report_state(
                self._boxes,
                self._health,
                box_id=box_id,
                **WHO,
                read_body=lambda: {"state": state},
                now=self.now,
            ),
        )

    def submit(self, box_id: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return self._answer(
            "submit",
            lambda: submit_order(
                self._boxes,
                self._orders,
                self._health,
                box_id=box_id,
                **WHO,
                read_body=lambda: body,
                api_url=API_URL,
                make_key=self._make_key,
                now=self.now,
            ),
        )

    def follow(self, box_id: str, order_id: str) -> tuple[int, dict[str, Any]]:
        return self._answer(
            "follow",
            lambda: follow_order(
                self._boxes,
                self._orders,
                self._checks,
                self._report,
                box_id=box_id,
                order_id=order_id,
                **WHO,
                is_brief=False,
                now=self.now,
            ),
        )

    def cancel(self, box_id: str, order_id: str) -> tuple[int, dict[str, Any]]:
        return self._answer(
            "cancel",
            lambda: cancel_order(
                self._boxes, self._orders, box_id=box_id, order_id=order_id, **WHO, now=self.now
            ),
        )

    def claim(self, box_id: str, order_id: str, claim: str) -> tuple[int, dict[str, Any]]:
        return self._answer(
            "claim",
            lambda: claim_order(
                self._boxes,
                self._orders,
                self._report,
                box_id=box_id,
                order_id=order_id,
                **WHO,
                read_body=lambda: {"claim": claim},
                now=self.now,
            ),
        )

    def deliver(self, box_id: str, order_id: str, claim: str, result: str) -> tuple[int, dict[str, Any]]:
        return self._answer(
            "delivery",
            lambda: report_order(
                self._boxes,
                self._orders,
                self._refunds,
                self._report,
                box_id=box_id,
                order_id=order_id,
                **WHO,
                read_body=lambda: {"claim": claim, "result": result},
                now=self.now,
            ),
        )

    # ─── The operator ───────────────────────────────────────────────────────────────────────────────────────────

    def decide(self, verb: str, order_id: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        use_case = refund_order if verb == "refund" else resolve_order
        desk = Desk(
            ledger=self._orders,
            checks=self._checks,
            refund_requests=self._refunds,
            report=self._report,
            who="arn:aws:iam::123456789012:user/ana",
            now=self.now,
        )
        return self._answer(verb, lambda: use_case(desk, order_id, read_body=lambda: body))

    # ─── AWS ────────────────────────────────────────────────────────────────────────────────────────────────────

    def sweep(self) -> None:
        """What the schedule calls every minute."""
        self.steps["sweep"] += 1
        try:
            probe(self._merchant_orders, self._health, self._report, self.now)
            reconcile(self._orders, self._checks, now=self.now, has_time=lambda: True)
        except (StorageError, CrashError):
            return  # The next minute is the retry.

    def _check(self, text: str) -> None:
        check_message(
            World(
                orders=self._orders,
                merchant_orders=self._merchant_orders,
                checks=self._checks,
                refund_requests=self._refunds,
                health=self._health,
                report=self._report,
                now=self.now,
                jitter=self.clockwork.chance.random(),
            ),
            text,
        )

    def _refund(self, text: str) -> None:
        till = Till(
            orders=self._orders,
            payments=self._payments,
            health=self._health,
            report=self._report,
            make_key=self._make_key,
            now=self.now,
        )
        refund_payment(till, read_refund(read_object(text)))

    def _queue(self, name: str, work: Callable[[str], object]) -> TownQueue:
        def counted(text: str) -> None:
            self.steps[name] += 1
            self.history.tell(name, text)
            work(text)

        return TownQueue(name, self.clockwork, self.weather, counted)

    def _answer(self, name: str, use_case: Callable[[], Any]) -> tuple[int, dict[str, Any]]:
        """A request over HTTP; (0, {}) when no answer comes."""
        self.steps[name] += 1
        try:
            outcome = use_case()
        except CrashError:
            return NO_ANSWER
        except CajaError as error:
            return describe(error)
        if self.weather.strikes("answers lost", 0.1):
            return NO_ANSWER
        answer: tuple[int, dict[str, Any]] = outcome if isinstance(outcome, tuple) else (200, outcome)
        self.history.tell(name, answer[0], answer[1].get("order_id"), answer[1].get("state"))
        return answer

    def _make_key(self) -> str:
        return f"{self.clockwork.chance.getrandbits(128):032x}"
