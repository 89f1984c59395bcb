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


def multipart(part: bytes, count: int) -> bytes:
    return b"Content-Type: multipart/mixed; boundary=b\n\n" + (b"--b\n" + part + b"\n") * count


PARAMETERS = b"Content-Type: application/x; " + b"a=b;" * 20_000 + b"\n\nx"
NESTED = b"".join(b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (depth, depth + 1) for depth in range(20))


@pytest.mark.parametrize(
    "raw",
    [
        multipart(PARAMETERS, 120),
        multipart(b"Content-Type: text/plain; charset=euc-jp\n\n" + b"\xa4\xa2\x8e\xb1\x8f\xa2\xaf" * 9000, 200),
        multipart(b"Content-Type: text/html\n\n" + b"<p>a" * 16_000, 200),
        multipart(b"Subject: " + b"x" * 60_000 + b"\n\nx", 200),
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 4_000_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b--\n" * 3_000_000,
        b"Content-Type: multipart/mixed; boundary=c\n\n--x" + b" \t" * 8_000_000,
        b"Content-Transfer-Encoding: base64\n\n" + b"!" * 16_000_000,
        b"Content-Transfer-Encoding: quoted-printable\n\n" + b" " * 16_000_000,
        b"Content-Type: text/html\n\n&#" + b"9" * 500_000,
        b"Content-Type: multipart/mixed; boundary=b0\n\n" + NESTED + (b"x" * 70 + b"\n") * 200_000,
    ],
    ids=["parameters", "euc", "html", "headers", "lines", "ends", "blanks", "base64", "quoted", "number", "nested"],
)
def test_a_mail_as_a_whole_has_limits(raw: bytes) -> None:
    began = time.process_time()
    message = parse.parse(raw)
    for part in message.walk():
        part.text()
        part.words()
    message.content()
    assert time.process_time() - began < 2.5


def test_texts_behind_the_limit_of_a_mail_are_not_read() -> None:
    message = parse.parse(multipart(b"\n" + b"x" * parse.LONGEST_TEXT, 3))
    assert [len(part.text()) for part in message.parts] == [parse.LONGEST_TEXT, parse.TEXTS - parse.LONGEST_TEXT, 0]
    assert [len(part.content()) for part in message.parts] == [parse.LONGEST_TEXT] * 2 + [parse.LONGEST_TEXT + 1]


def test_files_do_not_use_up_what_is_read_of_texts() -> None:
    files = multipart(b"Content-Type: image/png\n\n" + b"x" * parse.LONGEST_TEXT, 3)
    assert parse.parse(files + b"--b\n\nwords\n").parts[-1].text() == "words\n"


def test_mails_within_mails_are_opened_as_long_as_there_is_room() -> None:
    raw = b"x" * parse.LEAST_COPIES
    for _ in range(8):
        raw = b"Content-Type: message/rfc822\n\n" + raw
    assert len(parse.parse(raw).walk()) == parse.COPIES + 1


def test_headers_of_a_mail_are_read_up_to_a_limit() -> None:
    part = b"Content-Type: text/html\nX: " + b"x" * 100_000 + b"\n\nbody"
    kinds = [part.kind for part in parse.parse(multipart(part, 10)).parts]
    assert kinds == ["text/html"] * 5 + ["text/html"] + ["text/plain"] * 4


def test_parameters_are_read_up_to_a_limit() -> None:
    assert len(parse.parameters(";".join(f"a{each}=b" for each in range(500)))) == parse.MOST_PARAMETERS
    assert parse.parameters(f"a={'x' * 5000}; b=c")[0].value == "x" * (parse.LONGEST_PARAMETERS - 2)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("=E3=81=82=\nb \t\nc", "あb\nc"),
        ("a =\nb", "a b"),
        ("a=  \nb", "ab"),
        ("x=zy a==20b a==b", "x=zy a= b a==b"),
        ("=e3=81=82", "あ"),
        ("a  ", "a"),
    ],
)
def test_quoted_printable(written: str, text: str) -> None:
    assert read(f"Content-Transfer-Encoding: quoted-printable\n\n{written}").text() == text


def test_encoded_words_as_they_stood() -> None:
    message = read("From: =?utf-8?q?=22?= <a@b.example>\nFrom: c\n d\n\n")
    assert message.all("from") == ('" <a@b.example>', "c d")
    assert message.as_written("from") == ("=?utf-8?q?=22?= <a@b.example>", "c d")


@pytest.mark.parametrize(
    ("written", "seen"), [("&#" + "9" * 5000 + ";!", "\ufffd!"), ("&#65;&amp;&#xD800;", "A&\ufffd")]
)
def test_characters_by_number(written: str, seen: str) -> None:
    assert parse.visible(written) == seen
