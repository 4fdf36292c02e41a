"""Faults in what decides about orders and money."""

from __future__ import annotations

from tests.mutants.mutant import CAJA, Mutant

MUTANTS = (
    Mutant(
        "every-look-is-a-change",
        "A check writes a version and an event even when it found nothing new.",
        f"{CAJA}settlement.py",
        "is_change = (after.state, after.payments) != (order.state, order.payments)",
        "is_change = True",
    ),
    Mutant(
        "collector-unchecked",
        "A merchant order of another seller settles.",
        f"{CAJA}settlement.py",
        "if mo.collector_id != order.collector_id:",
        "if False:",
    ),
    Mutant(
        "currency-unchecked",
        "A payment in another currency settles.",
        f"{CAJA}settlement.py",
        "if any(p.net and p.currency != order.currency for p in mo.payments):",
        "if False:",
    ),
    Mutant(
        "total-unchecked",
        "A merchant order over another total settles.",
        f"{CAJA}settlement.py",
        "if mo.total != order.total:",
        "if False:",
    ),
    Mutant(
        "age-unchecked",
        "A merchant order from before the order settles it.",
        f"{CAJA}settlement.py",
        "if mo.created_at is None or mo.created_at < order.created_at - CLOCK_SLACK:",
        "if mo.created_at is None:",
    ),
    Mutant(
        "amount-unchecked",
        "A closed merchant order settles, whatever has been paid of it.",
        f"{CAJA}settlement.py",
        "and mo.merchant_order_id not in flaws and mo.net >= order.total",
        "and mo.merchant_order_id not in flaws",
    ),
    Mutant(
        "prepay-window-ignored",
        "A prepay order is settled however late its payment is found.",
        f"{CAJA}settlement.py",
        "is_too_late = order.is_prepay and now > order.payable_until",
        "is_too_late = False",
    ),
    Mutant(
        "refunds-ignored",
        "What has been refunded of a payment still counts as paid.",
        f"{CAJA}merchant_orders.py",
        'return max(self.amount - self.refunded, Decimal(0)) if self.status == "approved" else Decimal(0)',
        'return self.amount if self.status == "approved" else Decimal(0)',
    ),
    Mutant(
        "rejections-count",
        "A rejected payment counts as money.",
        f"{CAJA}merchant_orders.py",
        'return max(self.amount - self.refunded, Decimal(0)) if self.status == "approved" else Decimal(0)',
        'return max(self.amount - self.refunded, Decimal(0)) if self.status != "pending" else Decimal(0)',
    ),
    Mutant(
        "no-excess-refund",
        "Money that no order keeps is recorded and never owed back.",
        f"{CAJA}orders.py",
        "return payment.role is Role.EXCESS",
        "return False",
    ),
    Mutant(
        "salt-removed",
        "An order's id is made of its ticket alone.",
        f"{CAJA}orders.py",
        r'hashlib.sha256(box_uid + b"\x00" + ticket.encode())',
        "hashlib.sha256(ticket.encode())",
    ),
    Mutant(
        "tickets-replayed-for-ever",
        "A ticket is answered with its old order however long ago that ended.",
        f"{CAJA}usecases/submit_order.py",
        "if known.content_hash != order.content_hash or not known.is_replayable(now):",
        "if known.content_hash != order.content_hash:",
    ),
    Mutant(
        "replaces-unchecked",
        "`replaces` takes away the box's current order, whichever it names.",
        f"{CAJA}usecases/submit_order.py",
        "if view.offer is None or view.offer.order_id != order.replaces:",
        "if view.offer is None:",
    ),
    Mutant(
        "expired-offer-in-the-way",
        "An order that has expired by the clock still keeps its box busy.",
        f"{CAJA}boxes.py",
        "return now < self.expires_at",
        "return True",
    ),
    Mutant(
        "claimed-with-another-nonce",
        "A claim is granted again to whoever comes with another one.",
        f"{CAJA}transitions.py",
        "if order.claim != nonce:",
        "if False:",
    ),
    Mutant(
        "deadline-ignores-the-claim",
        "The deadline to claim gives the money back though the box has claimed.",
        f"{CAJA}transitions.py",
        "case State.PAID if order.release_by and now >= order.release_by:",
        "case State.PAID | State.RELEASING if order.release_by and now >= order.release_by:",
    ),
    Mutant(
        "late-report-contradicts",
        "A box's report after its silence is refused.",
        f"{CAJA}transitions.py",
        'if order.state is State.RELEASING or (is_silent and result != "unknown"):',
        "if order.state is State.RELEASING:",
    ),
    Mutant(
        "a-new-key-for-every-call",
        "An attempt to refund is repeated under a new key.",
        f"{CAJA}refunds.py",
        "if payment.attempts and not payment.attempts[-1].moved_nothing:",
        "if False:",
    ),
    Mutant(
        "refund-without-listing",
        "A refund is asked for without believing what is listed.",
        f"{CAJA}usecases/refund_payment.py",
        "learned = learn(payment, seen, now)\n",
        "learned = payment\n",
    ),
    Mutant(
        "done-is-undone",
        "A payment that went back is owed again at the next look.",
        f"{CAJA}holdings.py",
        """    if not order.owes(payment) or payment.refund is Refund.DONE:
        return payment
    refund = refund_of(payment)
""",
        """    if not order.owes(payment):
        return payment
    refund = Refund.DUE if payment.refund is Refund.DONE else refund_of(payment)
""",
    ),
    Mutant(
        "box-acts-on-paid",
        "A vending machine turns its motor when it sees `paid`, whatever its claim is answered.",
        "tests/simulation/machines.py",
        "        if status != OK:\n            return\n        if fate",
        "        if fate",
    ),
)
