"""Rows of button presses, and the access records of pages that were merely got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.store.rows import columns, new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mailbot.store.database import Reading, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """One press of a download button."""

    id: int
    delivery_id: int | None
    invoice_id: int
    customer_id: int
    pressed_at: datetime
    network: str
    doubt: str
    downloaded_at: datetime | None


def insert(
    tx: Transaction, *, delivery_id: int | None, invoice_id: int, customer_id: int, network: str, doubt: str
) -> int:
    """Write a press that happened now and return its id."""
    row = tx.one(
        "INSERT INTO presses (delivery_id, invoice_id, customer_id, pressed_at, network, doubt)"
        " VALUES (:delivery, :invoice, :customer, :now, :network, :doubt) RETURNING id",
        {
            "delivery": delivery_id,
            "invoice": invoice_id,
            "customer": customer_id,
            "now": tx.now_text,
            "network": network,
            "doubt": doubt,
        },
    )
    return new_id(row)


def get(reading: Reading | Transaction, press_id: int) -> Press:
    """Return the press of this id; raises `LookupError` where there is none."""
    row = reading.one(
        "SELECT id, delivery_id, invoice_id, customer_id, pressed_at, network, doubt, downloaded_at FROM presses"
        " WHERE id = :id",
        {"id": press_id},
    )
    return Press(**columns(row, "pressed_at", "downloaded_at"))


def arrived(tx: Transaction, press_id: int, size: int) -> None:
    """Write that the whole file arrived under this press."""
    tx.execute(
        "UPDATE presses SET downloaded_at = :now, bytes = :size WHERE id = :id",
        {"now": tx.now_text, "size": size, "id": press_id},
    )


def got(tx: Transaction, accesses: Sequence[tuple[int, str, str, str]]) -> None:
    """Write access records: (delivery, moment, method, network)."""
    tx.executemany("INSERT INTO accesses (delivery_id, got_at, method, network) VALUES (?, ?, ?, ?)", accesses)


def got_elsewhere(reading: Reading | Transaction, delivery_id: int, *, network: str, since: str) -> bool:
    """Tell whether this delivery's page was got from another network since a moment."""
    sql = "SELECT 1 FROM accesses WHERE delivery_id = :id AND got_at >= :since AND network <> :network LIMIT 1"
    return reading.one(sql, {"id": delivery_id, "since": since, "network": network}) is not None
