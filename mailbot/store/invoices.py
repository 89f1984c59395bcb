"""Rows of invoices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.domain.invoice import Status
from mailbot.store.rows import columns

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from mailbot.store.database import Reading, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """One invoice of one issuer."""

    id: int
    issuer: str
    customer_id: int
    number: str
    subject: str
    amount: int
    currency: str
    note: str
    issue_date: str
    due_date: str | None
    file_sha256: str
    file_name: str
    file_size: int
    status: Status
    publish_at: datetime
    sent_at: datetime | None
    last_downloaded_at: datetime | None
    downloads: int
    withdrawn_at: datetime | None
    withdrawn_reason: str | None


SELECT = (
    "SELECT i.id, i.issuer, i.customer_id, i.number, i.subject, i.amount, i.currency, i.note, i.issue_date,"
    " i.due_date, i.file_sha256, i.file_name, f.size AS file_size, i.status, i.publish_at, i.sent_at,"
    " i.last_downloaded_at, i.downloads, i.withdrawn_at, i.withdrawn_reason"
    " FROM invoices i JOIN files f ON f.sha256 = i.file_sha256"
)
MOMENTS = ("publish_at", "sent_at", "last_downloaded_at", "withdrawn_at")


def _invoice(row: sqlite3.Row | None) -> Invoice:
    values = columns(row, *MOMENTS)
    return Invoice(**{**values, "status": Status(values["status"])})


def get(reading: Reading | Transaction, invoice_id: int) -> Invoice:
    """Return the invoice of this id; raises `LookupError` where there is none."""
    return _invoice(reading.one(f"{SELECT} WHERE i.id = :id", {"id": invoice_id}))


def by_number(reading: Reading | Transaction, issuer: str, number: str) -> Invoice | None:
    """Return this issuer's invoice of this number, or None."""
    row = reading.one(f"{SELECT} WHERE i.issuer = :issuer AND i.number = :number", {"issuer": issuer, "number": number})
    return None if row is None else _invoice(row)


def of_customer(reading: Reading | Transaction, customer_id: int, statuses: Sequence[Status]) -> list[Invoice]:
    """Return a customer's invoices in these statuses, the newest issue date first."""
    wanted = ", ".join(f"'{status}'" for status in statuses)
    sql = f"{SELECT} WHERE i.customer_id = :customer AND i.status IN ({wanted}) ORDER BY i.issue_date DESC, i.id DESC"
    return [_invoice(row) for row in reading.all(sql, {"customer": customer_id})]


def due(tx: Transaction, limit: int) -> list[Invoice]:
    """Return scheduled invoices whose moment has come, the earliest first."""
    sql = f"{SELECT} WHERE i.status = 'scheduled' AND i.publish_at <= :now ORDER BY i.publish_at, i.id LIMIT :limit"
    return [_invoice(row) for row in tx.all(sql, {"now": tx.now_text, "limit": limit})]


def next_due(reading: Reading | Transaction) -> str | None:
    """Return when the next scheduled invoice is due, or None."""
    at = reading.value("SELECT min(publish_at) FROM invoices WHERE status = 'scheduled'")
    return None if at is None else str(at)


def put_off(tx: Transaction, invoice_id: int, until: str) -> None:
    """Look at a scheduled invoice again only at a later moment."""
    tx.execute("UPDATE invoices SET publish_at = :until WHERE id = :id", {"until": until, "id": invoice_id})


def issued(tx: Transaction, steps: Sequence[tuple[int, Status]]) -> None:
    """Write the status that invoices have now that their moment has come."""
    tx.executemany(
        "UPDATE invoices SET status = ?, issued_at = coalesce(issued_at, ?) WHERE id = ?",
        [(str(status), tx.now_text, invoice_id) for invoice_id, status in steps],
    )


def downloaded(tx: Transaction, invoice_id: int, status: Status) -> None:
    """Count an undoubted download, and end the reminders for every address."""
    tx.execute(
        "UPDATE invoices SET status = :status, downloads = downloads + 1, last_downloaded_at = :now WHERE id = :id",
        {"status": status, "now": tx.now_text, "id": invoice_id},
    )
    tx.execute("UPDATE deliveries SET remind_at = NULL WHERE invoice_id = :id", {"id": invoice_id})


def doubted(tx: Transaction, invoice_id: int, status: Status) -> None:
    """Count again only what arrived under presses that stand, after one turned out to be doubtful."""
    stand = "FROM presses WHERE invoice_id = :id AND doubt = '' AND downloaded_at IS NOT NULL"
    tx.execute(
        f"UPDATE invoices SET status = :status, downloads = (SELECT count(*) {stand}),"
        f" last_downloaded_at = (SELECT max(downloaded_at) {stand}) WHERE id = :id",
        {"status": status, "id": invoice_id},
    )


def withdrawn(tx: Transaction, invoice_id: int, status: Status, reason: str) -> None:
    """Write that an invoice was withdrawn now and why, and end its reminders."""
    tx.execute(
        "UPDATE invoices SET status = :status, withdrawn_at = :now, withdrawn_reason = :reason WHERE id = :id",
        {"status": status, "now": tx.now_text, "reason": reason, "id": invoice_id},
    )
    tx.execute("UPDATE deliveries SET remind_at = NULL WHERE invoice_id = :id", {"id": invoice_id})
