"""Rows of receiving addresses, each with the state of its proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain.address import RECEIVES, Status
from mailbot.store.rows import columns, marks

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from mailbot.store.database import Reading, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address of one customer."""

    id: int
    customer_id: int
    issuer: str
    email: str
    email_key: str
    status: Status
    delivery: str
    is_default: bool
    source: str
    removed_by: str | None
    version: int
    confirmed_at: datetime | None
    confirmed_network: str | None
    last_reminded_on: str | None
    snoozed_until: datetime | None
    """No reminder before that moment."""
    quiet_changed_at: datetime | None
    """When reminders were last stopped, put off or begun again by whoever has the mailbox."""
    typed_in: int | None
    """The session in which it was asked for on a page; `SEVERAL`: more than one."""
    created_at: datetime


COLUMNS = (
    "id, customer_id, issuer, email, email_key, status, delivery, is_default, source, removed_by, version,"
    " confirmed_at, confirmed_network, last_reminded_on, snoozed_until, quiet_changed_at, typed_in, created_at"
)
SEVERAL = 0
"""Stands for more than one session: nobody's id."""

RECEIVING = ", ".join(f"'{status}'" for status in sorted(RECEIVES))
"""The statuses that notices go to, as an SQL list."""


def _address(row: sqlite3.Row | None) -> Address:
    values = columns(row, "confirmed_at", "snoozed_until", "quiet_changed_at", "created_at")
    return Address(**{**values, "status": Status(values["status"]), "is_default": bool(values["is_default"])})


def get(reading: Reading | Transaction, address_id: int) -> Address:
    """Return the address of this id; raises `LookupError` where there is none."""
    row = reading.one(f"SELECT {COLUMNS} FROM addresses WHERE id = :id", {"id": address_id})
    return _address(row)


def of_customer(reading: Reading | Transaction, customer_id: int) -> list[Address]:
    """Return all addresses of a customer, removed ones too, the default one first, then the oldest."""
    sql = f"SELECT {COLUMNS} FROM addresses WHERE customer_id = :customer ORDER BY is_default DESC, id"
    return [_address(row) for row in reading.all(sql, {"customer": customer_id})]


def by_mailbox(reading: Reading | Transaction, issuer: str, email_key: str) -> list[Address]:
    """Return this mailbox's rows at all customers of an issuer."""
    sql = f"SELECT {COLUMNS} FROM addresses WHERE issuer = :issuer AND email_key = :key ORDER BY id"
    return [_address(row) for row in reading.all(sql, {"issuer": issuer, "key": email_key})]


def at_any_issuer(reading: Reading | Transaction, email_key: str, *, issuers: Sequence[str]) -> list[Address]:
    """Return this mailbox's rows, removed ones last, at all customers of some issuers, the newest first."""
    sql = (
        f"SELECT {COLUMNS} FROM addresses WHERE email_key = ? AND issuer IN ({marks(len(issuers))})"
        " ORDER BY status = 'removed', id DESC LIMIT 50"
    )
    return [_address(row) for row in reading.all(sql, (email_key, *issuers))]


def at_mailbox(reading: Reading | Transaction, email_key: str, *, limit: int) -> list[Address]:
    """Return this mailbox's receiving rows at all customers of all issuers, the newest first."""
    sql = (
        f"SELECT {COLUMNS} FROM addresses WHERE email_key = :key AND status IN ({RECEIVING})"
        " ORDER BY confirmed_at DESC, id DESC LIMIT :limit"
    )
    return [_address(row) for row in reading.all(sql, {"key": email_key, "limit": limit})]


def typed_since(reading: Reading | Transaction, customer_id: int, since: str) -> int:
    """Count the addresses of a customer that somebody typed on a page since a moment, removed ones too."""
    sql = "SELECT count(*) FROM addresses WHERE customer_id = :customer AND source = 'page' AND created_at >= :since"
    return int(reading.value(sql, {"customer": customer_id, "since": since}))


def typed_by_letter(reading: Reading | Transaction, customer_id: int) -> list[Address]:
    """Return the pending addresses of a customer that were typed in a session opened by a letter, or in several."""
    sql = (
        f"SELECT {COLUMNS} FROM addresses WHERE customer_id = :customer AND status = 'pending'"
        f" AND (typed_in = {SEVERAL} OR typed_in IN (SELECT id FROM sessions"
        " WHERE customer_id = :customer AND how = 'letter')) ORDER BY id"
    )
    return [_address(row) for row in reading.all(sql, {"customer": customer_id})]


def typed(tx: Transaction, address_id: int, session_id: int) -> None:
    """Write in which session the address was asked for."""
    tx.execute("UPDATE addresses SET typed_in = :session WHERE id = :id", {"session": session_id, "id": address_id})


def insert(
    tx: Transaction,
    *,
    customer_id: int,
    issuer: str,
    email: str,
    email_key: str,
    delivery: str,
    source: str,
    typed_in: int | None = None,
) -> Address:
    """Put a new pending address on file; raises the engine's integrity error where the customer has it already."""
    row = tx.one(
        "INSERT INTO addresses (customer_id, issuer, email, email_key, status, delivery, source, typed_in, created_at)"
        " VALUES (:customer, :issuer, :email, :key, 'pending', :delivery, :source, :typed_in, :now) RETURNING "
        + COLUMNS,
        {
            "customer": customer_id,
            "issuer": issuer,
            "email": email,
            "key": email_key,
            "delivery": delivery,
            "source": source,
            "typed_in": typed_in,
            "now": tx.now_text,
        },
    )
    return _address(row)


def confirm(tx: Transaction, address: Address, *, status: Status, network: str) -> None:
    """Write that the address was proved now; it becomes the default one where the customer has no other."""
    tx.execute(
        "UPDATE addresses SET status = :status, confirmed_at = :now, confirmed_network = :network,"
        " is_default = NOT EXISTS (SELECT 1 FROM addresses other WHERE other.customer_id = :customer"
        " AND other.id <> :id AND other.is_default = 1 AND other.status <> 'removed') WHERE id = :id",
        {
            "status": status,
            "now": tx.now_text,
            "network": network,
            "customer": address.customer_id,
            "id": address.id,
        },
    )


def ask_again(tx: Transaction, address: Address, *, status: Status) -> int:
    """Make older proofs of this address superseded and return the version that counts from now on."""
    version = address.version + 1
    tx.execute(
        "UPDATE addresses SET version = :version, status = :status, bounce_score = 0, bounced_on = NULL,"
        " probed_at = NULL WHERE id = :id",
        {"version": version, "status": status, "id": address.id},
    )
    return version


def remove(tx: Transaction, address_id: int, status: Status, *, by: str) -> None:
    """Write that `staff` or the `customer` took an address off file; it is no default one any more."""
    tx.execute(
        "UPDATE addresses SET status = :status, is_default = 0, removed_by = :by WHERE id = :id",
        {"status": status, "by": by, "id": address_id},
    )


def set_default(tx: Transaction, address: Address) -> None:
    """Make an address the default one of its customer, in the place of any other."""
    tx.execute(
        "UPDATE addresses SET is_default = (id = :id) WHERE customer_id = :customer",
        {"id": address.id, "customer": address.customer_id},
    )


def set_delivery(tx: Transaction, address_id: int, delivery: str) -> None:
    """Write how invoices reach the address."""
    tx.execute("UPDATE addresses SET delivery = :delivery WHERE id = :id", {"delivery": delivery, "id": address_id})


def set_quiet(tx: Transaction, address_id: int, *, status: Status, snoozed_until: datetime | None) -> None:
    """Write that reminders were stopped, put off or begun again now."""
    tx.execute(
        "UPDATE addresses SET status = :status, snoozed_until = :until, quiet_changed_at = :now WHERE id = :id",
        {
            "status": status,
            "until": None if snoozed_until is None else stamp(snoozed_until),
            "now": tx.now_text,
            "id": address_id,
        },
    )


def reminded(tx: Transaction, *, issuer: str, email_key: str, on: str) -> None:
    """Write that this mailbox was reminded on a local date, at every customer of the issuer."""
    tx.execute(
        "UPDATE addresses SET last_reminded_on = :on WHERE issuer = :issuer AND email_key = :key",
        {"on": on, "issuer": issuer, "key": email_key},
    )
