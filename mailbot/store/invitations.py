"""Rows of invitations: an issuer asks a customer to connect, by mail or on paper.

A customer has one invitation that can still be answered (it is not superseded), and codes on paper and mailed links
lead to it. Which step is allowed is `domain.invitation`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain.invitation import State
from mailbot.store.rows import columns

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from mailbot.store.database import Reading, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One invitation of one customer."""

    id: int
    issuer: str
    customer_id: int
    channel: str
    """`mail` or `letter`: how it was last sent."""
    address_id: int | None
    state: State
    version: int
    account_id: int | None
    person_id: int | None
    sent_at: datetime | None
    decided_at: datetime | None
    decided_network: str | None
    expires_at: datetime
    base_date: str | None
    reminded_step: int
    reminders: int
    listed_at: datetime | None
    created_at: datetime


COLUMNS = (
    "id, issuer, customer_id, channel, address_id, state, version, account_id, person_id, sent_at, decided_at,"
    " decided_network, expires_at, base_date, reminded_step, reminders, listed_at, created_at"
)


def _invitation(row: sqlite3.Row | None) -> Invitation:
    values = columns(row, "sent_at", "decided_at", "expires_at", "listed_at", "created_at")
    return Invitation(**{**values, "state": State(values["state"])})


def get(reading: Reading | Transaction, invitation_id: int) -> Invitation:
    """Return the invitation of this id; raises `LookupError` where there is none."""
    return _invitation(reading.one(f"SELECT {COLUMNS} FROM invitations WHERE id = :id", {"id": invitation_id}))


def current(reading: Reading | Transaction, customer_id: int) -> Invitation | None:
    """Return the customer's one invitation that is not superseded, whatever became of it, or None."""
    sql = f"SELECT {COLUMNS} FROM invitations WHERE customer_id = :id AND state <> 'superseded' ORDER BY id DESC"
    row = reading.one(f"{sql} LIMIT 1", {"id": customer_id})
    return None if row is None else _invitation(row)


def of_account(reading: Reading | Transaction, account_id: int) -> list[Invitation]:
    """Return the invitations that this account received and that count, the newest first."""
    sql = f"SELECT {COLUMNS} FROM invitations WHERE account_id = :id AND state <> 'superseded' ORDER BY id DESC"
    return [_invitation(row) for row in reading.all(sql, {"id": account_id})]


def mailed_to(reading: Reading | Transaction, email_key: str, issuers: Sequence[str]) -> list[Invitation]:
    """Return the invitations of these issuers that were mailed to this mailbox and that no account has yet."""
    names = ", ".join(f"v.{name}" for name in COLUMNS.split(", "))
    marks = ", ".join("?" for _ in issuers)
    sql = (
        f"SELECT {names} FROM addresses a JOIN invitations v ON v.customer_id = a.customer_id AND v.address_id = a.id"
        f" WHERE a.issuer IN ({marks}) AND a.email_key = ? AND a.status <> 'removed' AND v.account_id IS NULL"
        " AND v.state <> 'superseded' AND v.sent_at IS NOT NULL ORDER BY v.id DESC"
    )
    return [_invitation(row) for row in reading.all(sql, (*issuers, email_key))]


def insert(
    tx: Transaction, *, issuer: str, customer_id: int, channel: str, address_id: int | None, expires_at: datetime
) -> Invitation:
    """Put a new invitation on file."""
    row = tx.one(
        "INSERT INTO invitations (issuer, customer_id, channel, address_id, state, expires_at, created_at) VALUES"
        " (:issuer, :customer, :channel, :address, 'sent', :expires, :now) RETURNING " + COLUMNS,
        {
            "issuer": issuer,
            "customer": customer_id,
            "channel": channel,
            "address": address_id,
            "expires": stamp(expires_at),
            "now": tx.now_text,
        },
    )
    return _invitation(row)


def mail_again(tx: Transaction, invitation: Invitation, *, address_id: int, expires_at: datetime) -> Invitation:
    """Send it by mail from now on: older links are superseded, and reminders begin anew once this is accepted."""
    tx.execute(
        "UPDATE invitations SET channel = 'mail', address_id = :address, version = version + 1, expires_at = :expires,"
        " sent_at = NULL, base_date = NULL, remind_at = NULL, reminded_step = 0, reminders = 0, listed_at = NULL"
        " WHERE id = :id",
        {"address": address_id, "expires": stamp(expires_at), "id": invitation.id},
    )
    return get(tx, invitation.id)


def sent(
    tx: Transaction,
    invitation_id: int,
    *,
    channel: str,
    base_date: str,
    expires_at: datetime,
    remind_at: str | None,
) -> None:
    """Write that the relay took it, or that it was printed: reminders count from `base_date` (local)."""
    tx.execute(
        "UPDATE invitations SET channel = :channel, sent_at = :now, base_date = :base, expires_at = :expires,"
        " remind_at = :remind, reminded_step = 0, reminders = 0, listed_at = NULL WHERE id = :id",
        {
            "channel": channel,
            "now": tx.now_text,
            "base": base_date,
            "expires": stamp(expires_at),
            "remind": remind_at,
            "id": invitation_id,
        },
    )


def set_state(tx: Transaction, invitation_id: int, state: State) -> None:
    """Write the state of an invitation that has ended: no sweep looks at it any more."""
    tx.execute(
        "UPDATE invitations SET state = :state, remind_at = NULL WHERE id = :id", {"state": state, "id": invitation_id}
    )


def received(tx: Transaction, invitation_id: int, *, state: State, account_id: int) -> None:
    """Write that the invitation stands in this account's list."""
    tx.execute(
        "UPDATE invitations SET state = :state, account_id = :account WHERE id = :id",
        {"state": state, "account": account_id, "id": invitation_id},
    )


def decided(
    tx: Transaction,
    invitation_id: int,
    *,
    state: State,
    account_id: int | None,
    person_id: int | None,
    network: str,
    remind_at: str | None,
) -> None:
    """Write a decision made now, and when a sweep looks at the invitation again (None: never)."""
    tx.execute(
        "UPDATE invitations SET state = :state, account_id = coalesce(:account, account_id), person_id = :person,"
        " decided_at = :now, decided_network = :network, remind_at = :remind WHERE id = :id",
        {
            "state": state,
            "account": account_id,
            "person": person_id,
            "now": tx.now_text,
            "network": network,
            "remind": remind_at,
            "id": invitation_id,
        },
    )


def to_look_at(tx: Transaction, limit: int) -> list[Invitation]:
    """Return invitations that a sweep has to look at now, the earliest first."""
    sql = f"SELECT {COLUMNS} FROM invitations WHERE remind_at <= :now ORDER BY remind_at, id LIMIT :limit"
    return [_invitation(row) for row in tx.all(sql, {"now": tx.now_text, "limit": limit})]


def next_due(reading: Reading | Transaction) -> str | None:
    """Return when a sweep has to look at an invitation next, or None."""
    at = reading.value("SELECT min(remind_at) FROM invitations WHERE remind_at IS NOT NULL")
    return None if at is None else str(at)


def look_again(tx: Transaction, invitation_id: int, at: str | None) -> None:
    """Set when a sweep looks at this invitation again; None: never."""
    tx.execute("UPDATE invitations SET remind_at = :at WHERE id = :id", {"at": at, "id": invitation_id})


def reminded(tx: Transaction, invitation_id: int, *, step: int, remind_at: str | None) -> None:
    """Write that step `step` was sent (earlier ones count as passed) and when the next look is due."""
    tx.execute(
        "UPDATE invitations SET reminded_step = :step, reminders = reminders + 1, remind_at = :at WHERE id = :id",
        {"step": step, "at": remind_at, "id": invitation_id},
    )


def listed(tx: Transaction, invitation_ids: Sequence[int]) -> None:
    """Write that staff was told that nobody answers; the next look is when the invitation expires."""
    tx.executemany(
        "UPDATE invitations SET listed_at = ?, remind_at = expires_at WHERE id = ?",
        [(tx.now_text, invitation_id) for invitation_id in invitation_ids],
    )
