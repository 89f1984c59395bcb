"""Sweep 10,000 deliveries that are due among 1,000,000 open invoices, beside the same among 10,000.

Each customer has one open invoice: a reminder lists all that its customer has open, and is to say the same in both.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from installation import Pdfs, add_customers, installation

from mailbot.clock import stamp
from mailbot.flows.remind import Remind

if TYPE_CHECKING:
    from mailbot.flows.desk import Desk
    from mailbot.store.database import Transaction

DUE = 10_000
MANY = 1_000_000
ISSUED = datetime(2026, 11, 10, 3, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
"""A Friday noon in Tokyo: within business hours."""


def measure() -> dict[str, object]:
    """Measure both, each on a store of its own."""
    few, many = _sweep(DUE), _sweep(MANY)
    return {
        "bench": "sweep",
        "unit": "s",
        "ours": round(many, 3),
        "reference": round(few, 3),
        "ratio": round(many / few, 2),
        "to_reach": 1.2,
        "better": "less",
    }


class Noon:
    """A clock that stands still within business hours."""

    def now(self) -> datetime:
        """Return that moment."""
        return NOON


def _sweep(invoices: int) -> float:
    with installation(clock=Noon()) as desk:
        digest = Pdfs(desk.vault, 1)("0.pdf").sha256
        for start in range(0, invoices, 50_000):
            add_customers(desk, min(50_000, invoices - start), first=start + 1)
            desk.database.write_now(partial(_fill, first=start, end=min(start + 50_000, invoices), digest=digest))
        return asyncio.run(_timed(desk))


def _fill(tx: Transaction, first: int, end: int, digest: str) -> None:
    tx.execute(
        "INSERT INTO files (sha256, size, pages, stored_at) VALUES (?, 1, 1, ?) ON CONFLICT DO NOTHING",
        (digest, tx.now_text),
    )
    tx.executemany(
        "INSERT INTO invoices (id, issuer, customer_id, number, subject, amount, currency, issue_date, file_sha256,"
        " file_name, status, publish_at, sent_at, created_at) VALUES (?1, 'BENCH', ?1, 'INV-' || ?1, 'x',"
        " 1000, 'JPY', '2026-11-10', ?2, 'x.pdf', 'open', ?3, ?3, ?3)",
        [(n + 1, digest, stamp(ISSUED)) for n in range(first, end)],
    )
    later = stamp(NOON + timedelta(days=3))
    tx.executemany(
        "INSERT INTO deliveries (invoice_id, address_id, evidence, accepted_at, base_date, remind_at)"
        " VALUES (?1, ?1, 'accepted', ?2, '2026-11-10', ?3)",
        [(n + 1, stamp(ISSUED), stamp(NOON) if n < DUE else later) for n in range(first, end)],
    )


async def _timed(desk: Desk) -> float:
    remind = Remind(desk)
    began = time.perf_counter()
    while await remind.step():
        pass
    took = time.perf_counter() - began
    queued = desk.database.read(lambda reading: reading.value("SELECT count(*) FROM outbox WHERE kind = 'reminder'"))
    assert queued == DUE, queued
    return took
