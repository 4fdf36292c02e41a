"""A box's sales as its journal tells them: what is left to do after a power cut is what was left to do before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from desk.journal import Entry, Journal

MOST_ENDED = 3


@dataclass(eq=False)
class Sale:
    """One sale. ``body`` is the submit, sent with this very content however often; amounts are strings.

    ``is_dropped``: paid in cash, or given up. ``is_begun``: the motor was started. ``was_faster``: the phone, than the cash.
    ``end``: how it ended for the box, None while there is something left to do; ``code``: why the merchant refused it.
    ``is_doubtful``: a submit may have been taken without our knowing.
    """

    body: dict[str, Any]
    facts: dict[str, Any]
    order_id: str | None = None
    is_dropped: bool = False
    claim: str | None = None
    is_begun: bool = False
    result: str | None = None
    is_reported: bool = False
    was_faster: bool = False
    end: str | None = None
    code: str | None = None
    is_doubtful: bool = True
    predecessor: Sale | None = None

    @property
    def ticket(self) -> str:
        """The box's own id of the sale."""
        ticket: str = self.body["ticket"]
        return ticket

    @property
    def amount(self) -> str:
        """What is to be paid."""
        amount: str = self.body["total"]
        return amount

    @property
    def title(self) -> str:
        """What is sold."""
        title: str = self.body["items"][0]["title"]
        return title


class Sales:
    """The sale at hand and the last ones before it; ``note`` writes an entry down before anything follows from it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.current: Sale | None = None
        self.ended: list[Sale] = []
        self.dispensed: dict[str, str] | None = None
        for entry in journal.entries:
            self._apply(entry)

    @property
    def open(self) -> Sale | None:
        """The sale at hand while there is something left to do about it."""
        return self.current if self.current and self.current.end is None else None

    def note(self, what: str, **facts: Any) -> None:
        """Write an entry down; once it is on the disk, it is so."""
        self._apply(self._journal.write(what, **facts))

    def begin(self, body: dict[str, Any], **facts: Any) -> Sale:
        """Write a sale down before its ticket is sent."""
        sale = self._begin(self._journal.write("sale", body=body, **facts))
        sale.is_doubtful = False
        return sale

    def knows(self, order_id: str) -> bool:
        """Whether one of these sales made the order."""
        known = [*self.ended, *([self.current] if self.current else [])]
        return any(sale.order_id == order_id for sale in known)

    def _apply(self, entry: Entry) -> None:
        what = entry["what"]
        if what == "dispensed":
            self.dispensed = {"litres": entry["litres"], "amount": entry["amount"]}
        elif what == "hung_up":
            self.dispensed = None
        elif what == "sale":
            self._begin(entry)
        elif self.current is not None:
            _change(self.current, entry)
            if what == "accepted" and self.current.predecessor:
                self._put_by(self.current.predecessor, "replaced")
                self.current.predecessor = None
            elif what == "end" and self.current.predecessor:
                # The order in its place was not taken: the one before still stands.
                self.current = self.current.predecessor

    def _begin(self, entry: Entry) -> Sale:
        facts = {name: value for name, value in entry.items() if name not in ("at", "what", "body")}
        sale = Sale(entry["body"], facts)
        if "replaces" in sale.body:
            sale.predecessor = self.current
        elif self.current:
            self._put_by(self.current, self.current.end or "left")
        self.current = sale
        self.dispensed = None
        return sale

    def _put_by(self, sale: Sale, end: str) -> None:
        sale.end = end
        if sale.order_id:
            self.ended = [sale, *self.ended][:MOST_ENDED]


def _change(sale: Sale, entry: Entry) -> None:
    match entry["what"]:
        case "accepted":
            sale.order_id = entry["order_id"]
        case "cash":
            sale.is_dropped = True
        case "not_cancelled":
            sale.is_dropped = False
            sale.was_faster = entry["code"] == "already_paid"
        case "claim":
            sale.claim = entry["claim"]
        case "motor":
            sale.is_begun = True
        case "result":
            sale.result = entry["result"]
        case "reported":
            sale.is_reported = True
        case "end":
            sale.end = entry["state"]
            sale.code = entry.get("code")
