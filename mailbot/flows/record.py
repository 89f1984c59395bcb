"""Stating a fact in the transaction that makes it true.

A proven fact becomes a row of its issuer's ledger there and then; the log line follows after the commit, so that
nothing is ever logged that was rolled back.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mailbot.store import ledger

if TYPE_CHECKING:
    from mailbot.facts import Fact, Facts
    from mailbot.store.database import Transaction


def record(tx: Transaction, facts: Facts, fact: Fact, /, *, issuer: str, subject: str, **details: object) -> None:
    """State `fact` about `subject` (`invoice:INV-1`, `address:12`) of `issuer`, with the fact's own fields."""
    if fact.proven:
        ledger.append(tx, issuer, fact, subject, details)
    if "issuer" in fact.fields:
        details["issuer"] = issuer
    tx.after_commit(partial(facts, fact, **details))
