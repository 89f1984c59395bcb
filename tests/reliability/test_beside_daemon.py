"""Commands beside a daemon that is at work: both go on, and neither waits long for the other."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

from real_daemon import drained, installed, until
from recording_relay import recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BEFORE, IMPORTED = 1_000, 4_000


def test_an_import_and_a_drain_go_on_beside_each_other(tmp_path: Path) -> None:
    with recording() as relay, installed(tmp_path, relay.port) as site:
        site.fill(BEFORE, customers=200)
        sheet = site.batch("second", IMPORTED, customers=200)
        relay.slowest = 0.06
        daemon = site.start()
        until("the drain has begun", lambda: relay.mails)
        with subprocess.Popen(
            site.command("invoices", "import", "--yes", str(sheet)), env=site.environment, stdout=subprocess.DEVNULL
        ) as importing:
            try:
                widest = _widest_gap(lambda: len(relay.mails), importing)
            finally:
                importing.kill()
        assert importing.returncode == 0
        assert widest < 2, "the daemon stood still while the import had the lock"
        began = time.monotonic()
        assert site.status()["queue"]["accepted"] > 0
        site.verify()
        assert time.monotonic() - began < 10
        relay.slowest = 0.0
        until("the outbox is empty", lambda: drained(site) and len(relay.mails) >= BEFORE + IMPORTED, within=60)
        assert len(relay.arrivals) == len(relay.mails) == BEFORE + IMPORTED
        assert daemon.says("task.failed") == 0
        site.verify()


def _widest_gap(count: Callable[[], int], running: subprocess.Popen[bytes]) -> float:
    """Return the longest time in seconds without a mail for as long as a process runs."""
    widest, last, seen = 0.0, time.monotonic(), count()
    while running.poll() is None:
        if count() != seen:
            seen, last = count(), time.monotonic()
        widest = max(widest, time.monotonic() - last)
        time.sleep(0.002)
    return widest
