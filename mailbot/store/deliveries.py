"""Rows of deliveries: one invoice on its way to one address, with the evidence of what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.domain.evidence import Evidence
from mailbot.store.rows import columns, marks, new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from mailbot.store.database import Reading, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One invoice and one address."""

    id: int
    invoice_id: int
    address_id: int
    evidence: Evidence
    doubtful: bool
    accepted_at: datetime | None
    pressed_at: datetime | None
    downloaded_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A delivery that a sweep has to look at."""

    id: int
    invoice_id: int
    address_id: int
    customer_id: int
    issuer: str
    email: str
    email_key: str
    base_date: str
    reminded_step: int
    reminders: int
    doubtful: bool
    wanted: bool
    """False where the invoice is open no more, was acknowledged, or the address gets no reminders."""
    snoozed_until: str | None
    """The address gets none before that moment."""


UNACKNOWLEDGED = "NOT EXISTS (SELECT 1 FROM deliveries k WHERE k.invoice_id = i.id AND k.evidence = 'acknowledged')"
"""Nobody has said that the invoice `i` has come: who says so says it for all addresses of the customer."""

COLUMNS = "id, invoice_id, address_id, evidence, doubtful, accepted_at, pressed_at, downloaded_at"


def get(reading: Reading | Transaction, delivery_id: int) -> Delivery:
    """Return the delivery of this id; raises `LookupError` where there is none."""
    return _delivery(reading.one(f"SELECT {COLUMNS} FROM deliveries WHERE id = :id", {"id": delivery_id}))


def of(reading: Reading | Transaction, *, invoice_id: int, address_id: int) -> Delivery | None:
    """Return this invoice's delivery to this address, or None."""
    sql = f"SELECT {COLUMNS} FROM deliveries WHERE invoice_id = :invoice AND address_id = :address"
    row = reading.one(sql, {"invoice": invoice_id, "address": address_id})
    return None if row is None else _delivery(row)


def _delivery(row: sqlite3.Row | None) -> Delivery:
    values = columns(row, "accepted_at", "pressed_at", "downloaded_at")
    return Delivery(**{**values, "evidence": Evidence(values["evidence"]), "doubtful": bool(values["doubtful"])})


def plan(tx: Transaction, *, invoice_id: int, address_id: int) -> int:
    """Put a delivery on file, or find the one that is, and return its id."""
    row = tx.one(
        "INSERT INTO deliveries (invoice_id, address_id) VALUES (?, ?)"
        " ON CONFLICT (invoice_id, address_id) DO UPDATE SET invoice_id = excluded.invoice_id RETURNING id",
        (invoice_id, address_id),
    )
    return new_id(row)


def accepted(tx: Transaction, delivery_ids: Sequence[int], *, base_date: str, remind_at: str | None) -> None:
    """Write that the relay took the notice: reminders count from `base_date` (local), and the invoice was sent."""
    these = marks(len(delivery_ids))
    tx.execute(
        "UPDATE deliveries SET evidence = CASE evidence WHEN 'planned' THEN 'accepted' ELSE evidence END,"
        " accepted_at = ?, base_date = ?,"
        " remind_at = CASE WHEN EXISTS (SELECT 1 FROM invoices i WHERE i.id = invoice_id AND i.status = 'open'"
        f" AND {UNACKNOWLEDGED}) THEN ? END"
        f" WHERE base_date IS NULL AND id IN ({these})",
        (tx.now_text, base_date, remind_at, *delivery_ids),
    )
    tx.execute(
        "UPDATE invoices SET sent_at = ? WHERE sent_at IS NULL"
        f" AND id IN (SELECT invoice_id FROM deliveries WHERE id IN ({these}))",
        (tx.now_text, *delivery_ids),
    )


def pressed(tx: Transaction, delivery_id: int, *, doubtful: bool) -> None:
    """Write that the download button was pressed now."""
    tx.execute(
        "UPDATE deliveries SET pressed_at = coalesce(pressed_at, :now), doubtful = CASE WHEN downloaded_at IS NULL"
        " THEN :doubtful ELSE doubtful END, evidence = CASE WHEN evidence IN ('downloaded', 'acknowledged')"
        " THEN evidence ELSE 'pressed' END WHERE id = :id",
        {"now": tx.now_text, "doubtful": int(doubtful), "id": delivery_id},
    )


def downloaded(tx: Transaction, delivery_id: int) -> None:
    """Write that an undoubted download arrived whole at this address."""
    tx.execute(
        "UPDATE deliveries SET downloaded_at = coalesce(downloaded_at, :now), doubtful = 0,"
        " evidence = CASE evidence WHEN 'acknowledged' THEN evidence ELSE 'downloaded' END WHERE id = :id",
        {"now": tx.now_text, "id": delivery_id},
    )


def doubted(tx: Transaction, delivery_id: int) -> None:
    """Believe only what arrived under presses that stand, after one turned out to be doubtful."""
    first = (
        "(SELECT min(downloaded_at) FROM presses WHERE delivery_id = :id AND doubt = '' AND downloaded_at IS NOT NULL)"
    )
    tx.execute(
        f"UPDATE deliveries SET downloaded_at = {first}, doubtful = CASE WHEN {first} IS NULL THEN 1 ELSE doubtful END,"
        f" evidence = CASE WHEN evidence = 'downloaded' AND {first} IS NULL THEN 'pressed' ELSE evidence END"
        " WHERE id = :id",
        {"id": delivery_id},
    )


def acknowledged(tx: Transaction, delivery_id: int) -> None:
    """Write that its recipient says that the invoice has come, and end the reminders for every address."""
    tx.execute(
        "UPDATE deliveries SET beneath = CASE evidence WHEN 'acknowledged' THEN beneath ELSE evidence END,"
        " evidence = 'acknowledged', doubtful = 0 WHERE id = :id",
        {"id": delivery_id},
    )
    tx.execute(
        "UPDATE deliveries SET remind_at = NULL WHERE invoice_id = (SELECT invoice_id FROM deliveries WHERE id = :id)",
        {"id": delivery_id},
    )


def disavowed(tx: Transaction, delivery_id: int) -> None:
    """Take an acknowledgement back: the evidence is what it stood on, or what came since."""
    tx.execute(
        "UPDATE deliveries SET evidence = CASE WHEN downloaded_at IS NOT NULL THEN 'downloaded'"
        " WHEN pressed_at IS NOT NULL THEN 'pressed' ELSE coalesce(beneath, 'accepted') END, beneath = NULL"
        " WHERE id = :id AND evidence = 'acknowledged'",
        {"id": delivery_id},
    )


_DUE = (
    "SELECT d.id, d.invoice_id, d.address_id, i.customer_id, i.issuer, a.email, a.email_key, d.base_date,"
    " d.reminded_step, d.reminders, d.doubtful, a.snoozed_until,"
    f" i.status = 'open' AND a.status = 'confirmed' AND {UNACKNOWLEDGED} AS wanted"
    " FROM deliveries d JOIN invoices i ON i.id = d.invoice_id JOIN addresses a ON a.id = d.address_id"
)


def to_remind(tx: Transaction, limit: int) -> list[Due]:
    """Return deliveries that a sweep has to look at now, the earliest first."""
    sql = f"{_DUE} WHERE d.remind_at <= :now ORDER BY d.remind_at LIMIT :limit"
    return [_due(row) for row in tx.all(sql, {"now": tx.now_text, "limit": limit})]


def to_remind_of(tx: Transaction, *, issuer: str, email_key: str) -> list[Due]:
    """Return what a sweep has to look at now for one mailbox at one issuer."""
    sql = f"{_DUE} WHERE a.issuer = :issuer AND a.email_key = :key AND d.remind_at <= :now ORDER BY d.id"
    return [_due(row) for row in tx.all(sql, {"issuer": issuer, "key": email_key, "now": tx.now_text})]


def told(tx: Transaction, invoice_id: int) -> list[Due]:
    """Return this invoice's deliveries whose notice the relay took."""
    sql = f"{_DUE} WHERE d.invoice_id = :invoice AND d.base_date IS NOT NULL ORDER BY d.id"
    return [_due(row) for row in tx.all(sql, {"invoice": invoice_id})]


def told_at(tx: Transaction, address_id: int) -> list[Due]:
    """Return the deliveries to this address whose notice the relay took and that it may still be reminded of."""
    sql = f"{_DUE} WHERE d.address_id = :address AND d.base_date IS NOT NULL ORDER BY d.id"
    return [due for row in tx.all(sql, {"address": address_id}) if (due := _due(row)).wanted]


def _due(row: sqlite3.Row) -> Due:
    values = columns(row)
    return Due(**{**values, "doubtful": bool(values["doubtful"]), "wanted": bool(values["wanted"])})


def open_at(tx: Transaction, *, issuer: str, email_key: str) -> list[tuple[int, int, bool]]:
    """Return (delivery, invoice, doubtful) of all that this mailbox was told of and is to be reminded of."""
    rows = tx.all(
        "SELECT d.id, d.invoice_id, d.doubtful FROM addresses a JOIN deliveries d ON d.address_id = a.id"
        " JOIN invoices i ON i.id = d.invoice_id WHERE a.issuer = :issuer AND a.email_key = :key"
        " AND a.status = 'confirmed' AND i.status = 'open' AND d.accepted_at IS NOT NULL"
        f" AND {UNACKNOWLEDGED} AND (a.snoozed_until IS NULL OR a.snoozed_until <= :now)"
        " ORDER BY i.issue_date, i.id",
        {"issuer": issuer, "key": email_key, "now": tx.now_text},
    )
    return [(row["id"], row["invoice_id"], bool(row["doubtful"])) for row in rows]


def next_due(reading: Reading | Transaction) -> str | None:
    """Return when a sweep has to look at a delivery next, or None."""
    at = reading.value("SELECT min(remind_at) FROM deliveries WHERE remind_at IS NOT NULL")
    return None if at is None else str(at)


def look_again(tx: Transaction, delivery_id: int, at: str | None) -> None:
    """Set when a sweep looks at this delivery again; None: never."""
    tx.execute("UPDATE deliveries SET remind_at = :at WHERE id = :id", {"at": at, "id": delivery_id})


def reminded(tx: Transaction, delivery_id: int, *, step: int, remind_at: str | None) -> None:
    """Write that step `step` was sent (earlier ones count as passed) and when the next look is due."""
    tx.execute(
        "UPDATE deliveries SET reminded_step = :step, reminders = reminders + 1, remind_at = :at WHERE id = :id",
        {"step": step, "at": remind_at, "id": delivery_id},
    )
