"""A filled installation for the benchmarks, made by the real flows on a real store."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from mailbot.clock import SystemClock
from mailbot.domain.invoice_sheet import InvoiceRow, InvoiceSheet
from mailbot.domain.policy import Contact, Issuer, Rules
from mailbot.flows.desk import Desk
from mailbot.flows.issue import Issue
from mailbot.flows.take_invoices import TakeInvoices
from mailbot.keyring import Keyring
from mailbot.links import Links
from mailbot.store.database import Database
from mailbot.store.files import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailbot.clock import Clock
    from mailbot.facts import Fact
    from mailbot.store.database import Transaction

ISSUER = Issuer(
    code="BENCH",
    name="株式会社あおば商事",
    sender="invoice@example.test",
    registration_number="T1234567890123",
    contact=Contact(name="経理部 請求書係", phone="03-0000-0000", hours="平日 9:00〜17:00", email="keiri@example.test"),
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"


@dataclass(frozen=True, slots=True)
class FixedPdf:
    """A file of the batch; the checks of PDFs are not what is measured."""

    content: bytes
    pages: int
    sha256: str


class Pdfs:
    """A hundred files, stored once."""

    def __init__(self, vault: Vault, count: int = 100) -> None:
        contents = [PDF + b"%%%d" % number for number in range(count)]
        self._files = {f"{n}.pdf": FixedPdf(content, 1, vault.store(content)) for n, content in enumerate(contents)}

    def __call__(self, name: str, /) -> FixedPdf:
        """Return a file by its name."""
        return self._files[name]


def unheard(fact: Fact, **fields: object) -> None:
    """Take a fact and say nothing."""


@contextmanager
def installation(*, rules: Rules | None = None, clock: Clock | None = None) -> Iterator[Desk]:
    """Lay a desk on a new store in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="mailbot-bench-") as name:
        folder, clock = Path(name), clock or SystemClock()
        Database.create(folder / "mailbot.db", mode="production", clock=clock)
        database = Database.open(folder / "mailbot.db", clock=clock)
        try:
            yield Desk(
                database=database,
                vault=Vault(folder / "files"),
                links=Links(Keyring.create(folder / "keys", now=clock.now())),
                clock=clock,
                issuers={ISSUER.code: ISSUER},
                rules=rules or Rules(base_url="https://invoices.example.test", inbound_address="reply@example.test"),
                facts=unheard,
            )
        finally:
            database.close()


def add_customers(desk: Desk, count: int, *, first: int = 1) -> None:
    """Put customers on file, from number `first`, each with one confirmed address."""

    def write(tx: Transaction) -> None:
        rows = [(n, f"C{n:06}", f"株式会社お客様{n:06}", tx.now_text, tx.now_text) for n in range(first, first + count)]
        tx.executemany(
            "INSERT INTO customers (id, issuer, code, name, locale, channel, delivery, status, created_at, changed_at)"
            " VALUES (?, 'BENCH', ?, ?, 'ja', 'confirm', 'link', 'new', ?, ?)",
            rows,
        )
        mails = [(n, f"keiri{n:06}@example.test", f"keiri{n:06}@example.test", tx.now_text) for n, *_ in rows]
        tx.executemany(
            "INSERT INTO addresses (customer_id, issuer, email, email_key, status, delivery, is_default, source,"
            " created_at) VALUES (?, 'BENCH', ?, ?, 'confirmed', 'link', 1, 'import', ?)",
            mails,
        )

    desk.database.write_now(write)


def sheet(count: int, *, customers: int) -> InvoiceSheet:
    """Return the rows of a batch."""
    rows = tuple(
        InvoiceRow(
            line=n + 1,
            customer=f"C{(n - 1) % customers + 1:06}",
            number=f"INV-{n:07}",
            subject="2026年11月分 システム利用料",
            amount=33_000 + n,
            currency="JPY",
            note="お振込手数料はご負担をお願いいたします。",
            issue_date=date(2026, 11, 20),
            due_date=date(2026, 12, 31),
            publish_at=None,
            file=f"{n % 100}.pdf",
        )
        for n in range(1, count + 1)
    )
    return InvoiceSheet(rows, (), (), {})


async def queue_notices(desk: Desk, count: int) -> None:
    """Fill the outbox with notices."""
    add_customers(desk, count)
    pdfs = Pdfs(desk.vault)
    take = TakeInvoices(desk, ISSUER.code)
    plan = take.check(sheet(count, customers=count), pdfs, source="bench.csv", source_sha256="")
    await take.take(plan, pdfs)
    issue = Issue(desk)
    while await issue.step():
        pass


def tomorrow() -> datetime:
    """Return a moment a day from now."""
    return datetime.now(UTC) + timedelta(days=1)


__all__ = ["ISSUER", "Pdfs", "add_customers", "installation", "queue_notices", "replace", "sheet", "unheard"]
