"""Hostile cells through the real thing: each ends as a fault with its line, or as harmless text in mails and pages."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from real_daemon import PDFS, Daemon, Installation, drained, installed, until
from recording_relay import Received, recording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PLAIN = "November"
HOSTILE = {
    "a header by CRLF": "a\r\nBcc: evil@evil.test",
    "a header by LF": "a\nX-Evil: 1",
    "a header by CR": "a\rX-Evil: 1",
    "a line separator": "a\u2028Bcc: evil@evil.test\u2029\u0085Bcc: evil@evil.test",
    "a NUL": "a\0b",
    "an escape": "a\x1b[31mred\x07",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "an attribute": "\"><a href='https://evil.test'>press</a>",
    "an entity": "&lt;b&gt;&#60;b&#62;",
    "a template": "{{ issuer.name }}{% for x in y %}{{ 7 * 7 }}",
    "a format": "%s%n{0}{issuer}$(id)`id`",
    "a formula": "=cmd|' /C calc'!A0",
    "a direction": "\u202egnp.exe\u2066",
    "an encoded word": "=?utf-8?q?evil=0D=0ABcc:_evil@evil.test?=",
    "a dot": ".\r\n.\r\nMAIL FROM:<evil@evil.test>",
    "a lone surrogate's neighbours": "\ud7ff\ue000\ufeff\uffff",
    "a long word": "x" * 2_000,
    "a long text": "請求 " * 700,
    "ten megabytes": "x" * 10_000_000,
}
FIELDS = ("subject", "note", "number")


class Tags(HTMLParser):
    """Collects the elements of a page with the names of their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[tuple[str, ...]] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add((tag, *sorted(name for name, _ in attrs)))


def _sheet(folder: Path, name: str, rows: Sequence[dict[str, str]]) -> Path:
    sheet = folder / name
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return sheet


def _take(site: Installation, noun: str, name: str, rows: list[dict[str, str]]) -> tuple[list[dict[str, str]], int]:
    """Import rows, those left out that are faults; return what was taken, and the count of what was not.

    All go in first: whatever is a fault is named with its line.
    """
    site.folder.joinpath(name).mkdir(exist_ok=True)
    for pdf in PDFS:
        (site.folder / name / pdf.name).write_bytes(pdf.read_bytes())
    refused = 0
    for _ in range(4):
        sheet = _sheet(site.folder / name, "sheet.csv", rows)
        done = site.cli(noun, "import", "--yes", "--json", str(sheet))
        assert "Traceback" not in done.stderr, done.stderr
        if done.returncode == 0:
            return rows, refused
        faults = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode == 1
        assert faults
        assert all(fault["problem"].isprintable() and fault["remedy"] for fault in faults)
        assert max(len(line) for line in done.stdout.splitlines()) < 3_000
        starts = _first_lines(rows)
        bad = {fault["line"] for fault in faults}
        kept = [row for row, line in zip(rows, starts, strict=True) if line not in bad]
        assert len(kept) < len(rows), faults
        refused += len(rows) - len(kept)
        rows = kept
    raise AssertionError("faults came up one after another")


def _first_lines(rows: list[dict[str, str]]) -> list[int]:
    """Return the line of the file in which each row begins."""
    lines, line = [], 2
    for row in rows:
        lines.append(line)
        line += 1 + sum(len(re.findall(r"\r\n|\r|\n", cell)) for cell in row.values())
    return lines


def _customer(number: int, name: str) -> dict[str, str]:
    return {"code": f"C{number}", "name": name, "email": f"c{number}@customer.test", "channel": "confirm"}


def _invoice(count: int, cells: Mapping[str, str]) -> dict[str, str]:
    plain = {"subject": PLAIN, "note": PLAIN, "number": f"N{count}"}
    rest = {"customer": "C0", "amount": "1,000", "issue_date": "2026-11-20", "file": PDFS[0].name}
    return {**rest, **plain, **cells}


def test_hostile_cells_end_as_faults_or_as_harmless_text(tmp_path: Path) -> None:
    with recording() as relay, installed(tmp_path, relay.port) as installation:
        customers = [_customer(n, name) for n, name in enumerate([PLAIN, *HOSTILE.values()])]
        taken, refused_names = _take(installation, "customers", "customers", customers)
        assert refused_names > 0
        daemon = installation.start()
        until("the proofs are sent", lambda: len(relay.mails) >= len(taken))
        proofs = list(relay.mails)
        installation.confirm_all()
        cells = [{}, *({field: value} for field in FIELDS for value in HOSTILE.values())]
        invoices = [_invoice(n, each) for n, each in enumerate(cells)]
        taken, refused_cells = _take(installation, "invoices", "invoices", invoices)
        assert refused_cells >= 2 * len(FIELDS)
        until("the notices are sent", lambda: len(relay.mails) >= len(proofs) + len(taken) and drained(installation))
        notices = relay.mails[len(proofs) :]
        for kind, mails in (("proof", proofs), ("notice", notices)):
            plain = _first(installation, kind, mails)
            assert PLAIN in _text(plain)
            for mail in mails:
                _assert_harmless(mail, plain)
            _assert_pages_harmless(daemon, mails, plain)
        _assert_lists_harmless(installation)
        assert daemon.says("row.failed") == 0
        assert all(line.isprintable() for line in daemon.log.splitlines())
        installation.verify()


def _first(site: Installation, kind: str, mails: Sequence[Received]) -> Received:
    """Return the mail of the first row, which is a plain one."""
    sql = "SELECT message_id FROM outbox WHERE kind = ? ORDER BY id LIMIT 1"
    ((message_id,),) = site.rows(sql, (kind,))
    return next(mail for mail in mails if mail.message_id == message_id)


def _text(mail: Received, kind: str = "plain") -> str:
    body = mail.message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def _assert_harmless(mail: Received, plain: Received) -> None:
    assert [name for name, _ in mail.message.items()] == [name for name, _ in plain.message.items()]
    assert len(mail.message["To"].addresses) == 1
    assert str(mail.message["To"]).endswith("@customer.test")
    assert str(mail.message["Subject"]).isprintable()
    assert not mail.message.defects
    assert all(len(line) <= 998 for line in mail.content.split(b"\r\n"))
    assert Tags(_text(mail, "html")).seen == Tags(_text(plain, "html")).seen
    assert "49" not in str(mail.message["Subject"]), "a template was found in a value"


def _assert_pages_harmless(daemon: Daemon, mails: Sequence[Received], plain: Received) -> None:
    usual = Tags(_page(daemon, plain)).seen
    for mail in mails:
        assert Tags(_page(daemon, mail)).seen == usual


def _page(daemon: Daemon, mail: Received) -> str:
    found = re.search(r"http://127\.0\.0\.1:1(/l/\S+)", _text(mail))
    assert found
    status, text = daemon.get(found[1])
    assert status in {200, 410}
    return text


def _assert_lists_harmless(site: Installation) -> None:
    for words in (("customers", "list"), ("invoices", "list"), ("outbox", "list")):
        assert all(line.isprintable() for line in site.done(*words).splitlines())
        assert all(json.loads(line) for line in site.done(*words, "--json").splitlines())
