"""Rows of accounts, the companies that receive invoices, and of the persons who sign in for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.store.customers import COLUMNS as CUSTOMER_COLUMNS
from mailbot.store.customers import Customer
from mailbot.store.rows import columns, new_id

if TYPE_CHECKING:
    from mailbot.store.database import Reading, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A company that receives invoices, of one issuer or of many."""

    id: int
    business_class: str
    registration_number: str
    name: str
    kana: str
    postal_code: str
    postal_address: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who signs in for an account."""

    id: int
    account_id: int
    name: str
    department: str
    email: str
    email_key: str
    locale: str
    password_hash: str
    """Argon2id; empty: signs in by mailed links only."""
    password_version: int
    """Sessions of an older one have ended."""


ACCOUNT_COLUMNS = "id, business_class, registration_number, name, kana, postal_code, postal_address, phone"
PERSON_COLUMNS = "id, account_id, name, department, email, email_key, locale, password_hash, password_version"


def insert(tx: Transaction, account: Account) -> int:
    """Put a new account on file (its `id` is ignored) and return the id that it got."""
    row = tx.one(
        "INSERT INTO accounts (business_class, registration_number, name, kana, postal_code, postal_address, phone,"
        " created_at) VALUES (:business_class, :registration_number, :name, :kana, :postal_code, :postal_address,"
        " :phone, :now) RETURNING id",
        {**_values(account), "now": tx.now_text},
    )
    return new_id(row)


def get(reading: Reading | Transaction, account_id: int) -> Account:
    """Return the account of this id; raises `LookupError` where there is none."""
    row = reading.one(f"SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE id = :id", {"id": account_id})
    return Account(**columns(row))


def insert_person(
    tx: Transaction,
    *,
    account_id: int,
    name: str,
    department: str,
    email: str,
    email_key: str,
    locale: str,
    password_hash: str = "",
) -> Person:
    """Put a new person on file; raises the engine's integrity error where somebody has that mailbox already."""
    row = tx.one(
        "INSERT INTO persons (account_id, name, department, email, email_key, locale, password_hash, created_at)"
        f" VALUES (:account, :name, :department, :email, :key, :locale, :hash, :now) RETURNING {PERSON_COLUMNS}",
        {
            "account": account_id,
            "name": name,
            "department": department,
            "email": email,
            "key": email_key,
            "locale": locale,
            "hash": password_hash,
            "now": tx.now_text,
        },
    )
    return Person(**columns(row))


def person(reading: Reading | Transaction, person_id: int) -> Person:
    """Return the person of this id; raises `LookupError` where there is none."""
    row = reading.one(f"SELECT {PERSON_COLUMNS} FROM persons WHERE id = :id", {"id": person_id})
    return Person(**columns(row))


def by_email_key(reading: Reading | Transaction, email_key: str) -> Person | None:
    """Return the person who has this mailbox, or None."""
    row = reading.one(f"SELECT {PERSON_COLUMNS} FROM persons WHERE email_key = :key", {"key": email_key})
    return None if row is None else Person(**columns(row))


def set_password(tx: Transaction, person_id: int, password_hash: str) -> int:
    """Write a new password and return its version: sessions of an older one have ended with this."""
    row = tx.one(
        "UPDATE persons SET password_hash = :hash, password_version = password_version + 1 WHERE id = :id"
        " RETURNING password_version",
        {"hash": password_hash, "id": person_id},
    )
    return int(columns(row)["password_version"])


def customers_of(reading: Reading | Transaction, account_id: int) -> list[Customer]:
    """Return the customers that the account is joined to by approved invitations, the longest joined first."""
    return _customers(reading, account_id, "i.state = 'approved'")


def invited(reading: Reading | Transaction, account_id: int) -> list[Customer]:
    """Return the customers whose invitations have reached the account, whatever became of them, the newest first."""
    return _customers(reading, account_id, "1 = 1")[::-1]


def _customers(reading: Reading | Transaction, account_id: int, which: str) -> list[Customer]:
    wanted = ", ".join(f"c.{name}" for name in CUSTOMER_COLUMNS.split(", "))
    rows = reading.all(
        f"SELECT {wanted} FROM invitations i JOIN customers c ON c.id = i.customer_id"
        f" WHERE i.account_id = :account AND {which} GROUP BY c.id ORDER BY min(i.id)",
        {"account": account_id},
    )
    return [Customer(**columns(row)) for row in rows]


def _values(account: Account) -> dict[str, object]:
    return {name: getattr(account, name) for name in Account.__slots__ if name != "id"}
