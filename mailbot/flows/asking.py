"""Mails that anybody may ask for at a page: how many of a kind go to one mailbox.

Owns the bound. Nobody is shut out by it: over the day's number one mail still goes out in each `SLOWLY`, which is as
long as a link lives, so that a mailbox somebody else asks mails for holds a link that works. Where no mail goes out,
the page says what it always says. What was asked for is kept as a hash, as `locks` keeps it.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from mailbot.flows.locks import MARK
from mailbot.store import attempts

if TYPE_CHECKING:
    from mailbot.domain.outbox import Kind
    from mailbot.store.database import Transaction

A_DAY = 20
"""Mails of one kind to one mailbox, in a day that begins with the first."""

WINDOW = timedelta(days=1)
SLOWLY = timedelta(minutes=30)


def may_go(tx: Transaction, kind: Kind, email_key: str) -> bool:
    """Count a mail that somebody asks for, and tell whether it may go out; what may not is not counted."""
    mark = hashlib.sha256(email_key.encode("utf-8", "surrogatepass")).hexdigest()[:MARK]
    subject, since = f"asked:{kind}:{mark}", tx.now - WINDOW
    row = attempts.get(tx, subject)
    if row is not None and row.first_at >= since and row.failures >= A_DAY and tx.now - row.last_at < SLOWLY:
        return False
    attempts.count(tx, subject, since=since)
    return True
