"""Bytes to records: encodings, line ends, quoting, and files that are broken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain import delimited
from mailbot.domain.delimited import Broken, decode, records


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_text_is_decoded_as_spreadsheets_write_it(encoding: str) -> None:
    assert decode("会社名,㈱髙橋\r\n".encode(encoding)) == "会社名,㈱髙橋\r\n"


def test_utf_16_may_begin_with_the_high_byte() -> None:
    assert decode(b"\xfe\xff" + "会社名".encode("utf-16-be")) == "会社名"


@pytest.mark.parametrize(
    ("content", "line", "named"),
    [
        (b"a,b\r\n1,2\r3,4\n\x81\x20,5\n", 4, "UTF-8 or CP932"),
        (b"\xef\xbb\xbfa\n\xff", 2, "UTF-8, as it begins"),
        (b"\xff\xfea\x00\n\x00\x00", 2, "UTF-16-LE, as it begins"),
    ],
)
def test_bytes_of_no_encoding_are_a_fault_of_their_line(content: bytes, line: int, named: str) -> None:
    with pytest.raises(Broken) as caught:
        decode(content)
    assert caught.value.fault.line == line
    assert named in caught.value.fault.problem
    assert "CSV UTF-8" in caught.value.fault.remedy


def test_a_file_over_the_limit_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_BYTES", 1 << 20)
    with pytest.raises(Broken, match="more than 1 MiB"):
        decode(b"x" * ((1 << 20) + 1))


def test_records_have_the_line_where_they_begin() -> None:
    text = '\r\na,b\r\n"one\r\ntwo\nthree",2\r\n , \n\n3,4\r5,6'
    assert list(records(text, ",")) == [
        (2, ["a", "b"]),
        (3, ["one\r\ntwo\nthree", "2"]),
        (8, ["3", "4"]),
        (9, ["5", "6"]),
    ]


def test_quotes_are_read_as_rfc_4180_says() -> None:
    assert list(records('"33,000","say ""hello"""\n', ",")) == [(1, ["33,000", 'say "hello"'])]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('a,b\n1,"never closed\n2,3\n', 2, "quotes"),
        ('a,b\n1,2\n"x"y,3\n', 3, "quotes"),
        ('a,b\n1,"' + "x" * 200_000 + '"\n', 2, "longer than any"),
        ('a,b\n1,"' + "x\n" * 200_000, 2, "longer than any"),
    ],
)
def test_a_row_that_cannot_be_read_ends_the_file(text: str, line: int, problem: str) -> None:
    with pytest.raises(Broken) as caught:
        list(records(text, ","))
    assert caught.value.fault.line == line
    assert problem in caught.value.fault.problem


@given(st.text(), st.sampled_from(",\t;"))
def test_any_text_is_records_or_broken(text: str, delimiter: str) -> None:
    lines = 0
    try:
        for line, record in records(text, delimiter):
            assert line > lines
            assert record
            lines = line
    except Broken as broken:
        assert broken.fault.line > lines  # noqa: PT017  either end is right
