"""The cases in which a phone pays: once, after a rejection, unannounced, twice; and the money that goes back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from verify.mercadopago import is_given_back
from verify.rules import NOTHING, ORDER
from verify.stage import NotPlayedError, Stage, StopError

if TYPE_CHECKING:
    from simulator.client import Phone


def play_paid(stage: Stage) -> None:
    """The customer pays: from then on there is nothing to pay."""
    _start(stage)
    _pay(stage, [stage.scan_amount()])


def play_rejected(stage: Stage) -> None:
    """A card is rejected: the order stays, and the next attempt pays it."""
    _start(stage)
    phone = stage.scan_amount()
    phone.reject()
    reading = stage.watch(ORDER)
    if reading.kind != ORDER:
        stage.find("order_gone_after_rejection", reading, word=reading.word)
        raise StopError
    _pay(stage, [phone])


def play_notification_lost(stage: Stage) -> None:
    """Not one notification comes: the merchant asks by itself, and settles."""
    _start(stage)
    with stage.need_mercadopago().without_notifications():
        phone = stage.scan_amount()
        phone.pay()
        reading = stage.wait_for(NOTHING, seconds=stage.rules.pace.patience)
    if reading.kind == ORDER:
        stage.find("notification_lost_unsettled", reading, seconds=f"{stage.rules.pace.patience:g}")


def play_double(stage: Stage) -> None:
    """Two people pay one order: the second payment goes back."""
    _start(stage)
    phones = [stage.scan_amount(), stage.scan_amount(again=True)]
    _pay(stage, phones)
    given_back = _wait_for_refund(stage, phones)
    stage.gave_excess_back = sum(given_back) == 1
    if not stage.gave_excess_back:
        stage.find(
            "second_payment_kept", given_back=sum(given_back), seconds=f"{stage.rules.pace.patience:g}"
        )


def play_refund(stage: Stage) -> None:
    """What is given back reaches the buyer."""
    _start(stage)
    phone = stage.scan_amount()
    _pay(stage, [phone])
    try:
        stage.do("refund")
    except NotPlayedError as no_verb:
        # Money that went back by itself shows as well that a buyer is credited.
        if stage.gave_excess_back and no_verb.reason == "no_verb":
            return
        raise
    if not all(_wait_for_refund(stage, [phone])):
        stage.find("buyer_not_credited", seconds=f"{stage.rules.pace.patience:g}")


def _start(stage: Stage) -> None:
    """Have an order there, if payments can be made and are noticed at all."""
    stage.need_mercadopago()
    if stage.unsettled:
        raise stage.unsettled
    stage.offer()


def _pay(stage: Stage, phones: list[Phone]) -> None:
    """Pay on each phone and wait until there is nothing to pay; NotPlayedError if nobody asked Mercado Pago."""
    mercadopago = stage.need_mercadopago()
    since = mercadopago.now()
    screens = [phone.pay() for phone in phones]
    reading = stage.wait_for(NOTHING, seconds=stage.rules.pace.patience)
    if reading.kind == NOTHING:
        return
    if reading.kind != ORDER:
        stage.find("not_nothing_after_sale", reading, word=reading.word)
        raise StopError
    first = screens[0]
    names = [str(first.merchant_order_id), *(str(each["id"]) for each in first.payments)]
    asked = mercadopago.asked(since, [*names, *filter(None, [first.external_reference])])
    if not (asked.ever and asked.let_in):
        reason = "token_refused" if asked.ever else "never_asked"
        stage.unsettled = NotPlayedError(reason, merchant_order=first.merchant_order_id, url=mercadopago.url)
        raise stage.unsettled
    stage.find("order_after_payment", reading, seconds=f"{stage.rules.pace.patience:g}")
    raise StopError


def _wait_for_refund(stage: Stage, phones: list[Phone]) -> list[bool]:
    """Wait until one of the phones' payments has gone back; of each payment, whether it has."""
    deadline = time.monotonic() + stage.rules.pace.patience
    while True:
        given_back = [back for phone in phones for back in is_given_back(phone.screen())]
        if any(given_back) or time.monotonic() > deadline:
            break
        stage.driver.attend()
        time.sleep(stage.rules.pace.interval)
    return given_back
