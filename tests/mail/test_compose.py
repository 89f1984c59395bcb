"""Bytes on the wire: read back with Python's `email`, and nothing may write more than itself."""

from __future__ import annotations

import email.policy
import re
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mailbot.errors import HeaderInjection
from mailbot.mail.compose import Attachment, compose, file_name
from mailbot.mail.header import HARD_LINE, field, formatted
from mailbot.mail.render import Rendered

if TYPE_CHECKING:
    from email.message import EmailMessage

settings.register_profile("patient", deadline=None)  # another program may have the processor for a while
settings.load_profile("patient")

AT = datetime(2026, 11, 20, 11, 28, 45, tzinfo=timezone(timedelta(hours=9)))
RENDERED = Rendered("件名", "本文\n\nhttps://invoice.example.jp/l/x\n", "<p>本文</p>\n")

# Whatever can be written in UTF-8 and does not end a line; what Unicode calls a line end is only text to us.
one_line = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=300)
bodies = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=2000)


def _composed(
    *headers: tuple[str, str], rendered: Rendered = RENDERED, attachments: tuple[Attachment, ...] = ()
) -> bytes:
    return compose(headers=headers, date=AT, rendered=rendered, seed="<1@example.jp>", attachments=attachments)


def _read(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=email.policy.default)


def _decoded(part: EmailMessage) -> str:
    return cast("bytes", part.get_payload(decode=True)).decode()


def _unfolded(line: bytes) -> str:
    """Read one field as RFC 2047 and RFC 5322 say, without a library's own ideas of white space."""
    from email.header import decode_header  # noqa: PLC0415  only here

    unfolded = line.decode("ascii").partition(": ")[2].replace("\r\n", "")
    if not unfolded.startswith("=?"):
        return unfolded
    words = cast("list[tuple[bytes, str | None]]", decode_header(unfolded))
    return "".join(text.decode(charset or "ascii") for text, charset in words)


@given(text=one_line, name=st.sampled_from(["Subject", "X-Mailbot-Note", "X-" + "n" * 60]))
def test_a_field_reads_back_as_it_was(text: str, name: str) -> None:
    laid_out = field(name, text)
    assert _unfolded(laid_out) == text
    lines = laid_out.decode("ascii").split("\r\n")
    assert lines.pop() == ""
    assert all(line.startswith(" ") and line.strip() for line in lines[1:])
    assert max(map(len, lines)) <= HARD_LINE


@given(text=st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=200))
def test_a_subject_reads_back_with_the_library(text: str) -> None:
    assert _read(_composed(("Subject", text)))["Subject"] == text


@given(text=st.text(st.characters(min_codepoint=0x80, exclude_categories=["Cs"]), min_size=1, max_size=400))
def test_encoded_words_keep_to_their_limits(text: str) -> None:
    lines = field("Subject", text).decode("ascii").split("\r\n")[:-1]
    assert all(len(line) <= 76 for line in lines)
    assert all(len(word) <= 75 for line in lines for word in line.split() if word.startswith("=?"))


@given(words=st.lists(st.from_regex(r"[!-<>-~]{1,40}", fullmatch=True), min_size=1, max_size=30))
def test_plain_text_is_folded_between_words(words: list[str]) -> None:
    laid_out = field("X-Words", " ".join(words)).decode("ascii")
    assert laid_out.replace("\r\n", "") == f"X-Words: {' '.join(words)}"
    assert all(len(line) <= 78 for line in laid_out.split("\r\n"))


def test_a_word_too_long_for_any_line_is_encoded() -> None:
    laid_out = field("X-Long", "x" * 2000)
    assert max(map(len, laid_out.split(b"\r\n"))) <= 76
    assert _unfolded(laid_out) == "x" * 2000


def test_what_looks_like_an_encoded_word_is_encoded() -> None:
    assert _read(_composed(("Subject", "=?utf-8?B?QQ==?=")))["Subject"] == "=?utf-8?B?QQ==?="


def test_a_lone_surrogate_becomes_a_question_mark() -> None:
    assert _unfolded(field("Subject", "a\ud800b")) == "a?b"


@pytest.mark.parametrize("bad", ["\r", "\n", "\0", "\r\nBcc: x@example.jp", "\r\n\r\nbody"])
@pytest.mark.parametrize("name", ["Subject", "To", "X-Mailbot-Ledger"])
def test_a_value_that_would_write_headers_is_refused_with_its_name(name: str, bad: str) -> None:
    with pytest.raises(HeaderInjection, match=name):
        field(name, f"a{bad}b")


@pytest.mark.parametrize("name", ["", "Sub ject", "Subject:", "件名", "X\r\nBcc", "x" * 80])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(HeaderInjection, match="no name"):
        field(name, "value")


@pytest.mark.parametrize("value", ["青葉 <a@example.jp>", "x" * 1000, "tab\there"])
def test_a_structured_field_takes_only_what_it_can_carry(value: str) -> None:
    with pytest.raises(HeaderInjection, match="References"):
        field("References", value)


@given(text=one_line)
def test_any_value_leaves_a_mail_of_the_same_fields(text: str) -> None:
    assert _read(_composed(("Subject", text), ("X-Last", "1"))).keys() == [
        "Subject",
        "X-Last",
        "Date",
        "MIME-Version",
        "Content-Type",
    ]


@given(name=st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=120))
@example(name="青葉商事株式会社経理部請求書発行担当窓口東京本店二課あ")
@example(name="00000¡¡¡¡¡¡¡¡ࠀ𐀀𐀀𐀀𐀀00¡¡¡¡¡¡¡¡¡ࠀ𐀀")
def test_a_display_name_reads_back(name: str) -> None:
    laid_out = field("From", formatted(name, "billing@example.jp"))
    assert max(map(len, laid_out.split(b"\r\n"))) <= (76 if b"=?" in laid_out else 998)
    phrase, address = _unfolded(laid_out).rsplit(" ", 1)
    assert address == "<billing@example.jp>"
    assert name in {phrase, re.sub(r"\\(.)", r"\1", phrase[1:-1])}


@pytest.mark.parametrize("name", ["青葉商事株式会社", "A. B. & Söhne", 'ACME "Best", Inc.', "Aoba", "a\\b"])
def test_an_ordinary_display_name_reads_back_with_the_library(name: str) -> None:
    (found,) = _read(_composed(("From", formatted(name, "billing@example.jp"))))["From"].addresses
    assert (found.display_name, found.addr_spec) == (name, "billing@example.jp")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", "a@example.jp"),
        ("Aoba Trading", "Aoba Trading <a@example.jp>"),
        ('ACME "The Best", Inc.', '"ACME \\"The Best\\", Inc." <a@example.jp>'),
        ("青葉", "=?utf-8?B?6Z2S6JGJ?= <a@example.jp>"),
        ("=?utf-8?B?6Z2S6JGJ?=", "=?utf-8?B?PT91dGYtOD9CPzZaMlM2SkdKPz0=?= <a@example.jp>"),
    ],
)
def test_display_names_have_the_form_that_they_need(name: str, value: str) -> None:
    assert formatted(name, "a@example.jp") == value


def test_an_old_carrier_address_is_quoted() -> None:
    assert formatted("", "a..b@docomo.ne.jp") == '"a..b"@docomo.ne.jp'
    assert _read(_composed(("To", formatted("", "a..b@docomo.ne.jp"))))["To"].addresses[0].username == "a..b"


@pytest.mark.parametrize(
    "address", ["", "a", "a b@example.jp", "a@example.jp>, <b@example.jp", "あ@example.jp", "a@x\r\n"]
)
def test_an_address_that_would_write_more_is_refused(address: str) -> None:
    with pytest.raises(HeaderInjection):
        formatted("A", address)


def test_a_display_name_that_would_write_headers_is_refused() -> None:
    with pytest.raises(HeaderInjection, match="display name"):
        formatted("A\r\nBcc: x@example.jp", "a@example.jp")


@given(text=bodies, html=bodies)
def test_both_bodies_read_back(text: str, html: str) -> None:
    content = _composed(("Subject", "s"), rendered=Rendered("s", text, html))
    plain, rich = _read(content).iter_parts()
    assert (plain.get_content_type(), rich.get_content_type()) == ("text/plain", "text/html")
    assert _decoded(cast("EmailMessage", plain)) == text.replace("\n", "\r\n")
    assert _decoded(cast("EmailMessage", rich)) == html.replace("\n", "\r\n")


@given(text=bodies)
def test_lines_are_short_and_end_with_crlf(text: str) -> None:
    content = _composed(("Subject", "s"), rendered=Rendered("s", text, text))
    assert all(len(line) <= 78 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")


def test_the_date_is_that_of_its_zone() -> None:
    assert b"\r\nDate: Fri, 20 Nov 2026 11:28:45 +0900\r\n" in _composed(("Subject", "s"))


def test_a_date_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="time zone"):
        compose(headers=[], date=AT.replace(tzinfo=None), rendered=RENDERED, seed="x")


def test_equal_arguments_give_equal_bytes_and_another_seed_another_boundary() -> None:
    first = _composed(("Subject", "s"))
    assert first == _composed(("Subject", "s"))
    other = compose(headers=[("Subject", "s")], date=AT.astimezone(UTC), rendered=RENDERED, seed="other")
    assert _read(first).get_boundary() != _read(other).get_boundary()


@given(name=st.text(st.characters(codec="utf-8"), max_size=150), content=st.binary(max_size=5000))
def test_an_attachment_reads_back_under_a_harmless_name(name: str, content: bytes) -> None:
    laid_out = _composed(("Subject", "s"), attachments=(Attachment(name, content),))
    (attached,) = _read(laid_out).iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_payload(decode=True) == content
    assert attached.get_filename() == file_name(name)
    assert max(map(len, laid_out.split(b"\r\n"))) <= 98


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("invoice.pdf", "invoice.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\a\\b.pdf", "C__a_b.pdf"),
        ('a"b\r\n.pdf', "a_b__.pdf"),
        ("", "file"),
        ("...", "file"),
        ("請求書\u202efdp.exe", "請求書_fdp.exe"),
        ("x" * 200 + ".pdf", "x" * 116 + ".pdf"),
        ("あ" * 200, "あ" * 120),
        ("a." + "x" * 200, "a." + "x" * 118),
    ],
)
def test_a_file_name_is_made_harmless(name: str, safe: str) -> None:
    assert file_name(name) == safe


def test_an_attachment_of_no_media_type_is_refused() -> None:
    with pytest.raises(HeaderInjection, match="media type"):
        _composed(("Subject", "s"), attachments=(Attachment("a", b"", "text/plain\r\nX: y"),))
