"""The sheet of an invoice import."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain.invoice_sheet import COLUMNS, InvoiceRow, InvoiceSheet, read_invoices
from mailbot.domain.money import decimal_text
from mailbot.errors import Fault

TOKYO = ZoneInfo("Asia/Tokyo")
HEAD = "customer,number,subject,amount,currency,note,issue_date,due_date,publish_at,file\n"
GOOD = 'C1,2026-1,November,"¥33,000",,,2026-11-20,2026-12-31,,a.pdf\n'


def read(text: str | bytes) -> InvoiceSheet:
    return read_invoices(text if isinstance(text, bytes) else text.encode(), zone=TOKYO)


def row(**cells: str) -> str:
    """Return a sheet with one good row in which some cells are replaced."""
    good = dict(zip(HEAD.strip().split(","), next(csv.reader([GOOD])), strict=True))
    text = io.StringIO()
    csv.writer(text).writerow((good | cells).values())
    return HEAD + text.getvalue()


def test_a_row_is_read_whole() -> None:
    sheet = read(
        HEAD + 'Ｃ１,2026-1,11月分,"1,234.56",USD,"one\ntwo",2026年11月20日,2026/12/31,2026/11/24 9:00,sub/請求書.pdf\n'
    )
    assert not sheet.faults
    assert not sheet.warnings
    assert sheet.rows == (
        InvoiceRow(
            line=2,
            customer="C1",
            number="2026-1",
            subject="11月分",
            amount=123456,
            currency="USD",
            note="one two",
            issue_date=date(2026, 11, 20),
            due_date=date(2026, 12, 31),
            publish_at=datetime(2026, 11, 24, tzinfo=UTC),
            file="sub/請求書.pdf",
        ),
    )


def test_the_columns_that_must_be_there_are_enough_in_japanese_and_cp932() -> None:
    text = "ファイル,発行日,御請求金額,件名,請求書番号,顧客コード\r\na.pdf,2026/11/20,￥33000,11月分,N1,C1\r\n"
    sheet = read(text.encode("cp932"))
    assert not sheet.faults
    (invoice,) = sheet.rows
    assert (invoice.amount, invoice.currency, invoice.note) == (33000, "JPY", "")
    assert (invoice.due_date, invoice.publish_at) == (None, None)
    assert sheet.headings["amount"] == "御請求金額"


@pytest.mark.parametrize(
    ("column", "cell", "problem"),
    [
        ("customer", "", "the cell is empty"),
        ("customer", "x" * 65, "65 characters"),
        ("number", "", "the cell is empty"),
        ("subject", "", "the cell is empty"),
        ("subject", "November\r\nBcc: all@example.com", "more than one line"),
        ("subject", "x" * 201, "201 characters"),
        ("amount", "", "the cell is empty"),
        ("amount", "a lot", "no amount"),
        ("currency", "yen", "no currency"),
        ("issue_date", "", "the cell is empty"),
        ("issue_date", "20.11.2026", "no date"),
        ("due_date", "soon", "no date"),
        ("publish_at", "soon", "no date or time"),
        ("file", "", "the cell is empty"),
        ("file", "a\nb.pdf", "more than one line"),
    ],
)
def test_a_cell_that_cannot_be_read_is_a_fault_of_its_column(column: str, cell: str, problem: str) -> None:
    sheet = read(row(**{column: cell}))
    assert not sheet.rows
    (fault,) = sheet.faults
    assert (fault.line, fault.column) == (2, column)
    assert problem in fault.problem
    assert fault.remedy


def test_every_fault_of_a_row_and_of_every_row_is_listed() -> None:
    sheet = read(HEAD + ",,x,y,,,z,,,\n" + GOOD + "C2,N2,s,1.5,,,2026-02-30,,,b.pdf\n")
    assert [(fault.line, fault.column) for fault in sheet.faults] == [
        (2, "customer"),
        (2, "number"),
        (2, "amount"),
        (2, "issue_date"),
        (2, "file"),
        (4, "amount"),
        (4, "issue_date"),
    ]
    assert [invoice.line for invoice in sheet.rows] == [3]


def test_an_invoice_number_stands_in_a_file_once_even_if_the_rows_are_equal() -> None:
    sheet = read(HEAD + GOOD + GOOD.replace("33,000", "44,000") + GOOD)
    remedy = "give each invoice its own number, or leave one of the two rows out"
    problem = 'the number "2026-1" stands in line 2 already'
    assert sheet.faults == (Fault(3, "number", problem, remedy), Fault(4, "number", problem, remedy))
    assert len(sheet.rows) == 1


def test_a_due_date_before_the_issue_date_is_a_warning() -> None:
    sheet = read(row(due_date="2026-11-19"))
    assert len(sheet.rows) == 1
    assert [(warning.line, warning.column) for warning in sheet.warnings] == [(2, "due_date")]


def test_a_credit_note_has_a_negative_amount() -> None:
    assert read(row(amount="△1,000")).rows[0].amount == -1000


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_faults(content: bytes) -> None:
    sheet = read(content)
    assert sheet.rows or sheet.faults


@given(st.lists(st.text(max_size=12), max_size=24))
def test_any_cells_under_good_headings_are_rows_or_faults(cells: list[str]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(cells[at : at + 10] for at in range(0, len(cells), 10))
    sheet = read((HEAD + text.getvalue()).encode("utf-8", "replace"))
    for invoice in sheet.rows:
        assert invoice.number
        assert "\n" not in invoice.subject
        assert "\r" not in invoice.subject


plain = st.text(
    st.characters(codec="cp932", categories=["L", "N", "P"], exclude_characters="‖〜"), min_size=1, max_size=20
)
rows = st.tuples(
    plain,
    plain,
    st.integers(-(10**12), 10**12),
    st.sampled_from(["JPY", "USD"]),
    st.dates(date(2000, 1, 1), date(2099, 1, 1)),
)


@given(st.lists(rows, min_size=1, max_size=5), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp932"]))
def test_what_is_written_is_read_back(rows: list[tuple[str, str, int, str, date]], encoding: str) -> None:
    # In CP932 a cell such as "ﾃｱ" is the same bytes as "ñ" in UTF-8; Japanese headings tell the two apart.
    japanese = encoding in {"cp932", "utf-16"}
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter="\t" if japanese else ",")
    writer.writerow(column.japanese if japanese else column.name for column in COLUMNS)
    for place, (subject, file, amount, currency, day) in enumerate(rows):
        writer.writerow(["C", place, subject, decimal_text(amount, currency), currency, "", day, "", "", file])
    sheet = read(text.getvalue().encode(encoding))
    assert not sheet.faults
    assert [
        (invoice.subject, invoice.file, invoice.amount, invoice.currency, invoice.issue_date) for invoice in sheet.rows
    ] == rows
