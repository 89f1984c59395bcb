"""The sheet of an invoice import: one row an invoice.

Owns the columns `customer,number,subject,amount,currency,note,issue_date,due_date,publish_at,file` and what their
cells may hold. Whether the customer exists, the number is new and the file is a PDF, the import finds out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.domain.dates import read_date, read_moment
from mailbot.domain.money import read_amount, read_currency
from mailbot.domain.sheet import MAX_NAME, Column, Row, Sheet, read_code, read_flat, read_line, read_rows, required
from mailbot.domain.written import quoted

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from mailbot.errors import Fault

MAX_FILE = 255
"""Characters of a file's name with its folders."""

COLUMNS = (
    Column("customer", "顧客コード", required=True),
    Column("number", "請求書番号", required=True),
    Column("subject", "件名", required=True),
    Column("amount", "御請求金額", required=True),
    Column("currency", "通貨"),
    Column("note", "備考"),
    Column("issue_date", "発行日", required=True),
    Column("due_date", "支払期限"),
    Column("publish_at", "公開日時"),
    Column("file", "ファイル", required=True),
)


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One invoice as the sheet states it."""

    line: int
    customer: str
    number: str
    subject: str
    amount: int
    """Minor units of `currency`; below zero for a credit note."""
    currency: str
    note: str
    issue_date: date
    due_date: date | None
    publish_at: datetime | None
    """UTC; `None`: at once."""
    file: str
    """Name of the PDF as written, not yet known to lie inside the folder."""


@dataclass(frozen=True, slots=True)
class InvoiceSheet:
    """What was read from a file of invoices; taken only where `faults` is empty."""

    rows: tuple[InvoiceRow, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    headings: dict[str, str]
    """Headings as the file writes them, by canonical name."""


def read_invoices(content: bytes, *, zone: ZoneInfo) -> InvoiceSheet:
    """Read a file of invoices; `zone` is the issuer's, for moments of publication without an offset."""
    sheet = Sheet(COLUMNS)
    seen: dict[str, InvoiceRow] = {}
    rows = []
    for row in read_rows(content, sheet):
        before = len(sheet.faults)
        invoice = _read(row, sheet, zone)
        if len(sheet.faults) == before and _is_new(invoice, seen, sheet):
            rows.append(invoice)
    return InvoiceSheet(tuple(rows), tuple(sheet.faults), tuple(sheet.warnings), sheet.headings)


def _read(row: Row, sheet: Sheet, zone: ZoneInfo) -> InvoiceRow:
    read = sheet.read
    customer, number, subject, amount, currency, note, issue_date, due_date, publish_at, file = row.cells
    code = read("currency", read_currency, currency)
    invoice = InvoiceRow(
        row.line,
        read("customer", read_code, customer),
        read("number", read_code, number),
        read("subject", _subject, subject),
        # Without its currency an amount cannot be judged, and one fault says enough.
        read("amount", _amount, amount, code) if code else 0,
        code,
        read("note", read_flat, note),
        read("issue_date", _date, issue_date),
        read("due_date", read_date, due_date) if due_date else None,
        read("publish_at", read_moment, publish_at, zone) if publish_at else None,
        read("file", _file, file),
    )
    if invoice.due_date and invoice.issue_date and invoice.due_date < invoice.issue_date:
        sheet.warn("due_date", f"{invoice.due_date} lies before the issue date", "look at both dates")
    return invoice


def _subject(text: str) -> str:
    return read_line(required(text), MAX_NAME)


def _amount(text: str, currency: str) -> int:
    return read_amount(required(text), currency)


def _date(text: str) -> date:
    return read_date(required(text))


def _file(text: str) -> str:
    return read_line(required(text), MAX_FILE)


def _is_new(invoice: InvoiceRow, seen: dict[str, InvoiceRow], sheet: Sheet) -> bool:
    first = seen.setdefault(invoice.number, invoice)
    if first is not invoice:
        problem = f"the number {quoted(invoice.number)} stands in line {first.line} already"
        sheet.fault("number", problem, "give each invoice its own number, or leave one of the two rows out")
    return first is invoice
