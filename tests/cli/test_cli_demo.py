"""The demo: the whole story through the real daemon, and nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest
from command_line import environment, runner

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Run


pytestmark = pytest.mark.xdist_group("demo")
"""The story is told once for all that is asked about it."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, str, Path]:
    """Tell the story once, and keep the installation that it leaves."""
    folder = tmp_path_factory.mktemp("demo")
    said = runner(folder)("demo", "--exit", "--port", "0", "--keep", "kept").out
    return runner(folder / "kept"), said, folder


def test_the_story_is_told_to_its_end(told: tuple[Run, str, Path]) -> None:
    _, said, folder = told
    for number in range(1, 12):
        assert f"\n{number}. " in said
    assert "uketsuke@sakura-dental.example.com is undeliverable" in said
    assert "ap@larkspur.example.com got one answer" in said
    assert "only has to press reply" in said
    assert "no reminder, for AB-2026-1103 was downloaded" in said
    log = (folder / "kept" / "mailbot.log").read_text(encoding="utf-8")
    assert "fact=daemon.stopped" in log
    assert "level=error" not in log
    assert not re.search(r"/[ld]/\w{10}", log), "no link in the log"
    assert not re.search(r"[a-z]{4}@[a-z-]+\.example", log), "no address in full in the log"
    assert "is not empty" in runner(folder)("demo", "--exit", "--keep", "kept", code=1).err


def test_what_happened_to_an_invoice_is_shown(told: tuple[Run, str, Path]) -> None:
    mailbot, _, _ = told
    (fetched,) = mailbot("invoices", "show", "AB-2026-1103", "--issuer", "AOBA", "--json").lines
    (address,) = fetched["addresses"]
    assert (fetched["status"], fetched["downloads"], fetched["reminders"]) == ("downloaded", 1, 0)
    assert (address["evidence"], address["doubtful"]) == ("downloaded", False)
    facts = [line["fact"] for line in fetched["timeline"]]
    for fact in ("invoice.issued", "mail.accepted", "invoice.pressed", "invoice.downloaded"):
        assert fact in facts
    (open_,) = mailbot("invoices", "show", "AB-2026-1104", "--issuer", "AOBA", "--json").lines
    assert (open_["status"], open_["addresses"][0]["evidence"]) == ("open", "accepted")
    assert open_["reminders"] > 0
    assert [line["fact"] for line in open_["timeline"]].count("mail.accepted") == 1 + open_["reminders"]
    undownloaded = {line["number"] for line in mailbot("invoices", "list", "--undownloaded", "--json").lines}
    assert "AB-2026-1104" in undownloaded
    assert "AB-2026-1103" not in undownloaded


def test_what_came_in_and_what_was_made_of_it_is_shown(told: tuple[Run, str, Path]) -> None:
    mailbot, _, _ = told
    found = mailbot("inbox", "list", "--json").lines
    assert sorted((line["class"], line["action"]) for line in found) == [
        ("bounce", "undeliverable"),
        ("command", "received"),
        ("person", "forwarded"),
    ]
    (received,) = mailbot("invoices", "show", "HP-0417", "--issuer", "HARBOUR", "--json").lines
    assert received["addresses"][0]["evidence"] == "acknowledged"
    assert received["reminders"] == 0
    addresses = mailbot("addresses", "list", "--json").lines
    assert "undeliverable" in {line["status"] for line in addresses}


def test_a_mail_is_shown_as_it_was_sent_without_its_tokens(told: tuple[Run, str, Path]) -> None:
    mailbot, _, _ = told
    masked = mailbot("outbox", "show", "1").out
    assert "/l/***" in masked
    assert not re.search(r"/l/[\w-]", masked)
    assert "Auto-Submitted" in masked
    assert "さくら歯科クリニック" in masked
    revealed = mailbot("outbox", "show", "1", "--reveal").out
    assert re.search(r"/l/p[\w-]{5}", revealed)
    (line,) = mailbot("outbox", "show", "1", "--json").lines
    assert "/l/***" in line["sent"]["text"]


def test_a_key_with_live_invoices_is_not_retired_without_force(told: tuple[Run, str, Path]) -> None:
    mailbot, _, _ = told
    mailbot("keys", "rotate")
    assert "live invoices can be reached" in mailbot("keys", "retire", "a", code=1).err
    assert mailbot("keys", "retire", "a", "--force", "--json").lines == [{"id": "a", "state": "retired"}]
    assert [line["problem"] for line in mailbot("ledger", "verify", "--json").lines] == [None, None]


def test_it_stays_up_until_it_is_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "mailbot", "demo", "--port", "0"]
    variables = {**environment(), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        told = ""
        while "sandbox advance 7d" not in told:
            line = process.stdout.readline()
            assert line, told
            told += line
        (page,) = re.findall(r"Mails: (\S+)", told)
        with urllib.request.urlopen(page, timeout=10) as answer:  # noqa: S310  # an address that the demo printed
            assert answer.status == 200
        os.kill(process.pid, signal.SIGINT)
        assert "Good-bye." in process.stdout.read()
        assert process.wait(30) == 0
    assert list(tmp_path.iterdir()) == []
