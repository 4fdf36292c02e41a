"""When an order's merchant orders are looked at again; pure.

A check costs a call to Mercado Pago, and the answer can change as long as a customer's screen is open. So a check is
*due* at `check_at` (the sweep finds it there), comes *forward* while a box asks or after a notification, and is
bounded: at most 40 calls per order and hour (design §4).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

CALLS_PER_HOUR = 40
HOUR = timedelta(hours=1)

_UNASKED = [timedelta(seconds=30), *(timedelta(minutes=m) for m in (1, 5, 15, 60))]
"""After submit, when no box asks; then every hour."""

_ASKED_AT = [timedelta(seconds=s) for s in (10, 25, 47, 80)]
"""After submit, while the box asks: 10, 15, 22, 33 s apart."""
_ASKED_SOON = timedelta(seconds=45)
_ASKED_SOON_UNTIL = timedelta(minutes=20)
_ASKED_LATER = timedelta(minutes=5)
_HINTED = timedelta(seconds=5)
_HINT_LASTS = timedelta(minutes=1)

_LEFT = [*(timedelta(minutes=m) for m in (15, 70)), *(timedelta(hours=h) for h in (6, 24, 7 * 24, 30 * 24))]
"""After the order left its box: an old pay screen can still be paid. Minute 70 is late enough for reads to show what was
paid within the hour, and early enough for that to be seen within 75 minutes (L2)."""
_OVERDUE = timedelta(minutes=5)
"""Past its expiry and still undecided."""

SAME_CHECK = timedelta(seconds=5)
"""A scheduled check this soon after another is the same message come twice."""

RESEND_AFTER = timedelta(minutes=2)
"""How far the sweep moves a due check before it sends it, so that a lost message is sent again."""

_FIRST_RETRY = timedelta(seconds=5)
_LAST_RETRY = timedelta(minutes=5)

_LAVISH, _SPARING = 9, 36
"""Calls made this hour up to which a box asking after a notification is looked after every 5 s, and every 45 s."""

_SPACING = [
    (8, timedelta(0)),
    (_LAVISH, _HINTED),
    (_SPARING, timedelta(seconds=45)),
    (CALLS_PER_HOUR, timedelta(minutes=4)),
]
"""Calls already made this hour → the least time between two hinted checks, so that forty scans never use up the
hour's calls before the fortieth one pays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How an order is being looked at. `check_at` None: final, every merchant order is accounted for.

    `mismatched`: merchant orders that were told to be wrong already. `pages`: how many a search of it has needed, as far
    as it was read. `searched_at`: when a search was last read to its end, or as far as a check reads.
    """

    check_at: datetime | None
    last_check_at: datetime | None = None
    hinted_at: datetime | None = None
    queued_at: datetime | None = None
    failures: int = 0
    calls: tuple[datetime, ...] = ()
    mismatched: tuple[str, ...] = ()
    pages: int = 1
    searched_at: datetime | None = None


def watch_from(created_at: datetime, expires_at: datetime) -> Watch:
    """The watch over an order just submitted."""
    return Watch(check_at=min(created_at + _UNASKED[0], expires_at))


def watch_left(watch: Watch, left_at: datetime, now: datetime) -> Watch:
    """The watch once the order left its box: what was shown can still be paid."""
    return replace(watch, check_at=_next_left(left_at, now) or now + _OVERDUE, failures=0)


def next_ready(created_at: datetime, expires_at: datetime, now: datetime) -> datetime:
    """When an order still offered, or past its expiry and undecided, is due again without anybody asking."""
    if now >= expires_at:
        return now + _OVERDUE
    steps = (created_at + step for step in _UNASKED)
    return min(next((at for at in steps if at > now), now + _UNASKED[-1]), expires_at)


def next_after_leaving(left_at: datetime, now: datetime, *, accounted: bool) -> datetime | None:
    """When an order that left its box is due again, or None when the list of its merchant orders is final."""
    return None if accounted and now >= left_at + _LEFT[0] else _next_left(left_at, now)


def _next_left(left_at: datetime, now: datetime) -> datetime | None:
    return next((left_at + step for step in _LEFT if left_at + step > now), None)


def next_asked(watch: Watch, created_at: datetime, expires_at: datetime, now: datetime) -> datetime:
    """When a box asking for its offered order at `now` brings a check forward."""
    # A check that waits for later does not keep the box waiting.
    last = max([created_at, *(at for at in (watch.last_check_at, watch.queued_at) if at and at <= now)])
    if watch.failures and watch.check_at and watch.check_at > now:
        return watch.check_at
    made = len(calls_this_hour(watch, now))
    if watch.hinted_at and now - watch.hinted_at < _HINT_LASTS and made < _LAVISH:
        return last + _HINTED
    if last < expires_at <= now:
        return expires_at
    age = last - created_at
    for step in _ASKED_AT:
        if age < step:
            return created_at + step
    return last + (_ASKED_SOON if age < _ASKED_SOON_UNTIL and made < _SPARING else _ASKED_LATER)


def next_retry(failures: int, now: datetime, *, jitter: float, retry_after: float | None) -> datetime:
    """When to ask again after Mercado Pago failed `failures` times running.

    5 s doubling to 5 min, stretched by `jitter` (0–1) by up to a quarter; Mercado Pago's `Retry-After` (s) wins, up to an hour.
    """
    if retry_after is not None:
        return now + min(timedelta(seconds=max(retry_after, 1)), HOUR)
    doubled = min(_FIRST_RETRY * (1 << min(failures - 1, 10)), _LAST_RETRY)
    return now + doubled * (1 + jitter / 4)


def calls_this_hour(watch: Watch, now: datetime) -> tuple[datetime, ...]:
    """The calls that count against the hour's budget at `now`."""
    return tuple(at for at in watch.calls if now - at < HOUR)


def earliest_check(watch: Watch, now: datetime, *, calls: int, hinted: bool) -> datetime:
    """The first instant at which a check making `calls` calls fits the budget; `now` or earlier means at once."""
    made = calls_this_hour(watch, now)
    excess = len(made) + calls - CALLS_PER_HOUR
    if excess > 0:
        return sorted(made)[min(excess, len(made)) - 1] + HOUR
    if not hinted or not watch.last_check_at:
        return now
    return watch.last_check_at + next(spacing for used, spacing in _SPACING if len(made) < used)


def is_sparing(watch: Watch, now: datetime) -> bool:
    """Whether so many calls were made this hour that a repeated look reads the search alone."""
    return len(calls_this_hour(watch, now)) >= _LAVISH


def is_same_check(watch: Watch, now: datetime) -> bool:
    """Whether a scheduled check at `now` repeats one just made."""
    return watch.last_check_at is not None and now - watch.last_check_at < SAME_CHECK


def with_calls(watch: Watch, now: datetime, calls: int) -> Watch:
    """The watch after `calls` calls to Mercado Pago at `now`."""
    return replace(watch, calls=(*calls_this_hour(watch, now), *[now] * calls))


def joined(stored: Watch, mine: Watch) -> Watch:
    """`stored`, with what another check that began from the same knows: the later instants, the calls of both."""
    return replace(
        stored,
        last_check_at=_later(stored.last_check_at, mine.last_check_at),
        hinted_at=_later(stored.hinted_at, mine.hinted_at),
        calls=tuple(sorted((Counter(stored.calls) | Counter(mine.calls)).elements())),
        mismatched=tuple(sorted({*stored.mismatched, *mine.mismatched})),
        pages=max(stored.pages, mine.pages),
        searched_at=_later(stored.searched_at, mine.searched_at),
    )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at), default=None)
