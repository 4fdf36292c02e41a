"""Check one order against Mercado Pago, and do what is due."""

from __future__ import annotations

import hmac
import math
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from caja.deadlines import kept_in_time
from caja.errors import (
    MercadoPagoError,
    MercadoPagoUnavailableError,
    StaleVersionError,
    TokenRefusedError,
)
from caja.holdings import is_settled_by
from caja.messages import CheckMessage, read_check, read_object
from caja.orders import ORDER_ID, Order, State
from caja.settlement import is_done_with
from caja.usecases.ask_merchant_orders import ask_merchant_orders, spend_first_call
from caja.usecases.meet_deadlines import meet_deadlines
from caja.usecases.settle_order import World, settle_order
from caja.usecases.watch_health import tell_health
from caja.watch import RESEND_AFTER, earliest_check, is_same_check, is_sparing, next_retry

if TYPE_CHECKING:
    from datetime import datetime

    from caja.watch import Watch

LAG = timedelta(seconds=20)
"""How long after a notification that showed nothing new the merchant order is read once more: reads lag."""

BUSY = timedelta(seconds=2)
"""How long to wait for another check of the same order."""

BLIND = timedelta(minutes=4)
"""How long to wait while Mercado Pago cannot be reached: the sweep finds out when it can."""

LONGEST_DELAY = timedelta(minutes=15)
"""The longest a queue holds a message back; what is due later is left to the sweep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A notification as queued: the path's order and key, and the merchant order it may name."""

    order_id: str
    key: str
    merchant_order_id: str | None


def check_message(world: World, text: str) -> None:
    """Work off one message of NotificationQueue or CheckQueue; ValueError or KeyError for what we never wrote."""
    raw = read_object(text)
    if "topic" in raw:
        if raw["topic"] == "merchant_order":
            check_panel(world, raw["resource_id"])
        # A payment's merchant order is told of in a notification of its own.
    elif "key" in raw:
        check_hinted(
            world,
            Hint(order_id=raw["order_id"], key=raw["key"], merchant_order_id=raw.get("merchant_order_id")),
        )
    else:
        check_due(world, read_check(raw))


def check_hinted(world: World, hint: Hint) -> None:
    """A notification came for an order: look now. A wrong key is dropped before Mercado Pago is called.

    Raises StorageError, and only that: a failure of Mercado Pago moves the check instead.
    """
    order = world.orders.get(hint.order_id)
    if order is None:
        world.report.alarm("OrphanNotification", "notification of an unknown order", order_id=hint.order_id)
    elif not hmac.compare_digest(order.notify_key.encode(), hint.key.encode()):
        world.report.note("notification with a wrong key dropped", order_id=hint.order_id)
    elif hint.merchant_order_id is None or not is_done_with(order, hint.merchant_order_id):
        _check(world, _in_time(world, order), hint.merchant_order_id, is_hinted=True, is_first=True)


def check_panel(world: World, merchant_order_id: str) -> None:
    """A notification configured in Mercado Pago's panel names a merchant order only: ask whose it is, then check that order."""
    known = world.health.read()
    if known.is_down(world.now):
        return  # As below.
    try:
        reference = world.merchant_orders.get(merchant_order_id).external_reference.upper()
    except MercadoPagoError as error:
        # Nothing is lost: the sweep needs no notification.
        tell_health(world.health, known, error, world.now)
        world.report.note(
            "panel notification not readable", merchant_order_id=merchant_order_id, reason=str(error)
        )
        return
    order = world.orders.get(reference) if ORDER_ID.fullmatch(reference) else None
    if order is None:
        world.report.alarm(
            "OrphanNotification",
            "merchant order with an unknown reference",
            merchant_order_id=merchant_order_id,
        )
    elif not is_done_with(order, merchant_order_id):
        _check(world, _in_time(world, order), merchant_order_id, is_hinted=True, is_first=True)


def check_due(world: World, message: CheckMessage) -> None:
    """A check somebody asked for: the sweep, a box, or an earlier notification. Raises StorageError."""
    order = world.orders.get(message.order_id)
    if order is None:
        world.report.alarm("OrphanNotification", "check of an unknown order", order_id=message.order_id)
        return
    if message.check_at and message.check_at != order.watch.check_at:
        return  # Somebody has looked since, or the sweep has sent another: a backlog is worked off once.
    order = _in_time(world, order)
    if message.is_hinted:
        if message.merchant_order_id is None or not is_done_with(order, message.merchant_order_id):
            _check(world, order, message.merchant_order_id, is_hinted=True, is_first=False)
    elif order.watch.check_at is not None and not is_same_check(order.watch, world.now):
        _check(world, order, None, is_hinted=False, is_first=False)


def _in_time(world: World, order: Order) -> Order:
    """The order after what its own clock demands, which waits neither for Mercado Pago nor for the hour's calls."""
    return meet_deadlines(world.orders, world.refund_requests, world.report, order, world.now)


def _check(
    world: World, order: Order, merchant_order_id: str | None, *, is_hinted: bool, is_first: bool
) -> None:
    """Look at `order` now, or later if the hour's calls or another check are in the way.

    `is_first`: straight from a notification, not a repetition of one.
    """
    now = world.now
    if not is_first and is_sparing(order.watch, now):
        merchant_order_id = None
    hinted_at = now if is_first else order.watch.hinted_at
    known = world.health.read()
    if known.is_down(now):
        _defer(world, _hinted(order, hinted_at), merchant_order_id, now + BLIND * (1 + world.jitter / 4))
        return
    at = earliest_check(order.watch, now, calls=_calls(order.watch, merchant_order_id), hinted=is_hinted)
    if is_first and order.watch.failures and order.watch.check_at:
        # Mercado Pago failed, and may have said for how long: a hint changes nothing about that.
        at = max(at, order.watch.check_at)
    if at > now:
        _defer(world, _hinted(order, hinted_at), merchant_order_id, at)
        return
    started = _start(_hinted(order, hinted_at), now)
    try:
        world.orders.save_watch(order, started)
    except StaleVersionError:
        # Somebody else is at this order now, and what they read may be older than this hint.
        if is_hinted:
            newest = world.orders.get(order.order_id) or order
            newest = _hinted(newest, now) if is_first else newest
            _defer(world, newest, merchant_order_id, now + BUSY)
        return
    started = replace(started, revision=order.revision + 1)
    asked = ask_merchant_orders(
        world.merchant_orders, started, merchant_order_id, may_stop_early=is_first, now=now
    )
    tell_health(world.health, known, asked.error, now)
    spent = replace(started, watch=asked.watch)
    if asked.error:
        _retry(world, spent, merchant_order_id, asked.error)
        return
    if asked.found is None:
        world.report.alarm(
            "SearchTooLong", "the hour's calls ended before the search did", order_id=order.order_id
        )
        calls = _calls(asked.watch, merchant_order_id)
        _defer(
            world, spent, merchant_order_id, earliest_check(asked.watch, now, calls=calls, hinted=is_hinted)
        )
        return
    after = settle_order(world, started, asked)
    is_kept = merchant_order_id is not None and is_settled_by(after, merchant_order_id)
    if is_hinted and not is_kept and after.state is not State.PAID and hinted_at and now < hinted_at + LAG:
        _defer(world, after, merchant_order_id, hinted_at + LAG)


def _calls(watch: Watch, merchant_order_id: str | None) -> int:
    """How many calls a check takes, as far as is known: one begun with fewer left would be cut short, again and again."""
    return watch.pages + (merchant_order_id is not None)


def _hinted(order: Order, hinted_at: datetime | None) -> Order:
    """The order with the instant of its last notification."""
    return replace(order, watch=replace(order.watch, hinted_at=hinted_at))


def _start(order: Order, now: datetime) -> Order:
    """The order with a check under way: should it die midway, the sweep takes it up."""
    spent = spend_first_call(order, now)
    watch = replace(spent.watch, last_check_at=now, check_at=now + RESEND_AFTER)
    return kept_in_time(replace(spent, watch=watch), now)


def _retry(world: World, order: Order, merchant_order_id: str | None, error: MercadoPagoError) -> None:
    """Mercado Pago failed, not the message: ask again later, further apart each time."""
    failures = order.watch.failures + 1
    retry_after = error.retry_after if isinstance(error, MercadoPagoUnavailableError) else None
    metric = "TokenRefused" if isinstance(error, TokenRefusedError) else "CheckFailed"
    world.report.alarm(metric, "check failed", order_id=order.order_id, reason=str(error), failures=failures)
    at = next_retry(failures, world.now, jitter=world.jitter, retry_after=retry_after)
    _defer(world, replace(order, watch=replace(order.watch, failures=failures)), merchant_order_id, at)


def _defer(world: World, order: Order, merchant_order_id: str | None, at: datetime) -> None:
    """Make the check at `at`: due to the sweep then, and sooner by a message that waits. One waits at a time."""
    queued_at = order.watch.queued_at
    is_waited_for = queued_at is not None and world.now < queued_at <= at
    sends = not is_waited_for and at - world.now <= LONGEST_DELAY
    watch = replace(order.watch, check_at=at, queued_at=at if sends else queued_at)
    try:
        world.orders.save_watch(order, kept_in_time(replace(order, watch=watch), world.now))
    except StaleVersionError:
        # Whoever wrote it is looking at it; what they miss, the sweep finds.
        return
    if sends:
        world.checks.send(
            CheckMessage(order_id=order.order_id, merchant_order_id=merchant_order_id, is_hinted=True),
            delay_seconds=math.ceil((at - world.now).total_seconds()),
        )
