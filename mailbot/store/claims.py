"""Rows of claims: reviewed forms of somebody who had a letter, waiting for a mail to prove the address."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mailbot.store.rows import columns, new_id

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from datetime import datetime

    from mailbot.store.database import Reading, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimByMail:
    """One claim."""

    id: int
    invitation_id: int
    paper_code_id: int
    email: str
    email_key: str
    locale: str
    form: Mapping[str, Any]
    """`company` and `person`, as they were reviewed; empty once the code works no more."""
    requested_at: datetime
    completed_at: datetime | None
    completed_network: str | None
    person_id: int | None


COLUMNS = (
    "id, invitation_id, paper_code_id, email, email_key, locale, form, requested_at, completed_at, completed_network,"
    " person_id"
)


def _claim(row: sqlite3.Row | None) -> ClaimByMail:
    values = columns(row, "requested_at", "completed_at")
    return ClaimByMail(**{**values, "form": json.loads(values["form"])})


def get(reading: Reading | Transaction, claim_id: int) -> ClaimByMail:
    """Return the claim of this id; raises `LookupError` where there is none."""
    return _claim(reading.one(f"SELECT {COLUMNS} FROM claims_by_mail WHERE id = :id", {"id": claim_id}))


def last_of(reading: Reading | Transaction, *, paper_code_id: int, email_key: str) -> ClaimByMail | None:
    """Return what this mailbox claimed last with this code and did not complete, or None."""
    row = reading.one(
        f"SELECT {COLUMNS} FROM claims_by_mail WHERE paper_code_id = :code AND email_key = :key"
        " AND completed_at IS NULL ORDER BY id DESC LIMIT 1",
        {"code": paper_code_id, "key": email_key},
    )
    return None if row is None else _claim(row)


def count_of(reading: Reading | Transaction, paper_code_id: int) -> int:
    """Return how many claims were made with this code."""
    sql = "SELECT count(*) FROM claims_by_mail WHERE paper_code_id = :code"
    return int(reading.value(sql, {"code": paper_code_id}))


def insert(
    tx: Transaction,
    *,
    invitation_id: int,
    paper_code_id: int,
    email: str,
    email_key: str,
    locale: str,
    form: Mapping[str, Any],
) -> int:
    """Put a claim on file and return its id."""
    row = tx.one(
        "INSERT INTO claims_by_mail (invitation_id, paper_code_id, email, email_key, locale, form, requested_at) VALUES"
        " (:invitation, :code, :email, :key, :locale, :form, :now) RETURNING id",
        {
            "invitation": invitation_id,
            "code": paper_code_id,
            "email": email,
            "key": email_key,
            "locale": locale,
            "form": json.dumps(form, ensure_ascii=False),
            "now": tx.now_text,
        },
    )
    return new_id(row)


def forget(tx: Transaction, paper_code_id: int) -> None:
    """Forget what was typed for a code that works no more."""
    tx.execute("UPDATE claims_by_mail SET form = '{}' WHERE paper_code_id = :code", {"code": paper_code_id})


def asked(tx: Transaction, claim_id: int) -> None:
    """Write that its mail was asked for now."""
    tx.execute("UPDATE claims_by_mail SET requested_at = :now WHERE id = :id", {"now": tx.now_text, "id": claim_id})


def complete(tx: Transaction, claim_id: int, *, person_id: int, network: str) -> None:
    """Write that the button behind its mail was pressed now, by whom and from where; what was typed is forgotten."""
    tx.execute(
        "UPDATE claims_by_mail SET completed_at = :now, completed_network = :network, person_id = :person, form = '{}'"
        " WHERE id = :id",
        {"now": tx.now_text, "network": network, "person": person_id, "id": claim_id},
    )
