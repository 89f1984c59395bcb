"""Rows of attempts to get in that failed, counted for each subject (`network:192.0.2.0/24`, `person:…@…`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.store.rows import columns

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.store.database import Reading, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """What is counted of one subject."""

    subject: str
    failures: int
    first_at: datetime
    last_at: datetime


COLUMNS = "subject, failures, first_at, last_at"


def get(reading: Reading | Transaction, subject: str) -> Attempts | None:
    """Return what is counted of a subject, or None."""
    row = reading.one(f"SELECT {COLUMNS} FROM attempts WHERE subject = :subject", {"subject": subject})
    return None if row is None else Attempts(**columns(row, "first_at", "last_at"))


def count(tx: Transaction, subject: str, *, since: datetime) -> int:
    """Count one more attempt and return how many there are; what began before `since` is forgotten."""
    row = tx.one(
        "INSERT INTO attempts (subject, failures, first_at, last_at) VALUES (:subject, 1, :now, :now)"
        " ON CONFLICT (subject) DO UPDATE SET"
        " failures = CASE WHEN attempts.first_at < :since THEN 1 ELSE attempts.failures + 1 END,"
        " first_at = CASE WHEN attempts.first_at < :since THEN :now ELSE attempts.first_at END,"
        " last_at = :now RETURNING failures",
        {"subject": subject, "now": tx.now_text, "since": stamp(since)},
    )
    return int(columns(row)["failures"])


def take_back(tx: Transaction, subject: str) -> int:
    """Count one attempt less, since it did not fail, and return how many are left."""
    left = tx.value(
        "UPDATE attempts SET failures = max(failures - 1, 0) WHERE subject = :subject RETURNING failures",
        {"subject": subject},
    )
    return int(left or 0)


def forget(tx: Transaction, subject: str) -> None:
    """Count a subject from nothing again."""
    tx.execute("DELETE FROM attempts WHERE subject = :subject", {"subject": subject})


def any_before(reading: Reading | Transaction, before: datetime) -> bool:
    """Tell whether there is something that was last counted before a moment."""
    sql = "SELECT 1 FROM attempts WHERE last_at < :before LIMIT 1"
    return reading.one(sql, {"before": stamp(before)}) is not None


def forget_before(tx: Transaction, before: datetime, *, limit: int) -> int:
    """Drop what was last counted before a moment, `limit` subjects at most, and return how many that were."""
    cursor = tx.execute(
        "DELETE FROM attempts WHERE subject IN (SELECT subject FROM attempts WHERE last_at < :before LIMIT :limit)",
        {"before": stamp(before), "limit": limit},
    )
    return cursor.rowcount
