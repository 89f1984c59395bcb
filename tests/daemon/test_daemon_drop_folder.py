"""The drop folder of the real daemon: what is moved in is imported, or comes back with a report."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
PDF = ROOT / "data" / "sample" / "invoices-harbour" / "HP-0417.pdf"
CONFIG = """\
[mailbot]
drop_folder = "drop"
confirm_above = 1
[http]
listen = "127.0.0.1:0"
[drop]
settle = "1s"
[[issuer]]
code = "ACME"
name = "Acme"
from = "billing@acme.example"
locale = "en"
"""
CUSTOMERS = "code,name,email,channel\nC1,One,one@example.com,none\n"
HEADING = "customer,number,subject,amount,issue_date,file\n"


def until(what: str, condition: Callable[[], object], *, within: float = 20) -> None:
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.02)


class Site:
    """A sandbox with a drop folder, and its daemon."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.drop = folder, folder / "drop"
        (folder / "mailbot.toml").write_text(CONFIG)
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(self._words("run", "--sandbox"), cwd=folder, env=self._env, stderr=log)
        until("the start", lambda: "daemon.started" in self.log)

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def _env(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "MAILBOT_CONFIG": str(self.folder / "mailbot.toml")}

    def _words(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "mailbot", *words]

    def run(self, *words: str) -> str:
        return subprocess.run(
            self._words(*words), cwd=self.folder, env=self._env, capture_output=True, text=True, check=True, timeout=60
        ).stdout

    def invoices(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run("invoices", "list", "--json").splitlines()]

    def move_in(self, name: str, sheet: str, *pdfs: str) -> None:
        """Prepare a folder beside and move it in whole, as people are told to."""
        ready = self.folder / name
        ready.mkdir()
        (ready / "invoices.csv").write_text(sheet)
        for pdf in pdfs:
            shutil.copy(PDF, ready / pdf)
        ready.rename(self.drop / name)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    try:
        (tmp_path / "customers.csv").write_text(CUSTOMERS)
        site.run("customers", "import", "customers.csv")
        until("the drop folder", site.drop.is_dir)
        yield site
    finally:
        site.process.terminate()
        site.process.wait(30)


def test_a_folder_moved_in_is_imported_and_lies_in_done(site: Site) -> None:
    site.move_in("november", HEADING + "C1,INV-1,Work,1000,2026-11-20,a.pdf\n", "a.pdf")
    until("the import", (site.drop / "done" / "november").is_dir)
    until(
        "the invoice", lambda: [(each["number"], each["status"]) for each in site.invoices()] == [("INV-1", "waiting")]
    )
    assert not (site.drop / "november").exists()
    assert "drop.taken" in site.log


def test_a_folder_with_faults_lies_in_failed_with_its_report_and_nothing_is_taken(site: Site) -> None:
    sheet = HEADING + "C1,INV-1,Work,1000,2026-11-20,a.pdf\nC2,INV-2,Work,much,2026-11-20,b.pdf\n"
    site.move_in("november", sheet, "a.pdf")
    report = site.drop / "failed" / "november.report.txt"
    until("the report", report.is_file)
    words = report.read_text()
    assert re.search(r"line 3.*amount", words), words
    assert site.invoices() == []
    assert (site.drop / "failed" / "november" / "a.pdf").is_file()


def test_a_batch_that_would_send_more_than_the_brake_allows_is_left_to_a_person(site: Site) -> None:
    database = site.folder / "mailbot-data" / "mailbot.db"
    _confirm_everybody(database)
    rows = "".join(f"C1,INV-{n},Work,1000,2026-11-20,a.pdf\n" for n in (1, 2))
    site.move_in("november", HEADING + rows, "a.pdf")
    report = site.drop / "failed" / "november.report.txt"
    until("the report", report.is_file)
    assert "2 mails" in report.read_text()
    assert "--yes" in report.read_text()
    assert site.invoices() == []


def _confirm_everybody(database: Path) -> None:
    """Take a short cut past the mails and buttons that other tests press."""
    with sqlite3.connect(database, timeout=30) as connection:
        connection.execute("UPDATE addresses SET status = 'confirmed', is_default = 1")
