"""Rows of sessions and of the mailed links that open one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.store.rows import columns, new_id

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.store.database import Reading, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A time in which one browser may see all invoices of one customer, or of all customers of a person's account."""

    id: int
    customer_id: int | None
    address_id: int | None
    person_id: int | None
    password_version: int
    """Of whom the session is when it was opened or the password last changed in it; 0 where none opened it."""
    how: str
    paper_code_id: int | None
    """The code on paper that opened it."""
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A mailed link, good for one session: of a customer's address, or of a person."""

    id: int
    customer_id: int | None
    address_id: int | None
    person_id: int | None
    requested_at: datetime
    used_at: datetime | None
    used_network: str | None
    session_id: int | None


def start(
    tx: Transaction,
    *,
    customer_id: int,
    address_id: int | None,
    how: str,
    password_version: int = 0,
    paper_code_id: int | None = None,
) -> int:
    """Open a session of one customer and return its id."""
    row = tx.one(
        "INSERT INTO sessions (customer_id, address_id, password_version, how, paper_code_id, started_at)"
        " VALUES (:customer, :address, :version, :how, :code, :now) RETURNING id",
        {
            "customer": customer_id,
            "address": address_id,
            "version": password_version,
            "how": how,
            "code": paper_code_id,
            "now": tx.now_text,
        },
    )
    return new_id(row)


def start_of_person(tx: Transaction, *, person_id: int, password_version: int, how: str) -> int:
    """Open a session of a person and return its id."""
    row = tx.one(
        "INSERT INTO sessions (person_id, password_version, how, started_at) VALUES (:person, :version, :how, :now)"
        " RETURNING id",
        {"person": person_id, "version": password_version, "how": how, "now": tx.now_text},
    )
    return new_id(row)


def keep(tx: Transaction, session_id: int, *, password_version: int) -> None:
    """Let a session outlive a change of the password that was made in it."""
    tx.execute(
        "UPDATE sessions SET password_version = :version WHERE id = :id",
        {"version": password_version, "id": session_id},
    )


def get(reading: Reading | Transaction, session_id: int) -> Session | None:
    """Return the session of this id, ended or not, or None."""
    row = reading.one(
        "SELECT id, customer_id, address_id, person_id, password_version, how, paper_code_id, started_at, ended_at"
        " FROM sessions WHERE id = :id",
        {"id": session_id},
    )
    return None if row is None else Session(**columns(row, "started_at", "ended_at"))


def by_letter_since(reading: Reading | Transaction, customer_id: int, since: str) -> bool:
    """Tell whether somebody signed in with a letter of this customer since a moment."""
    sql = "SELECT 1 FROM sessions WHERE customer_id = :customer AND how = 'letter' AND started_at >= :since LIMIT 1"
    return reading.one(sql, {"customer": customer_id, "since": since}) is not None


def end(tx: Transaction, session_id: int) -> None:
    """End a session; a second time changes nothing."""
    tx.execute(
        "UPDATE sessions SET ended_at = :now WHERE id = :id AND ended_at IS NULL",
        {"now": tx.now_text, "id": session_id},
    )


def end_by_letter(tx: Transaction, customer_id: int) -> None:
    """End every session that a letter of this customer opened."""
    tx.execute(
        "UPDATE sessions SET ended_at = :now WHERE customer_id = :customer AND how = 'letter' AND ended_at IS NULL",
        {"now": tx.now_text, "customer": customer_id},
    )


def request(tx: Transaction, *, customer_id: int, address_id: int) -> int:
    """Note that a sign-in link is to be mailed to an address and return the id that it will carry."""
    row = tx.one(
        "INSERT INTO sign_ins (customer_id, address_id, requested_at) VALUES (:customer, :address, :now) RETURNING id",
        {"customer": customer_id, "address": address_id, "now": tx.now_text},
    )
    return new_id(row)


def request_of_person(tx: Transaction, person_id: int) -> int:
    """Note that a sign-in link is to be mailed to a person and return the id that it will carry."""
    row = tx.one(
        "INSERT INTO sign_ins (person_id, requested_at) VALUES (:person, :now) RETURNING id",
        {"person": person_id, "now": tx.now_text},
    )
    return new_id(row)


def sign_in(reading: Reading | Transaction, sign_in_id: int) -> SignIn:
    """Return a sign-in; raises `LookupError` where there is none."""
    row = reading.one(
        "SELECT id, customer_id, address_id, person_id, requested_at, used_at, used_network, session_id FROM sign_ins"
        " WHERE id = :id",
        {"id": sign_in_id},
    )
    return SignIn(**columns(row, "requested_at", "used_at"))


def asked_since(reading: Reading | Transaction, *, address_id: int, since: str) -> bool:
    """Tell whether a link was asked for this address since a moment and has not been used."""
    sql = (
        "SELECT 1 FROM sign_ins WHERE address_id = :address AND requested_at >= :since AND used_at IS NULL"
        " ORDER BY id DESC LIMIT 1"
    )
    return reading.one(sql, {"address": address_id, "since": since}) is not None


def person_asked_since(reading: Reading | Transaction, *, person_id: int, since: str) -> bool:
    """Tell whether a link was asked for this person since a moment and has not been used."""
    sql = "SELECT 1 FROM sign_ins WHERE person_id = :person AND requested_at >= :since AND used_at IS NULL LIMIT 1"
    return reading.one(sql, {"person": person_id, "since": since}) is not None


def use(tx: Transaction, sign_in_id: int, session_id: int, *, network: str) -> None:
    """Write that a sign-in link was pressed now, from where, and which session it opened."""
    tx.execute(
        "UPDATE sign_ins SET used_at = :now, used_network = :network, session_id = :session WHERE id = :id",
        {"now": tx.now_text, "network": network, "session": session_id, "id": sign_in_id},
    )
