"""Rows of codes on paper: a temporary ID, and what is kept of the temporary password beside it.

Codes are drawn in batches (`store.paper_batches`), which is how they come to paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.store.rows import columns, new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from mailbot.store.database import Reading, Transaction


class CodeState(StrEnum):
    """Where a code stands."""

    DRAWN = "drawn"
    """On its way to paper; works nowhere."""
    LIVE = "live"
    USED = "used"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperCode:
    """One temporary ID and password."""

    id: int
    invitation_id: int | None
    """None until it is printed."""
    customer_id: int
    issuer: str
    paper_id: str
    secret_hmac: str
    state: CodeState
    printed_at: datetime | None
    used_at: datetime | None
    used_in: int | None
    """The session that goes on after the code was used up in it."""
    expires_at: datetime


COLUMNS = (
    "id, invitation_id, customer_id, issuer, paper_id, secret_hmac, state, printed_at, used_at, used_in, expires_at"
)


def _code(row: sqlite3.Row | None) -> PaperCode:
    values = columns(row, "printed_at", "used_at", "expires_at")
    return PaperCode(**{**values, "state": CodeState(values["state"])})


def get(reading: Reading | Transaction, code_id: int) -> PaperCode:
    """Return the code of this id; raises `LookupError` where there is none."""
    return _code(reading.one(f"SELECT {COLUMNS} FROM paper_codes WHERE id = :id", {"id": code_id}))


def by_paper_id(reading: Reading | Transaction, paper_id: str) -> PaperCode | None:
    """Return the code with this temporary ID that was ever printed, or None."""
    sql = f"SELECT {COLUMNS} FROM paper_codes WHERE paper_id = :paper AND state <> 'drawn'"
    row = reading.one(sql, {"paper": paper_id})
    return None if row is None else _code(row)


def live_of_customer(reading: Reading | Transaction, customer_id: int) -> list[PaperCode]:
    """Return the codes of a customer that are neither used nor replaced, the newest first; some may have expired."""
    sql = f"SELECT {COLUMNS} FROM paper_codes WHERE customer_id = :customer AND state = 'live' ORDER BY id DESC"
    return [_code(row) for row in reading.all(sql, {"customer": customer_id})]


def printed_of_customer(reading: Reading | Transaction, customer_id: int) -> list[PaperCode]:
    """Return all codes of a customer that were ever printed, live ones first, then the newest."""
    sql = (
        f"SELECT {COLUMNS} FROM paper_codes WHERE customer_id = :customer AND state <> 'drawn'"
        " ORDER BY state <> 'live', id DESC"
    )
    return [_code(row) for row in reading.all(sql, {"customer": customer_id})]


def draw(
    tx: Transaction,
    *,
    batch_id: int,
    customer_id: int,
    issuer: str,
    paper_id: str,
    secret_hmac: str,
    expires_at: datetime,
) -> int:
    """Put a drawn code on file and return its id."""
    row = tx.one(
        "INSERT INTO paper_codes (batch_id, customer_id, issuer, paper_id, secret_hmac, state, expires_at, created_at)"
        " VALUES (:batch, :customer, :issuer, :paper, :hmac, 'drawn', :expires, :now) RETURNING id",
        {
            "batch": batch_id,
            "customer": customer_id,
            "issuer": issuer,
            "paper": paper_id,
            "hmac": secret_hmac,
            "expires": stamp(expires_at),
            "now": tx.now_text,
        },
    )
    return new_id(row)


def drawn(tx: Transaction, batch_id: int, limit: int) -> list[PaperCode]:
    """Return codes of a batch that are drawn and not alive yet, in the order of their letters."""
    sql = f"SELECT {COLUMNS} FROM paper_codes WHERE batch_id = :batch AND state = 'drawn' ORDER BY id LIMIT :limit"
    return [_code(row) for row in tx.all(sql, {"batch": batch_id, "limit": limit})]


def drop(tx: Transaction, code_ids: Sequence[int]) -> None:
    """Remove drawn codes."""
    tx.executemany("DELETE FROM paper_codes WHERE id = ? AND state = 'drawn'", [(code_id,) for code_id in code_ids])


def follow(tx: Transaction, *, customer_id: int, invitation_id: int) -> None:
    """Let the live codes of a customer lead to the invitation that took the place of theirs."""
    tx.execute(
        "UPDATE paper_codes SET invitation_id = :invitation WHERE customer_id = :customer AND state = 'live'",
        {"invitation": invitation_id, "customer": customer_id},
    )


def printed(tx: Transaction, code_id: int, *, invitation_id: int) -> None:
    """Write that a drawn code stands on paper now and works."""
    tx.execute(
        "UPDATE paper_codes SET state = 'live', printed_at = :now, invitation_id = :invitation WHERE id = :id",
        {"now": tx.now_text, "invitation": invitation_id, "id": code_id},
    )


def end(tx: Transaction, code_id: int, state: CodeState, *, used_in: int | None = None) -> None:
    """Write that a live code works no more: used now (in a session, where it was in one), or replaced."""
    tx.execute(
        "UPDATE paper_codes SET state = :state, used_at = CASE :state WHEN 'used' THEN :now END, used_in = :used_in"
        " WHERE id = :id",
        {"state": state, "now": tx.now_text, "used_in": used_in, "id": code_id},
    )
