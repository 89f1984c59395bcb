"""Rows of batches of letters: drawn together, printed together.

A batch is on paper, or it is not: one small write says so, whatever the number of its codes. Those follow in slices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.store.rows import marks, new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailbot.store.database import Reading, Transaction


def begin(tx: Transaction, issuer: str) -> int:
    """Begin a batch of an issuer and return its id; another one that was begun and not printed is gone with that."""
    for row in tx.all("SELECT id FROM paper_batches WHERE issuer = :issuer AND printed_at IS NULL", {"issuer": issuer}):
        drop(tx, row["id"])
    sql = "INSERT INTO paper_batches (issuer, drawn_at) VALUES (:issuer, :now) RETURNING id"
    return new_id(tx.one(sql, {"issuer": issuer, "now": tx.now_text}))


def is_drawn(reading: Reading | Transaction, batch_id: int) -> bool:
    """Tell whether a batch was begun, is not printed yet, and is still there."""
    sql = "SELECT 1 FROM paper_batches WHERE id = :id AND printed_at IS NULL"
    return reading.one(sql, {"id": batch_id}) is not None


def drop(tx: Transaction, batch_id: int) -> bool:
    """Remove a batch with its codes, unless it is printed; return whether it is gone."""
    if is_drawn(tx, batch_id):
        tx.execute("DELETE FROM paper_codes WHERE batch_id = :id", {"id": batch_id})
        tx.execute("DELETE FROM paper_batches WHERE id = :id", {"id": batch_id})
    return tx.one("SELECT 1 FROM paper_batches WHERE id = :id", {"id": batch_id}) is None


def printed(tx: Transaction, batch_id: int) -> bool:
    """Write that a batch is on paper; return False, and change nothing, where another one took its place."""
    sql = "UPDATE paper_batches SET printed_at = :now WHERE id = :id AND printed_at IS NULL"
    return tx.execute(sql, {"now": tx.now_text, "id": batch_id}).rowcount == 1


def unfinished(reading: Reading | Transaction, issuers: Sequence[str], until: str) -> int | None:
    """Return a batch of these issuers, printed by a moment, that has codes which are not alive yet, or None."""
    sql = (
        "SELECT b.id FROM paper_codes k JOIN paper_batches b ON b.id = k.batch_id"
        f" WHERE k.state = 'drawn' AND b.issuer IN ({marks(len(issuers))}) AND b.printed_at <= ? LIMIT 1"
    )
    row = reading.one(sql, (*issuers, until))
    return None if row is None else int(row["id"])
