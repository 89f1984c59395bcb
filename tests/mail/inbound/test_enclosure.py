"""What comes along with a person's mail: which files go on, under which name and type, and which do not."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest

from mailbot.mail.enclosure import ENCODED, LARGEST, MOST, NAMED, PROGRAMS, Enclosed, LeftOut, body, enclosures, opening
from mailbot.mail.parse import Message, parse
from mailbot.mail.reply_text import new_words

PDF = b"%PDF-1.7\n"


def mail(*files: tuple[str, str, bytes], text: str = "よろしくお願いします。", html: str = "") -> Message:
    built = EmailMessage()
    built["From"] = "hanako@sakura.example"
    built.set_content(text)
    if html:
        built.add_alternative(html, subtype="html")
    for name, kind, content in files:
        main, _, sub = kind.partition("/")
        built.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return parse(built.as_bytes())


def one(name: str, kind: str = "application/octet-stream", content: bytes = b"content") -> Enclosed | LeftOut:
    files, left_out = enclosures(mail((name, kind, content)))
    found: list[Enclosed | LeftOut] = [*files, *left_out]
    assert len(found) == 1
    return found[0]


def raw(kind: str, content: str, *, headers: str = "") -> Message:
    return parse(f"From: a@b.example\nContent-Type: {kind}\n{headers}\n{content}\n".encode())


@pytest.mark.parametrize(
    ("name", "kind", "passed_as", "media_type"),
    [
        ("請求書.pdf", "application/pdf", "請求書.pdf", "application/pdf"),
        ("scan.JPG", "image/jpeg", "scan.JPG", "image/jpeg"),
        ("画面.png", "image/png", "画面.png", "image/png"),
        ("一覧.xlsx", "application/x-anything", "一覧.xlsx", "application/octet-stream"),
        ("一覧.xls", "application/vnd.ms-excel", "一覧.xls", "application/octet-stream"),
        ("data.csv", "text/csv", "data.csv", "application/octet-stream"),
        ("ppap.zip", "application/zip", "ppap.zip", "application/octet-stream"),
        ("page.html", "text/html", "page.html.txt", "text/plain"),
        ("page.pdf", "text/html", "page.pdf.txt", "text/plain"),
        ("logo.svg", "image/svg+xml", "logo.svg.txt", "text/plain"),
        ("logo.png", "image/svg+xml", "logo.png.txt", "text/plain"),
        ("old.mht", "application/octet-stream", "old.mht.txt", "text/plain"),
        ("../../etc/passwd", "application/octet-stream", "_.._etc_passwd", "application/octet-stream"),
        ("a\u202efdp.docx", "application/octet-stream", "a_fdp.docx", "application/octet-stream"),
    ],
)
def test_a_harmless_file_goes_on(name: str, kind: str, passed_as: str, media_type: str) -> None:
    assert one(name, kind) == Enclosed(passed_as, media_type, b"content")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("invoice.exe", b"content"),
        ("invoice.pdf.exe", b"content"),
        ("invoice.PDF.Exe ", b"content"),
        ("invoice.exe.", b"content"),
        ("見積.xlsm", b"content"),
        ("run.js", b"content"),
        ("link.url", b"content"),
        ("disk.iso", b"content"),
        ("invoice.pdf", b"MZ\x90\x00"),
        ("invoice.pdf", b"\x7fELF\x02"),
        ("notes", b"#!/bin/sh"),
    ],
)
def test_a_program_is_named_and_stays_behind(name: str, content: bytes) -> None:
    found = one(name, content=content)
    assert isinstance(found, LeftOut)
    assert found.why == "program"


def test_what_runs_is_listed_once_each() -> None:
    assert {"exe", "js", "vbs", "docm", "xlsm", "lnk", "hta", "scr", "ps1", "jar"} <= PROGRAMS
    assert all(each == each.lower() and "." not in each for each in PROGRAMS)


def test_so_many_go_on_and_no_more() -> None:
    files, left_out = enclosures(mail(*((f"{n}.pdf", "application/pdf", PDF) for n in range(MOST + 2))))
    assert [each.name for each in files] == [f"{n}.pdf" for n in range(MOST)]
    assert left_out == (LeftOut("10.pdf", "too_many"), LeftOut("11.pdf", "too_many"))


def test_so_large_together_and_no_larger() -> None:
    big, small = bytes(LARGEST - len(PDF)), b"small"
    files, left_out = enclosures(
        mail(("big.bmp", "image/bmp", big), ("b.pdf", "application/pdf", PDF + b"x"), ("c.pdf", "application/pdf", PDF))
    )
    assert [each.name for each in files] == ["big.bmp", "c.pdf"]
    assert left_out == (LeftOut("b.pdf", "too_large"),)
    assert sum(len(each.content) for each in files) == LARGEST
    assert len(small) < LARGEST


def test_a_thousand_programs_are_not_all_named() -> None:
    _, left_out = enclosures(mail(*((f"{n}.exe", "application/octet-stream", b"x") for n in range(NAMED + 5))))
    assert len(left_out) == NAMED


def test_the_body_is_no_file_and_html_beside_it_stays_behind() -> None:
    message = mail(html="<p onclick=alert(1)>よろしく</p>")
    assert enclosures(message) == ((), ())
    assert body(message) == "よろしくお願いします。"


def test_html_alone_is_read_as_its_reader_sees_it() -> None:
    message = raw("text/html; charset=utf-8", "<p>こんにちは<script>alert(1)</script></p><p>二行目</p>")
    assert body(message).split() == ["こんにちは", "二行目"]
    assert enclosures(message) == ((), ())


def test_a_bare_blockquote_is_a_quotation() -> None:
    quoted = "<blockquote><p>請求書</p><blockquote>受領</blockquote>一覧</blockquote>"
    message = raw("text/html; charset=utf-8", f"<div>承知しました</div>{quoted}<p>山田</p></blockquote>以上")
    said = [line for line in body(message).splitlines() if line.strip("> ")]
    assert said == ["承知しました", "> 請求書", "> 受領", "> 一覧", "山田", "以上"]
    assert new_words(body(message)) == "承知しました"
    assert new_words(body(raw("text/html; charset=utf-8", quoted))) == ""


def test_html_speaks_where_the_plain_part_is_empty() -> None:
    assert body(mail(text=" \n", html="<p>本文です</p>")) == "本文です"


def test_words_in_several_parts_are_all_read() -> None:
    kind = 'multipart/mixed; boundary="b"'
    message = raw(kind, "--b\n\none\n--b\nContent-Type: text/plain\n\ntwo\n--b--")
    assert body(message).split() == ["one", "two"]


def test_a_multipart_without_parts_is_words() -> None:
    message = raw('multipart/mixed; boundary="b"', "no boundary, only words")
    assert body(message) == "no boundary, only words"
    assert enclosures(message) == ((), ())


def test_a_picture_without_a_name_gets_one() -> None:
    kind = 'multipart/related; boundary="b"'
    picture = "--b\nContent-Type: image/jpeg\nContent-ID: <1>\nContent-Transfer-Encoding: base64\n\n/9j/\n--b--"
    (found,), _ = enclosures(raw(kind, picture))
    assert (found.name, found.media_type) == ("image.jpg", "image/jpeg")


def test_a_mail_within_the_mail_goes_on_as_text() -> None:
    kind = 'multipart/mixed; boundary="b"'
    inner = "--b\nContent-Type: message/rfc822\n\nFrom: x@y.example\nContent-Type: text/html\n\n<b>hi</b>\n--b--"
    message = raw(kind, inner)
    (found,), _ = enclosures(message)
    assert (found.name, found.media_type) == ("message.eml.txt", "text/plain")
    assert found.content == b"From: x@y.example\n\nhi"
    assert body(message) == ""


def test_a_mail_that_came_as_a_file_is_decoded_and_its_files_follow() -> None:
    letter = mail(("b.pdf", "application/pdf", PDF), ("c.exe", "application/octet-stream", b"x"))
    coded = b"From: a@b.example\nSubject: =?utf-8?b?6KuL5rGC5pu4?=\nContent-Transfer-Encoding: base64\n\n5pys5paH\n"
    kind = 'multipart/mixed; boundary="b"'
    within = letter.raw.decode()
    described = letter.first("content-type")
    message = raw(kind, f"--b\nContent-Type: message/rfc822\n\nContent-Type: {described}\n\n{within}\n--b--")
    files, left_out = enclosures(message)
    assert [each.name for each in files] == ["message.eml.txt", "b.pdf"]
    assert left_out == (LeftOut("c.exe", "program"),)
    found = one("元のメール.eml", content=coded)
    assert found == Enclosed("元のメール.eml.txt", "text/plain", "From: a@b.example\nSubject: 請求書\n\n本文".encode())
    assert one("empty.eml", content=b"\n") == Enclosed("empty.eml.txt", "text/plain", b"")


def test_a_signature_is_no_file() -> None:
    assert enclosures(mail(("smime.p7s", "application/pkcs7-signature", b"x"))) == ((), ())


def parts(*inner: str, kind: str = "mixed") -> str:
    return f"Content-Type: multipart/{kind}; boundary={kind}\n\n" + "".join(f"--{kind}\n{each}\n" for each in inner)


HTML = "Content-Type: text/html\n\n<p>html</p>"
FILE = "Content-Type: application/pdf; name=a.pdf\n\nx"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("\nplain", "plain"),
        (HTML, "html"),
        (parts("\nplain", "\nlater"), "plain"),
        (parts(FILE, "Content-Disposition: inline\n\nlater"), ""),
        (parts("\nplain", HTML, kind="alternative"), "plain"),
        (parts("\n \n", HTML, kind="alternative"), "html"),
        (parts(parts("\n ", parts(HTML, FILE, kind="related"), kind="alternative"), "\nlater"), "html"),
        (parts("Content-Type: message/rfc822\n\nSubject: x\n\ninner", "\nlater"), ""),
        ("Content-Type: multipart/mixed; boundary=none\n\nbroken", "broken"),
    ],
)
def test_only_the_words_with_which_a_mail_begins_may_command(source: str, words: str) -> None:
    assert opening(parse(source.encode())) == words


def test_what_is_too_large_however_it_is_written_is_not_decoded() -> None:
    large = "Content-Type: image/gif; name=a.gif\nContent-Transfer-Encoding: quoted-printable\n\n"
    message = parse(parts(large + "=0A \n" * (LARGEST * ENCODED // 5 + 1)).encode())
    began = time.process_time()
    assert enclosures(message) == ((), (LeftOut("a.gif", "too_large"),))
    assert time.process_time() - began < 0.1


def test_a_line_end_written_as_a_character_ends_no_quotation() -> None:
    quoted = "<blockquote>quoted&#10;停止&#13;停止</blockquote>"
    assert new_words(body(raw("text/html; charset=utf-8", quoted))) == ""
