"""What happened between an issuer and one customer lately: mails sent, files fetched, mails that came in.

Owns the queries for a person who is about to answer that customer; nothing is written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.clock import moment
from mailbot.domain.evidence import Evidence, higher

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mailbot.store.database import Reading, Transaction


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened."""

    at: datetime
    what: str
    """Kind of a mail of ours, class of one that came in, or `downloaded`."""
    state: str
    """State of a mail of ours, and what was done of one that was a command; else empty."""
    about: str
    """Address of a mail, number of a downloaded invoice."""


_MAILS = (
    "SELECT o.created_at AS at, o.kind AS what, o.state AS state, o.email AS about FROM addresses a"
    " JOIN outbox o ON o.address_id = a.id WHERE a.customer_id = :customer ORDER BY o.created_at DESC LIMIT :limit"
)
_DOWNLOADS = (
    "SELECT p.downloaded_at AS at, 'downloaded' AS what, '' AS state, i.number AS about FROM invoices i"
    " JOIN presses p ON p.invoice_id = i.id WHERE i.customer_id = :customer AND p.downloaded_at IS NOT NULL"
    " AND p.doubt = '' ORDER BY p.downloaded_at DESC LIMIT :limit"
)
_CAME_IN = (
    "SELECT x.received_at AS at, x.class AS what, CASE x.class WHEN 'command' THEN x.action ELSE '' END AS state,"
    " a.email AS about FROM addresses a"
    " JOIN inbox x ON x.address_id = a.id WHERE a.customer_id = :customer AND x.state = 'done' AND x.class <> 'own'"
    " ORDER BY x.received_at DESC LIMIT :limit"
)


def of_customer(reading: Reading | Transaction, customer_id: int, *, limit: int) -> list[Happened]:
    """Return what happened last, the newest first."""
    values = {"customer": customer_id, "limit": limit}
    rows = [row for sql in (_MAILS, _DOWNLOADS, _CAME_IN) for row in reading.all(sql, values)]
    found = [Happened(moment(row["at"]), row["what"], row["state"], row["about"]) for row in rows]
    return sorted(found, key=lambda each: each.at, reverse=True)[:limit]


def evidence_of(reading: Reading | Transaction, invoice_ids: Sequence[int]) -> dict[int, Evidence]:
    """Return the highest evidence of each invoice at any address; one that is on its way to none is left out."""
    marks = ", ".join("?" for _ in invoice_ids)
    sql = f"SELECT invoice_id, evidence FROM deliveries WHERE invoice_id IN ({marks})"
    found: dict[int, Evidence] = {}
    for row in reading.all(sql, tuple(invoice_ids)):
        reached = Evidence(row["evidence"])
        found[row["invoice_id"]] = higher(found.get(row["invoice_id"], reached), reached)
    return found
