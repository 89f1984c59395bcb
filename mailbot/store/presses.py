"""Rows of button presses, and the access records of pages that were merely got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.store import addresses, deliveries
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


_SELECT = "SELECT id, delivery_id, invoice_id, customer_id, pressed_at, network, doubt, downloaded_at FROM presses"


def insert(
    tx: Transaction,
    *,
    delivery_id: int | None,
    invoice_id: int,
    customer_id: int,
    seen_at: datetime,
    network: str,
    doubt: str,
) -> int:
    """Write a press that happened now and return its id."""
    row = tx.one(
        "INSERT INTO presses (delivery_id, invoice_id, customer_id, pressed_at, seen_at, network, doubt)"
        " VALUES (:delivery, :invoice, :customer, :now, :seen, :network, :doubt) RETURNING id",
        {
            "delivery": delivery_id,
            "invoice": invoice_id,
            "customer": customer_id,
            "now": tx.now_text,
            "seen": stamp(seen_at),
            "network": network,
            "doubt": doubt,
        },
    )
    return new_id(row)


def get(reading: Reading | Transaction, press_id: int) -> Press:
    """Return the press of this id; raises `LookupError` where there is none."""
    row = reading.one(f"{_SELECT} WHERE id = :id", {"id": press_id})
    return Press(**columns(row, "pressed_at", "downloaded_at"))


def address(reading: Reading | Transaction, press: Press) -> addresses.Address | None:
    """Return the address that a pressed link was mailed to; None for a press in a session's list."""
    if press.delivery_id is None:
        return None
    return addresses.get(reading, deliveries.get(reading, press.delivery_id).address_id)


def on_page(reading: Reading | Transaction, invoice_id: int, seen_at: datetime) -> list[Press]:
    """Return the presses of this invoice's buttons on the page that was got at a moment, oldest first."""
    rows = reading.all(
        f"{_SELECT} WHERE invoice_id = :invoice AND seen_at = :seen ORDER BY id",
        {"invoice": invoice_id, "seen": stamp(seen_at)},
    )
    return [Press(**columns(row, "pressed_at", "downloaded_at")) for row in rows]


def has_decoy(reading: Reading | Transaction, invoice_id: int, seen_at: datetime) -> bool:
    """Tell whether a press on that page is doubted for its decoy; every press asks, however many there were."""
    sql = "SELECT 1 FROM presses WHERE invoice_id = :invoice AND seen_at = :seen AND doubt = 'decoy' LIMIT 1"
    return reading.one(sql, {"invoice": invoice_id, "seen": stamp(seen_at)}) is not None


def doubt(tx: Transaction, press_id: int, why: str) -> None:
    """Write that a press turned out to be doubtful."""
    tx.execute("UPDATE presses SET doubt = :why WHERE id = :id", {"why": why, "id": press_id})


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
