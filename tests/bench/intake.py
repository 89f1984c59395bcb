"""Import 100,000 invoices over 100 PDFs and issue them, beside `executemany` of the very rows that this makes."""

from __future__ import annotations

import asyncio
import csv
import io
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from installation import ISSUER, Pdfs, add_customers, installation, sheet

from mailbot.domain.invoice_sheet import read_invoices
from mailbot.flows.issue import Issue
from mailbot.flows.take_invoices import TakeInvoices
from mailbot.store.schema import SCHEMA

if TYPE_CHECKING:
    from mailbot.flows.desk import Desk

INVOICES = 100_000
CUSTOMERS = 5_000
TABLES = ("invoices", "deliveries", "outbox", "ledger", "ledger_details")


def measure() -> dict[str, object]:
    """Measure both on the same disk."""
    with installation() as desk:
        add_customers(desk, CUSTOMERS)
        pdfs = Pdfs(desk.vault)
        content = _content()
        ours = INVOICES / asyncio.run(_import(desk, pdfs, content))
        rows = {table: _rows(desk, table) for table in TABLES}
        reference = INVOICES / _insert(desk, rows)
    return {
        "bench": "intake",
        "unit": "invoices/s",
        "ours": round(ours),
        "reference": round(reference),
        "ratio": round(ours / reference, 3),
        "to_reach": 0.10,
    }


def _content() -> bytes:
    out = io.StringIO()
    names = ["customer", "number", "subject", "amount", "currency", "note", "issue_date", "due_date", "file"]
    writer = csv.writer(out)
    writer.writerow(names)
    for row in sheet(INVOICES, customers=CUSTOMERS).rows:
        writer.writerow([getattr(row, name) for name in names])
    return out.getvalue().encode()


async def _import(desk: Desk, pdfs: Pdfs, content: bytes) -> float:
    began = time.perf_counter()
    take = TakeInvoices(desk, ISSUER.code)
    read = read_invoices(content, zone=ZoneInfo(ISSUER.time_zone))
    plan = take.check(read, pdfs, source="bench.csv", source_sha256="")
    await take.take(plan, pdfs)
    issue = Issue(desk)
    while await issue.step():
        pass
    took = time.perf_counter() - began
    queued = desk.database.read(lambda reading: reading.value("SELECT count(*) FROM outbox"))
    assert queued == INVOICES, queued
    return took


def _rows(desk: Desk, table: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in desk.database.read(lambda reading: reading.all(f"SELECT * FROM {table}"))]


def _insert(desk: Desk, rows: dict[str, list[tuple[object, ...]]]) -> float:
    with tempfile.TemporaryDirectory(dir=Path(desk.database.path).parent) as folder:
        connection = sqlite3.connect(Path(folder) / "rows.db", isolation_level=None)
        connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + SCHEMA)
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        for table, values in rows.items():
            marks = ", ".join("?" for _ in values[0])
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
        connection.execute("COMMIT")
        took = time.perf_counter() - began
        connection.close()
        return took
