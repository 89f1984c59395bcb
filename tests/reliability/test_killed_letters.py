"""A command that is killed while the codes of its letters come to life: all of them do, or none."""

from __future__ import annotations

import contextlib
import csv
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from real_daemon import installed, until

if TYPE_CHECKING:
    from real_daemon import Installation

FONT = Path("/usr/share/fonts/truetype/bizud-gothic/BIZUDPGothic-Regular.ttf")
pytestmark = pytest.mark.skipif(not FONT.is_file(), reason="fonts-morisawa-bizud-gothic is not installed")

LETTERS = 2_000
"""Four slices."""
TRIES = 5
NOWHERE = 1
"""A port where no relay listens."""


def fill(site: Installation) -> None:
    sheet = site.folder / "customers.csv"
    lines = ["code,name,channel,postal_code,address,locale"]
    lines += [f"P{n},株式会社みどり{n},letter,150-0000,東京都渋谷区桜木町{n},ja" for n in range(LETTERS)]
    sheet.write_text("\n".join(lines) + "\n", encoding="utf-8")
    site.done("customers", "import", "--yes", str(sheet))


def states(site: Installation) -> dict[str, int]:
    return dict(site.rows("SELECT state, count(*) FROM paper_codes GROUP BY state"))


def half_alive(site: Installation) -> bool:
    found = states(site)
    return "live" in found and "drawn" in found


def kill_between_slices(site: Installation, how: signal.Signals = signal.SIGKILL) -> Path:
    """End `mailbot letters` once some of its codes are alive, and return the CSV that it printed."""
    for number in range(TRIES):
        table = site.folder / f"{number}.csv"
        words = site.command("letters", "-o", f"{number}.pdf", "--csv", str(table))
        if number:
            words += ["--reissue", *(f"P{n}" for n in range(LETTERS))]
        with subprocess.Popen(words, env=site.environment, cwd=site.folder, stderr=subprocess.DEVNULL) as running:
            end = time.monotonic() + 60
            while running.poll() is None and not half_alive(site):
                assert time.monotonic() < end
            with contextlib.suppress(ProcessLookupError):
                os.kill(running.pid, how)
        if "drawn" in states(site):
            return table
    raise AssertionError("the command was never caught between two slices")


def printed_ids(table: Path) -> set[str]:
    """Return the temporary IDs that stand on the letters of a CSV."""
    rows = csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines())
    return {row["paper_id"].replace("-", "") for row in rows}


def all_work(site: Installation, table: Path) -> bool:
    alive = {row[0] for row in site.rows("SELECT paper_id FROM paper_codes WHERE state = 'live'")}
    return alive == printed_ids(table) and len(alive) == LETTERS


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_next_command_finishes_what_is_on_paper(tmp_path: Path, how: signal.Signals) -> None:
    with installed(tmp_path, NOWHERE) as site:
        fill(site)
        table = kill_between_slices(site, how)
        assert table.with_suffix(".pdf").is_file()
        assert not all_work(site, table)
        assert "There is nothing to print" in site.done("letters", "-o", "again.pdf")
        assert all_work(site, table)
        site.verify()


def test_the_daemon_finishes_what_is_on_paper(tmp_path: Path) -> None:
    with installed(tmp_path, NOWHERE) as site:
        fill(site)
        table = kill_between_slices(site)
        with contextlib.closing(sqlite3.connect(site.store, timeout=30)) as store, store:
            store.execute("UPDATE paper_batches SET printed_at = '2026-01-01T00:00:00.000Z'")
        daemon = site.start()
        until("every code works", lambda: all_work(site, table), within=30)
        assert daemon.says("task.failed") == 0
        site.verify()
