"""Rows of successions: a recipient names who receives in his place.

An address has one succession at most that is still open. Which step is allowed is `domain.succession`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain.succession import LIVE, State
from mailbot.store.rows import columns

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from mailbot.store.addresses import Address
    from mailbot.store.database import Reading, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """One recipient, and whom he named."""

    id: int
    issuer: str
    customer_id: int
    address_id: int
    """Of who leaves."""
    email: str
    """Of who is to come."""
    email_key: str
    locale: str
    how: str
    """`reply` or `page`."""
    state: State
    asked_at: datetime
    confirmed_at: datetime | None
    confirmed_network: str | None
    due_at: datetime | None
    """When it is over unconfirmed, or takes effect by itself."""
    decided_at: datetime | None
    decided_by: str | None
    """`staff`, `recipient`, `successor`, `time` or `newer`."""


COLUMNS = (
    "id, issuer, customer_id, address_id, email, email_key, locale, how, state, asked_at, confirmed_at,"
    " confirmed_network, due_at, decided_at, decided_by"
)
_OPEN = ", ".join(f"'{state}'" for state in sorted(LIVE))


def _succession(row: sqlite3.Row | None) -> Succession:
    values = columns(row, "asked_at", "confirmed_at", "due_at", "decided_at")
    return Succession(**{**values, "state": State(values["state"])})


def get(reading: Reading | Transaction, succession_id: int) -> Succession:
    """Return the succession of this id; raises `LookupError` where there is none."""
    return _succession(reading.one(f"SELECT {COLUMNS} FROM successions WHERE id = :id", {"id": succession_id}))


def insert(
    tx: Transaction, address: Address, *, email: str, email_key: str, locale: str, how: str, due_at: datetime
) -> Succession:
    """Put on file whom the holder of an address named; unconfirmed it is over at `due_at`."""
    row = tx.one(
        "INSERT INTO successions (issuer, customer_id, address_id, email, email_key, locale, how, state, asked_at,"
        " due_at) VALUES (:issuer, :customer, :address, :email, :key, :locale, :how, 'asked', :now, :due)"
        f" RETURNING {COLUMNS}",
        {
            "issuer": address.issuer,
            "customer": address.customer_id,
            "address": address.id,
            "email": email,
            "key": email_key,
            "locale": locale,
            "how": how,
            "now": tx.now_text,
            "due": stamp(due_at),
        },
    )
    return _succession(row)


def live_of(reading: Reading | Transaction, address_id: int) -> Succession | None:
    """Return the succession of an address that is still open, or None."""
    sql = f"SELECT {COLUMNS} FROM successions WHERE address_id = :address AND state IN ({_OPEN}) ORDER BY id DESC"
    row = reading.one(f"{sql} LIMIT 1", {"address": address_id})
    return None if row is None else _succession(row)


def named_since(reading: Reading | Transaction, address_id: int, since: datetime) -> int:
    """Count the successors that an address named since a moment."""
    sql = "SELECT count(*) FROM successions WHERE address_id = :address AND asked_at >= :since"
    return int(reading.value(sql, {"address": address_id, "since": stamp(since)}))


def live_at(reading: Reading | Transaction, email_key: str, issuers: Sequence[str]) -> list[Succession]:
    """Return what is open at these issuers and names this mailbox, or comes from it."""
    marks = ", ".join("?" for _ in issuers)
    sql = (
        f"SELECT {', '.join(f's.{name}' for name in COLUMNS.split(', '))} FROM successions s"
        " JOIN addresses a ON a.id = s.address_id"
        f" WHERE s.state IN ({_OPEN}) AND s.issuer IN ({marks}) AND (s.email_key = ? OR a.email_key = ?) ORDER BY s.id"
    )
    return [_succession(row) for row in reading.all(sql, (*issuers, email_key, email_key))]


def confirmed(tx: Transaction, succession_id: int, *, state: State, network: str, due_at: datetime) -> None:
    """Write that the successor pressed the button now, and when it takes effect by itself."""
    tx.execute(
        "UPDATE successions SET state = :state, confirmed_at = :now, confirmed_network = :network, due_at = :due"
        " WHERE id = :id",
        {"state": state, "now": tx.now_text, "network": network, "due": stamp(due_at), "id": succession_id},
    )


def decided(tx: Transaction, succession_id: int, *, state: State, by: str) -> None:
    """Write how it ended now, and by whom."""
    tx.execute(
        "UPDATE successions SET state = :state, decided_at = :now, decided_by = :by WHERE id = :id",
        {"state": state, "now": tx.now_text, "by": by, "id": succession_id},
    )


def due(tx: Transaction, limit: int) -> list[Succession]:
    """Return those that a sweep has to look at now, the earliest first."""
    sql = f"SELECT {COLUMNS} FROM successions WHERE state IN ({_OPEN}) AND due_at <= :now ORDER BY due_at, id LIMIT :n"
    return [_succession(row) for row in tx.all(sql, {"now": tx.now_text, "n": limit})]


def next_due(reading: Reading | Transaction) -> str | None:
    """Return when a sweep has to look at one next, or None."""
    at = reading.value(f"SELECT min(due_at) FROM successions WHERE state IN ({_OPEN})")
    return None if at is None else str(at)


def put_off(tx: Transaction, succession_id: int, until: str) -> None:
    """Look at an open one again only at a later moment."""
    tx.execute("UPDATE successions SET due_at = :until WHERE id = :id", {"until": until, "id": succession_id})
