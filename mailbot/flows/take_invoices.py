"""Taking a batch of invoices: checked against the store, staged in slices, taken in one transaction.

Owns what makes a batch unfit besides the faults of its sheet: customers that are not on file, numbers that stand for
something else already, files that are no PDFs. Slices keep the store's lock short beside a running daemon; until the
last transaction nobody sees any of it.
"""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mailbot.clock import stamp
from mailbot.domain.address import RECEIVES
from mailbot.domain.money import format_amount
from mailbot.domain.written import Misread
from mailbot.errors import BatchRefused, Fault, Refused
from mailbot.facts import IMPORT_TAKEN
from mailbot.flows.record import record
from mailbot.store import customers, imports, invoices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mailbot.domain.invoice_sheet import InvoiceRow, InvoiceSheet
    from mailbot.flows.desk import Desk
    from mailbot.store.database import Reading, Transaction
    from mailbot.store.invoices import Invoice

SLICE = 2_000
"""Rows that one transaction stages: well under the 2 s that the store's lock may be held."""


class Pdf(Protocol):
    """A file that was checked."""

    @property
    def content(self) -> bytes:
        """The file's bytes."""
        ...

    @property
    def pages(self) -> int:
        """How many pages it has."""
        ...

    @property
    def sha256(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        ...


class PdfSource(Protocol):
    """Where the files of a batch come from."""

    def __call__(self, name: str, /) -> Pdf:
        """Read and check a file by the name that the sheet gives; raises `Misread` with problem and remedy."""
        ...


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is remembered of a checked file: its content is read again when it is stored."""

    sha256: str
    size: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePlan:
    """What an import of invoices would do."""

    source: str
    source_sha256: str
    rows: tuple[tuple[InvoiceRow, int], ...]
    """New invoices with their customer's id."""
    files: Mapping[str, FileFacts]
    """By the name in the sheet."""
    unchanged: int
    warnings: tuple[Fault, ...]
    mails: int
    """Notices that go out as soon as the invoices are published."""
    waiting: tuple[str, ...]
    """Numbers of invoices that nobody could receive yet."""
    later: int
    """Invoices that are published only at a later moment."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of an import of invoices."""

    import_id: int | None
    created: int
    unchanged: int


class TakeInvoices:
    """Checks and takes batches of invoices of one issuer."""

    def __init__(self, desk: Desk, issuer: str) -> None:
        self._desk = desk
        self._issuer = desk.issuer(issuer).code

    def check(
        self,
        sheet: InvoiceSheet,
        pdf: PdfSource,
        *,
        source: str,
        source_sha256: str,
        progress: Callable[[int], object] = lambda _: None,
    ) -> InvoicePlan:
        """Return what `take` would do; `progress` hears of rows as they are done.

        Raises `BatchRefused` with every fault of the sheet, its files and its customers at once.
        """
        faults = list(sheet.faults)
        files = _files(sheet.rows, pdf, faults, progress)
        return self._desk.database.read(
            lambda reading: self._plan(reading, sheet, files, faults, source=source, source_sha256=source_sha256)
        )

    def _plan(
        self,
        reading: Reading,
        sheet: InvoiceSheet,
        files: Mapping[str, FileFacts],
        faults: list[Fault],
        *,
        source: str,
        source_sha256: str,
    ) -> InvoicePlan:
        ids = customers.ids_by_code(reading, self._issuer)
        new: list[tuple[InvoiceRow, int]] = []
        unchanged = 0
        for row in sheet.rows:
            known = invoices.by_number(reading, self._issuer, row.number)
            if row.customer not in ids:
                faults.append(_unknown_customer(row))
            elif known is None:
                new.append((row, ids[row.customer]))
            elif difference := _difference(row, known, ids[row.customer], files.get(row.file)):
                faults.append(difference)
            else:
                unchanged += 1
        if faults:
            raise BatchRefused(tuple(sorted(faults, key=lambda fault: fault.line)))
        receivers = _receivers(reading, self._issuer)
        now = self._desk.clock.now()
        return InvoicePlan(
            source=source,
            source_sha256=source_sha256,
            rows=tuple(new),
            files=files,
            unchanged=unchanged,
            warnings=(*sheet.warnings, *_shared_files(new, files)),
            mails=sum(receivers.get(customer, 0) for _, customer in new),
            waiting=tuple(row.number for row, customer in new if customer not in receivers),
            later=sum(row.publish_at is not None and row.publish_at > now for row, _ in new),
        )

    async def take(
        self, plan: InvoicePlan, pdf: PdfSource, *, progress: Callable[[int], object] = lambda _: None
    ) -> Taken:
        """Take the batch whole; raises `BatchRefused` where it does not fit the store any more.

        A disk that is full, or a command that is killed, leaves nothing behind that anybody would see.
        """
        if not plan.rows:
            return Taken(None, 0, plan.unchanged)
        for name in {row.file for row, _ in plan.rows}:
            self._store(name, plan.files[name], pdf)
        batch = secrets.token_hex(8)
        try:
            await self._stage(batch, plan, progress)
            import_id = await self._desk.database.write(lambda tx: self._commit(tx, batch, plan))
        finally:
            await self._clear(batch)
        return Taken(import_id, len(plan.rows), plan.unchanged)

    def _store(self, name: str, facts: FileFacts, pdf: PdfSource) -> None:
        if self._desk.vault.has(facts.sha256, size=facts.size):
            return
        content = pdf(name).content
        if self._desk.vault.store(content) != facts.sha256:
            raise Refused(f"{name} was changed while it was imported; nothing of the batch was taken, import it again")

    async def _stage(self, batch: str, plan: InvoicePlan, progress: Callable[[int], object]) -> None:
        now = stamp(self._desk.clock.now())
        for start in range(0, len(plan.rows), SLICE):
            rows = [
                _staged(row, customer, plan.files[row.file], now) for row, customer in plan.rows[start : start + SLICE]
            ]
            await self._desk.database.write(lambda tx, rows=rows: imports.stage(tx, batch, rows))  # type: ignore[misc]
            progress(len(rows))

    def _commit(self, tx: Transaction, batch: str, plan: InvoicePlan) -> int:
        sends_from = stamp(tx.now + self._desk.rules.send_delay)
        counts = (len(plan.rows), 0, plan.unchanged)
        imports.add_files(tx, sorted({(each.sha256, each.size, each.pages) for each in plan.files.values()}))
        import_id = imports.insert(
            tx,
            issuer=self._issuer,
            kind="invoices",
            source=plan.source,
            source_sha256=plan.source_sha256,
            counts=counts,
            sends_from=sends_from,
        )
        try:
            taken = imports.take_staged(tx, batch, issuer=self._issuer, import_id=import_id, earliest=sends_from)
        except sqlite3.IntegrityError:
            problem = "another import took one of these numbers in the meantime"
            raise BatchRefused((Fault(0, "number", problem, "import the file again to see which"),)) from None
        if taken != len(plan.rows):
            raise Refused("what was staged of this import was cleared meanwhile; nothing was taken, import it again")
        record(
            tx,
            self._desk.facts,
            IMPORT_TAKEN,
            issuer=self._issuer,
            subject=f"import:{import_id}",
            **{"import": import_id},
            kind="invoices",
            rows=sum(counts),
            created=counts[0],
            changed=0,
            unchanged=counts[2],
            source=plan.source,
        )
        return import_id

    async def _clear(self, batch: str) -> None:
        while await self._desk.database.write(lambda tx: imports.clear_staged(tx, batch, SLICE)):
            pass


def _files(
    rows: Iterable[InvoiceRow], pdf: PdfSource, faults: list[Fault], progress: Callable[[int], object]
) -> dict[str, FileFacts]:
    """Check each file once, however many rows name it; one that is unfit is a fault of each of them."""
    found: dict[str, FileFacts] = {}
    unfit: dict[str, Misread] = {}
    for row in rows:
        if row.file not in found and row.file not in unfit:
            try:
                read = pdf(row.file)
                found[row.file] = FileFacts(read.sha256, len(read.content), read.pages)
            except Misread as problem:
                unfit[row.file] = problem
        if row.file in unfit:
            faults.append(Fault(row.line, "file", unfit[row.file].problem, unfit[row.file].remedy))
        progress(1)
    return found


def _shared_files(rows: Iterable[tuple[InvoiceRow, int]], files: Mapping[str, FileFacts]) -> list[Fault]:
    """Warn once of each PDF that goes to several customers: a slip of the name shows one what another owes."""
    first: dict[str, tuple[InvoiceRow, int]] = {}
    warned: dict[str, Fault] = {}
    for row, customer in rows:
        digest = files[row.file].sha256
        known, owner = first.setdefault(digest, (row, customer))
        if owner != customer and digest not in warned:
            problem = f"the PDF of {row.customer}'s invoice is that of {known.customer}'s in line {known.line}, too"
            warned[digest] = Fault(row.line, "file", problem, "see that each customer gets the right file")
    return list(warned.values())


def _unknown_customer(row: InvoiceRow) -> Fault:
    problem = f"there is no customer {row.customer!r}"
    return Fault(row.line, "customer", problem, "import the customer first, or correct the code")


def _difference(row: InvoiceRow, known: Invoice, customer_id: int, file: FileFacts | None) -> Fault | None:
    """Say how a row differs from the invoice that has its number already; None where it is the same."""
    due = None if row.due_date is None else row.due_date.isoformat()
    compared = (
        ("customer", customer_id, known.customer_id, "another customer"),
        ("amount", (row.amount, row.currency), (known.amount, known.currency), _amount(known)),
        ("file", file and file.sha256, known.file_sha256, "another PDF"),
        ("subject", row.subject, known.subject, repr(known.subject)),
        ("issue_date", row.issue_date.isoformat(), known.issue_date, known.issue_date),
        ("due_date", due, known.due_date, known.due_date or "none"),
        ("note", row.note, known.note, repr(known.note)),
    )
    for column, new, old, shown in compared:
        if new != old and not (column == "file" and file is None):
            problem = f"invoice {row.number} is on file with {shown}"
            return Fault(row.line, column, problem, "give the new invoice a number of its own")
    return None


def _amount(known: Invoice) -> str:
    return f"the amount {format_amount(known.amount, known.currency)}"


def _receivers(reading: Reading, issuer: str) -> dict[int, int]:
    """Return how many addresses of each customer receive notices."""
    wanted = ", ".join(f"'{status}'" for status in sorted(RECEIVES))
    sql = (
        f"SELECT customer_id, count(*) AS addresses FROM addresses WHERE issuer = :issuer AND status IN ({wanted})"
        " GROUP BY customer_id"
    )
    return {row["customer_id"]: row["addresses"] for row in reading.all(sql, {"issuer": issuer})}


def _staged(row: InvoiceRow, customer_id: int, file: FileFacts, now: str) -> imports.StagedInvoice:
    return imports.StagedInvoice(
        line=row.line,
        customer_id=customer_id,
        number=row.number,
        subject=row.subject,
        amount=row.amount,
        currency=row.currency,
        note=row.note,
        issue_date=row.issue_date.isoformat(),
        due_date=None if row.due_date is None else row.due_date.isoformat(),
        publish_at=now if row.publish_at is None else stamp(row.publish_at),
        file_sha256=file.sha256,
        file_name=_download_name(row),
    )


def _download_name(row: InvoiceRow) -> str:
    return row.file.replace("\\", "/").rpartition("/")[2]
