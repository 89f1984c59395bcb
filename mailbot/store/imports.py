"""Rows of imports, and the staging that lets a large batch be written in slices and taken at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.store.rows import columns, new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mailbot.store.database import Reading, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One batch that was taken."""

    id: int
    issuer: str
    kind: str
    state: str
    source: str
    rows_created: int
    rows_changed: int
    rows_unchanged: int
    taken_at: datetime
    sends_from: datetime
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedInvoice:
    """One checked row of an invoice batch."""

    line: int
    customer_id: int
    number: str
    subject: str
    amount: int
    currency: str
    note: str
    issue_date: str
    due_date: str | None
    publish_at: str
    file_sha256: str
    file_name: str


COLUMNS = (
    "id, issuer, kind, state, source, rows_created, rows_changed, rows_unchanged, taken_at, sends_from, cancelled_at"
)


def insert(
    tx: Transaction,
    *,
    issuer: str,
    kind: str,
    source: str,
    source_sha256: str,
    counts: tuple[int, int, int],
    sends_from: str,
) -> int:
    """Note a batch with its (created, changed, unchanged) rows and return the import's id."""
    row = tx.one(
        "INSERT INTO imports (issuer, kind, state, source, source_sha256, rows_created, rows_changed, rows_unchanged,"
        " taken_at, sends_from) VALUES (?, ?, 'taken', ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (issuer, kind, source, source_sha256, *counts, tx.now_text, sends_from),
    )
    return new_id(row)


def count(tx: Transaction, import_id: int, counts: tuple[int, int, int]) -> None:
    """Write how many rows were created, changed and left as they are."""
    tx.execute(
        "UPDATE imports SET rows_created = ?, rows_changed = ?, rows_unchanged = ? WHERE id = ?", (*counts, import_id)
    )


def forget(tx: Transaction, import_id: int) -> None:
    """Remove the note of a batch that turned out to change nothing."""
    tx.execute("DELETE FROM imports WHERE id = :id", {"id": import_id})


def get(reading: Reading | Transaction, import_id: int) -> Import | None:
    """Return an import, or None."""
    row = reading.one(f"SELECT {COLUMNS} FROM imports WHERE id = :id", {"id": import_id})
    return None if row is None else Import(**columns(row, "taken_at", "sends_from", "cancelled_at"))


def newest(reading: Reading | Transaction, *, issuer: str | None, limit: int) -> list[Import]:
    """Return the newest imports first, of one issuer or of all."""
    sql = f"SELECT {COLUMNS} FROM imports WHERE issuer = :issuer OR :issuer IS NULL ORDER BY id DESC LIMIT :limit"
    rows = reading.all(sql, {"issuer": issuer, "limit": limit})
    return [Import(**columns(row, "taken_at", "sends_from", "cancelled_at")) for row in rows]


def cancel(tx: Transaction, import_id: int) -> None:
    """Write that an import was taken back now."""
    tx.execute(
        "UPDATE imports SET state = 'cancelled', cancelled_at = :now WHERE id = :id",
        {"now": tx.now_text, "id": import_id},
    )


def stage(tx: Transaction, batch: str, rows: Sequence[StagedInvoice]) -> None:
    """Write one slice of a batch where nothing else sees it."""
    names = StagedInvoice.__slots__
    tx.executemany(
        f"INSERT INTO staged_invoices (batch, staged_at, {', '.join(names)})"
        f" VALUES (?, ?, {', '.join('?' for _ in names)})",
        [(batch, tx.now_text, *[getattr(row, name) for name in names]) for row in rows],
    )


def take_staged(tx: Transaction, batch: str, *, issuer: str, import_id: int, earliest: str) -> int:
    """Make a staged batch real in one statement and return how many invoices there are now.

    Raises the engine's integrity error where a number was taken meanwhile.
    """
    cursor = tx.execute(
        "INSERT INTO invoices (issuer, customer_id, number, subject, amount, currency, note, issue_date, due_date,"
        " file_sha256, file_name, status, publish_at, import_id, created_at)"
        " SELECT :issuer, customer_id, number, subject, amount, currency, note, issue_date, due_date, file_sha256,"
        " file_name, 'scheduled', CASE WHEN publish_at > :earliest THEN publish_at ELSE :earliest END, :import, :now"
        " FROM staged_invoices WHERE batch = :batch ORDER BY line",
        {"issuer": issuer, "earliest": earliest, "import": import_id, "now": tx.now_text, "batch": batch},
    )
    return int(cursor.rowcount)


def clear_staged(tx: Transaction, batch: str, limit: int) -> int:
    """Remove one slice of a batch's staging and return how many rows went."""
    cursor = tx.execute(
        "DELETE FROM staged_invoices WHERE batch = :batch AND line IN"
        " (SELECT line FROM staged_invoices WHERE batch = :batch ORDER BY line LIMIT :limit)",
        {"batch": batch, "limit": limit},
    )
    return int(cursor.rowcount)


def stale_batches(reading: Reading | Transaction, before: str) -> list[str]:
    """Return batches whose staging was left by a command that ended before it was done."""
    sql = "SELECT batch FROM staged_invoices GROUP BY batch HAVING max(staged_at) < :before"
    return [row["batch"] for row in reading.all(sql, {"before": before})]


def add_files(tx: Transaction, files: Sequence[tuple[str, int, int]]) -> None:
    """Note stored files: (SHA-256, bytes, pages)."""
    tx.executemany(
        "INSERT INTO files (sha256, size, pages, stored_at) VALUES (?, ?, ?, ?) ON CONFLICT (sha256) DO NOTHING",
        [(*each, tx.now_text) for each in files],
    )


def invoice_ids(reading: Reading | Transaction, import_id: int) -> list[int]:
    """Return the invoices of an import."""
    rows = reading.all("SELECT id FROM invoices WHERE import_id = :import ORDER BY id", {"import": import_id})
    return [row["id"] for row in rows]


def forget_invoices(tx: Transaction, invoice_ids: Sequence[int]) -> None:
    """Remove invoices that nobody was told of, with their planned deliveries."""
    rows = [(invoice_id,) for invoice_id in invoice_ids]
    tx.executemany("DELETE FROM presses WHERE invoice_id = ?", rows)
    tx.executemany("DELETE FROM deliveries WHERE invoice_id = ?", rows)
    tx.executemany("DELETE FROM invoices WHERE id = ?", rows)
