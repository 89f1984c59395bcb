"""Inviting by mail and on paper, from the command line."""

from __future__ import annotations

import csv
import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from command_line import SECONDS, environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from command_line import Run

FONT = Path("/usr/share/fonts/truetype/bizud-gothic/BIZUDPGothic-Regular.ttf")
on_paper = pytest.mark.skipif(not FONT.is_file(), reason="fonts-morisawa-bizud-gothic is not installed")
HEADINGS = ["code", "name", "email", "channel", "postal_code", "address", "locale"]
PAPER = ["", "letter", "150-0000", "東京都渋谷区桜木町4-5-6", "ja"]
LETTERS = ("letters", "-o", "letters.pdf", "--issuer", "AOBA")


@pytest.fixture
def customers(sandbox: Run, tmp_path: Path) -> Callable[..., None]:
    """Return what imports customers into a sandbox."""

    def take(*rows: list[str]) -> None:
        file = tmp_path / "customers.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([HEADINGS, *rows])
        sandbox("customers", "import", str(file), "--issuer", "AOBA", "--yes")

    return take


def results(run: Run, *words: str, code: int = 0) -> dict[str, str]:
    lines = run(*words, "--json", code=code).lines
    return {line["code"]: line.get("why") or line["result"] for line in lines}


def shown(run: Run, code: str) -> dict[str, object]:
    (line,) = run("customers", "show", code, "--issuer", "AOBA", "--json").lines
    found: dict[str, object] = line["invitation"] or {}
    return found


@on_paper
def test_letters_are_printed_once(sandbox: Run, customers: Callable[..., None], tmp_path: Path) -> None:
    customers(
        ["P1", "株式会社みどり", *PAPER], ["P2", "Larkspur Inc.", *PAPER[:-1], "en"], ["M1", "メール", "a@b.example"]
    )
    done = sandbox(*LETTERS, "--csv", "letters.csv")
    assert "Printed 2 letters to letters.pdf" in done.out
    for name in ("letters.pdf", "letters.csv"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert (tmp_path / "letters.pdf").read_bytes().startswith(b"%PDF-")
    table = (tmp_path / "letters.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(table.splitlines()))
    assert [row["顧客コード"] for row in rows] == ["P1", "P2"]
    assert not any(secret in done.out + done.err for row in rows for secret in (row["仮ID"], row["仮パスワード"]))
    assert "may be the only copy" in sandbox(*LETTERS, code=1).err
    again = sandbox("letters", "-o", "again.pdf", "--issuer", "AOBA")
    assert "There is nothing to print" in again.out
    assert not (tmp_path / "again.pdf").exists()


@on_paper
def test_a_lost_letter_is_printed_anew(sandbox: Run, customers: Callable[..., None]) -> None:
    customers(["P1", "株式会社みどり", *PAPER], ["P2", "株式会社あか", *PAPER])
    sandbox(*LETTERS)
    words = ("letters", "-o", "again.pdf", "--issuer", "AOBA")
    assert results(sandbox, *words, "P1", "P9", code=1) == {"P1": "live", "P9": "unknown"}
    assert results(sandbox, *words, "--reissue", "P1") == {"P1": "printed"}
    assert shown(sandbox, "P1")["channel"] == "letter"
    text = sandbox("customers", "show", "P1", "--issuer", "AOBA").out
    assert "by letter" in text
    assert "its code works" in text


@on_paper
def test_a_name_that_cannot_be_printed_is_held_back(sandbox: Run, customers: Callable[..., None]) -> None:
    customers(["P1", "株式会社みどり", *PAPER], ["P2", "𠮷田商店", *PAPER])
    done = sandbox(*LETTERS, code=1)
    assert "P2  𠮷田商店: held back, the font has no 𠮷 (U+20BB7)" in done.err
    assert "mailbot: 1 letter held back" in done.err
    assert "Printed 1 letter " in done.out
    assert shown(sandbox, "P2").get("letter") is None
    alone = sandbox("letters", "-o", "again.pdf", "--issuer", "AOBA", "--json", code=1).lines
    assert [line["result"] for line in alone if line["code"] == "P2"] == ["held back"]


@on_paper
def test_a_font_that_is_not_there_is_said_before_anything_is_drawn(
    sandbox: Run, customers: Callable[..., None], tmp_path: Path
) -> None:
    customers(["P1", "株式会社みどり", *PAPER])
    config = tmp_path / "mailbot.toml"
    config.write_text('[letters]\nfont = "none.ttf"\n' + config.read_text(encoding="utf-8"), encoding="utf-8")
    assert "fonts-morisawa-bizud-gothic" in sandbox(*LETTERS, code=1).err
    assert not list(tmp_path.glob("*letters*"))
    assert "✗ letters" in sandbox("check", code=1).out


def states(folder: Path) -> list[str]:
    store = sqlite3.connect(folder / "mailbot-data" / "mailbot.db")
    try:
        return [row[0] for row in store.execute("SELECT state FROM paper_codes ORDER BY id")]
    finally:
        store.close()


@on_paper
def test_a_disk_that_is_too_small_leaves_no_code_that_works(customers: Callable[..., None], tmp_path: Path) -> None:
    customers(*[[f"P{n}", f"株式会社みどり{n}", *PAPER] for n in range(600)])
    limit = (tmp_path / "mailbot-data" / "mailbot.db").stat().st_size + 400_000
    done = subprocess.run(
        [sys.executable, "-m", "mailbot", *LETTERS],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 1, done.stderr
    assert "nothing was printed, no code works" in done.stderr
    assert not list(tmp_path.glob("*letters*"))
    assert states(tmp_path) == []


@on_paper
def test_a_batch_that_was_killed_leaves_no_code_that_works(
    sandbox: Run, customers: Callable[..., None], tmp_path: Path
) -> None:
    customers(*[[f"P{n}", f"株式会社みどり{n}", *PAPER] for n in range(300)])
    running = subprocess.Popen(
        [sys.executable, "-m", "mailbot", *LETTERS],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + SECONDS
    while "drawn" not in states(tmp_path):
        assert time.monotonic() < deadline
        assert running.poll() is None
    os.kill(running.pid, signal.SIGKILL)
    running.wait(SECONDS)
    assert set(states(tmp_path)) == {"drawn"}
    assert not (tmp_path / "letters.pdf").exists()
    assert "Printed 300 letters" in sandbox(*LETTERS).out
    assert set(states(tmp_path)) == {"live"}


def test_customers_are_invited_by_mail(sandbox: Run, customers: Callable[..., None]) -> None:
    customers(
        ["M1", "株式会社みどり", "m1@example.com", "mail"],
        ["M2", "株式会社あか", "m2@example.com", "mail"],
        ["P1", "紙", *PAPER],
    )
    words = ("invite", "--all", "--issuer", "AOBA")
    assert "would send 2 mails" in sandbox(*words, "--dry-run").out
    assert sandbox("outbox", "list", "--json").lines == []
    assert results(sandbox, *words) == {"M1": "invited", "M2": "invited"}
    mails = sandbox("outbox", "list", "--json").lines
    assert {(line["kind"], line["to"]) for line in mails} == {
        ("invitation", "m1@example.com"),
        ("invitation", "m2@example.com"),
    }
    assert shown(sandbox, "M1")["state"] == "sent"
    assert "by mail to m1@example.com" in sandbox("customers", "show", "M1", "--issuer", "AOBA").out
    assert results(sandbox, "invite", "M1", "P1", "X", "--issuer", "AOBA", code=1)["P1"] == "no_address"


def test_many_invitations_want_a_yes(sandbox: Run, customers: Callable[..., None]) -> None:
    customers(*[[f"M{n}", f"Company {n}", f"m{n}@example.com", "mail"] for n in range(51)])
    words = ("invite", "--all", "--issuer", "AOBA")
    assert "this would send 51 mails, more than confirm_above = 50; nobody was invited" in sandbox(*words, code=1).err
    assert sandbox("outbox", "list", "--json").lines == []
    assert "Queued 51 mails" in sandbox(*words, "--yes").out
