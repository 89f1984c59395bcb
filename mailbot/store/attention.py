"""What needs a person, counted: mails that nobody sends, words that nobody read, customers whom nothing reaches.

Owns the conditions. What is said of them is the command line's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mailbot.clock import moment, stamp
from mailbot.store.inbox import UNHEARD
from mailbot.store.outbox import NEVER

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.store.database import Reading

RECENT = timedelta(days=30)
"""What ended longer ago is history: nothing would ever take it off the list."""

OVERDUE = timedelta(minutes=15)
"""Mails that are due for so long while none at all gets off say that the relay is away, or the daemon."""

_UNREACHABLE = (
    "FROM invoices i WHERE i.status = 'open' AND NOT EXISTS (SELECT 1 FROM addresses a"
    " WHERE a.customer_id = i.customer_id AND a.status IN ('confirmed', 'muted'))"
)


def counts(reading: Reading, *, now: datetime) -> dict[str, int | str | None]:
    """Count what needs a person; `mails_due_since` is a moment, or None where mails get off as they should."""
    since = stamp(now - RECENT)
    return {
        "mails_held": _count(reading, "outbox WHERE state = 'held'"),
        # One that is tried again settles itself; of the others nobody knows, and mailbot will not find out.
        "mails_unknown": _count(reading, f"outbox WHERE state = 'unknown' AND next_attempt_at = '{NEVER}'"),
        "mails_expired": _count(reading, "outbox WHERE state = 'expired' AND finished_at >= :since", since=since),
        "mails_due_since": _due_since(reading, now),
        "words_unheard": _count(reading, f"inbox WHERE {UNHEARD} AND received_at >= :since", since=since),
        "customers_unreachable": int(reading.value(f"SELECT count(DISTINCT i.customer_id) {_UNREACHABLE}")),
        "invoices_unreachable": int(reading.value(f"SELECT count(*) {_UNREACHABLE}")),
    }


def _count(reading: Reading, rows: str, **values: str) -> int:
    return int(reading.value(f"SELECT count(*) FROM {rows}", values))


def _due_since(reading: Reading, now: datetime) -> str | None:
    """Return since when the oldest mail is due, where it is long overdue and no other mail has ended meanwhile.

    A large import keeps mails waiting for longer than that, and gets others off all the while.
    """
    due = reading.value(
        "SELECT min(next_attempt_at) FROM outbox WHERE state IN ('queued', 'deferred', 'unknown')"
        " AND next_attempt_at <= :now",
        {"now": stamp(now)},
    )
    if due is None or now - moment(due) < OVERDUE:
        return None
    ended = reading.value("SELECT max(finished_at) FROM outbox")
    return None if ended is not None and now - moment(ended) < OVERDUE else str(due)
