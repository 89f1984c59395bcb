"""Rows of customers: one issuer's code for a company that it invoices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailbot.store.rows import columns, new_id

if TYPE_CHECKING:
    from mailbot.store.database import Reading, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One customer of one issuer."""

    id: int
    issuer: str
    code: str
    name: str
    kana: str
    locale: str
    channel: str
    postal_code: str
    postal_address: str
    delivery: str
    status: str


COLUMNS = "id, issuer, code, name, kana, locale, channel, postal_code, postal_address, delivery, status"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPassword:
    """What is kept of the password that a customer without an account has set."""

    hash: str = field(default="", repr=False)
    """Argon2id; empty: none is set."""
    version: int = 0


def own_password(reading: Reading | Transaction, customer_id: int) -> OwnPassword:
    """Return what is kept of a customer's own password; raises `LookupError` where there is no such customer."""
    sql = "SELECT password_hash AS hash, password_version AS version FROM customers WHERE id = :id"
    return OwnPassword(**columns(reading.one(sql, {"id": customer_id})))


def set_own_password(tx: Transaction, customer_id: int, password_hash: str) -> int:
    """Write a new password and return its version: sessions of an older one have ended with this."""
    row = tx.one(
        "UPDATE customers SET password_hash = :hash, password_version = password_version + 1 WHERE id = :id"
        " RETURNING password_version",
        {"hash": password_hash, "id": customer_id},
    )
    return int(columns(row)["password_version"])


def get(reading: Reading | Transaction, customer_id: int) -> Customer:
    """Return the customer of this id; raises `LookupError` where there is none."""
    row = reading.one(f"SELECT {COLUMNS} FROM customers WHERE id = :id", {"id": customer_id})
    return Customer(**columns(row))


def by_code(reading: Reading | Transaction, issuer: str, code: str) -> Customer | None:
    """Return the customer whom this issuer calls `code`, or None."""
    sql = f"SELECT {COLUMNS} FROM customers WHERE issuer = :issuer AND code = :code"
    row = reading.one(sql, {"issuer": issuer, "code": code})
    return None if row is None else Customer(**columns(row))


def ids_by_code(reading: Reading | Transaction, issuer: str) -> dict[str, int]:
    """Return the id of every customer of this issuer by its code."""
    rows = reading.all("SELECT code, id FROM customers WHERE issuer = :issuer", {"issuer": issuer})
    return {row["code"]: row["id"] for row in rows}


def by_channel(reading: Reading | Transaction, issuer: str, channel: str) -> list[Customer]:
    """Return the customers whom this issuer reaches first by `channel`, in the order of their codes."""
    sql = f"SELECT {COLUMNS} FROM customers WHERE issuer = :issuer AND channel = :channel ORDER BY code"
    return [Customer(**columns(row)) for row in reading.all(sql, {"issuer": issuer, "channel": channel})]


def insert(tx: Transaction, customer: Customer, *, import_id: int | None) -> int:
    """Put a new customer on file (its `id` is ignored) and return the id that it got."""
    row = tx.one(
        "INSERT INTO customers (issuer, code, name, kana, locale, channel, postal_code, postal_address, delivery,"
        " status, import_id, created_at, changed_at) VALUES (:issuer, :code, :name, :kana, :locale, :channel,"
        " :postal_code, :postal_address, :delivery, :status, :import_id, :now, :now) RETURNING id",
        {**_values(customer), "import_id": import_id, "now": tx.now_text},
    )
    return new_id(row)


def update(tx: Transaction, customer: Customer) -> None:
    """Write what staff may change of a customer: everything but its code, issuer and status."""
    tx.execute(
        "UPDATE customers SET name = :name, kana = :kana, locale = :locale, channel = :channel,"
        " postal_code = :postal_code, postal_address = :postal_address, delivery = :delivery, changed_at = :now"
        " WHERE id = :id",
        {**_values(customer), "id": customer.id, "now": tx.now_text},
    )


def set_status(tx: Transaction, customer_id: int, status: str) -> None:
    """Write how far the customer has come."""
    tx.execute(
        "UPDATE customers SET status = :status, changed_at = :now WHERE id = :id AND status <> :status",
        {"status": status, "now": tx.now_text, "id": customer_id},
    )


def _values(customer: Customer) -> dict[str, object]:
    return {name: getattr(customer, name) for name in Customer.__slots__ if name != "id"}
