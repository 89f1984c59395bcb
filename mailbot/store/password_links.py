"""Rows of mailed links that set a new password, each good once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.store.rows import columns, new_id

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.store.database import Reading, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordLink:
    """One mailed link."""

    id: int
    person_id: int
    requested_at: datetime
    used_at: datetime | None


def get(reading: Reading | Transaction, link_id: int) -> PasswordLink:
    """Return the link of this id; raises `LookupError` where there is none."""
    row = reading.one("SELECT id, person_id, requested_at, used_at FROM password_links WHERE id = :id", {"id": link_id})
    return PasswordLink(**columns(row, "requested_at", "used_at"))


def request(tx: Transaction, person_id: int) -> int:
    """Note that a link is to be mailed and return the id that it will carry."""
    row = tx.one(
        "INSERT INTO password_links (person_id, requested_at) VALUES (:person, :now) RETURNING id",
        {"person": person_id, "now": tx.now_text},
    )
    return new_id(row)


def asked_since(reading: Reading | Transaction, *, person_id: int, since: str) -> bool:
    """Tell whether a link was asked for this person since a moment and has not been used."""
    sql = (
        "SELECT 1 FROM password_links WHERE person_id = :person AND requested_at >= :since AND used_at IS NULL LIMIT 1"
    )
    return reading.one(sql, {"person": person_id, "since": since}) is not None


def use(tx: Transaction, link_id: int) -> None:
    """Write that a link set a password now."""
    tx.execute("UPDATE password_links SET used_at = :now WHERE id = :id", {"now": tx.now_text, "id": link_id})
