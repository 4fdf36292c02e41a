"""Faults in when and how orders are looked at: notifications, checks, sweeps, messages."""

from __future__ import annotations

from tests.mutants.mutant import CAJA, Mutant

CHECK = f"{CAJA}usecases/check_order.py"
ASK = f"{CAJA}usecases/ask_merchant_orders.py"
SWEEP = f"{CAJA}usecases/reconcile.py"

MUTANTS = (
    Mutant(
        "closed-swallowed",
        "An order listens to its first notification only.",
        CHECK,
        "elif hint.merchant_order_id is None or not is_done_with(order, hint.merchant_order_id):",
        "elif order.watch.hinted_at is None:",
    ),
    Mutant(
        "late-notification-dropped",
        "A notification of an order that is no longer watched is dropped.",
        CHECK,
        "elif hint.merchant_order_id is None or not is_done_with(order, hint.merchant_order_id):",
        "elif order.watch.check_at is not None:",
    ),
    Mutant(
        "forged-key-accepted",
        "The key of a notification is not compared.",
        CHECK,
        "elif not hmac.compare_digest(order.notify_key.encode(), hint.key.encode()):",
        "elif False:",
    ),
    Mutant(
        "old-checks-made-anew",
        "A sweep's old message is worked off though somebody has looked since.",
        CHECK,
        "if message.check_at and message.check_at != order.watch.check_at:",
        "if False:",
    ),
    Mutant(
        "mercadopago-fails-the-message",
        "When Mercado Pago fails, the message fails.",
        CHECK,
        "        _retry(world, spent, merchant_order_id, asked.error)\n        return\n",
        "        raise ValueError(str(asked.error))\n",
    ),
    Mutant(
        "deadline-dropped-as-same-check",
        "A check just made keeps the next one from meeting a deadline.",
        CHECK,
        """        return  # Somebody has looked since, or the sweep has sent another: a backlog is worked off once.
    order = _in_time(world, order)
""",
        """        return
    order = order if is_same_check(order.watch, world.now) else _in_time(world, order)
""",
    ),
    Mutant(
        "trusts-the-notification",
        "The merchant order a notification names is taken for the order's own.",
        ASK,
        "found[hinted.merchant_order_id] = hinted",
        "found[hinted.merchant_order_id] = replace(hinted, external_reference=order.order_id)",
    ),
    Mutant(
        "one-page-of-search",
        "The first page of a search is taken for all of it.",
        ASK,
        "offset = page.next_offset",
        "offset = None",
    ),
    Mutant(
        "failed-search-is-empty",
        "A search that failed is taken for one that found nothing.",
        ASK,
        "return Asked(watch=watch, found=None, error=error)",
        "return Asked(watch=watch, found=tuple(found.values()), is_search=True, complete=True)",
    ),
    Mutant(
        "missing-merchant-order-forgotten",
        "A merchant order that is not found yet is taken as never having been.",
        ASK,
        "if is_missing and not any(each.net for each in found.values()):",
        "if False:",
    ),
    Mutant(
        "no-sweep",
        "Nothing is ever due: only notifications and boxes bring a check.",
        SWEEP,
        "for order_id, due_at in orders.due(now):",
        "for order_id, due_at in list(orders.due(now))[:0]:",
    ),
    Mutant(
        "lost-checks-not-sent-again",
        "A check that was sent once is due again only a day later.",
        SWEEP,
        "until = now + RESEND_AFTER",
        "until = now + RESEND_AFTER * 720",
    ),
    Mutant(
        "two-sweeps-send-twice",
        "A sweep sends a check whether or not another one has taken it.",
        SWEEP,
        "if orders.claim_due(order_id, due_at, until):",
        "if orders.claim_due(order_id, due_at, until) or True:",
    ),
    Mutant(
        "no-probe-while-down",
        "While payments are down, nobody finds out that they are up again.",
        SWEEP,
        "if known.wants_probe(now):",
        "if known.wants_probe(now) and not known.is_down(now):",
    ),
    Mutant(
        "same-check-made-twice",
        "A message that comes twice is a check made twice.",
        f"{CAJA}watch.py",
        "now - watch.last_check_at < SAME_CHECK",
        "now - watch.last_check_at < timedelta(0)",
    ),
    Mutant(
        "retry-after-ignored",
        "Mercado Pago's `Retry-After` is not honoured.",
        f"{CAJA}watch.py",
        "if retry_after is not None:",
        "if False:",
    ),
    Mutant(
        "budget-ignored",
        "A check is made at once, however many calls the hour has had.",
        f"{CAJA}watch.py",
        "    made = calls_this_hour(watch, now)\n    excess",
        "    made = ()\n    excess",
    ),
    Mutant(
        "no-check-after-the-end",
        "An order that left its box is looked at once more and never again.",
        f"{CAJA}watch.py",
        "return next((left_at + step for step in _LEFT if left_at + step > now), None)",
        "return None",
    ),
)
