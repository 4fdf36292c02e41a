"""What a case is played with: the poll, the box, the phones, and the notes of what was seen."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.client import AMOUNT, CANNOT_TAKE_PAYMENT, WAITING
from verify import rules as words
from verify.answers import Reading, read
from verify.asker import ask
from verify.drivers import CannotError, DriverError
from verify.notes import Notes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.client import Phone
    from verify.drivers import Driver
    from verify.exchanges import Exchange
    from verify.mercadopago import MercadoPago
    from verify.rules import Rules


class NotPlayedError(Exception):
    """A case, or the rest of it, cannot be played; ``reason`` is a code of the texts, ``facts`` fill its sentence."""

    def __init__(self, reason: str, **facts: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts


class StopError(Exception):
    """A finding was noted that makes the rest of the case pointless."""


@dataclass
class Stage:
    """One run's merchant, box and Mercado Pago; ``notes`` are those of the case being played."""

    url: str
    rules: Rules
    driver: Driver
    mercadopago: MercadoPago | None = None
    optional: tuple[str, ...] = ()
    notes: Notes = field(default_factory=Notes)
    references: dict[str, Decimal] = field(default_factory=dict)
    unsettled: NotPlayedError | None = None
    gave_excess_back: bool = False
    becomes_idle: bool = True
    sales: int = 0

    # ─── The poll ─────────────────────────────────────────────────────────────────────────────────────────────

    def look(
        self, url: str | None = None, headers: Mapping[str, str] | None = None, *, judged: bool = True
    ) -> Reading:
        """Poll once and note what is wrong with the answer (unless it is not to be judged)."""
        return self.take(ask(url or self.url, self.rules.pace.give_up, headers=headers), judged=judged)

    def take(self, exchange: Exchange, *, judged: bool = True) -> Reading:
        """Read a poll's answer, keep it, and learn from the first ones what the merchant's dialect and number are."""
        reading = read(exchange, self.rules)
        place = self.notes.keep(exchange)
        if judged:
            for code, facts in _by_code(reading).items():
                self.notes.find(code, place, facts)
        if self.rules.dialect is None and reading.kind in (words.ORDER, words.IN_PROCESS, words.NOTHING):
            self.rules = replace(self.rules, dialect=reading.dialect)
        return reading

    def wait_for(self, *kinds: str, seconds: float) -> Reading:
        """Poll until the answer is one of these kinds or the time is over; return the last one."""
        return self._until(lambda reading: reading.kind in kinds, seconds)

    def watch(self, kind: str, seconds: float | None = None) -> Reading:
        """Poll as long as the answer stays of this kind, for a quiet while; return the last one."""
        return self._until(
            lambda reading: reading.kind != kind, self.rules.pace.quiet if seconds is None else seconds
        )

    def _until(self, enough: Callable[[Reading], bool], seconds: float) -> Reading:
        deadline = time.monotonic() + seconds
        while True:
            reading = self.look()
            left = deadline - time.monotonic()
            if enough(reading) or left <= 0:
                return reading
            self.driver.attend()
            time.sleep(min(self.rules.pace.interval, max(left, 0)))

    def find(self, code: str, seen: Reading | Exchange | None = None, **facts: Any) -> None:
        """Note a finding, with the exchange that shows it."""
        exchange = seen.exchange if isinstance(seen, Reading) else seen
        place = None if exchange is None else self.notes.keep(exchange)
        if place is not None:
            self.notes.times[place] -= 1
        self.notes.find(code, place, facts)

    # ─── The box ──────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def reaction(self) -> float:
        """How long a change at the box may take to be seen, in seconds."""
        pace = self.rules.pace
        return min(pace.patience, 3 * pace.quiet) if self.driver.is_prompt else pace.patience

    def do(self, verb: str, amount: Decimal | None = None) -> Decimal | None:
        """Move the box; NotPlayedError if it cannot be."""
        try:
            return self.driver.do(verb, amount)
        except CannotError as error:
            raise NotPlayedError("no_verb", verb=verb) from error
        except DriverError as error:
            raise NotPlayedError("driver_failed", verb=verb, why=str(error)) from error

    def clear(self) -> Reading:
        """Have the box idle, and wait until the poll says so."""
        if not self.driver.is_prompt:
            reading = self.look()
            if reading.kind == words.NOTHING:
                return reading
        self.do("idle")
        # Where this was waited for in vain once, it is looked at only once more in each case.
        reading = self.wait_for(words.NOTHING, seconds=self.reaction if self.becomes_idle else 0)
        self.becomes_idle = reading.kind == words.NOTHING
        if reading.kind == words.ORDER:
            self.find("order_while_idle", reading)
        return reading

    def offer(self) -> Reading:
        """Have an order there to be paid: a fresh one, but a person need not sell again while one is there."""
        if self.driver.is_prompt:
            self.clear()
        else:
            reading = self.look()
            if reading.kind == words.ORDER:
                return reading
        return self.sell()

    def sell(self) -> Reading:
        """Have the box sell something and wait until the poll shows the order; StopError if it never does."""
        self.sales += 1
        wanted = _price(self.sales, self.rules.country.decimals)
        sold = self.do("sell", wanted)
        reading = self.wait_for(words.ORDER, seconds=self.reaction)
        if reading.kind != words.ORDER:
            if not self.driver.is_prompt:
                raise NotPlayedError("nobody_did", verb="sell")
            self.find("order_never_shown", reading, word=reading.word, seconds=f"{self.reaction:g}")
            raise StopError
        self._check_sale(reading, sold)
        return reading

    def _check_sale(self, reading: Reading, sold: Decimal | None) -> None:
        offer = reading.offer
        if offer is None:
            return
        unit = Decimal(1).scaleb(-self.rules.country.decimals)
        if sold is not None and offer.total is not None and offer.total.quantize(unit) != sold.quantize(unit):
            self.find("amount_wrong", reading, value=str(offer.total), expected=str(sold))
        if offer.reference is not None:
            # Letter case must not matter (protocol §2): two that differ in case only are one.
            if offer.reference.upper() in self.references:
                self.find("reference_reused", reading, value=offer.reference)
            self.references[offer.reference.upper()] = offer.total or Decimal(0)

    # ─── The phones ───────────────────────────────────────────────────────────────────────────────────────────

    def need_mercadopago(self) -> MercadoPago:
        """Mercado Pago's side; NotPlayedError without one."""
        if self.mercadopago is None:
            raise NotPlayedError("polls_only")
        return self.mercadopago

    def scan_amount(self, *, again: bool = False) -> Phone:
        """A phone that shows the amount of the order that is there; StopError if it cannot.

        ``again``: another phone has seen it before.
        """
        phone = self.need_mercadopago().scan(self.url)
        self.see_amount(phone, gone="order_gone_after_scan" if again else "order_gone_after_poll")
        return phone

    def see_amount(self, phone: Phone, *, gone: str = "order_gone_after_poll") -> None:
        """Wait until a phone shows an amount; StopError if it never does, ``gone`` being found if it waits in vain."""
        try:
            screen = phone.wait_for(AMOUNT, CANNOT_TAKE_PAYMENT, timeout=self.rules.pace.give_up)
        except TimeoutError:
            screen = phone.screen()
        if screen.state == AMOUNT:
            return
        if screen.state == WAITING:
            self.find(gone, self.look(), word=screen.detail)
            phone.abandon()
        else:
            self.find("phone_cannot_pay", state=screen.state, detail=screen.detail)
        raise StopError


def _price(sale: int, decimals: int) -> Decimal:
    # Another amount every time, so that no order is taken for another; its cents are none that a float can hold.
    return Decimal(15000 + 110 * sale) + (Decimal("0.10") if decimals else Decimal(0)) * (1 + sale % 8)


def _by_code(reading: Reading) -> dict[str, dict[str, Any]]:
    """The facts of each flaw of an answer; fields with the same one are named together."""
    found: dict[str, dict[str, Any]] = {}
    for code, facts in reading.flaws:
        if code not in found:
            found[code] = dict(facts)
        elif "field" in facts:
            found[code]["field"] += f", {facts['field']}"
    return found
