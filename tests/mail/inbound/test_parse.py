"""The syntax of mails, as badly as it comes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.errors import UnreadableMail
from mailbot.mail import parse

if TYPE_CHECKING:
    from mailbot.mail.parse import Part


def read(text: str) -> Part:
    return parse.parse(text.encode())


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end(ends: str) -> None:
    message = read(f"From: a@example.jp{ends}Subject: x{ends} y{ends}{ends}body{ends}")
    assert (message.first("from"), message.first("subject"), message.text()) == ("a@example.jp", "x y", "body\n")


@pytest.mark.parametrize("first", ["From a Fri Nov 20 11:28:00 2026\n", ">From a\n", "\n\n"])
def test_what_a_mailbox_file_puts_before_a_mail(first: str) -> None:
    assert read(f"{first}Subject: x\n\nbody").first("subject") == "x"


def test_a_header_ends_where_no_field_is() -> None:
    assert read("Subject: x\nno field here\nat all").text() == "no field here\nat all"


def test_fields_and_parameters() -> None:
    message = read(
        "To: a\nTo: b\nContent-Type: text/plain; charset=\"utf-8\"; name*0*=utf-8''%E8%AB; name*1*=%8B.pdf;"
        ' x="=?utf-8?B?44OG?="; y="a\\"b\n\n'
    )
    assert message.all("to") == ("a", "b")
    assert [message.parameter(name) for name in ("charset", "name", "x", "y", "z")] == [
        "utf-8",
        "請.pdf",
        "テ",
        'a"b',
        "",
    ]


MULTIPART = """Content-Type: multipart/mixed; boundary="{boundary}"

preamble
--b
Content-Type: text/plain

one
--b
Content-Type: text/html; charset=utf-8

<html><head><title>no</title></head><style>p {{ }}</style>two<br>three &amp; four</html>
{end}"""


@pytest.mark.parametrize("end", ["--b--\nepilogue", "--b--", ""])
def test_parts_closed_or_not(end: str) -> None:
    message = read(MULTIPART.format(boundary="b", end=end))
    assert [part.text().strip() for part in message.parts] == ["one", "two\nthree & four"]


def test_a_boundary_that_is_not_the_one_announced() -> None:
    assert len(read(MULTIPART.format(boundary="other", end="--b--")).parts) == 2
    assert len(read(MULTIPART.format(boundary="", end="--b--")).parts) == 2


def test_a_multipart_without_any_boundary_stays_in_one_piece() -> None:
    message = read("Content-Type: multipart/mixed; boundary=b\n\nwords only\n")
    assert (message.parts, message.text()) == ((), "words only\n")


def test_a_mail_within_a_mail() -> None:
    message = read("Content-Type: message/rfc822\n\nSubject: inner\n\nwords")
    assert [part.first("subject") for part in message.walk()] == ["", "inner"]
    assert message.is_mail


def test_a_digest_is_of_mails() -> None:
    message = read("Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: inner\n\nx\n--b--\n")
    assert message.walk()[2].first("subject") == "inner"


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        ("base64", "44OG\n44K544OI", "テスト"),
        ("quoted-printable", "=E3=83=86 =\t\nx=zz  \ny", "テ x=zz\ny"),
        ("x-uuencode", "\nbegin 644 a\n#86)C\n~~~\n`\nend\n", "abc"),
        ("8bit", "テ", "テ"),
        ("nonsense", "x", "x"),
    ],
)
def test_transfer_encodings(encoding: str, body: str, text: str) -> None:
    message = read(f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {encoding}\n\n{body}")
    assert message.text().rstrip("\0") == text


def test_text_has_a_limit() -> None:
    assert read("Subject: x\n\n" + "a" * 100).text(10) == "a" * 10


def test_what_is_refused() -> None:
    with pytest.raises(UnreadableMail, match="empty"):
        parse.parse(b"\r\n \r\n")
    with pytest.raises(UnreadableMail, match="octets"):
        parse.parse(b"a" * (parse.LARGEST + 1))


def test_limits_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    nested = "Content-Type: message/rfc822\n\n" * 100 + "Subject: x\n\n"
    assert len(read(nested).walk()) == parse.DEEPEST + 1
    many = "Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\nx\n" * (parse.MOST_PARTS + 100)
    assert len(read(many).parts) == parse.MOST_PARTS - 1
    assert len(read("A: b\n" * 5000 + "\n").fields) == parse.MOST_FIELDS
    monkeypatch.setattr(parse, "LONGEST_HEADER", 8)
    assert [field.name for field in parse.fields(b"A: b\nB: c\nC: d")] == ["a", "b"]


def test_plain_fields_pass_over_what_is_none() -> None:
    found = parse.plain_fields("Action : failed\nnonsense\nStatus: 5.1.1\n (more)\n")
    assert [(field.name, field.value) for field in found] == [("action", "failed"), ("status", "5.1.1 (more)")]


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_mail_or_refused(raw: bytes) -> None:
    try:
        message = parse.parse(raw)
    except UnreadableMail:
        return
    assert [part.text() for part in message.walk()]


@pytest.mark.parametrize(
    "piece",
    [
        b"a",
        b" ",
        b"\n",
        b"a:\n",
        b"--b\n",
        b"<",
        b"=",
        b'a="',
        b"a=",
        b"--",
        b"-",
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n",
    ],
)
def test_reading_takes_time_by_length_only(piece: bytes) -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b; "
        + piece * 20_000
        + b"\n\n--b\nContent-Type: text/html\n\n"
        + piece * 20_000
    )
    began = time.process_time()
    for part in parse.parse(raw).walk():
        part.text()
    assert time.process_time() - began < 4
