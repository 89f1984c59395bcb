"""Inviting by mail and on paper, from the command line."""

from __future__ import annotations

import contextlib
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
def test_those_who_are_passed_over_are_counted_unless_they_were_named(
    sandbox: Run, customers: Callable[..., None]
) -> None:
    customers(*[[f"P{n}", f"株式会社みどり{n}", *PAPER] for n in range(3)])
    sandbox(*LETTERS)
    words = ("letters", "-o", "again.pdf", "--issuer", "AOBA")
    counted = sandbox(*words).err
    assert "3 customers passed over: a letter is out whose code still works" in counted
    assert "P1" not in counted
    assert "P1: has a letter whose code still works" in sandbox(*words, "P1", code=1).err
    assert results(sandbox, *words) == {"P0": "live", "P1": "live", "P2": "live"}


@on_paper
def test_a_name_that_a_spreadsheet_would_run_is_held_back_from_it(
    sandbox: Run, customers: Callable[..., None], tmp_path: Path
) -> None:
    customers(["P1", "=1+1株式会社", *PAPER], ["P2", "株式会社みどり", *PAPER])
    done = sandbox(*LETTERS, "--csv", "letters.csv", code=1)
    assert 'held back, "=1+1株式会社" would be a formula in the CSV' in done.err
    assert "=1+1" not in (tmp_path / "letters.csv").read_text(encoding="utf-8-sig")
    assert "Printed 1 letter " in sandbox("letters", "-o", "again.pdf", "--issuer", "AOBA").out


@on_paper
def test_an_outline_is_nobodys_letter(sandbox: Run, customers: Callable[..., None], tmp_path: Path) -> None:
    customers(["P1", "株式会社みどり", *PAPER])
    words = ("letters", "--outline", "-o", "test.pdf", "--issuer", "AOBA")
    assert "hold it against an envelope" in sandbox(*words).out
    assert (tmp_path / "test.pdf").read_bytes().startswith(b"%PDF-")
    assert states(tmp_path) == []
    assert shown(sandbox, "P1") == {}
    assert "leave out customers" in sandbox(*words, "P1", code=2).err


@on_paper
def test_a_window_that_leaves_no_place_is_refused(sandbox: Run, tmp_path: Path) -> None:
    config = tmp_path / "mailbot.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("[issuer.en]", "[issuer.letter_window]\nleft = 80\n[issuer.en]"), encoding="utf-8")
    assert "issuer AOBA: letter_window: the window shows more than" in sandbox(*LETTERS, code=1).err
    assert "✗ letters" in sandbox("check", code=1).out


@on_paper
def test_invitations_are_listed_and_shown(sandbox: Run, customers: Callable[..., None]) -> None:
    customers(["P1", "株式会社みどり", *PAPER], ["M1", "株式会社あか", "m1@example.com", "mail"])
    assert "Nobody was invited yet" in sandbox("invitations", "list").out
    sandbox("invite", "--all", "--issuer", "AOBA")
    sandbox(*LETTERS)
    lines = {line["code"]: line for line in sandbox("invitations", "list", "--issuer", "AOBA", "--json").lines}
    assert {code: (line["channel"], line["state"], line["reminders"]) for code, line in lines.items()} == {
        "M1": ("mail", "sent", 0),
        "P1": ("letter", "sent", 0),
    }
    assert (lines["M1"]["sent_at"], lines["M1"]["email"]) == (None, "m1@example.com")
    assert lines["P1"]["sent_at"]
    heading, _, *rows = sandbox("invitations", "list").out.splitlines()
    assert heading.split()[:5] == ["issuer", "code", "name", "how", "state"]
    assert len(rows) == 2
    assert "株式会社みどり" in sandbox("invitations", "show", "P1", "--issuer", "AOBA").out
    (one,) = sandbox("invitations", "show", "P1", "--issuer", "AOBA", "--json").lines
    assert [entry["fact"] for entry in one["timeline"]] == ["code.printed", "invitation.sent"]
    assert "has invited no customer X" in sandbox("invitations", "show", "X", "--issuer", "AOBA", code=1).err


FILTERS = {
    "unanswered": "UPDATE invitations SET listed_at = sent_at",
    "undelivered": "UPDATE addresses SET status = 'undeliverable'",
    "declined": "UPDATE invitations SET state = 'declined', decided_at = created_at",
    "expired": "UPDATE invitations SET state = 'expired'",
    "approved": "UPDATE invitations SET state = 'approved', decided_at = created_at",
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_lets_through_what_it_says_and_the_status_names_it(
    sandbox: Run, customers: Callable[..., None], tmp_path: Path, name: str
) -> None:
    customers(["M1", "株式会社あか", "m1@example.com", "mail"], ["M2", "株式会社あお", "m2@example.com", "mail"])
    sandbox("invite", "--all", "--issuer", "AOBA")
    with contextlib.closing(sqlite3.connect(tmp_path / "mailbot-data" / "mailbot.db")) as store, store:
        store.execute("UPDATE invitations SET sent_at = created_at")
        table = FILTERS[name].split()[1]
        store.execute(f"{FILTERS[name]} WHERE id = (SELECT min(id) FROM {table})")
    for other in FILTERS:
        found = [line["code"] for line in sandbox("invitations", "list", f"--{other}", "--json").lines]
        assert found == (["M1"] if other == name else []), other
    both = sandbox("invitations", "list", "--declined", "--expired", "--json").lines
    assert len(both) == (name in {"declined", "expired"})
    said = f"1 invitation {name}: mailbot invitations list --{name}"
    assert (said in sandbox("status").out) == (name in {"unanswered", "undelivered", "expired"})
    status = sandbox("status", "--json").lines[0]
    assert sum(status["invitations"].values()) == 2


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
