"""The sample that mailbot ships: its sheets and its PDFs say the same, and it names nobody who exists."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from mailbot.domain.customer_sheet import CustomerSheet, read_customers
from mailbot.domain.invoice_sheet import InvoiceSheet, read_invoices
from mailbot.domain.money import format_amount
from mailbot.edges.pdf import PdfFolder, check_pdf, read_pdf
from mailbot.mail import address

SAMPLE = Path(__file__).parent.parent.parent / "data" / "sample"
ISSUERS = ("aoba", "harbour")
RESERVED = re.compile(r"@(?:[a-z-]+\.)?example\.(?:com|net|org)$")  # RFC 2606 §3


def customers(issuer: str) -> CustomerSheet:
    content = (SAMPLE / f"customers-{issuer}.csv").read_bytes()
    return read_customers(content, default_locale="ja", read_address=address.read)


def invoices(issuer: str) -> InvoiceSheet:
    content = (SAMPLE / f"invoices-{issuer}" / "invoices.csv").read_bytes()
    return read_invoices(content, zone=ZoneInfo("Asia/Tokyo"))


def check_digit(number: str) -> int:
    """Return the first digit of a corporate number from the other twelve (2014 Ordinance of the MoF No. 70)."""
    weighted = sum(int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(number)))
    return 9 - weighted % 9


@pytest.mark.parametrize("issuer", ISSUERS)
def test_the_sheets_have_neither_faults_nor_warnings(issuer: str) -> None:
    for sheet in (customers(issuer), invoices(issuer)):
        assert sheet.rows
        assert not sheet.faults
        assert not sheet.warnings
    codes = {customer.code for customer in customers(issuer).rows}
    assert {invoice.customer for invoice in invoices(issuer).rows} <= codes


def test_there_are_a_dozen_customers_whose_addresses_are_nobodys() -> None:
    rows = [customer for issuer in ISSUERS for customer in customers(issuer).rows]
    assert len(rows) == 12
    assert all(RESERVED.search(mailbox.key) for customer in rows for mailbox in customer.emails or ())


@pytest.mark.parametrize("issuer", ISSUERS)
def test_each_pdf_states_what_its_row_states(issuer: str) -> None:
    folder = PdfFolder(SAMPLE / f"invoices-{issuer}")
    names = {customer.code: customer.name for customer in customers(issuer).rows}
    for invoice in invoices(issuer).rows:
        path = folder.resolve(invoice.file)
        assert check_pdf(read_pdf(path, limit=60_000), limit=60_000).pages == 1
        text = re.sub(r"\s", "", PdfReader(path).pages[0].extract_text())
        for stated in (invoice.number, invoice.subject, names[invoice.customer]):
            assert re.sub(r"\s", "", stated) in text
        assert format_amount(invoice.amount, invoice.currency) in text


def test_no_pdf_lies_there_without_a_row() -> None:
    for issuer in ISSUERS:
        files = {path.name for path in (SAMPLE / f"invoices-{issuer}").glob("*.pdf")}
        assert files == {invoice.file for invoice in invoices(issuer).rows}


def test_the_issuers_have_right_numbers_and_reserved_addresses() -> None:
    issuers = tomllib.loads((SAMPLE / "issuers.toml").read_text("utf-8"))["issuer"]
    assert [issuer["code"].lower() for issuer in issuers] == list(ISSUERS)
    for issuer in issuers:
        letter, digit, rest = re.fullmatch(r"(T)(\d)(\d{12})", issuer["registration_number"]).groups()  # type: ignore[union-attr]  # a failed match fails the test
        assert (letter, int(digit)) == ("T", check_digit(rest))
        for email in (issuer["from"], issuer["contact"]["email"], *issuer["staff"]):
            assert RESERVED.search(email)


def test_the_sheets_come_in_both_languages_and_encodings() -> None:
    assert "顧客コード".encode("cp932") in (SAMPLE / "customers-aoba.csv").read_bytes()
    assert (SAMPLE / "invoices-aoba" / "invoices.csv").read_bytes().startswith("\ufeff顧客コード".encode())
    assert (SAMPLE / "customers-harbour.csv").read_bytes().startswith(b"code,")
