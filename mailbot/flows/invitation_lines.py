"""What `flows.report` says of invitations: the keys of `--json`, one object an invitation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from mailbot.store import listings

if TYPE_CHECKING:
    import sqlite3

    from mailbot.store.database import Reading

Line: TypeAlias = dict[str, Any]


def invitation_of(reading: Reading, issuer: str, code: str) -> Line | None:
    """Return how a customer was asked to connect and what came of it; `letter` where a code on paper works."""
    rows = listings.invitations(reading, issuer=issuer, code=code)
    if not rows:
        return None
    row = rows[0]
    return {
        "state": row["state"],
        "channel": row["channel"],
        "email": row["email"],
        "sent_at": row["sent_at"],
        "expires_at": row["expires_at"],
        "decided_at": row["decided_at"],
        "reminders": row["reminders"],
        "account": row["account"],
        "person": row["person"],
        "person_email": row["person_email"],
        "letter": letter_of(reading, issuer, code),
    }


def letter_of(reading: Reading, issuer: str, code: str) -> Line | None:
    """Return the letter whose code still works, or None."""
    letter = listings.live_letter(reading, issuer=issuer, code=code)
    return None if letter is None else {"printed_at": letter["printed_at"], "expires_at": letter["expires_at"]}


def asked(row: sqlite3.Row) -> Line:
    """Return one line of the list of invitations."""
    return {
        "code": row["customer"],
        "name": row["customer_name"],
        "channel": row["channel"],
        "state": row["state"],
        "email": row["email"],
        "sent_at": row["sent_at"],
        "reminders": row["reminders"],
        "expires_at": row["expires_at"],
        "decided_at": row["decided_at"],
        "listed_at": row["listed_at"],
        "unanswered": bool(row["unanswered"]),
        "undelivered": bool(row["undelivered"]),
        "receives": bool(row["receives"]),
        "issuer": row["issuer"],
        "account": row["account"],
        "person": row["person"],
        "person_email": row["person_email"],
    }


def is_about_asking(entry: Line) -> bool:
    """Tell whether an entry of a customer's ledger is about its invitation."""
    return str(entry["fact"]).startswith(("invitation.", "code.", "account."))
