"""Sheets with headings: their languages and orders, their rows, and their limits."""

from __future__ import annotations

import pytest

from mailbot.domain import sheet as module
from mailbot.domain.sheet import Column, Row, Sheet, read_block, read_code, read_flat, read_line, read_rows
from mailbot.domain.written import Misread
from mailbot.errors import Fault

COLUMNS = (
    Column("code", "コード", required=True),
    Column("name", "会社名", required=True),
    Column("kana", "フリガナ"),
)


def read(text: str | bytes) -> tuple[list[Row], Sheet]:
    sheet = Sheet(COLUMNS)
    content = text if isinstance(text, bytes) else text.encode()
    return list(read_rows(content, sheet)), sheet


@pytest.mark.parametrize(
    "text",
    [
        "code,name,kana\nA1,Acme,ア\n",
        "コード,会社名,フリガナ\nA1,Acme,ア\n",
        "コード\t会社名\tﾌﾘｶﾞﾅ\r\nA1\tAcme\tア\r\n",
        "kana;name;code\nア;Acme;A1",
        '" Code ",ＮＡＭＥ,フリ ガナ\n  A1 ,　Acme　,ア\n',
        "code,name,kana,,\nA1,Acme,ア,,\n",
    ],
)
def test_headings_may_be_in_either_language_in_any_order(text: str) -> None:
    rows, sheet = read(text)
    assert not sheet.faults
    assert rows == [Row(2, ("A1", "Acme", "ア"))]


def test_a_column_that_is_not_there_and_a_short_row_are_empty_cells() -> None:
    rows, sheet = read("code,name\nA1,Acme\nA2\n")
    assert not sheet.faults
    assert [row.cells for row in rows] == [("A1", "Acme", ""), ("A2", "", "")]


def test_headings_as_written_are_kept_for_messages() -> None:
    _, sheet = read("会社名, Code \n")
    assert sheet.headings == {"name": "会社名", "code": "Code"}


def test_rows_keep_their_line_through_blank_ones_and_line_ends_in_cells() -> None:
    rows, _ = read('code,name\n\nA1,"a\nb"\n,,\nA2,c\n')
    assert [row.line for row in rows] == [3, 6]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", [(0, "", "the file is empty")]),
        ("\r\n ,\n", [(0, "", "the file is empty")]),
        ("code,name,fax\n", [(1, "", '"fax" is no heading of this sheet')]),
        ("code,name,,kana\n", [(1, "", '"" is no heading of this sheet')]),
        ("\ncode,kana\n", [(2, "name", "the column name is missing")]),
        ("code,name,コード\n", [(1, "code", 'the heading "コード" names the column code again')]),
        (
            "a,b\n",
            [
                (1, "", '"a" is no heading of this sheet'),
                (1, "", '"b" is no heading of this sheet'),
                (1, "code", "the column code is missing"),
                (1, "name", "the column name is missing"),
            ],
        ),
        ("code,name\nA1,Acme,33,000\n", [(2, "", "the row has 4 cells under 2 headings")]),
        ("code,name\nA1,b\0c\n", [(2, "name", '"b�c" holds the character U+0000, which cannot be shown')]),
        ("code,name\nA1,b\u202ec\n", [(2, "name", '"b�c" holds the character U+202E, which cannot be shown')]),
        ("code,name\nA1,b\ue000c\n", [(2, "name", '"b�c" holds the character U+E000, which cannot be shown')]),
        ("code,name\nA1," + "x" * 2001, [(2, "name", "the cell has 2,001 characters")]),
        ('code,name\nA1,"x', [(2, "", "the quotes from here on do not match")]),
        ('"code', [(1, "", "the quotes from here on do not match")]),
    ],
)
def test_each_fault_has_its_line_and_column(text: str, faults: list[tuple[int, str, str]]) -> None:
    rows, sheet = read(text)
    assert not rows
    assert [(fault.line, fault.column, fault.problem) for fault in sheet.faults] == faults
    assert all(fault.remedy for fault in sheet.faults)


def test_the_known_headings_are_named_where_one_is_unknown() -> None:
    _, sheet = read("code,name,fax\n")
    assert sheet.faults[0].remedy == "its headings are code (コード), name (会社名), kana (フリガナ)"


def test_a_cell_of_ten_megabytes_is_a_fault() -> None:
    rows, sheet = read("code,name\nA1," + "x" * 10_000_000)
    assert not rows
    assert sheet.faults[0].line == 2


def test_good_rows_beside_a_bad_cell_are_still_read() -> None:
    rows, sheet = read("code,name\nA1,good\nA2,b\x07d\nA3,good\n")
    assert [row.line for row in rows] == [2, 4]
    assert sheet.faults[0].line == 3


def test_no_more_rows_than_the_limit_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 2)
    rows, sheet = read("code,name\n" + "A,B\n" * 4)
    assert len(rows) == 2
    assert sheet.faults == [Fault(4, "", "the file has more than 2 rows", "split it into several")]


def test_bytes_that_are_no_text_are_one_fault() -> None:
    rows, sheet = read(b"\x89PNG\r\n\x1a\n\x81\x00\xff")
    assert not rows
    assert len(sheet.faults) == 1


def test_a_code_is_one_short_line_of_narrow_signs() -> None:
    assert read_code("Ａ－００１") == "A-001"
    for text, problem in (("", "empty"), ("x" * 65, "65 characters"), ("a\nb", "more than one line")):
        with pytest.raises(Misread, match=problem):
            read_code(text)


def test_text_of_one_line_is_checked_and_other_text_is_made_one() -> None:
    assert read_line("a\tb", 10) == "a b"
    assert read_line("", 10) == ""
    with pytest.raises(Misread, match="more than one line"):
        read_line("Subject\r\nBcc: everyone@example.com", 100)
    with pytest.raises(Misread, match="write at most 3"):
        read_line("abcd", 3)
    assert read_flat("one \r\n  two\tthree") == "one two three"
    assert read_flat("plain") == "plain"
    assert read_block("〒100 \r\n Tokyo\tJapan") == "〒100\nTokyo Japan"
    assert read_block("plain") == "plain"


def test_a_million_headings_are_one_fault() -> None:
    sheet = Sheet(COLUMNS)
    assert list(read_rows(",".join(f"x{n}" for n in range(1_000_000)).encode(), sheet)) == []
    (fault,) = sheet.faults
    assert "1,000,000 headings" in fault.problem
